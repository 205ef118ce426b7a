"""The numbers in a text file: where they stand, their columns, and the lines around them.

A row that is damaged or cut short ends the reading: half a spectrum is none. Text above and below
the numbers is kept for those who read it.
Next: `column_names.py`, what stands above them; `columns.py`, which are shift and intensity.
"""

import math
from array import array
from dataclasses import dataclass

import numpy as np

from device.spectra.files.dialect import MOST_COLUMNS, Dialect, dialect_of
from device.spectra.files.text import LARGEST_NUMBER, Floats, TextFile

_COMMENT = "#"
_MOST_CELLS = 500_000
_MOST_HEADER_LINES = 2000
_TURN = "Turn rows into columns, so that shift and intensity stand side by side in each line."
_FEWEST_ROWS_OF_A_TABLE = 10  # fewer numbers apart from the others belong to the header


@dataclass(frozen=True, eq=False)
class Table:
    """`values` [rows, columns], NaN where a cell says that there is no value."""

    file: TextFile
    dialect: Dialect
    values: Floats
    line_numbers: list[int]  # of each row
    header: tuple[str, ...]  # lines above the numbers
    footer: tuple[str, ...]

    @property
    def width(self) -> int:
        return int(self.values.shape[1])

    def cell(self, row: int, column: int) -> str:
        """As it stands in the file, for messages."""
        cells = self.dialect.cells(self.file.lines[self.line_numbers[row] - 1])
        return cells[column] if column < len(cells) else ""


@dataclass
class _Block:
    """Rows without text between them."""

    first_row: int
    rows: int = 0
    text_before: int | None = None  # a line with letters, right above
    damaged: int | None = None  # a line after it that begins with a number and is no row


def table_in(file: TextFile, first_line: int = 0, dialect: Dialect | None = None) -> Table:
    """The table in the lines from `first_line` on.

    Raises:
        SpectrumFileError: there is none, two, or a row is damaged.
    """
    lines = file.lines[first_line:]
    found = dialect_of(lines)
    if found is None:
        file.fail("no line with two numbers in it")
    chosen, width = found
    if dialect is not None and dialect.separator != chosen.separator:
        file.fail("the numbers are separated otherwise than the lines above them")
    if width > MOST_COLUMNS or width * len(lines) > _MOST_CELLS:
        problem = f"{width} columns in {len(lines)} lines; that is no single spectrum"
        file.fail(problem, remedy=_TURN if width > len(lines) else None)
    flat, numbers, blocks = _rows(file, first_line, chosen, width)
    if not blocks:
        file.fail("no line with two numbers in it")
    values = np.frombuffer(flat, dtype=np.float64).reshape(-1, width)
    block = _one_block(file, chosen, width, values, numbers, blocks)
    kept = slice(block.first_row, block.first_row + block.rows)
    if block.rows < _FEWEST_ROWS_OF_A_TABLE < width:
        file.fail(
            f"{width} numbers in a line and {block.rows} such lines; one spectrum has one point in "
            "each line",
            numbers[block.first_row],
            _TURN,
        )
    line_numbers = list(numbers[kept])
    if line_numbers[0] - first_line > _MOST_HEADER_LINES:
        file.fail(f"{line_numbers[0]} lines stand above the numbers; it is no spectrum's file")
    too_large = np.argwhere(np.abs(values[kept]) > LARGEST_NUMBER)
    table = Table(
        file,
        chosen,
        values[kept],
        line_numbers,
        file.lines[: line_numbers[0] - 1],
        file.lines[line_numbers[-1] :],
    )
    if len(too_large):
        row, column = (int(at) for at in too_large[0])
        number = float(values[kept][row, column])
        line = line_numbers[row]
        if math.isinf(number):
            what = _column_word(column, width)
            file.fail(f"{what} is {table.cell(row, column)[:20]}, not a finite number", line)
        file.fail(f"{_column_word(column, width)} is impossibly large: {number:.3g}", line)
    return table


