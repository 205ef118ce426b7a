"""truth.csv: which mixture holds what. Text in, rows and every problem out; no file is opened.

    file,toluene,ethanol,"1,2-Dichloroethane"
    mix1.csv,3,1,
    mix2.csv,x,0,x

First column `file`, then one column for each compound. A cell is parts by volume in any unit that
holds for its row, `x` for a compound that is there in an unknown amount, empty or 0 for one that
is not. Separated by comma, semicolon or tab; with the last two a decimal comma is read as well.
Next: `mixtures.py`, which finds the compounds in a bundle and the files in a folder.
"""

import csv
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from device.spectra.files.text import LARGEST_NUMBER, parse_number
from train.library.file import name_key

FILE = "file"
PRESENT = "x"
_SEPARATORS = (";", "\t", ",")
_TOO_SHORT = "a name with a comma in it needs quotation marks"


@dataclass(frozen=True)
class TruthRow:
    """One mixture. `row` counts the lines of the file from 1, as an editor does."""

    row: int
    file: str
    parts: Mapping[str, float | None]  # by column, where something is; None: amount not known


@dataclass(frozen=True)
class TruthTable:
    """What could be read, and what could not, each problem in one sentence."""

    columns: tuple[str, ...]  # compounds, as they are written
    rows: tuple[TruthRow, ...]
    problems: tuple[str, ...]


def parse_truth(lines: Sequence[str]) -> TruthTable:
    """Read the lines of a truth.csv; nothing is raised, whatever they hold."""
    filled = next((line for line in lines if line.strip(" \t,;")), "")
    separator = _separator(filled)
    if separator is None:
        return TruthTable((), (), (_no_heading(filled),))
    records, problems = _records(lines, separator)
    head_row, heading = records[0]
    columns, faults = _columns(heading, head_row)
    problems = [*faults, *problems]
    if not columns:
        return TruthTable((), (), tuple(problems))
    rows: list[TruthRow] = []
    seen: dict[str, int] = {}
    for number, cells in records[1:]:
        found = _row(number, cells, heading, decimal_comma=separator != ",")
        problems += found.problems
        if found.row is None:
            continue
        path = os.path.normpath(found.row.file)
        if path in seen:
            problems.append(f"row {number}: {found.row.file} stands in row {seen[path]} already")
            continue
        seen[path] = number
        rows.append(found.row)
    if len(records) == 1 and not problems:
        problems.append("it has a heading and no mixture below")
    return TruthTable(columns, tuple(rows), tuple(problems))


def _separator(heading: str) -> str | None:
    """The character that parts the word `file` from the next cell."""
    for separator in _SEPARATORS:
        first, found, _ = heading.partition(separator)
        if found and name_key(first.strip('" ')) == FILE:
            return separator
    return None


def _no_heading(heading: str) -> str:
    shown = heading.strip()[:40]
    if not shown:
        return "it is empty"
    return f"its heading begins with {shown!r}; it must be `file`, then the compounds"


def _records(lines: Sequence[str], separator: str) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Rows that are not blank with their line numbers, from the heading on."""
    reader = csv.reader(_with_ends(lines), delimiter=separator, strict=True)
    records: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        problem = f"row {reader.line_num}: it cannot be taken apart into cells ({error})"
        return records or [(1, [FILE])], [problem]
    return records, []


def _with_ends(lines: Sequence[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


def _columns(heading: list[str], row: int) -> tuple[tuple[str, ...], list[str]]:
    """The compounds of the heading, and names that stand twice."""
    problems: list[str] = []
    seen: set[str] = set()
    columns = tuple(name for name in heading[1:] if name)
    for name in columns:
        if name_key(name) in seen:
            problems.append(f"row {row}: the column {name} stands twice")
        seen.add(name_key(name))
    if not columns:
        problems.append(f"row {row}: the heading names no compound")
    return columns, problems


@dataclass(frozen=True)
class _Found:
    row: TruthRow | None
    problems: tuple[str, ...]


def _row(number: int, cells: list[str], heading: list[str], *, decimal_comma: bool) -> _Found:
    """One mixture; every cell is looked at before any is refused."""
    while len(cells) > len(heading) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != len(heading):
        text = (
            f"row {number}: {len(cells)} cells where the heading has {len(heading)}; {_TOO_SHORT}"
        )
        return _Found(None, (text,))
    problems: list[str] = []
    if not cells[0]:
        problems.append(f"row {number}: it names no file")
    parts: dict[str, float | None] = {}
    for name, cell in zip(heading[1:], cells[1:], strict=True):
        if not name and cell:
            problems.append(f"row {number}: {cell!r} stands in a column without a name")
        if not name or not cell:
            continue
        if name_key(cell) == PRESENT:
            parts[name] = None
            continue
        amount = parse_number(cell, decimal_comma=decimal_comma)
        if amount is None or not math.isfinite(amount) or not 0.0 <= amount <= LARGEST_NUMBER:
            problems.append(
                f"row {number}: {cell[:20]!r} of {name} is no amount; write parts by volume, "
                f"`{PRESENT}` for an unknown amount, or nothing"
            )
        elif amount > 0.0:
            parts[name] = amount
    if not parts and not problems:
        problems.append(f"row {number}: {cells[0]} has nothing in it")
    return _Found(None if problems else TruthRow(number, cells[0], parts), tuple(problems))
