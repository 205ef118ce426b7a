"""Where an interrupted training goes on: everything the next step depends on, in one file.

Written beside its place, synced and renamed, so that a kill at any time leaves the last whole one.
Next: `fit.py`, which writes and reads it.
"""

import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from device.durable import written_whole
from firmware_bridge.errors import RamixError
from train.library.references import TrainingLibrary
from train.recipe import QuantizationSettings, Recipe, provenance_of

FORMAT: Final = "ramix-checkpoint-1"
_DECIDING = ("tensorflow-cpu", "numpy")  # other versions may give other last bits

_ARRAYS: Final = ("weights", "optimizer", "best")

Arrays = tuple[npt.NDArray[Any], ...]


class CheckpointError(RamixError):
    """The file that should continue a training cannot be read."""

    code = "checkpoint_damaged"
    default_remedy = "Start anew with --fresh."


@dataclass(frozen=True)
class Validation:
    """One look at held-out generated spectra; `exact`: part with every compound right."""

    step: int
    loss: float  # smoothed, of training
    exact: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """State after `step` steps."""

    step: int
    loss: float  # smoothed
    finished: bool
    stream: dict[str, Any]  # of the generator of spectra
    weights: Arrays  # of the network; the final ones when finished
    optimizer: Arrays
    best: Arrays  # averaged weights at the best validation; empty when nobody asked
    history: tuple[Validation, ...]


def fingerprint(library: TrainingLibrary, recipe: Recipe) -> str:
    """Trainings with the same one go the same way; another's checkpoint must not be continued."""
    of_float = replace(recipe, quantization=QuantizationSettings())  # what comes after training
    decides = hashlib.sha256(json.dumps(provenance_of(of_float), sort_keys=True).encode())
    for spec, spectrum in zip(library.compounds, library.wide, strict=True):
        # the file, not what was made of it: its last bits depend on the threads of the moment
        source = spec.source_sha256 or hashlib.sha256(spectrum.tobytes()).hexdigest()
        decides.update(f"{spec.name} {source} {spec.response_factor}\n".encode())
    for package in _DECIDING:
        decides.update(f"{package} {_version(package)}".encode())
    return decides.hexdigest()


def save(path: Path, checkpoint: Checkpoint, mark: str) -> None:
    """Write `path` whole or leave the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        write(stream, checkpoint, mark)


def write(stream: BinaryIO, checkpoint: Checkpoint, mark: str) -> None:
    """Into an open file, or into the bytes that other workers are sent."""
    facts = {
        "format": FORMAT,
        "fingerprint": mark,
        "step": checkpoint.step,
        "loss": checkpoint.loss,
        "finished": checkpoint.finished,
        "stream": checkpoint.stream,
        "history": [asdict(one) for one in checkpoint.history],
        "counts": {name: len(getattr(checkpoint, name)) for name in _ARRAYS},
    }
    arrays = {
        f"{name}{index}": array
        for name in _ARRAYS
        for index, array in enumerate(getattr(checkpoint, name))
    }
    np.savez(stream, facts=np.array(json.dumps(facts)), **arrays)


def load(path: Path, mark: str) -> Checkpoint | None:
    """The checkpoint of this very training; None when there is none, or it is of another.

    Raises:
        CheckpointError: the file is damaged.
    """
    try:
        with path.open("rb") as stream:
            return read(stream, mark)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"The checkpoint {path} is damaged.") from error


def read(stream: BinaryIO, mark: str) -> Checkpoint | None:
    """What `write` wrote; None when it is of another training. `load` says what is wrong."""
    with np.load(stream, allow_pickle=False) as file:
        facts = json.loads(str(file["facts"]))
        if facts["format"] != FORMAT or facts["fingerprint"] != mark:
            return None
        arrays = {
            name: tuple(file[f"{name}{index}"] for index in range(facts["counts"][name]))
            for name in _ARRAYS
        }
    return Checkpoint(
        step=int(facts["step"]),
        loss=float(facts["loss"]),
        finished=bool(facts["finished"]),
        stream=facts["stream"],
        history=tuple(Validation(**one) for one in facts["history"]),
        **arrays,
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except ModuleNotFoundError:  # PackageNotFoundError is one: another build of TensorFlow
        return "unknown"
