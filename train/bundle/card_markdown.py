"""Tables of a card, and tables read from a manifest's free parts.

Next: `card.py`, which uses both.
"""

from collections.abc import Mapping, Sequence
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """Provenance and figures are free-form in a manifest; these were written by `export.py`."""
    if not isinstance(value, Mapping):
        raise TypeError(f"a table was expected, not {value!r}")
    return value


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Header, rule, rows and an empty line."""
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return [*lines, ""]
