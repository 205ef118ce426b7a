"""The program whose instructions `arm_check` counts: verdicts on files, and bare invokes.

    python -m tools.arm_verdicts MODEL ROUNDS SPECTRUM...

Runs on the emulated ARM and on this machine alike, always with tflite-runtime, and prints one JSON
object. An interval to be counted lies between two calls of `getsid`, at which `arm_counter.c`
writes its count.
Every interval is preceded by one verdict (or invoke) that is not counted: what is built at the
first use only does not belong to the price of one more. Next: `arm_report.py`, which reads this.
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from device.answer.identifier import Answer, Identifier
from device.inference.bundle import read_bundle_file
from device.inference.trust import default_trust_policy
from device.native.library import backend
from device.spectra.files.reading import read_spectrum
from device.spectra.preprocessing import model_input
from device.spectra.spectrum import to_grid
from tools.bench_pipeline import bare_invoke

INVOKES = 100  # in the interval of the bare invoke, which is short


def verdicts(model: Path, rounds: int, spectra: list[Path]) -> dict[str, object]:
    """A decision for each file; with `rounds`, also marks around as many verdicts on it.

    The last interval is that of `INVOKES` bare invokes.
    """
    bundle = read_bundle_file(model, default_trust_policy())
    identifier = Identifier(bundle, "tflite")
    decisions = []
    for path in spectra:
        spectrum = read_spectrum(path)
        decisions.append({"file": path.name, **decision(identifier.identify(spectrum))})
        if rounds:
            between_marks(rounds, partial(identifier.identify, spectrum))
    if rounds:
        gridded = to_grid(read_spectrum(spectra[0]))
        prepared = model_input(gridded.intensity, gridded.valid)
        invoke = bare_invoke(bundle.model, "tflite")
        invoke(prepared)
        between_marks(INVOKES, partial(invoke, prepared))
    return {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "tflite-runtime": version("tflite-runtime"),
        "backend": backend(),
        "decisions": decisions,
    }


def decision(answer: Answer) -> dict[str, object]:
    """What must be the same on every machine."""
    identification = answer.identification
    return {
        "verdict": str(identification.verdict),
        "reasons": [reason.code for reason in identification.reasons],
        "shares": {one.name: one.signal_share for one in identification.components},
    }


def between_marks(rounds: int, work: Callable[[], object]) -> None:
    os.getsid(0)
    for _ in range(rounds):
        work()
    os.getsid(0)


if __name__ == "__main__":
    model_argument, rounds_argument, *spectra_arguments = sys.argv[1:]
    print(
        json.dumps(
            verdicts(
                Path(model_argument), int(rounds_argument), [Path(one) for one in spectra_arguments]
            )
        )
    )
