"""Two columns of numbers: Raman shift in cm-1 and intensity, in any dialect people export.

Separators `,` `;` tab or spaces; decimal commas where the separator is not a comma; header and
comment lines or none; ascending or descending; any range and step.
Next: `plain_header.py`, what the lines above may say; `device/spectra/quality.py`, which says
whether such a spectrum may be identified.
"""

import re
from dataclasses import dataclass

import numpy as np

from device.spectra.files.plain_header import parse_header
from device.spectra.files.text import (
    TextFile,
    checked_number,
    parse_number,
    spectrum_from_columns,
)
from device.spectra.spectrum import Floats, Spectrum

_COMMENT = "#"
_MOST_HEADER_LINES = 200

# Names of a column that is certainly Raman shift, and of one that certainly is not.
_RAMAN_SHIFT = re.compile(
    r"cm\s*\^?\s*[-\u2212\u207b/]|/\s*cm|cm1|wave\s*_?number|raman|shift", re.I
)
_OTHER_AXIS = re.compile(r"\bnm\b|_nm\b|wavelength|pixel|\bev\b|\bthz\b|\btime\b", re.I)

_LARGEST_RAMAN_SHIFT_CM1 = 5000.0  # H2, the highest fundamental, lies at 4160
_DETECTOR_WIDTHS = (256, 512, 1024, 2048, 3648, 4096)  # an axis 0, 1, 2, ... of this many points


@dataclass(frozen=True)
class _Dialect:
    separator: str | None  # None: any run of white space
    decimal_comma: bool

    def cells(self, line: str) -> list[str]:
        cells = line.split(self.separator)
        while len(cells) > 2 and not cells[-1].strip():  # separators at the end of the line
            cells.pop()
        return cells


# Tried in this order on the first line that could be data. A comma separates before it is taken
# as a decimal sign: `300,12` is two numbers.
_DIALECTS = (
    _Dialect(";", True),
    _Dialect("\t", True),
    _Dialect(",", False),
    _Dialect(None, True),
)


def parse(file: TextFile) -> Spectrum:
    """The Spectrum of a two-column file.

    Raises:
        SpectrumFileError: not two columns of finite numbers, or no Raman shift axis.
    """
    first, dialect = _find_first_row(file)
    shifts: list[float] = []
    values: list[float] = []
    line_numbers: list[int] = []
    for number, line in enumerate(file.lines[first:], start=first + 1):
        if not line.strip(" \t\f\x1a,;") or line.lstrip().startswith(_COMMENT):
            continue
        cells = dialect.cells(line)
        if len(cells) < 2:
            file.fail("only one column; the file may be truncated", number)
        if len(cells) > 2:
            file.fail(f"{len(cells)} columns where two are expected", number)
        comma = dialect.decimal_comma
        shifts.append(checked_number(file, number, cells[0], "the Raman shift", comma))
        values.append(checked_number(file, number, cells[1], "the intensity", comma))
        line_numbers.append(number)
    time_ms, taken = parse_header(file.lines[:first])
    spectrum = spectrum_from_columns(file, shifts, values, line_numbers, time_ms, taken)
    _check_axis(file, spectrum.wavenumber_cm1, _header_before(file, first))
    return spectrum


def _find_first_row(file: TextFile) -> tuple[int, _Dialect]:
    """Index of the first line of numbers, and how it is written."""
    for index, line in enumerate(file.lines[: _MOST_HEADER_LINES + 1]):
        if line.lstrip().startswith(_COMMENT):
            continue
        for dialect in _DIALECTS:
            cells = dialect.cells(line)
            numbers = [parse_number(c, decimal_comma=dialect.decimal_comma) for c in cells]
            if len(cells) >= 2 and None not in numbers:
                if len(cells) > 2:
                    file.fail(
                        f"{len(cells)} columns of numbers; keep Raman shift and one intensity",
                        index + 1,
                    )
                return index, dialect
    file.fail("no line with two numbers in it")


def _header_before(file: TextFile, first: int) -> str:
    """The line right above the numbers, which names the columns if anything does."""
    for line in reversed(file.lines[:first]):
        if line.strip():
            return line
    return ""


def _check_axis(file: TextFile, axis_cm1: Floats, header: str) -> None:
    first_name = re.split(r"[;,\t]", header.lstrip(_COMMENT + " \t"))[0]
    if _RAMAN_SHIFT.search(first_name) is None:
        found = _OTHER_AXIS.search(first_name)
        if found is not None:
            file.fail(
                f"the first column is {first_name.strip()[:30]!r}, it must be Raman shift in cm-1"
            )
        steps = np.arange(len(axis_cm1))
        if len(axis_cm1) in _DETECTOR_WIDTHS and any(
            np.array_equal(axis_cm1, steps + start) for start in (0, 1)
        ):
            file.fail("the first column counts pixels, it must be Raman shift in cm-1")
    if axis_cm1[0] > _LARGEST_RAMAN_SHIFT_CM1:
        file.fail(
            f"the axis begins at {axis_cm1[0]:g} cm-1, no Raman shift is larger than "
            f"{_LARGEST_RAMAN_SHIFT_CM1:g}; absolute wavenumbers must be converted first"
        )
