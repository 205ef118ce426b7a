"""ENLIGHTEN CSV, the native files of Wasatch Photonics' software.

`key,value` lines, an empty line, then columns named in one line. Only the processed intensity is
used; it may be baseline-subtracted and resampled, so noise and saturation are unknown.
Next: `plain_csv.py`.
"""

from device.spectra.files.text import (
    TextFile,
    checked_number,
    parse_number,
    spectrum_from_columns,
)
from device.spectra.spectrum import Spectrum

_SIGNATURE = "enlighten version"
_AXIS = "wavenumber"
_INTENSITY = "processed"
_INTEGRATION_TIME = "integration time"  # ms
_LONGEST_MS = 1e8  # a day; beyond it the header is damaged and the time counts as unknown


def recognises(file: TextFile) -> bool:
    return any(line.lower().startswith(_SIGNATURE) for line in file.lines[:5])


def parse(file: TextFile) -> Spectrum:
    """The Spectrum in an ENLIGHTEN file.

    Raises:
        SpectrumFileError: columns are missing, a row is damaged, or the axis is unusable.
    """
    names, named_at, integration_time_ms = _read_header(file)
    if _AXIS not in names:
        file.fail(f"no column {_AXIS!r}; export with the Raman shift axis", named_at)
    if names.count(_INTENSITY) > 1 or names.count(_AXIS) > 1:
        file.fail("several spectra in one file; export them one by one", named_at)
    at_axis, at_intensity = names.index(_AXIS), names.index(_INTENSITY)

    shifts: list[float] = []
    values: list[float] = []
    line_numbers: list[int] = []
    for number, line in enumerate(file.lines[named_at:], start=named_at + 1):
        if not line.strip(" \t,\x1a"):
            continue
        cells = line.split(",")
        if len(cells) <= max(at_axis, at_intensity):
            file.fail(f"{len(cells)} columns of {len(names)}; the file may be truncated", number)
        shifts.append(checked_number(file, number, cells[at_axis], "the Raman shift", False))
        values.append(checked_number(file, number, cells[at_intensity], "the intensity", False))
        line_numbers.append(number)
    return spectrum_from_columns(file, shifts, values, line_numbers, integration_time_ms)


def _read_header(file: TextFile) -> tuple[list[str], int, float | None]:
    """Names of the columns, the line they stand in, and the integration time if given."""
    integration_time_ms: float | None = None
    for number, line in enumerate(file.lines, start=1):
        names = [name.strip().lower() for name in line.split(",")]
        if _INTENSITY in names:
            return names, number, integration_time_ms
        if names[0] == _INTEGRATION_TIME and len(names) > 1:
            time_ms = parse_number(names[1])
            if time_ms is not None and 0 < time_ms < _LONGEST_MS:
                integration_time_ms = time_ms
    file.fail(f"no line names a column {_INTENSITY!r}")
