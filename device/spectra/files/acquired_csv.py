"""The CSV that `ramix acquire` writes: one row a pixel, and above them how it was measured.

The first two columns are what any program plots. The others keep what a verdict rests on, so that
the file is answered as the measurement itself would have been. Both ends of the format are here.
Next: `acquired_json.py`, which keeps the pixels outside the calibrated range as well.
"""

from dataclasses import dataclass, replace

import numpy as np

from device.spectra.files.text import TextFile, checked_number, spectrum_from_columns
from device.spectra.flat_top import within
from device.spectra.provenance import Provenance
from device.spectra.resampling import MODEL_GRID
from device.spectra.spectrum import (
    KNOWN_FLAGS,
    SMALLEST_RESPONSE,
    Acquisition,
    Bools,
    Floats,
    Spectrum,
    usable_pixels,
)

COLUMNS = "wavenumber_cm1,intensity,sd_counts,raw_counts,dark_counts,saturated"
# Where the analyzer's page tells its response: counts over it are the corrected intensity.
WITH_RESPONSE = COLUMNS + ",response"
_COMMENT = "#"
_MOST_HEADER_LINES = 100
_UNKNOWN, _NO_FLAGS = "unknown", "none"

FULL_SCALE_COUNTS = 65_535.0
LONGEST_MS = 1e8  # a day
MOST_FRAMES = 100_000
_MOST_PIXELS = 65_535
_ROUNDING_COUNTS = 1e-3  # the intensity is raw minus dark; all three are printed with ten digits


def recognises(file: TextFile) -> bool:
    named = (COLUMNS, WITH_RESPONSE)
    return any(line.strip() in named for line in file.lines[:_MOST_HEADER_LINES])


def text_of(acquisition: Acquisition, serial: str) -> str:
    """The whole file; `serial` is the analyzer's.

    Raises:
        CalibrationMismatch: the calibration page describes another number of pixels.
    """
    axis, pixels = usable_pixels(acquisition)
    raw, dark = acquisition.raw_counts[pixels], acquisition.dark_counts[pixels]
    saturated = acquisition.saturated[pixels]
    name = "".join(filter(str.isprintable, serial))  # a line break would end the comment
    lines = [
        f"# analyzer {name}, measured {acquisition.acquired_utc}",
        f"# integration_time_ms: {acquisition.integration_time_ms:.10g}",
        f"# frames: {acquisition.frames}",
        f"# laser_power_mw: {_or_unknown(acquisition.laser_power_mw)}",
        f"# detector_temperature_c: {_or_unknown(acquisition.detector_temperature_c)}",
        f"# resolution_cm1: {acquisition.calibration.resolution_cm1:g}",
        f"# flags: {', '.join(sorted(acquisition.flags)) or _NO_FLAGS}",
        f"# saturated: {_saturation(axis, saturated)}",
        f"# pixels: {len(axis)}",
    ]
    response = acquisition.calibration.relative_response()
    lines.append(COLUMNS if response is None else WITH_RESPONSE)
    columns = (axis, raw - dark, np.sqrt(acquisition.variance[pixels]), raw, dark, saturated)
    more = [""] * len(axis) if response is None else [f",{one:.12g}" for one in response[pixels]]
    for (shift, net, sd, lit, unlit, full), end in zip(
        zip(*(c.tolist() for c in columns), strict=True), more, strict=True
    ):
        lines.append(f"{shift:.6f},{net:.10g},{sd:.10g},{lit:.10g},{unlit:.10g},{full:d}{end}")
    return "\n".join(lines) + "\n"


def parse(file: TextFile) -> Spectrum:
    """The Spectrum in it, with variance, saturated pixels, dark counts and flags.

    Raises:
        SpectrumFileError: a line is missing or damaged, or two of them contradict each other.
    """
    header = _read_header(file)
    columns, line_numbers = _read_rows(file, header.columns_at)
    shifts = columns["wavenumber_cm1"]
    spectrum = spectrum_from_columns(
        file, shifts, columns["intensity"], line_numbers, header.integration_time_ms
    )
    if shifts[0] > shifts[-1]:
        file.fail("the Raman shift falls, `ramix acquire` writes it rising")
    raw, dark = np.array(columns["raw_counts"]), np.array(columns["dark_counts"])
    variance: Floats = np.square(np.array(columns["sd_counts"]))
    wrong = np.flatnonzero(np.abs(raw - dark - spectrum.intensity) > _ROUNDING_COUNTS)
    if len(wrong):
        file.fail("the intensity is not raw minus dark counts", line_numbers[wrong[0]])
    saturated = np.array(columns["saturated"]) > 0
    if len(shifts) != header.pixels:
        file.fail(f"{len(shifts)} rows of the {header.pixels} pixels announced")
    if header.saturation != _saturation(spectrum.wavenumber_cm1, saturated):
        file.fail(f"the saturated column contradicts the header's {header.saturation!r}")
    spectrum = replace(
        spectrum, variance=variance, saturated=saturated, dark_counts=dark, flags=header.flags
    )
    return (
        _corrected(spectrum, np.array(columns["response"])) if "response" in columns else spectrum
    )