def _rows(
    file: TextFile, first_line: int, dialect: Dialect, width: int
) -> tuple["array[float]", "array[int]", list[_Block]]:
    """All rows of `width` cells, and where text interrupts them."""
    flat, numbers, blocks = array("d"), array("l"), list[_Block]()
    block: _Block | None = None
    text_before: int | None = None
    plain = all(marks.decimal == "." and not marks.grouping for marks in dialect.marks)
    for number, line in enumerate(file.lines[first_line:], start=first_line + 1):
        if not line.strip(' \t\f\x1a,;"') or line.lstrip().startswith(_COMMENT):
            continue
        cells = dialect.cells(line)
        mark = dialect.separator
        separators = len(cells) - 1 if mark is None else line.count(mark)
        row = _row(cells, dialect, width, separators, plain and "_" not in line)
        if row is not None:
            if block is None:
                block = _Block(len(numbers), text_before=text_before)
                blocks.append(block)
            block.rows += 1
            flat.extend(row)
            numbers.append(number)
            continue
        begins = dialect.number(cells[0], 0)
        if block is not None and (begins is not None and not math.isnan(begins)):
            block.damaged = block.damaged or number
        text_before, block = number, None
    return flat, numbers, blocks


def _row(
    cells: list[str], dialect: Dialect, width: int, separators: int, plain: bool
) -> list[float] | None:
    """The numbers of a line; None where it is no whole row of the table."""
    if len(cells) > width or separators < width - 1 or (not cells[0] and width == 2):
        return None
    if plain and len(cells) == width:
        try:
            return list(map(float, cells))
        except ValueError:
            pass
    row = [math.nan] * width
    finite = 0
    for column, cell in enumerate(cells):
        number = dialect.number(cell, column)
        if number is None:
            return None
        row[column] = number
        finite += number == number
    return row if finite and len(cells) > 1 else None


def _one_block(
    file: TextFile,
    dialect: Dialect,
    width: int,
    values: Floats,
    numbers: "array[int]",
    blocks: list[_Block],
) -> _Block:
    """The block of the spectrum; the others are figures in the header or below."""
    largest = max(blocks, key=lambda block: block.rows)
    for before, block in zip(blocks, blocks[1:], strict=False):
        if before.damaged is not None and largest in (before, block):
            _fail_of_row(file, dialect, width, before.damaged)
        small = block if before is largest else before
        if largest not in (before, block):
            continue
        last, first = before.first_row + before.rows - 1, block.first_row
        if small.rows >= _FEWEST_ROWS_OF_A_TABLE:
            file.fail(
                f"numbers stand in two places, from line {numbers[before.first_row]} and from line "
                f"{numbers[first]}, with text between; export one spectrum",
            )
        if _goes_on(values, last, first):
            _fail_of_row(file, dialect, width, block.text_before or numbers[first])
    if largest.damaged is not None:
        _fail_of_row(file, dialect, width, largest.damaged)
    return largest


def _goes_on(values: Floats, last: int, first: int) -> bool:
    """Whether an axis goes on from row `last` to row `first`, which text separates."""
    if first + 1 >= len(values) and last < 1:
        return False
    near = (
        values[first + 1] - values[first]
        if first + 1 < len(values)
        else values[last] - values[last - 1]
    )
    step = values[first] - values[last]
    with np.errstate(invalid="ignore"):
        return bool(((step * near > 0) & (np.abs(step) <= 4 * np.abs(near))).any())


def _fail_of_row(file: TextFile, dialect: Dialect, width: int, line: int) -> None:
    cells = dialect.cells(file.lines[line - 1])
    if len([cell for cell in cells if cell]) < 2 and width == 2 and len(cells) < 2:
        file.fail("only one column; the file may be truncated", line)
    if len(cells) < width:
        file.fail(f"{len(cells)} columns of {width}; the file may be truncated", line)
    if len(cells) > width:
        file.fail(f"{len(cells)} columns where {width} are expected", line)
    for column, cell in enumerate(cells):
        if dialect.number(cell, column) is None:
            what = _column_word(column, width)
            file.fail(f"{what} is not a number: {cell[:20]!r}", line)
    file.fail("text between the rows of numbers", line)


def _column_word(column: int, width: int) -> str:
    if width == 2:
        return ("the Raman shift", "the intensity")[column]
    return f"column {column + 1}"
