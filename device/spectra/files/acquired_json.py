"""The JSON that `ramix acquire` writes: the whole Acquisition, every pixel and the calibration.

Strict as bundles are: a key that is missing, unknown or of the wrong kind is named. The figures of
the overview (`strongest_line_cm1` and others) are for people and follow from the rest, and so is
`record`, which exported records have.
Next: `../spectrum.py`, what becomes of an Acquisition.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from device import strict_json
from device.spectra.files.acquired_csv import FULL_SCALE_COUNTS, LONGEST_MS, MOST_FRAMES
from device.spectra.files.text import LARGEST_NUMBER, TextFile
from device.spectra.spectrum import (
    KNOWN_FLAGS,
    Acquisition,
    Floats,
    Spectrum,
    spectrum_from_acquisition,
)
from device.strict_json import Fields, StrictJsonError, as_integer, as_number
from firmware_bridge.calibration import CalibrationError, CalibrationPage

FORMAT = "ramix-acquisition-1"
_FEWEST_PIXELS, _MOST_PIXELS = 2, 65_535
# Keys, lists and objects: an acquisition has a few dozen, an exported record's result hundreds.
_MOST_PARTS = 5000
_HIGHEST = 1e6  # of wavelengths, powers, temperatures: what lies beyond is damage


def recognises(file: TextFile) -> bool:
    return next((line for line in file.lines if line.strip()), "").lstrip().startswith("{")


def text_of(acquisition: Acquisition, overview: Mapping[str, Any]) -> str:
    """The whole file; what `overview` has beside the fields of an acquisition is for people."""
    page = acquisition.calibration
    everything = {
        **overview,
        "format": FORMAT,
        "acquired_utc": acquisition.acquired_utc,
        "frames": acquisition.frames,
        "integration_time_ms": acquisition.integration_time_ms,
        "laser_power_mw": _finite(acquisition.laser_power_mw),
        "detector_temperature_c": _finite(acquisition.detector_temperature_c),
        "flags": sorted(acquisition.flags),
        "calibration": {
            "serial": "".join(filter(str.isprintable, page.serial)),
            "wavelength_coefficients_nm": list(page.wavelength_coefficients_nm),
            "excitation_nm": page.excitation_nm,
            "first_valid_pixel": page.first_valid_pixel,
            "last_valid_pixel": page.last_valid_pixel,
            "dead_pixels": list(page.dead_pixels),
            "resolution_cm1": page.resolution_cm1,
            **({"response": list(page.response)} if page.response else {}),
        },
        "raw_counts": acquisition.raw_counts.tolist(),
        "dark_counts": acquisition.dark_counts.tolist(),
        "variance": acquisition.variance.tolist(),
        "saturated": np.flatnonzero(acquisition.saturated).tolist(),
    }
    return json.dumps(everything, allow_nan=False) + "\n"


def parse(file: TextFile) -> Spectrum:
    """The Spectrum of the acquisition in a file.

    Raises:
        SpectrumFileError: it is none; the sentence names the field.
    """
    acquisition = acquisition_in(file)
    try:
        return spectrum_from_acquisition(acquisition, source=file.name)
    except ValueError as error:
        file.fail(str(error))


def acquisition_in(file: TextFile) -> Acquisition:
    """What was written by `text_of`.

    Raises:
        SpectrumFileError: a field is missing, damaged, unknown, or contradicts another.
    """
    try:
        return _acquisition(strict_json.loads(bounded(file)))
    except StrictJsonError as error:
        file.fail(str(error))
    except CalibrationError as error:
        file.fail(error.text.rstrip("."))


def bounded(file: TextFile) -> bytes:
    """The file's text, if parsing it costs no more memory than an acquisition does.

    Raises:
        StrictJsonError: it has more parts than any.
    """
    text = "\n".join(file.lines)
    if text.count("{") + text.count("[") > _MOST_PARTS or text.count(":") > _MOST_PARTS:
        raise StrictJsonError("it has more parts than an acquisition")
    return text.encode()


def _acquisition(parsed: object) -> Acquisition:
    fields = Fields(parsed, "the acquisition")
    if fields.text("format") != FORMAT:
        raise StrictJsonError(f"its format is not {FORMAT}, which `ramix acquire` writes")
    raw = _counts(fields, "raw_counts", None)
    dark = _counts(fields, "dark_counts", len(raw))
    variance = _numbers(fields, "variance", len(raw), LARGEST_NUMBER)
    page = _page(fields.fields("calibration"), len(raw))
    used = np.zeros(len(raw), dtype=np.bool_)
    used[page.valid_range] = True
    if not (variance[used & ~page.dead_mask()] > 0).all():  # the others may not be known
        raise StrictJsonError("the acquisition.variance must be above 0")
    saturated = np.zeros(len(raw), dtype=np.bool_)
    saturated[_pixels(fields, "saturated", len(raw))] = True
    flags = fields.texts("flags")
    if len(set(flags)) != len(flags) or not KNOWN_FLAGS.issuperset(flags):
        raise StrictJsonError(
            f"the acquisition.flags must be among {', '.join(sorted(KNOWN_FLAGS))}"
        )
    acquisition = Acquisition(
        raw_counts=raw,
        dark_counts=dark,
        variance=variance,
        saturated=saturated,
        dead=page.dead_mask(),
        integration_time_ms=fields.number("integration_time_ms", 1e-6, LONGEST_MS),
        frames=fields.integer("frames", 1, MOST_FRAMES),
        laser_power_mw=fields.optional_number("laser_power_mw", 0.0, _HIGHEST),
        detector_temperature_c=fields.optional_number("detector_temperature_c", -300.0, _HIGHEST),
        calibration=page,
        acquired_utc=fields.text("acquired_utc", empty=True),
        flags=frozenset(flags),
    )
    for figure in ("strongest_line_cm1", "strongest_line_counts", "brightest_raw_counts"):
        fields.number(figure, -LARGEST_NUMBER, LARGEST_NUMBER)
    fields.integer("saturated_pixels", 0, len(raw))
    if fields.has("record"):  # of an export: not read
        fields.mapping("record")
    fields.done()
    return acquisition


def _page(fields: Fields, pixel_count: int) -> CalibrationPage:
    """Raises CalibrationError where the values contradict each other."""
    where = fields.name_of("wavelength_coefficients_nm")
    page = CalibrationPage(
        wavelength_coefficients_nm=tuple(
            as_number(item, where, -_HIGHEST, _HIGHEST)
            for item in fields.items("wavelength_coefficients_nm")
        ),
        excitation_nm=fields.number("excitation_nm", 0.0, _HIGHEST),
        first_valid_pixel=fields.integer("first_valid_pixel", 0, pixel_count - 1),
        last_valid_pixel=fields.integer("last_valid_pixel", 0, pixel_count - 1),
        pixel_count=pixel_count,
        dead_pixels=tuple(_pixels(fields, "dead_pixels", pixel_count)),
        resolution_cm1=fields.number("resolution_cm1", 0.0, _HIGHEST),
        serial=fields.text("serial", empty=True),
        response=tuple(
            as_number(item, fields.name_of("response"), 0.0, 1.0)
            for item in fields.items_if_any("response")
        ),
    )
    fields.done()
    return page


def _counts(fields: Fields, key: str, length: int | None) -> Floats:
    return _numbers(fields, key, length, FULL_SCALE_COUNTS)


def _numbers(fields: Fields, key: str, length: int | None, highest: float) -> Floats:
    items = fields.items(key, length=length)
    if not _FEWEST_PIXELS <= len(items) <= _MOST_PIXELS:
        raise StrictJsonError(f"{fields.name_of(key)} has {len(items)} items, no detector has")
    return np.array([as_number(item, fields.name_of(key), 0.0, highest) for item in items])


def _pixels(fields: Fields, key: str, pixel_count: int) -> list[int]:
    where = fields.name_of(key)
    pixels = [as_integer(item, where, 0, pixel_count - 1) for item in fields.items(key)]
    if pixels != sorted(set(pixels)):
        raise StrictJsonError(f"{where} must be ascending and distinct")
    return pixels


def _finite(value: float | None) -> float | None:
    """A sensor that reads NaN knows nothing, and JSON has no NaN."""
    return value if value is not None and math.isfinite(value) else None