def _corrected(spectrum: Spectrum, response: Floats) -> Spectrum:
    """As `spectrum_from_acquisition` gives it of such an analyzer."""
    variance, dark = spectrum.variance, spectrum.dark_counts
    return replace(
        spectrum,
        intensity=spectrum.intensity / response,
        variance=None if variance is None else variance / np.square(response),
        dark_counts=None if dark is None else dark / response,
        taken=Provenance(intensity_corrected=True),
    )


@dataclass(frozen=True)
class _Header:
    integration_time_ms: float
    flags: frozenset[str]
    saturation: str
    pixels: int
    columns_at: int  # index of the line that names the columns


def _read_header(file: TextFile) -> _Header:
    """The comments that mean something; others may be there."""
    columns_at = next(
        index for index, line in enumerate(file.lines) if line.strip() in (COLUMNS, WITH_RESPONSE)
    )
    comments = _Comments(file, {})
    for number, line in enumerate(file.lines[:columns_at], start=1):
        if line.strip() and not line.lstrip().startswith(_COMMENT):
            file.fail("neither a comment nor the names of the columns", number)
        comments.take(number, line)
    comments.whole("frames", MOST_FRAMES)
    return _Header(
        integration_time_ms=comments.number("integration_time_ms", 1e-6, LONGEST_MS),
        flags=comments.flags(),
        saturation=comments.text("saturated")[1],
        pixels=comments.whole("pixels", _MOST_PIXELS),
        columns_at=columns_at,
    )


@dataclass(frozen=True)
class _Comments:
    """`# key: value` lines, of the keys that a verdict needs."""

    file: TextFile
    values: dict[str, tuple[int, str]]  # key -> line, value

    def take(self, number: int, line: str) -> None:
        key, _, value = line.strip(_COMMENT + " \t").partition(":")
        if key in ("integration_time_ms", "frames", "flags", "saturated", "pixels"):
            if key in self.values:
                self.file.fail(f"{key} is given twice", number)
            self.values[key] = (number, value.strip())

    def text(self, key: str) -> tuple[int, str]:
        if key not in self.values:
            self.file.fail(f"the comment {key!r} is missing")
        return self.values[key]

    def number(self, key: str, lowest: float, highest: float) -> float:
        line, value = self.text(key)
        number = checked_number(self.file, line, value, key, False)
        if not lowest <= number <= highest:
            self.file.fail(f"{key} is {value[:20]}", line)
        return number

    def whole(self, key: str, highest: int) -> int:
        number = self.number(key, 1, highest)
        if number != int(number):
            self.file.fail(f"{key} is {number:g}, not a whole number", self.text(key)[0])
        return int(number)

    def flags(self) -> frozenset[str]:
        line, value = self.text("flags")
        flags = [] if value == _NO_FLAGS else [flag.strip() for flag in value.split(",")]
        strange = sorted(set(flags) - KNOWN_FLAGS)
        if strange:
            self.file.fail(f"the flag {strange[0][:30]!r} is not known here", line)
        return frozenset(flags)


def _read_rows(file: TextFile, columns_at: int) -> tuple[dict[str, list[float]], list[int]]:
    names = tuple(file.lines[columns_at].strip().split(","))
    columns: dict[str, list[float]] = {name: [] for name in names}
    line_numbers: list[int] = []
    for number, line in enumerate(file.lines[columns_at + 1 :], start=columns_at + 2):
        if not line.strip():
            continue
        cells = line.split(",")
        if len(cells) != len(names):
            file.fail(f"{len(cells)} columns of {len(names)}; the file may be truncated", number)
        for name, cell in zip(names, cells, strict=True):
            value = checked_number(file, number, cell, name, False)
            columns[name].append(value)
            if name in ("raw_counts", "dark_counts") and not 0 <= value <= FULL_SCALE_COUNTS:
                file.fail(f"{name} is {value:g}, a 16-bit detector has 0 to 65535", number)
            if name == "sd_counts" and not value > 0:
                file.fail(f"{name} is {value:g}, every count has a noise", number)
            if name == "response" and not SMALLEST_RESPONSE <= value <= 1:
                file.fail(f"response is {value:g}, it must be {SMALLEST_RESPONSE:g} to 1", number)
            if name == "saturated" and value not in (0.0, 1.0):
                file.fail(f"saturated is {value:g}, it must be 0 or 1", number)
        line_numbers.append(number)
    return columns, line_numbers


def _saturation(axis_cm1: Floats, saturated: Bools) -> str:
    inside = int(np.count_nonzero(saturated & within(axis_cm1, MODEL_GRID)))
    return f"{inside} pixels within {MODEL_GRID.first_cm1:g}-{MODEL_GRID.last_cm1:g} cm-1"


def _or_unknown(value: float | None) -> str:
    return _UNKNOWN if value is None or not np.isfinite(value) else f"{value:.10g}"
