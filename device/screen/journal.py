"""Events for the chain of records, noted by any thread and written by the one that owns the store.

Next: `desk.py`, which writes them between two measurements.
"""

from collections.abc import Mapping
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from firmware_bridge.errors import RamixError

if TYPE_CHECKING:
    from device.records.store import RecordStore


class Journal:
    """What was noted and is not written yet, in its order."""

    def __init__(self) -> None:
        self._noted: SimpleQueue[tuple[str, Mapping[str, Any]]] = SimpleQueue()

    def note(self, kind: str, content: Mapping[str, Any]) -> None:
        """Have it written soon."""
        self._noted.put((kind, content))

    def write(self, store: "RecordStore | None") -> None:
        """All of it. What cannot be kept stays noted.

        Raises:
            RecordStoreError: the store does not take it.
        """
        while not self._noted.empty():
            kind, content = self._noted.get()
            if store is None:
                continue
            try:
                store.append_event(kind, content)
            except RamixError:
                self._noted.put((kind, content))
                raise
