"""The JSON that `ramix records export` writes of a record that came from a file: its own columns.

Strict as `acquired_json.py`. `title`, `facts` and `record` are for people and programs; what takes
part in a verdict stands in fields of its own.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from device import strict_json
from device.spectra.files.acquired_csv import LONGEST_MS
from device.spectra.files.acquired_json import bounded
from device.spectra.files.text import LARGEST_NUMBER, TextFile
from device.spectra.provenance import Provenance
from device.spectra.spectrum import KNOWN_FLAGS, Floats, Spectrum
from device.strict_json import Fields, StrictJsonError, as_number

FORMAT: Final = "ramix-spectrum-1"
_CURVES: Final = ("variance", "dark_counts", "saturated")
_MOST_POINTS: Final = 100_000


def text_of(
    spectrum: Spectrum, title: str, facts: Mapping[str, str], record: Mapping[str, Any]
) -> str:
    """The whole file; numbers without rounding."""
    curves = {"intensity": spectrum.intensity.tolist()}
    for name in _CURVES:
        values = getattr(spectrum, name)
        if values is not None:
            curves[name] = values.astype(np.float64).tolist()
    whole = {
        "format": FORMAT,
        "title": title,
        "facts": dict(facts),
        "integration_time_ms": spectrum.integration_time_ms,
        "flags": sorted(spectrum.flags),
        "taken": None if spectrum.taken is None else spectrum.taken.said(),
        "wavenumber_cm1": spectrum.wavenumber_cm1.tolist(),
        "curves": curves,
        "record": dict(record),
    }
    return json.dumps(whole, allow_nan=False) + "\n"


def parse(file: TextFile) -> Spectrum:
    """The Spectrum in it, with all that was known.

    Raises:
        SpectrumFileError: a field is missing, damaged or unknown.
    """
    try:
        return _spectrum(strict_json.loads(bounded(file)), file.name)
    except (StrictJsonError, TypeError, ValueError) as error:
        file.fail(str(error))


def _spectrum(parsed: object, name: str) -> Spectrum:
    fields = Fields(parsed, "the spectrum")
    if fields.text("format") != FORMAT:
        raise StrictJsonError(f"its format is not {FORMAT}")
    axis = _numbers(fields.items("wavenumber_cm1"), "the spectrum.wavenumber_cm1", -1e6, 1e6)
    if not 2 <= len(axis) <= _MOST_POINTS or not (np.diff(axis) > 0).all():
        raise StrictJsonError("the spectrum.wavenumber_cm1 must be 2 to 100,000 rising numbers")
    curves = fields.mapping("curves")
    if not {"intensity"} <= curves.keys() <= {"intensity", *_CURVES}:
        raise StrictJsonError("the spectrum.curves are intensity and what is known beside it")
    known = {
        key: _numbers(values, f"the spectrum.curves.{key}", -LARGEST_NUMBER, LARGEST_NUMBER)
        for key, values in curves.items()
    }
    if "variance" in known and not (known["variance"] > 0).all():
        raise StrictJsonError("the spectrum.curves.variance must be above 0")
    flags = fields.texts("flags")
    if not KNOWN_FLAGS.issuperset(flags):
        raise StrictJsonError(f"the spectrum.flags must be among {', '.join(sorted(KNOWN_FLAGS))}")
    taken = fields.take("taken")
    saturated = known.get("saturated")
    spectrum = Spectrum(
        wavenumber_cm1=axis,
        intensity=known["intensity"],
        variance=known.get("variance"),
        integration_time_ms=fields.optional_number("integration_time_ms", 1e-6, LONGEST_MS),
        saturated=None if saturated is None else saturated > 0,
        source=name,
        dark_counts=known.get("dark_counts"),
        flags=frozenset(flags),
        taken=None if taken is None else _provenance(taken),
    )
    for told in ("title", "facts", "record"):  # not read
        fields.take(told)
    fields.done()
    return spectrum


def _provenance(said: object) -> Provenance:
    """Raises TypeError, ValueError: it is none."""
    if not isinstance(said, dict):
        raise StrictJsonError("the spectrum.taken must be an object")
    kinds = {"model": str, "serial": str, "acquired": str, "averages": int, "pixel_count": int}
    kept: dict[str, Any] = {}
    for name, value in said.items():
        expected: Any = kinds.get(name, bool if name == "intensity_corrected" else float)
        if name == "wavelength_coefficients_nm":
            kept[name] = tuple(_numbers(value, f"taken.{name}", -1e9, 1e9).tolist())
        elif expected is float:
            kept[name] = as_number(value, f"taken.{name}", -1e9, 1e9)
        elif type(value) is not expected:
            raise StrictJsonError(f"the spectrum.taken.{name} is of another kind")
        else:
            kept[name] = value
    return Provenance(**kept)


def _numbers(items: object, where: str, low: float, high: float) -> Floats:
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise StrictJsonError(f"{where} must be a list")
    if len(items) > _MOST_POINTS:
        raise StrictJsonError(f"{where} has {len(items)} items, no spectrum has")
    return np.array([as_number(item, where, low, high) for item in items], dtype=np.float64)
