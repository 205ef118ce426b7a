"""Two processes over the loopback learn what one would; a lost one ends the training, in words."""

import dataclasses
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.test_streams import with_streams
from train.library.references import TrainingLibrary, load_library
from train.network.checkpoint import fingerprint, load
from train.network.fit import fit
from train.network.losses import Total, labels, loss_of
from train.network.ramixnet import DOSAGE, PRESENCE
from train.recipe import Recipe
from train.spectra.streams import SideBySide, training_stream

ROOT = Path(__file__).resolve().parent.parent
STEPS = 24  # of the tiny recipe

# Sums of float32 come out another way round by two than by one. Over 24 steps that moved no weight
# by more than 1e-7, as does another number of threads; what is really different moves some by more
# than 2e-2 (the controls below). A long training magnifies either until weights are others.
TOLERANCE, DIFFERENT = 1e-5, 1e-3

Weights = Sequence[npt.NDArray[Any]]

# Arguments: addresses, index, folder, and the step after which worker 1 kills itself (0: never).
WORKER = """
import dataclasses, json, os, signal, sys, time
from pathlib import Path
import numpy as np
from tests.test_streams import with_streams
from tests.test_workers import stopping_early
from train.network.cluster import Cluster, WorkerLost, WorkersDiffer
from train.network.fit import fit
from train.library.references import load_library
from train.network.workers import working_together

addresses, index, folder, dies_after = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
library = load_library("aromatics4")
last = time.monotonic()
said = {}

def step(number, loss):
    global last
    last = time.monotonic()
    if index == 1 and number == int(dies_after):
        os.kill(os.getpid(), signal.SIGKILL)

try:
    with working_together(Cluster(tuple(addresses.split(",")), index, threads=1), 90) as workers:
        try:
            workers.agree(f"training {index}")
        except WorkersDiffer as error:
            said["differ"] = error.text
        if dies_after == "0":
            early = fit(library, stopping_early(), workers=workers)
            said["early"] = [early.stopped_early, early.spectra_seen]
        checkpoint = folder / "checkpoint.npz" if index == 0 else None
        fitted = fit(library, with_streams(2), step, None, checkpoint, 0.0, workers)
    np.savez(folder / f"weights{index}.npz", *fitted.model.get_weights())
    said["resumed_at"] = fitted.resumed_at
except WorkerLost as error:
    said["lost"], said["after_s"] = error.text, time.monotonic() - last
print(json.dumps(said))
"""


def stopping_early() -> Recipe:
    """Nothing is learned after the first steps, so no look is better than those."""
    recipe = with_streams(2)
    training = dataclasses.replace(
        recipe.training, steps=60, patience=2, learning_rate=1e-9, validate_every=4
    )
    return dataclasses.replace(recipe, training=training)


def free_addresses(count: int) -> str:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return ",".join(f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners)
    finally:
        for listener in listeners:
            listener.close()


