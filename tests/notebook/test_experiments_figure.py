"""The experiments: each changes what it says it changes, and chance is not taken for an effect."""

import json
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from device.fit import flexible as flexible_fit
from device.spectra.spectrum import to_grid
from device.verdict.identifier import Identifier
from evidence.figure import Context, Size
from evidence.scenes import Conditions, make_scene
from evidence.tallies import Said
from notebook import experiments_training as training
from notebook.experiments_cases import (
    FALSE_NAME,
    FOREIGN,
    FOUND,
    INVENTED,
    MEASURED_COLUMNS,
    SUMS,
    SUMS_FALSE_NAME,
    SUMS_TOLERATED,
    SUMS_WITH_FOREIGN,
    TOLERATED,
    TRACES,
    Case,
    cases,
    mark,
)
from notebook.experiments_decision import (
    ConstantMissing,
    Replaced,
    constants_replaced,
    evidence_times,
    run,
    without_network,
)
from notebook.experiments_list import EXPERIMENTS
from tests.bundles_under_test import pures as solvent_pures
from tests.bundles_under_test import tiny_context
from train.cli.main import cli
from train.library.references import load_library


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return tiny_context(tmp_path_factory.mktemp("experiments"))


@pytest.fixture(scope="module")
def identifier(context: Context) -> Identifier:
    return context.identifiers()["II"]


def case(conditions: Conditions) -> Case:
    """Four components, one of them a trace."""
    pures = solvent_pures()
    shares = np.zeros(len(pures.names))
    shares[[1, 4, 7, 9]] = 0.5, 0.3, 0.17, 0.03
    scene = make_scene(np.random.default_rng(4), pures, shares, conditions)
    return Case("unequal", scene.spectrum, scene.present, scene.shares)


@pytest.fixture(scope="module")
def hard_case() -> Case:
    """Moved, widened, bent and struck: misfit rules it."""
    conditions = Conditions(
        fwhm_factor=1.3,
        cosmic_rays=3,
        own_shift_cm1=2.0,
        intensity_jitter=0.1,
        response=0.2,
    )
    return case(conditions)


@pytest.fixture(scope="module")
def noisy_case() -> Case:
    return case(Conditions(snr=30.0))


@pytest.mark.parametrize(
    "experiment", [e for e in EXPERIMENTS if e.constants], ids=lambda e: str(e.label)
)
def test_constants_that_are_replaced_are_there_and_change_the_fit(
    identifier: Identifier, hard_case: Case, noisy_case: Case, experiment: object
) -> None:
    (one,) = (e for e in EXPERIMENTS if e is experiment)
    spectra = [to_grid(case.spectrum) for case in (hard_case, noisy_case)]
    shipped = [identifier.library.fit(spectrum).coefficients for spectrum in spectra]
    with constants_replaced(one.constants):
        changed = [identifier.library.fit(spectrum).coefficients for spectrum in spectra]
    assert not np.allclose(changed, shipped, rtol=1e-6)
    again = [identifier.library.fit(spectrum).coefficients for spectrum in spectra]
    assert np.array_equal(again, shipped)


def test_a_stiff_prior_leaves_no_freedom(identifier: Identifier, hard_case: Case) -> None:
    (rigid,) = (e for e in EXPERIMENTS if e.label == "none of these three")
    gridded = to_grid(hard_case.spectrum)
    assert np.abs(identifier.library.fit(gridded).own_shift_cm1).max() > 0.1
    with constants_replaced(rigid.constants):
        fit = identifier.library.fit(gridded)
    assert np.abs(fit.own_shift_cm1).max() < 1e-3
    assert np.abs(fit.own_width_cm2).max() < 1e-3
    assert fit.response == pytest.approx(1.0, abs=1e-3)


def test_a_constant_that_is_gone_stops_the_experiment_and_changes_nothing() -> None:
    there = Replaced("device.fit.flexible", "SMALLEST_MODEL_ERROR", 0.5)
    gone = Replaced("device.fit.flexible", "_NO_SUCH_CONSTANT", 0.5)
    before = flexible_fit.SMALLEST_MODEL_ERROR
    with (
        pytest.raises(ConstantMissing, match="_NO_SUCH_CONSTANT"),
        constants_replaced((there, gone)),
    ):
        raise AssertionError("the experiment ran")
    assert before == flexible_fit.SMALLEST_MODEL_ERROR


def test_shipped_constants_are_back_after_an_error() -> None:
    before = flexible_fit.SMALLEST_MODEL_ERROR
    one = Replaced("device.fit.flexible", "SMALLEST_MODEL_ERROR", 0.5)
    with pytest.raises(ZeroDivisionError), constants_replaced((one,)):
        assert flexible_fit.SMALLEST_MODEL_ERROR == 0.5
        _ = 1 / 0
    assert before == flexible_fit.SMALLEST_MODEL_ERROR


