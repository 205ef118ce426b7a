"""Which decision answered: a version, and a digest over every number that leads to a verdict.

The same bundle and counts give the same verdict on every machine with the same digest, up to the
last bits in which interpreters and the two backends of the fit differ. The digest covers the
numbers in the model's manifest and the numeric constants of all modules between spectrum and
verdict; a change of code without constants is not in it, and is what the version is
for. A test pins both, so that no number changes unnoticed.
Next: `result.py`, where they stand in every answer.
"""

import hashlib
import json
import re
from dataclasses import asdict
from functools import cache
from types import ModuleType
from typing import Any

from device.fit import (
    aligned,
    derivative,
    first_look,
    flexible,
    left_out,
    library,
    library_fit,
    measured,
    native_fit,
    nonnegative,
    nuisances,
    reference_lines,
    residual,
    reweighted,
    search,
    spikes,
    windowed,
)
from device.inference.decision_numbers import DecisionNumbers
from device.spectra import (
    container,
    cosmic_rays,
    daylight,
    flat_top,
    lamp_light,
    needed_range,
    noise,
    preprocessing,
    quality,
    resampling,
    response,
    stray_light,
)
from device.verdict import (
    amounts,
    classes,
    identification,
    limits,
    reasons,
    scores,
    twins,
)

DECISION_VERSION = 3  # raise it with every change of a verdict, whether by numbers or by code

# A test compares this with the three folders: no module is forgotten.
DECIDING = (
    (
        container,
        cosmic_rays,
        daylight,
        flat_top,
        lamp_light,
        needed_range,
        noise,
        preprocessing,
        quality,
    )
    + (resampling, response, stray_light, aligned, derivative, first_look, flexible, left_out)
    + (library, library_fit)
    + (measured, native_fit, nonnegative, nuisances, reference_lines, residual, reweighted, search)
    + (spikes, windowed)
    + (amounts, classes, identification, limits, reasons, scores, twins)
)
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


def decision_sha256(numbers: DecisionNumbers) -> str:
    """SHA-256, hex, over canonical JSON of version, the model's numbers and constants."""
    content = {
        "version": DECISION_VERSION,
        "numbers": asdict(numbers),
        "constants": list(constants()),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


@cache
def constants() -> tuple[str, ...]:
    """Each name with each value that it has, as JSON: the same wherever a number is imported."""
    found = [item for module in DECIDING for item in constants_of(module).items()]
    return tuple(sorted({json.dumps(item) for item in found}))


def constants_of(module: ModuleType) -> dict[str, Any]:
    """Numbers and tuples of numbers in capitals, private and imported ones included."""
    return {
        name: value
        for name, value in vars(module).items()
        if _CONSTANT.fullmatch(name) and _is_numeric(value)
    }


def _is_numeric(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_is_numeric(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)
