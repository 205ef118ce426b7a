"""Golden vectors: stored inputs whose answers prove that a model works on this machine.

Kernels differ in the last bits between runtimes and architectures (up to 10 steps of 1/256), so
outputs are compared within the manifest's tolerance and decisions exactly. `golden_block` makes
the manifest entry and takes only inputs whose decisions no such difference can flip.
Next: `model_source.py`, which bundle is loaded at all.
"""

import base64
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from device.inference.bundle import Bundle
from device.inference.errors import BundleError, GoldenMismatch
from device.inference.interpreter import Interpreter, Prediction
from device.inference.manifest import decide

DEFAULT_TOLERANCE: Final = 0.06  # 15 steps of 1/256; the largest difference seen was 10


def check_golden(bundle: Bundle, interpreter: Interpreter) -> None:
    """Answer all golden vectors; raises `GoldenMismatch` on the first that is wrong."""
    golden = bundle.manifest.golden
    for index, (model_input, decision) in enumerate(
        zip(golden.inputs, golden.decisions, strict=True)
    ):
        prediction = interpreter.predict(model_input)
        _require_close("presence", index, prediction.presence, golden.presence, golden.tolerance)
        if golden.dosage is not None and prediction.dosage is not None:
            _require_close("dosage", index, prediction.dosage, golden.dosage, golden.tolerance)
        found = bundle.manifest.decide(prediction.presence)
        if found != decision:
            raise GoldenMismatch(
                f"Golden vector {index} must name {_names(decision)}, "
                f"{interpreter.runtime_name} names {_names(found)}."
            )


def golden_block(
    interpreter: Interpreter,
    inputs: npt.NDArray[np.int8],
    names: Sequence[str],
    presence_thresholds: Sequence[float],
    tolerance: float = DEFAULT_TOLERANCE,
) -> dict[str, object]:
    """The manifest's `golden` entry for inputs int8[k, G], answered by `interpreter`.

    Raises:
        BundleError: no input is left whose decisions hold within the tolerance.
    """
    thresholds = np.asarray(presence_thresholds, dtype=np.float32)
    kept: list[tuple[npt.NDArray[np.int8], Prediction]] = []
    for model_input in inputs:
        prediction = interpreter.predict(model_input)
        if np.abs(prediction.presence - thresholds).min() > tolerance:
            kept.append((model_input, prediction))
    if not kept:
        raise BundleError("No golden vector is decided clearly enough to be one.")
    dosages = [p.dosage.tolist() for _, p in kept if p.dosage is not None]
    raw = np.stack([model_input for model_input, _ in kept]).tobytes()
    return {
        "inputs_base64": base64.b64encode(raw).decode("ascii"),
        "presence": [p.presence.tolist() for _, p in kept],
        "dosage": dosages or None,
        "tolerance": tolerance,
        "decisions": [
            list(decide(tuple(names), tuple(presence_thresholds), p.presence)) for _, p in kept
        ],
    }


def _require_close(
    what: str,
    index: int,
    found: npt.NDArray[np.float32],
    expected: npt.NDArray[np.float32],
    tolerance: float,
) -> None:
    difference = float(np.abs(found - expected[index]).max())
    if not difference <= tolerance:  # also refuses NaN
        raise GoldenMismatch(
            f"The {what} of golden vector {index} is off by {difference:.3f}, "
            f"{tolerance:.3f} is allowed."
        )


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"
