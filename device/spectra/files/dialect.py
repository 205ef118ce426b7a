"""How a table of numbers is written: what separates its cells, which sign is the decimal one.

Decided on a sample of the lines, for each column by itself: a spreadsheet may write `1,204` for a
thousand, and `0,5` for a half. Next: `table.py`, which reads all lines that way.
"""

import csv
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MOST_COLUMNS = 2000
_SAMPLE = 400
_PLAIN_SHARE = 0.7  # of the sample; with so many rows no other separator is tried
_TEXT_SHARE = 0.9
_MISSING = frozenset(
    [
        "",
        "na",
        "n/a",
        "nan",
        "null",
        "none",
        "nil",
        "-",
        "--",
        "---",
        ".",
        "?",
        "#n/a",
        "#nv",
        "#wert!",
        "#value!",
        "#div/0!",
        "#num!",
        "missing",
        "void",
    ]
)
_SPACES = str.maketrans("", "", "\u00a0\u202f\u2009'\u2019")  # groups of thousands
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-"})
_THOUSANDS = re.compile(r"^[-+]?\d{1,3}(?:[.,]\d{3})+")
_FORTRAN = re.compile(r"^([-+]?\d*\.?\d+)[dD]([-+]?\d{1,3})$")
_GROUPED = re.compile(r"^[-+]?\d{1,3}(?: \d{3})+(?=[.,]|$)")


@dataclass(frozen=True)
class Marks:
    """Of one column: the sign to leave out and the one that is the decimal point."""

    decimal: str = "."
    grouping: str = ""
    text: bool = False  # it holds no numbers: a label, a time of day


@dataclass(frozen=True)
class Dialect:
    """`separator` None: any run of white space. `marks`: one for each column."""

    separator: str | None
    marks: tuple[Marks, ...] = ()

    def cells(self, line: str) -> list[str]:
        """The cells of a line without the empty ones at its end, but two where there is one."""
        if self.separator is None:
            cells = line.replace('"', "").split()
        elif '"' in line:
            cells = [cell.strip() for cell in _unquoted(line, self.separator)]
        else:
            cells = [cell.strip() for cell in line.split(self.separator)]
        while len(cells) > 2 and not cells[-1]:
            cells.pop()
        return cells

    def number(self, cell: str, column: int) -> float | None:
        """NaN where the cell says that there is no value; None where it holds no number."""
        marks = self.marks[column] if column < len(self.marks) else _PLAIN
        return number_in(cell, marks)


_PLAIN = Marks()
_COMMAS = Marks(",", "")

# Tried in this order. A comma separates before it is taken as a decimal sign: `300,12` is two.
_SEPARATORS = (";", "\t", ",", None)


def number_in(cell: str, marks: Marks) -> float | None:
    """NaN where the cell says that there is no value; None where it holds no number."""
    if marks.text:
        return float("nan")
    if not cell or cell.casefold() in _MISSING:
        return float("nan")
    if "_" in cell:  # float() would read 1_000
        return None
    cell = cell.translate(_SIGNS)
    if not cell.isascii() or "'" in cell:
        cell = cell.translate(_SPACES)
    if " " in cell and _GROUPED.match(cell):
        cell = cell.replace(" ", "")
    if marks.grouping:
        cell = cell.replace(marks.grouping, "")
    if marks.decimal == ",":
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        found = _FORTRAN.match(cell)
        return float(f"{found[1]}e{found[2]}") if found else None


def is_missing(cell: str) -> bool:
    return not cell.strip() or cell.strip().casefold() in _MISSING