def test_changes_of_thresholds_leave_the_shipped_ones_alone(identifier: Identifier) -> None:
    shipped = asdict(identifier.thresholds)
    for one in EXPERIMENTS:
        if one.change is not None:
            changed = one.change(identifier)
            assert changed is not identifier
            assert (
                changed.thresholds != identifier.thresholds
                or len(changed.presence_thresholds) == 0
                or not np.array_equal(changed.presence_thresholds, identifier.presence_thresholds)
            )
    assert asdict(identifier.thresholds) == shipped
    twice = evidence_times(2.0)(identifier).thresholds
    for field in fields(twice):
        factor = 2.0 if "evidence" in field.name else 1.0
        assert getattr(twice, field.name) == pytest.approx(factor * shipped[field.name])


def test_fit_alone_hears_no_network_and_still_names_a_pure(identifier: Identifier) -> None:
    pures = solvent_pures()
    pure = make_scene(np.random.default_rng(1), pures, np.eye(13)[0], Conditions())
    answer = without_network(identifier).identify(pure.spectrum)
    assert answer.prediction is not None
    assert len(answer.prediction.presence) == 0
    assert [one.name for one in answer.identification.components] == [pures.names[0]]
    unchanged = identifier.identify(pure.spectrum)  # the control: the original was not touched
    assert unchanged.prediction is not None
    assert len(unchanged.prediction.presence) == 13


def test_fewer_cases_are_the_first_of_more(context: Context) -> None:
    counts = {"instrument": 1, TRACES: 1, FOREIGN: 1}
    few = cases(context, counts)
    more = cases(context, {group: 2 * n for group, n in counts.items()} | {"ray": 1})
    for group in counts:
        first = next(one for one in few if one.group == group)
        same = next(one for one in more if one.group == group)
        assert np.array_equal(first.spectrum.intensity, same.spectrum.intensity)
    assert len(few) == 3 + len(counts)


def test_marks_count_what_was_named_missed_and_invented(context: Context) -> None:
    counts = {"unequal": 1, TRACES: 1, FOREIGN: 1, SUMS: 1, SUMS_WITH_FOREIGN: 1}
    every = cases(context, counts)
    truth = {id(one.spectrum): one for one in every}
    nothing = np.zeros(13, dtype=np.bool_)

    def right(spectrum: object) -> Said:
        one = truth[id(spectrum)]
        verdict = "PARTIAL" if one.group in (FOREIGN, SUMS_WITH_FOREIGN) else ""
        return Said(one.present, np.nan_to_num(one.shares), verdict)

    def silent(spectrum: object) -> Said:
        return Said(nothing, np.zeros(13), "UNKNOWN")

    def all_of_them(spectrum: object) -> Said:
        return Said(~nothing, np.full(13, 1 / 13), "IDENTIFIED")

    marks, errors = mark(every, right, lambda: None)
    assert all(found.all() for found in marks.values())
    assert not errors["unequal"].any()
    marks, errors = mark(every, silent, lambda: None)
    assert marks["outside"].all() and marks[INVENTED].all() and marks[TOLERATED].all()
    assert not marks[FOUND].any() and not marks["mixtures"].any()
    assert errors["unequal"].sum() == pytest.approx(1.0)
    marks, _ = mark(every, all_of_them, lambda: None)
    assert marks[FOUND].all()
    for key in (INVENTED, FALSE_NAME, TOLERATED, "outside", "unequal", SUMS):
        assert not marks[key].any()
    assert not marks[SUMS_FALSE_NAME].any() and not marks[SUMS_TOLERATED].any()


def test_a_row_is_what_the_changed_product_answered(
    identifier: Identifier, hard_case: Case
) -> None:
    shipped = run(EXPERIMENTS[0], identifier, [hard_case], lambda: None)
    (alone,) = (e for e in EXPERIMENTS if e.label == "network alone")
    network = run(alone, identifier, [hard_case], lambda: None)
    assert shipped.right.keys() == network.right.keys() == {"unequal"}
    assert not np.array_equal(shipped.errors["unequal"], network.errors["unequal"])


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
    context: Context, identifier: Identifier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
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


def test_a_tiny_run_tries_everything_and_goes_on_from_what_it_kept(tmp_path: Path) -> None:
    arguments = ["figures", "--only", "experiments", "--size", "tiny", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "experiments.md").read_text()
    for wanted in (*(e.label for e in EXPERIMENTS), "made short", "temperature", "Wilson"):
        assert wanted in page
    data = json.loads((tmp_path / "experiments.json").read_text())["data"]
    assert [one["changed"] for one in data["decision"]] == [e.label for e in EXPERIMENTS]
    assert {column.key for column in MEASURED_COLUMNS} <= data["decision"][0].keys()
    assert len(data["training"]) == len(training.trials(Size.TINY))
    kept = sorted((tmp_path / "experiments-work").iterdir())
    assert len(kept) == len(data["training"])
    assert all(path.suffix == ".json" for path in kept)
    assert not (tmp_path / "measured.md").exists()


def test_experiments_are_made_only_when_asked_for() -> None:
    listed = CliRunner().invoke(cli, ["figures", "--list"]).output
    assert "experiments" in listed
    (line,) = (line for line in listed.splitlines() if line.startswith("experiments"))
    assert "trains networks" in line