def python(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def said_by(process: "subprocess.Popen[str]") -> dict[str, Any]:
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    said: dict[str, Any] = json.loads(output.splitlines()[-1])
    return said


def two_workers(folder: Path, dies_after: int) -> list["subprocess.Popen[str]"]:
    addresses = free_addresses(2)
    return [
        python("-c", WORKER, addresses, str(index), str(folder), str(dies_after))
        for index in range(2)
    ]


def furthest(one: Weights, other: Weights) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


def weights_in(path: Path) -> Weights:
    with np.load(path) as file:
        return [file[name] for name in file.files]


@pytest.fixture(scope="module")
def library() -> TrainingLibrary:
    return load_library("aromatics4")


@pytest.fixture(scope="module")
def alone(library: TrainingLibrary) -> Weights:
    weights: Weights = fit(library, with_streams(2)).model.get_weights()
    return weights


def test_the_parts_of_the_loss_sum_to_the_loss_of_the_batch(library: TrainingLibrary) -> None:
    """What divides it is counted over all; means of parts would weigh their spectra unequally."""
    batch = next(training_stream(library, with_streams(2)).prefetched(16, 1))
    presence, weight, dosage = (table.numpy() for table in labels(batch))
    weight[:6] = 0  # nearly nothing is labelled in the first half
    random = np.random.default_rng(1)
    logits = {path: random.normal(size=presence.shape) for path in (PRESENCE, DOSAGE)}

    def loss(rows: slice, total: Total = list) -> float:
        part = {path: values[rows].astype(np.float32) for path, values in logits.items()}
        return float(loss_of(part, presence[rows], weight[rows], dosage[rows], 5.0, total))

    counted: list[list[float]] = []

    def noted(values: list[Any]) -> list[Any]:
        counted.append([float(value) for value in values])
        return values

    halves = (slice(0, 8), slice(8, 16))
    means = [loss(half, noted) for half in halves]
    sums: list[Any] = list(np.sum(counted, axis=0).astype(np.float32))
    whole = loss(slice(0, 16))
    assert sum(loss(half, lambda _: sums) for half in halves) == pytest.approx(whole, rel=1e-5)
    assert sum(means) / 2 != pytest.approx(whole, rel=1e-2)


@dataclasses.dataclass(frozen=True)
class Pair:
    folder: Path
    after_the_kill: dict[str, Any]  # said by the leader, whose worker was killed
    checkpoint_step: int
    continued: list[dict[str, Any]]  # by both, started again


@pytest.fixture(scope="module")
def pair(library: TrainingLibrary, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("pair")
    leader, killed = two_workers(folder, dies_after=9)
    after_the_kill = said_by(leader)
    killed.communicate(timeout=60)
    saved = load(folder / "checkpoint.npz", fingerprint(library, with_streams(2)))
    assert saved is not None
    continued = [said_by(worker) for worker in two_workers(folder, dies_after=0)]
    return Pair(folder, after_the_kill, saved.step, continued)


def test_a_killed_worker_ends_the_training_in_words_and_in_time(pair: Pair) -> None:
    from train.network.workers import LOST_AFTER_S

    assert "Worker 1 (127.0.0.1:" in pair.after_the_kill["lost"]
    assert pair.after_the_kill["after_s"] < LOST_AFTER_S


def test_started_again_both_go_on_from_the_leaders_checkpoint(pair: Pair) -> None:
    assert 8 <= pair.checkpoint_step < STEPS
    assert [said["resumed_at"] for said in pair.continued] == [pair.checkpoint_step] * 2


def test_two_workers_end_with_the_weights_of_one_process(pair: Pair, alone: Weights) -> None:
    leader, other = (weights_in(pair.folder / f"weights{index}.npz") for index in range(2))
    assert furthest(leader, other) == 0
    assert furthest(leader, alone) < TOLERANCE


def test_other_data_would_be_noticed(library: TrainingLibrary, alone: Weights) -> None:
    """The same first weights, other streams."""
    assert furthest(fit(library, with_streams(4)).model.get_weights(), alone) > DIFFERENT


def test_a_sum_that_is_left_out_would_be_noticed(
    library: TrainingLibrary, alone: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker by itself, on its own half of every batch."""

    def half(stream: SideBySide, size: int) -> Any:
        stream._streams = range(1)
        return whole(stream, size)

    whole = SideBySide.batch
    monkeypatch.setattr(SideBySide, "batch", half)
    assert furthest(fit(library, with_streams(2)).model.get_weights(), alone) > DIFFERENT


def test_workers_with_different_trainings_are_told(pair: Pair) -> None:
    for said in pair.continued:
        assert "to worker 1 (127.0.0.1:" in said["differ"]


def test_the_leader_ends_the_training_early_for_all(pair: Pair) -> None:
    early = [said["early"] for said in pair.continued]
    assert early[0] == early[1]
    stopped, spectra = early[0]
    assert stopped
    assert spectra < 60 * 16


def test_a_worker_that_never_comes_is_not_waited_for_without_end() -> None:
    program = """
import json, sys, time
from train.network.cluster import Cluster, WorkerLost
from train.network.workers import working_together
started = time.monotonic()
try:
    with working_together(Cluster(tuple(sys.argv[1].split(",")), int(sys.argv[2]), 1), 2):
        print(json.dumps({"came": True}))
except WorkerLost as error:
    print(json.dumps({"lost": error.text, "after_s": time.monotonic() - started}))
"""
    waiting = [python("-c", program, free_addresses(2), str(index)) for index in range(2)]
    for said in map(said_by, waiting):  # two that wait for others, not for each other
        assert "within 2 s" in said["lost"]
        assert said["after_s"] < 30


def test_two_workers_by_one_command(tmp_path: Path, library: TrainingLibrary) -> None:
    """As a chemist starts them; the leader alone writes."""
    from tests.test_train_pipeline import write_tiny_recipe
    from train.network.ramixnet import build
    from train.recipe import load_recipe

    path = write_tiny_recipe(tmp_path)
    path.write_text(path.read_text().replace("steps = 200", "steps = 12"))
    process = python(
        "-m", "train.cli.main", "fit", str(path), "--workers", "2", "--work", str(tmp_path)
    )
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert "every compound right" in output
    recipe = load_recipe(path)
    folder = tmp_path / recipe.name
    assert json.loads((folder / "fitted.json").read_text()) == {"streams": 2}
    model = build(recipe.network, library.references.shape[1], 4, recipe.task)
    model.load_weights(folder / "float.weights.h5")
    shared = dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, streams=2))
    by_one = fit(library, shared).model.get_weights()
    assert furthest(model.get_weights(), by_one) < TOLERANCE
