"""A training that was interrupted ends where it would have ended."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from train.library.references import TrainingLibrary, load_library
from train.network import checkpoint
from train.network.checkpoint import Checkpoint, CheckpointError, Validation
from train.network.fit import Fitted, fit
from train.recipe import RECIPE_FOLDER, NetworkSettings, Recipe, load_recipe

ROOT = Path(__file__).resolve().parent.parent


def tiny_recipe(steps: int = 24, patience: int = 0) -> Recipe:
    recipe = load_recipe(RECIPE_FOLDER / "aromatics4-2.toml")
    training = dataclasses.replace(
        recipe.training,
        steps=steps,
        batch=16,
        warmup_steps=3,
        average_decay=0.8,
        validate_every=8,
        patience=patience,
    )
    network = NetworkSettings(filters=(4, 4), sizes=(9, 5), strides=(8, 6), dense=8)
    return dataclasses.replace(recipe, training=training, network=network)


@pytest.fixture(scope="module")
def library() -> TrainingLibrary:
    return load_library("aromatics4")


@pytest.fixture(scope="module")
def uninterrupted(library: TrainingLibrary) -> Fitted:
    return fit(library, tiny_recipe())


class Killed(BaseException):
    """Nothing after this runs."""


def interrupted_at(library: TrainingLibrary, recipe: Recipe, path: Path, step: int) -> None:
    """A training that saves after every step and dies after `step` of them."""

    def die(number: int, _loss: float) -> None:
        if number == step:
            raise Killed

    with pytest.raises(Killed):
        fit(library, recipe, die, checkpoint=path, checkpoint_every_s=0.0)


def same_weights(one: Fitted, other: Fitted) -> bool:
    pairs = zip(one.model.get_weights(), other.model.get_weights(), strict=True)
    return all(np.array_equal(mine, theirs) for mine, theirs in pairs)


def test_interrupted_and_continued_gives_the_same_weights(
    library: TrainingLibrary, uninterrupted: Fitted, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.npz"
    interrupted_at(library, tiny_recipe(), path, 15)
    continued = fit(library, tiny_recipe(), checkpoint=path)
    assert continued.resumed_at == 14
    assert same_weights(continued, uninterrupted)
    assert continued.final_loss == uninterrupted.final_loss


def test_looking_and_saving_change_nothing(
    library: TrainingLibrary, uninterrupted: Fitted, tmp_path: Path
) -> None:
    looks: list[Validation] = []
    watched = fit(
        library,
        tiny_recipe(),
        validated=looks.append,
        checkpoint=tmp_path / "c.npz",
        checkpoint_every_s=0.0,
    )
    assert [look.step for look in looks] == [8, 16, 24]
    assert same_weights(watched, uninterrupted)
    # and what has ended is not repeated
    again = fit(library, tiny_recipe(), checkpoint=tmp_path / "c.npz")
    assert again.resumed_at == 24
    assert again.history == tuple(looks)
    assert same_weights(again, uninterrupted)


def test_another_recipe_or_library_does_not_continue_it(library: TrainingLibrary) -> None:
    mark = checkpoint.fingerprint(library, tiny_recipe())
    assert checkpoint.fingerprint(library, tiny_recipe()) == mark
    assert checkpoint.fingerprint(library, dataclasses.replace(tiny_recipe(), seed=7)) != mark
    other = dataclasses.replace(library, wide=library.wide * np.float32(0.999))
    assert checkpoint.fingerprint(other, tiny_recipe()) != mark


def test_the_last_bits_of_a_measured_reference_do_not_matter(library: TrainingLibrary) -> None:
    """They depend on how many threads solved for its baseline."""
    specs = tuple(dataclasses.replace(spec, source_sha256="ab" * 32) for spec in library.compounds)
    measured = dataclasses.replace(library, compounds=specs)
    nearly = dataclasses.replace(measured, wide=measured.wide * np.float32(1.0000001))
    mark = checkpoint.fingerprint(measured, tiny_recipe())
    assert checkpoint.fingerprint(nearly, tiny_recipe()) == mark
    assert checkpoint.fingerprint(library, tiny_recipe()) != mark


def test_training_ends_early_when_it_no_longer_learns(
    library: TrainingLibrary, tmp_path: Path
) -> None:
    """Hardly a step is taken (learning rate 1e-9 after the first), so no look is better."""
    recipe = tiny_recipe(steps=400, patience=2)
    training = dataclasses.replace(recipe.training, learning_rate=1e-9, validate_every=4)
    path = tmp_path / "checkpoint.npz"
    fitted = fit(library, dataclasses.replace(recipe, training=training), checkpoint=path)
    # an untrained network names nothing or everything: its score moves little, if at all
    assert fitted.stopped_early
    assert fitted.spectra_seen < 400 * 16
    again = fit(library, dataclasses.replace(recipe, training=training), checkpoint=path)
    assert again.stopped_early
    assert same_weights(again, fitted)


FIT = """
import sys
from pathlib import Path
from tests.test_checkpoint import tiny_recipe
from train.network.fit import fit
from train.library.references import load_library
print("ready", flush=True)
fit(load_library("aromatics4"), tiny_recipe(), lambda step, loss: print(step, flush=True),
    checkpoint=Path(sys.argv[1]), checkpoint_every_s=0.0)
"""


def test_killed_and_started_again_it_ends_with_the_same_weights(
    library: TrainingLibrary, uninterrupted: Fitted, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.npz"
    command = [sys.executable, "-c", FIT, str(path)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.strip() == b"9":
                run.send_signal(signal.SIGKILL)
                break
    continued = fit(library, tiny_recipe(), checkpoint=path)
    assert continued.resumed_at >= 8
    assert same_weights(continued, uninterrupted)


# ---- the file ----


def state(step: int = 3) -> Checkpoint:
    position = dict(np.random.default_rng(1).bit_generator.state)
    return Checkpoint(
        step=step,
        loss=0.25,
        finished=False,
        stream=position,
        weights=(np.arange(6.0).reshape(2, 3), np.ones(2, dtype=np.float32)),
        optimizer=(np.array(3),),
        best=(),
        history=(Validation(2, 0.5, 0.125),),
    )


def test_written_and_read_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "work" / "checkpoint.npz"
    checkpoint.save(path, state(), "mark")
    found = checkpoint.load(path, "mark")
    assert found is not None
    assert (found.step, found.loss, found.stream) == (3, 0.25, state().stream)
    assert found.history == state().history
    np.testing.assert_array_equal(found.weights[0], state().weights[0])
    assert found.weights[1].dtype == np.float32


def test_a_kill_while_writing_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, state(3), "mark")

    def die(*_: object) -> None:
        raise Killed

    for name, owner in (("fsync", os), ("replace", Path)):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, die)
            with pytest.raises(Killed):
                checkpoint.save(path, state(4), "mark")
        found = checkpoint.load(path, "mark")
        assert found is not None
        assert found.step == 3


def test_there_may_be_none_or_one_of_another_training(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    assert checkpoint.load(path, "mark") is None
    checkpoint.save(path, state(), "mark")
    assert checkpoint.load(path, "another") is None


@pytest.mark.parametrize("length", [0, 10, 500, -30])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, length: int) -> None:
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, state(), "mark")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.load(path, "mark")
