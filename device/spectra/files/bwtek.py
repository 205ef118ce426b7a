"""B&W Tek text files (BWRAM, BWSpec): raw counts and dark of every pixel, with the calibration.

`key;value` lines, then one row per pixel. What the file says becomes an Acquisition with a
calibration page, so a file and a replay of it by the simulator take the same way to a Spectrum.
Next: `device/spectra/spectrum.py`, where that way begins.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.spectra.files.text import (
    LARGEST_NUMBER,
    TextFile,
    checked_number,
    read_text,
)
from device.spectra.noise import noise_variance
from device.spectra.spectrum import Acquisition, Floats, Spectrum, spectrum_from_acquisition
from firmware_bridge.calibration import CalibrationError, CalibrationPage

_SIGNATURE = "File Version;BW"
_FULL_SCALE_COUNTS = 65535.0

# Printed axis cells have two decimals. A file whose polynomial is further from them than this was
# edited or mixes two calibrations.
_AXIS_TOLERANCE_NM = 0.02

# The files do not say; 8-9 cm-1 is the width of toluene's lines in those at hand.
_RESOLUTION_CM1 = 9.0

# Shot noise needs electrons per count, which the files do not give: a full well of 200-300 ke-
# (back-thinned CCDs of this class) over 65,535 counts is 3-5.
_ELECTRONS_PER_COUNT = 4.0

_PIXEL, _WAVELENGTH, _SHIFT, _DARK, _RAW = (
    "pixel",
    "wavelength",
    "raman shift",
    "dark",
    "raw data #1",
)


@dataclass(frozen=True, eq=False)
class BwtekFile:
    """One native file; arrays have one entry per pixel."""

    name: str
    raw_counts: Floats  # fractional where the software averaged
    dark_counts: Floats
    calibration: CalibrationPage
    integration_time_ms: float
    averages: int  # frames the software averaged into raw_counts
    acquired: str  # as the file has it: local time of the computer
    model: str

    def to_acquisition(self) -> Acquisition:
        """As if the analyzer had just delivered it.

        The variance is an estimate: a robust pixel noise plus shot noise at an assumed gain.
        """
        counts = self.raw_counts - self.dark_counts
        page = self.calibration
        inside = page.valid_range
        pixel_noise = noise_variance(page.wavenumber_cm1()[inside], counts[inside], 0.0)
        shot_noise = np.maximum(counts, 0.0) / (_ELECTRONS_PER_COUNT * self.averages)
        return Acquisition(
            raw_counts=self.raw_counts,
            dark_counts=self.dark_counts,
            variance=pixel_noise + shot_noise,
            saturated=self.raw_counts >= _FULL_SCALE_COUNTS,
            dead=page.dead_mask(),
            integration_time_ms=self.integration_time_ms,
            frames=self.averages,
            laser_power_mw=None,
            detector_temperature_c=None,
            calibration=page,
            acquired_utc="",
            flags=frozenset({"recorded_average"}) if self.averages > 1 else frozenset(),
        )

    def to_spectrum(self) -> Spectrum:
        return spectrum_from_acquisition(self.to_acquisition(), source=self.name)


def read_bwtek(path: str | os.PathLike[str]) -> BwtekFile:
    """Read a native file.

    Raises:
        SpectrumFileError: unreadable, truncated, or contradicting itself.
    """
    file = read_text(path)
    if not recognises(file):
        file.fail(f"not a B&W Tek text file, which begins with {_SIGNATURE!r}")
    return parse(file)


def recognises(file: TextFile) -> bool:
    return file.lines[0].startswith(_SIGNATURE)


def parse(file: TextFile) -> BwtekFile:
    """Lines -> BwtekFile.

    Raises:
        SpectrumFileError: a line is missing or damaged, or two of them contradict each other.
    """
    header, table_at = _read_header(file)
    pixel_count = header.whole("pixel_num", 2, 0xFFFF)
    columns, line_numbers = _read_table(file, table_at, pixel_count)
    raw, dark = columns[_RAW], columns[_DARK]
    for name, counts in (("raw", raw), ("dark", dark)):
        wrong = np.flatnonzero((counts < 0) | (counts > _FULL_SCALE_COUNTS))
        if len(wrong):
            file.fail(
                f"{counts[wrong[0]]:g} {name} counts, a 16-bit detector has 0 to 65535",
                line_numbers[wrong[0]],
            )
    calibrated = np.flatnonzero(np.isfinite(columns[_WAVELENGTH]))
    if len(calibrated) < 2:
        file.fail("no pixel has a wavelength")
    integration_time_ms = header.number("intigration times(ms)")  # spelt so in every file
    if not 0 < integration_time_ms < 1e8:
        file.fail(f"an integration time of {integration_time_ms:g} ms is impossible")
    try:
        page = CalibrationPage(
            wavelength_coefficients_nm=tuple(header.number(f"coefs_a{k}") for k in range(4)),
            excitation_nm=header.number("laser_wavelength"),
            first_valid_pixel=int(calibrated[0]),
            last_valid_pixel=int(calibrated[-1]),
            pixel_count=pixel_count,
            resolution_cm1=_RESOLUTION_CM1,
            serial=header.text("c code")[:16],
        )
    except CalibrationError as error:
        file.fail(error.text.rstrip("."))
    _check_axis(file, page, columns, line_numbers)
    return BwtekFile(
        name=file.name,
        raw_counts=raw,
        dark_counts=dark,
        calibration=page,
        integration_time_ms=integration_time_ms,
        averages=header.whole("average number", 1, 100_000),
        acquired=header.text("Date"),
        model=header.text("model"),
    )


@dataclass(frozen=True)
class _Header:
    file: TextFile
    values: dict[str, tuple[int, str]]  # key -> line, value

    def text(self, key: str) -> str:
        return self.values.get(key, (0, ""))[1].strip()

    def number(self, key: str) -> float:
        if key not in self.values:
            self.file.fail(f"the line {key!r} is missing")
        line, value = self.values[key]
        return checked_number(self.file, line, value, key, True)

    def whole(self, key: str, lowest: int, highest: int) -> int:
        number = self.number(key)
        if not (lowest <= number <= highest and number == int(number)):
            self.file.fail(f"{key} is {number:g}", self.values[key][0])
        return int(number)


def _read_header(file: TextFile) -> tuple[_Header, int]:
    """The `key;value` lines, and the index of the line that names the columns."""
    values: dict[str, tuple[int, str]] = {}
    for index, line in enumerate(file.lines):
        key, _, value = line.partition(";")
        if key.strip().lower() == _PIXEL:
            return _Header(file, values), index
        values.setdefault(key.strip(), (index + 1, value))
    file.fail("no line names the columns; the file may be truncated")


def _read_table(
    file: TextFile, table_at: int, pixel_count: int
) -> tuple[dict[str, Floats], list[int]]:
    """The columns in use, and each row's line number; blank axis cells become NaN."""
    names = [name.strip().lower() for name in file.lines[table_at].split(";")]
    for name in (_PIXEL, _WAVELENGTH, _SHIFT, _DARK, _RAW):
        if name not in names:
            file.fail(f"no column {name!r}", table_at + 1)
    if "raw data #2" in names:
        file.fail("several spectra in one file; export them one by one", table_at + 1)
    places = {name: names.index(name) for name in (_PIXEL, _WAVELENGTH, _SHIFT, _DARK, _RAW)}
    cells_needed = max(places.values()) + 1
    rows: list[list[str]] = []
    line_numbers: list[int] = []
    for number, line in enumerate(file.lines[table_at + 1 :], start=table_at + 2):
        if not line.strip(" \t;\x1a"):
            continue
        cells = line.split(";", cells_needed)
        if len(cells) < cells_needed:
            file.fail(f"{len(cells)} columns of {len(names)}; the file may be truncated", number)
        rows.append(cells)
        line_numbers.append(number)
        if len(rows) > pixel_count:
            file.fail(f"more rows than the {pixel_count} pixels announced", number)
    columns = {
        name: _read_column(file, name, [cells[place] for cells in rows], line_numbers)
        for name, place in places.items()
    }
    wrong = np.flatnonzero(columns[_PIXEL] != np.arange(len(rows)))
    if len(wrong):
        file.fail(f"pixel {wrong[0]} is missing", line_numbers[wrong[0]])
    if len(rows) < pixel_count:
        file.fail(f"ends after {len(rows)} of {pixel_count} pixels, it is truncated")
    return columns, line_numbers


