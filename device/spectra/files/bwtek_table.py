"""The lines of a B&W Tek text file as numbers: `key;value` lines, then one row per pixel.

A spreadsheet may have written them anew, with commas or tabs instead of the semicolons.

Next: `bwtek.py`, what they mean.
"""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from device.spectra.files.text import LARGEST_NUMBER, TextFile, checked_number
from device.spectra.spectrum import Floats

PIXEL, WAVELENGTH, SHIFT, DARK, RAW = (
    "pixel",
    "wavelength",
    "raman shift",
    "dark",
    "raw data #1",
)
SUBTRACTED = "dark subtracted #1"
_LONGEST_NAMES = 1000
SIGNATURE = re.compile(r'^"?File Version"?\s*([;,\t])\s*"?BW')


@dataclass(frozen=True)
class Header:
    """The `key;value` lines; a value that is missing or makes no sense ends the reading."""

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


def read_header(file: TextFile) -> tuple[Header, int]:
    """The `key;value` lines, and the index of the line that names the columns."""
    values: dict[str, tuple[int, str]] = {}
    split = _splitter(file)
    for index, line in enumerate(file.lines):
        cells = split(line)
        if cells[0].strip().lower() == PIXEL:
            return Header(file, values), index
        values.setdefault(cells[0].strip(), (index + 1, cells[1] if len(cells) > 1 else ""))
    file.fail("no line names the columns; the file may be truncated")


def without_pixels(file: TextFile) -> bool:
    """Whether a spreadsheet left out the numbers of the pixels: then it is a file of columns."""
    split = _splitter(file)
    for line in file.lines:
        if SHIFT in line[:_LONGEST_NAMES].lower():
            names = [cell.strip().lower() for cell in split(line)]
            if SHIFT in names:
                return PIXEL not in names
    return False


def read_table(
    file: TextFile, table_at: int, pixel_count: int
) -> tuple[dict[str, Floats], list[int]]:
    """The columns in use, and each row's line number; blank axis cells become NaN.

    Counts are RAW, with DARK where the file has it, or else SUBTRACTED.
    """
    split = _splitter(file)
    names = [name.strip().lower() for name in split(file.lines[table_at])]
    counts = [SUBTRACTED] if SUBTRACTED in names and RAW not in names else [RAW]
    if DARK in names and RAW in names:
        counts = [DARK, RAW]
    wanted = (PIXEL, WAVELENGTH, SHIFT, *counts)
    for name in wanted:
        if name not in names:
            file.fail(f"no column {name!r}", table_at + 1)
    if "raw data #2" in names or "dark subtracted #2" in names:
        file.fail("several spectra in one file; export them one by one", table_at + 1)
    places = {name: names.index(name) for name in wanted}
    cells_needed = max(places.values()) + 1
    rows: list[list[str]] = []
    line_numbers: list[int] = []
    for number, line in enumerate(file.lines[table_at + 1 :], start=table_at + 2):
        if not line.strip(' \t;,"\x1a'):
            continue
        cells = split(line)
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
    wrong = np.flatnonzero(columns[PIXEL] != np.arange(len(rows)))
    if len(wrong):
        file.fail(f"pixel {wrong[0]} is missing", line_numbers[wrong[0]])
    if len(rows) < pixel_count:
        file.fail(f"ends after {len(rows)} of {pixel_count} pixels, it is truncated")
    return columns, line_numbers


def _splitter(file: TextFile) -> Callable[[str], list[str]]:
    """Line -> cells, by what separates them in the first line."""
    found = SIGNATURE.match(file.lines[0])
    separator = found[1] if found else ";"

    def split(line: str) -> list[str]:
        if '"' not in line:
            return line.split(separator)
        try:
            return next(csv.reader([line], delimiter=separator), [""])
        except csv.Error:
            return line.replace('"', "").split(separator)

    return split


def _read_column(file: TextFile, name: str, cells: list[str], line_numbers: list[int]) -> Floats:
    """The numbers in one column; cell by cell only where one of them is not plainly good."""
    places: Sequence[int] = range(len(cells))
    if name in (WAVELENGTH, SHIFT):  # blank where the calibration does not reach
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
