"""B&W Tek text files (BWRAM, BWSpec): raw counts and dark of every pixel, with the calibration.

What the file says becomes an Acquisition with a calibration page, so a file and a replay of it by
the simulator take the same way to a Spectrum. Next: `bwtek_table.py`, its lines as numbers;
`device/spectra/spectrum.py`, where that way begins.
"""

import os
from dataclasses import dataclass, replace

import numpy as np

from device.spectra.files.bwtek_table import (
    DARK,
    RAW,
    SHIFT,
    SIGNATURE,
    SUBTRACTED,
    WAVELENGTH,
    Header,
    read_header,
    read_table,
    without_pixels,
)
from device.spectra.files.text import TextFile, parse_number, read_text
from device.spectra.noise import fine_structure
from device.spectra.provenance import Provenance, provenance_said
from device.spectra.spectrum import Acquisition, Floats, Spectrum, spectrum_from_acquisition
from firmware_bridge.calibration import CalibrationError, CalibrationPage

_FULL_SCALE_COUNTS = 65535.0

# Printed axis cells have two decimals. A file whose polynomial is further from them than this was
# edited or mixes two calibrations.
_AXIS_TOLERANCE_NM = 0.02

# The files do not say; 8-9 cm-1 is the width of toluene's lines in those at hand.
_RESOLUTION_CM1 = 9.0


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
    taken: Provenance | None = None

    def to_acquisition(self) -> Acquisition:
        """As if the analyzer had just delivered it.

        The variance is what the fine structure shows, as for a single frame of the analyzer.
        """
        page = self.calibration
        inside = page.valid_range
        counts = (self.raw_counts - self.dark_counts)[inside]
        variance = np.zeros(len(self.raw_counts))
        variance[inside] = fine_structure(counts, page.wavenumber_cm1()[inside]).variance(counts)
        return Acquisition(
            raw_counts=self.raw_counts,
            dark_counts=self.dark_counts,
            variance=variance,
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
        spectrum = spectrum_from_acquisition(self.to_acquisition(), source=self.name)
        return replace(spectrum, taken=self.taken)


def read_bwtek(path: str | os.PathLike[str]) -> BwtekFile:
    """Read a native file.

    Raises:
        SpectrumFileError: unreadable, truncated, or contradicting itself.
    """
    file = read_text(path)
    if not recognises(file):
        file.fail("not a B&W Tek text file, which begins with 'File Version;BW'")
    return parse(file)


def recognises(file: TextFile) -> bool:
    return SIGNATURE.match(file.lines[0]) is not None and not without_pixels(file)


def parse(file: TextFile) -> BwtekFile:
    """Lines -> BwtekFile.

    Raises:
        SpectrumFileError: a line is missing or damaged, two of them contradict each other, or the
            file was saved without raw counts or dark.
    """
    read = _read(file)
    for name in (DARK, RAW):
        if name not in read.columns:
            file.fail(f"no column {name!r}; save it with all columns")
    return BwtekFile(
        name=file.name,
        raw_counts=read.columns[RAW],
        dark_counts=read.columns[DARK],
        calibration=read.page,
        integration_time_ms=read.integration_time_ms,
        averages=read.averages,
        acquired=read.header.text("Date"),
        taken=read.taken,
    )


def spectrum_in(file: TextFile) -> Spectrum:
    """The Spectrum of a native file, also of one saved with fewer columns.

    Without raw counts nothing is known of saturation, and the noise is what the fine structure
    shows; without dark the counts hold the detector's pedestal.

    Raises:
        SpectrumFileError: as `parse`.
    """
    read = _read(file)
    if DARK in read.columns and RAW in read.columns:
        return parse(file).to_spectrum()
    inside = read.page.valid_range
    raw = read.columns.get(RAW)
    counts = (read.columns[SUBTRACTED] if raw is None else raw)[inside]
    return Spectrum(
        wavenumber_cm1=read.page.wavenumber_cm1()[inside],
        intensity=counts,
        integration_time_ms=read.integration_time_ms,
        saturated=None if raw is None else counts >= _FULL_SCALE_COUNTS,
        source=file.name,
        taken=read.taken,
    )


@dataclass(frozen=True, eq=False)
class _Read:
    """What all native files have."""

    header: Header
    columns: dict[str, Floats]
    page: CalibrationPage
    integration_time_ms: float
    averages: int
    taken: Provenance | None


def _read(file: TextFile) -> _Read:
    header, table_at = read_header(file)
    pixel_count = header.whole("pixel_num", 2, 0xFFFF)
    columns, line_numbers = read_table(file, table_at, pixel_count)
    for key, name in ((RAW, "raw"), (DARK, "dark")):
        counts = columns.get(key, np.zeros(0))
        wrong = np.flatnonzero((counts < 0) | (counts > _FULL_SCALE_COUNTS))
        if len(wrong):
            file.fail(
                f"{counts[wrong[0]]:g} {name} counts, a 16-bit detector has 0 to 65535",
                line_numbers[wrong[0]],
            )
    calibrated = np.flatnonzero(np.isfinite(columns[WAVELENGTH]))
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
    averages = header.whole("average number", 1, 100_000)
    taken = provenance_said(
        model=header.text("model"),
        serial=header.text("c code"),
        averages=averages,
        # the software's power setting, 5 to 100 in the files at hand
        laser_power_percent=parse_number(header.text("laser_powerlevel"), decimal_comma=True),
        excitation_nm=page.excitation_nm,
        wavelength_coefficients_nm=page.wavelength_coefficients_nm,
        pixel_count=pixel_count,
        intensity_corrected=False,  # the columns read here are counts in every file
        acquired=header.text("Date"),
    )
    return _Read(header, columns, page, integration_time_ms, averages, taken)


def _check_axis(
    file: TextFile, page: CalibrationPage, columns: dict[str, Floats], line_numbers: list[int]
) -> None:
    """The printed axis must be the polynomial's; it is the same fact written twice."""
    inside = page.valid_range
    wavelength_nm = page.wavelength_nm()[inside]
    shift_cm1 = page.wavenumber_cm1()[inside]
    for off_nm, printed in (
        (np.abs(columns[WAVELENGTH][inside] - wavelength_nm), WAVELENGTH),
        (np.abs(columns[SHIFT][inside] - shift_cm1) * wavelength_nm**2 / 1e7, SHIFT),
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
