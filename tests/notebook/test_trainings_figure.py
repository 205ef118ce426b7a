"""The trainings: each changes one setting, and what is done is not done twice."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from evidence.command import chosen_of
from evidence.figure import Size
from notebook import experiments_training as training
from notebook.experiments_cases import TRACES, cases
from notebook.registry import FIGURES
from tests.bundles_under_test import tiny_context
from train.cli.main import cli
from train.library.references import load_library


def test_every_trial_changes_one_thing_of_the_first() -> None:
    first, *others = training.trials(Size.FULL)
    assert len({one.label for one in others}) == len(others) > 10
    for one in others:
        changed = [
            field.name
            for field in fields(first.recipe)
            if getattr(first.recipe, field.name) != getattr(one.recipe, field.name)
        ]
        assert len(changed) == 1, one.label
        assert one.repeats == (changed == ["seed"])
        assert one.recipe.training.steps == first.recipe.training.steps
        assert one.recipe.seed != one.recipe.evaluation.seed


def test_a_finished_row_is_read_again_and_not_trained_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = tiny_context(tmp_path)
    identifier = context.identifiers()["II"]
    every = cases(context, {"unequal": 2, TRACES: 1})
    trained = []
    library = load_library("solvents13")

    def train(recipe: object, library: object, checkpoint: Path, advance: object) -> bytes:
        trained.append(checkpoint)
        checkpoint.write_bytes(b"state")
        return identifier.bundle.model

    monkeypatch.setattr(training, "_train", train)
    trial = training.trials(Size.TINY)[0]
    steps: list[int] = []
    first = training.run(trial, library, identifier, every, tmp_path, "these cases", steps.append)
    again = training.run(trial, library, identifier, every, tmp_path, "these cases", steps.append)
    assert len(trained) == 1
    assert not trained[0].exists()
    assert steps == [trial.recipe.training.steps]
    assert again.right.keys() == first.right.keys()
    assert all(np.array_equal(again.right[key], first.right[key]) for key in first.right)
    assert again.errors["unequal"] == pytest.approx(first.errors["unequal"], abs=1e-6)
    # the controls: other cases or another recipe are trained for
    training.run(trial, library, identifier, every, tmp_path, "others", steps.append)
    other = training.trials(Size.FULL)[1]
    training.run(other, library, identifier, every, tmp_path, "these cases", steps.append)
    assert len(trained) == 3


def test_a_tiny_run_trains_the_first_and_keeps_its_row(tmp_path: Path) -> None:
    arguments = ["figures", "--only", "trainings", "--size", "tiny", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "made short" in (tmp_path / "trainings.md").read_text()
    rows = json.loads((tmp_path / "trainings.json").read_text())["data"]["training"]
    assert len(rows) == len(training.trials(Size.TINY))
    kept = sorted((tmp_path / "trainings-work").iterdir())
    assert len(kept) == len(rows)
    assert all(path.suffix == ".json" for path in kept)


def test_trainings_are_made_only_when_asked_for() -> None:
    listed = CliRunner().invoke(cli, ["figures", "--list"]).output
    (line,) = (line for line in listed.splitlines() if line.startswith("trainings"))
    assert "trains networks" in line
    assert "trainings" not in [figure.name for figure in chosen_of(FIGURES, ())]
