"""The simulated firmware's event log, which outlives its restarts.

Next: `body.py`, which writes into it.
"""

from firmware_bridge.messages import MAX_EVENTS, Event, EventKind, EventList, Status
from firmware_bridge.simulator.refused import Refused


class EventMemory:
    """Numbered events until they are cleared. One that finds it full is numbered and not kept."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self.newest_number = 0
        self.cleared_number = 0

    @property
    def unread(self) -> int:
        """How many happened since the last one that was cleared, kept or not."""
        return self.newest_number - self.cleared_number

    def note(self, kind: EventKind, detail: int, *, uptime_ms: int, utc_ms: int) -> int:
        """The number of this event."""
        self.newest_number += 1
        if len(self._events) < MAX_EVENTS:
            self._events.append(Event(self.newest_number, kind, uptime_ms, utc_ms, detail))
        return self.newest_number

    def after(self, number: int) -> EventList:
        events = tuple(event for event in self._events if event.number > number)
        return EventList(self.newest_number, self.cleared_number, events)

    def clear(self, up_to: int) -> None:
        """Forget events that the host has seen; what has not happened cannot have been seen."""
        if up_to > self.newest_number:
            raise Refused(Status.OUT_OF_RANGE, f"the newest event is {self.newest_number}")
        self.cleared_number = max(self.cleared_number, up_to)
        self._events = [event for event in self._events if event.number > up_to]