def _read_column(file: TextFile, name: str, cells: list[str], line_numbers: list[int]) -> Floats:
    """The numbers in one column; cell by cell only where one of them is not plainly good."""
    places: Sequence[int] = range(len(cells))
    if name in (_WAVELENGTH, _SHIFT):  # blank where the calibration does not reach
        places = [place for place in places if cells[place].strip()]
    text = ";".join([cells[place] for place in places])
    try:
        numbers = np.array([float(cell) for cell in text.replace(",", ".").split(";")])
        plainly_good = "_" not in text and bool((np.abs(numbers) <= LARGEST_NUMBER).all())
    except ValueError:
        plainly_good = False
    if not plainly_good:
        numbers = np.array(
            [checked_number(file, line_numbers[at], cells[at], name, True) for at in places]
        )
    column = np.full(len(cells), np.nan)
    column[places] = numbers
    return column


def _check_axis(
    file: TextFile, page: CalibrationPage, columns: dict[str, Floats], line_numbers: list[int]
) -> None:
    """The printed axis must be the polynomial's; it is the same fact written twice."""
    inside = page.valid_range
    wavelength_nm = page.wavelength_nm()[inside]
    shift_cm1 = page.wavenumber_cm1()[inside]
    for off_nm, printed in (
        (np.abs(columns[_WAVELENGTH][inside] - wavelength_nm), _WAVELENGTH),
        (np.abs(columns[_SHIFT][inside] - shift_cm1) * wavelength_nm**2 / 1e7, _SHIFT),
    ):
        wrong = np.flatnonzero(~(off_nm <= _AXIS_TOLERANCE_NM))  # a blank cell is NaN: wrong too
        if len(wrong):
            pixel = page.first_valid_pixel + int(wrong[0])
            by = off_nm[wrong[0]]
            file.fail(
                f"pixel {pixel} has no {printed} between pixels that have"
                if np.isnan(by)
                else f"the {printed} of pixel {pixel} contradicts the calibration coefficients "
                f"by {by:.2f} nm",
                line_numbers[pixel],
            )
