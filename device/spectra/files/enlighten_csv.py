"""ENLIGHTEN CSV, the native files of Wasatch Photonics' software.

`key,value` lines, an empty line, then columns named in one line. Only the processed intensity is
used; it may be baseline-subtracted and resampled, so noise and saturation are unknown.
Next: `plain_csv.py`.
"""

import re

from device.spectra.files import plain_csv
from device.spectra.files.choices import NOTHING_CHOSEN, Choices
from device.spectra.files.dialect import Dialect
from device.spectra.files.plain_csv import measured_rows
from device.spectra.files.table import table_in
from device.spectra.files.text import TextFile, parse_number, spectrum_from_columns
from device.spectra.provenance import Provenance, provenance_said
from device.spectra.spectrum import Spectrum

_SIGNATURE = re.compile(r'^"?enlighten version"?\s*([;,\t])', re.I)
_AXIS = "wavenumber"
_WAVELENGTHS = "wavelength"
_INTENSITY = "processed"
_INTEGRATION_TIME = "integration time"  # ms
_COEFFICIENTS = 5  # "CCD C0" to "CCD C4", of pixel**k, in nm
_LONGEST_MS = 1e8  # a day; beyond it the header is damaged and the time counts as unknown


def recognises(file: TextFile) -> bool:
    return any(_signed(line) is not None for line in file.lines[:5])


def parse(file: TextFile, choices: Choices = NOTHING_CHOSEN) -> Spectrum:
    """The Spectrum in an ENLIGHTEN file, also in one that a spreadsheet has saved anew.

    One without Raman shifts is read as any columns are: with wavelengths the laser is chosen.

    Raises:
        SpectrumFileError: columns are missing, a row is damaged, or the axis is unusable.
    """
    separator = next(mark for mark in map(_signed, file.lines[:5]) if mark is not None)
    names, named_at, said = _read_header(file, Dialect(separator))
    if _AXIS not in names and _WAVELENGTHS in names:
        return plain_csv.parse(file, choices)
    if _AXIS not in names:
        file.fail(f"no column {_AXIS!r}; export with the Raman shift axis", named_at)
    if names.count(_INTENSITY) > 1 or names.count(_AXIS) > 1:
        file.fail("several spectra in one file; export them one by one", named_at)
    at_axis, at_intensity = names.index(_AXIS), names.index(_INTENSITY)
    table = table_in(file, named_at, Dialect(separator))
    if table.width <= max(at_axis, at_intensity):
        file.fail(
            f"{table.width} columns of {len(names)}; the file may be truncated",
            table.line_numbers[0],
        )
    rows = measured_rows(table, at_axis, at_intensity)
    return spectrum_from_columns(
        file,
        table.values[rows, at_axis],
        table.values[rows, at_intensity],
        table.line_numbers[rows],
        _integration_time_ms(said),
        _taken(said),
        join_equal=True,
    )


def _signed(line: str) -> str | None:
    """What separates the cells of the line that names the program; None: another line."""
    found = _SIGNATURE.match(line)
    return found[1] if found else None


def _read_header(file: TextFile, dialect: Dialect) -> tuple[list[str], int, dict[str, str]]:
    """Names of the columns, the line they stand in, and the `key,value` lines above."""
    said: dict[str, str] = {}
    for number, line in enumerate(file.lines, start=1):
        names = [name.strip().lower() for name in dialect.cells(line)]
        if _INTENSITY in names:
            return names, number, said
        if len(names) > 1:
            said[names[0]] = dialect.cells(line)[1]
    file.fail(f"no line names a column {_INTENSITY!r}")


def _integration_time_ms(said: dict[str, str]) -> float | None:
    time_ms = parse_number(said.get(_INTEGRATION_TIME, ""), decimal_comma=True)
    return time_ms if time_ms is not None and 0 < time_ms < _LONGEST_MS else None


def _taken(said: dict[str, str]) -> Provenance | None:
    def number(key: str) -> float | None:
        return parse_number(said.get(key, ""), decimal_comma=True)

    return provenance_said(
        model=said.get("model", ""),
        serial=said.get("serial number", ""),
        averages=number("scan averaging"),
        laser_power_mw=number("laser power mw"),
        laser_power_percent=number("laser power %"),
        excitation_nm=number("laser wavelength"),
        wavelength_coefficients_nm=tuple(number(f"ccd c{k}") for k in range(_COEFFICIENTS)),
        pixel_count=number("pixel count"),
        axis_correction_cm1=number("wavenumber correction"),
        acquired=said.get("timestamp", ""),
        intensity_corrected={"true": True, "false": False}.get(
            said.get("raman intensity corrected", "").lower()
        ),
    )
