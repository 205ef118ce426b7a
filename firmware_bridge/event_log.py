"""What the analyzer remembers until the host has seen it: restarts, laser faults, opened covers.

Events are numbered from 1 on. One that found the log full has a number and no entry, so that a gap
in the numbers tells of it: what came first, the cause, is never pushed out.

Next: `condition.py`, battery, temperatures and clock.
"""

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Any, Final

from firmware_bridge.layout import U8, U32, U64, Message, TailType
from firmware_bridge.opcodes import Opcode
from firmware_bridge.replies import Ack
from firmware_bridge.request import Request

# What a firmware keeps at least, and a reply carries at most.
MAX_EVENTS: Final = 32
_COUNT_BYTES: Final = 2


@unique
class EventKind(IntEnum):
    """Numbers are never reused; a host shows one that it does not know by its number."""

    RESTARTED = 1  # detail: RestartCause
    LASER_FAULT = 2  # detail: the maker's own code
    INTERLOCK_OPENED = 3  # detail: the LaserState that it ended
    LEASE_LAPSED = 4  # light went out because no host renewed; detail: 0
    FLASH_FAILED = 5  # detail: the opcode that was refused
    OVER_TEMPERATURE = 6  # detail: whole degrees Celsius
    BATTERY_LOW = 7  # detail: percent


@unique
class RestartCause(IntEnum):
    """Why the firmware began anew."""

    UNKNOWN = 0
    POWER_ON = 1
    BROWN_OUT = 2
    SOFTWARE = 3
    WATCHDOG = 4


@dataclass(frozen=True)
class Event(Message):
    """One entry. `kind` is an `EventKind` or a later firmware's number.

    uptime_ms counts from the restart before the event; utc_ms is 0 where the clock was not set.
    """

    number: U32
    kind: U8
    uptime_ms: U64
    utc_ms: U64
    detail: U32


def _events_to_wire(value: tuple[Event, ...]) -> bytes:
    if len(value) > MAX_EVENTS:
        raise ValueError(f"{len(value)} events are more than {MAX_EVENTS}")
    count = len(value).to_bytes(_COUNT_BYTES, "little")
    return count + b"".join(event.to_bytes() for event in value)


def _events_from_wire(value: bytes) -> tuple[Event, ...]:
    count, size = int.from_bytes(value[:_COUNT_BYTES], "little"), Event.wire_struct.size
    if len(value) < _COUNT_BYTES or len(value) != _COUNT_BYTES + count * size:
        raise ValueError(f"{count} events are announced, the payload holds another number")
    if count > MAX_EVENTS:
        raise ValueError(f"{count} events are more than {MAX_EVENTS}")
    return tuple(
        Event.from_bytes(value[place : place + size])
        for place in range(_COUNT_BYTES, len(value), size)
    )


_EVENTS: Any = TailType("u16 n, event[n]", _events_to_wire, _events_from_wire)


@dataclass(frozen=True)
class EventList(Message):
    """The stored events behind the number asked for, oldest first.

    newest_number: of the last event that happened, stored or not; 0: none ever.
    cleared_number: up to here the host has seen them all.
    """

    newest_number: U32
    cleared_number: U32
    events: Annotated[tuple[Event, ...], _EVENTS]

    def check(self) -> None:
        numbers = [self.cleared_number, *(event.number for event in self.events)]
        if any(later <= earlier for earlier, later in zip(numbers, numbers[1:], strict=False)):
            raise ValueError("the events' numbers do not rise, or were cleared before")
        if numbers[-1] > self.newest_number:
            raise ValueError("an event is newer than the newest")


@dataclass(frozen=True)
class GetEvents(Request[EventList]):
    """The events numbered above `after_number`; they stay until they are cleared."""

    opcode = Opcode.GET_EVENTS
    Reply = EventList
    after_number: U32


@dataclass(frozen=True)
class ClearEvents(Request[Ack]):
    """The host has seen all up to this number; a laser fault among them is acknowledged by it."""

    opcode = Opcode.CLEAR_EVENTS
    Reply = Ack
    up_to_number: U32
