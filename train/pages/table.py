"""A table of a page: rows of cells, and the same as Markdown.

Next: `drawing.py`, for pictures.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Cells are written as given: whoever makes a table formats it (`tallies.py`)."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def markdown(table: Table) -> list[str]:
    """A pipe table with its notes, as lines."""
    lines = [f"## {table.title}", "", _row(table.columns), _row(("---",) * len(table.columns))]
    lines += [_row(row) for row in table.rows]
    lines.append("")
    for note in table.notes:
        lines += [f"- {note}"]
    return [*lines, ""] if table.notes else lines


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