def dialect_of(lines: Sequence[str]) -> tuple[Dialect, int] | None:
    """The dialect in which most lines are numbers, and how many columns such a line has."""
    step = max(1, len(lines) // _SAMPLE)
    sample = [line for line in lines[::step] if line.strip() and not line.lstrip().startswith("#")]
    best: tuple[int, Dialect, int] | None = None
    for separator in _SEPARATORS:
        dialect = Dialect(separator)
        rows = [
            dialect.cells(line) for line in sample if _cell_count(line, separator) <= MOST_COLUMNS
        ]
        widths = Counter(len(row) for row in rows if len(row) > 1 and _numeric(row, separator))
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        if best is None or count > best[0]:
            kept = [row for row in rows if len(row) == width and _numeric(row, separator)]
            columns = [[row[k] for row in kept] for k in range(width)]
            marks = _one_country(columns, tuple(map(_marks, columns)))
            best = (count, Dialect(separator, marks), width)
            if count > _PLAIN_SHARE * len(sample):
                break
    return None if best is None else (best[1], best[2])


def _cell_count(line: str, separator: str | None) -> int:
    return line.count(" " if separator is None else separator) + 1


def _numeric(row: list[str], separator: str | None) -> bool:
    """At least one number, and two cells that are numbers or say that there is none."""
    numbers = missing = 0
    for cell in row:
        if is_missing(cell):
            missing += 1
        elif _looks_like_number(cell):
            numbers += 1
    return numbers > 0 and numbers + missing > 1


def _looks_like_number(cell: str) -> bool:
    if not any(map(str.isdigit, cell)):
        return number_in(cell, _PLAIN) is not None  # inf
    if number_in(cell, _PLAIN) is not None or "," in cell and number_in(cell, _COMMAS) is not None:
        return True
    return _THOUSANDS.match(cell) is not None and (
        number_in(cell, Marks(".", ",")) is not None or number_in(cell, Marks(",", ".")) is not None
    )


def _marks(cells: list[str]) -> Marks:
    """The decimal and the grouping sign of one column."""
    words = sum(not is_missing(cell) and not _looks_like_number(cell) for cell in cells)
    if words > _TEXT_SHARE * len(cells):
        return Marks(text=True)
    with_comma = [cell for cell in cells if "," in cell]
    with_point = [cell for cell in cells if "." in cell]
    if not with_comma:
        if any(cell.count(".") > 1 for cell in with_point) or _rises_with_groups(cells):
            return Marks(",", ".")
        return _PLAIN
    both = next((cell for cell in with_comma if "." in cell), None)
    if both is not None:
        return Marks(".", ",") if both.rfind(".") > both.rfind(",") else Marks(",", ".")
    if any(cell.count(",") > 1 for cell in with_comma):
        return Marks(".", ",")
    if with_point:  # some of these and some of those, never both: 1,204 and 987.5
        return Marks(".", ",")
    return Marks(".", ",") if _thousands(cells, with_comma) else _COMMAS


def _thousands(cells: list[str], with_sign: list[str]) -> bool:
    """Whole numbers, those of a thousand and more with a sign, `999` and `1,000`."""
    bare = [cell for cell in cells if not ("." in cell or "," in cell or is_missing(cell))]
    return (
        bool(bare and with_sign)
        and all(re.match(r"^[-+]?[1-9]\d{0,2}[.,]\d{3}$", cell) for cell in with_sign)
        and all(re.match(r"^[-+]?\d{1,3}$", cell) for cell in bare)
    )


def _rises_with_groups(cells: list[str]) -> bool:
    """An axis `998`, `999`, `1.000`, `1.001`, which only turns round if the point is decimal."""
    if not _thousands(cells, [cell for cell in cells if "." in cell]):
        return False
    known = [cell for cell in cells if not is_missing(cell)]
    steps = {
        (float(after.replace(".", "")) > float(before.replace(".", "")))
        for before, after in itertools.pairwise(known)
    }
    return len(steps) == 1


def _one_country(columns: list[list[str]], marks: tuple[Marks, ...]) -> tuple[Marks, ...]:
    """Where one column has a decimal comma, the points of the others set thousands apart."""
    if not any(mark.decimal == "," for mark in marks):
        return marks
    return tuple(
        Marks(",", ".")
        if mark == _PLAIN and _thousands(cells, [cell for cell in cells if "." in cell])
        else mark
        for cells, mark in zip(columns, marks, strict=True)
    )


def _unquoted(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [""])
    except csv.Error:
        return line.replace('"', "").split(separator)
