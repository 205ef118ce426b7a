"""Replies of the simulated firmware, queued until they are due and passed through the faults.

Next: `faults.py`, which decides what becomes of each reply; `firmware.py`, which fills this.
"""

import heapq
from dataclasses import dataclass, field

from firmware_bridge.simulator.faults import FaultInjector, FaultKind, FaultPlan


@dataclass(order=True)
class _Entry:
    at_s: float
    order: int
    data: bytes = field(compare=False)
    in_transit: bool = field(compare=False)


class Output:
    """Replies in the order of their moments."""

    def __init__(self, faults: FaultPlan) -> None:
        self._injector = FaultInjector(faults)
        self._entries: list[_Entry] = []
        self._count = 0

    def send(self, opcode: int, data: bytes, at_s: float) -> FaultKind | None:
        """Queue one framed reply; a fault of the whole link that strikes at this moment."""
        outcome = self._injector.pass_on(opcode, data)
        for delivery in outcome.deliveries:
            self._count += 1
            late = delivery.delay_s > 0
            entry = _Entry(at_s + delivery.delay_s, self._count, delivery.data, late)
            heapq.heappush(self._entries, entry)
        return outcome.link_event

    def due(self, now_s: float) -> bytes:
        """Take everything whose moment has come."""
        data = b""
        while self._entries and self._entries[0].at_s <= now_s:
            data += heapq.heappop(self._entries).data
        return data

    @property
    def next_due_s(self) -> float | None:
        return self._entries[0].at_s if self._entries else None

    def flush(self) -> None:
        """Drop what is still here. A late reply has left: no flush brings it back."""
        self._entries = [entry for entry in self._entries if entry.in_transit]
        heapq.heapify(self._entries)

    def clear(self) -> None:
        """The link is gone, and with it what was in transit."""
        self._entries.clear()
