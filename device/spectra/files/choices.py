"""What a person may say about a file that the file does not say itself.

Next: `format.py`, the readers that are given it.
"""

from dataclasses import dataclass
from typing import Final

FROM_HEADER: Final = "header"


@dataclass(frozen=True)
class Choices:
    """Columns by name or by number from 1; the laser for an axis in wavelengths."""

    column: str | None = None
    axis_column: str | None = None
    # nm; FROM_HEADER: the laser that the file's header names
    excitation_nm: float | str | None = None

    @property
    def given(self) -> bool:
        return self != NOTHING_CHOSEN


NOTHING_CHOSEN: Final = Choices()
