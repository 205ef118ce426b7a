"""The record store of a screen: what the seat knows is kept beside every answer.

Next: `../records/store.py`, the store itself.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from device.records.about import About
from device.records.circumstances import Circumstances
from device.records.store import RecordStore
from device.screen.seat import Seat

if TYPE_CHECKING:
    from device.answer.answer import Answer


class SeatStore(RecordStore):
    """Records carry operator, sample and note of the moment in which they are written."""

    def __init__(self, path: Path, seat: Seat) -> None:
        super().__init__(path, simulated=seat.simulated)
        self._seat = seat

    def append(
        self,
        answer: "Answer",
        *,
        about: About | None = None,
        circumstances: Circumstances | None = None,
    ) -> str:
        return super().append(
            answer,
            about=about or self._seat.about,
            circumstances=circumstances or self._seat.circumstances(),
        )
