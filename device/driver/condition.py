"""How the analyzer fares: battery, temperatures, clock, and the events that it has kept for us.

Next: `firmware_bridge/event_log.py` and `firmware_bridge/condition.py`, the messages behind it.
"""

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Final

from device.driver.spectrometer import Detector
from firmware_bridge.errors import ProtocolError
from firmware_bridge.messages import (
    ClearEvents,
    Event,
    EventKind,
    EventList,
    GetClock,
    GetEvents,
    GetPower,
    GetState,
    LaserState,
    Power,
    ReplyT,
    Request,
    RestartCause,
    SetClock,
)

_SENTENCES: Final = {
    EventKind.RESTARTED: "The analyzer restarted",
    EventKind.LASER_FAULT: "The laser driver reported a fault",
    EventKind.INTERLOCK_OPENED: "The interlock opened",
    EventKind.LEASE_LAPSED: "The laser went dark because no program renewed its lease",
    EventKind.FLASH_FAILED: "The flash did not take data",
    EventKind.OVER_TEMPERATURE: "The analyzer became too hot",
    EventKind.BATTERY_LOW: "The battery is low",
}
_RESTARTS: Final = {
    RestartCause.UNKNOWN: "for a reason it does not know",
    RestartCause.POWER_ON: "because it was switched on",
    RestartCause.BROWN_OUT: "because its supply broke down",
    RestartCause.SOFTWARE: "by itself",
    RestartCause.WATCHDOG: "because its watchdog found it hanging",
}


class Condition(ABC):
    """What `Analyzer` can ask about its own state. Every method raises what `call` does."""

    @abstractmethod
    def call(self, request: Request[ReplyT]) -> ReplyT:
        """Send one request and return its reply."""

    def power(self) -> Power:
        """Battery and temperatures."""
        return self.call(GetPower())

    def detector(self) -> Detector:
        """Whether it has the temperature that it should have, and which; no frame is taken."""
        told = self.call(GetState())
        return Detector(told.tec_locked, told.detector_temperature_c)

    def events(self, after_number: int = 0) -> EventList:
        """What happened and was not cleared; asking clears nothing."""
        return self.call(GetEvents(after_number))

    def clear_events(self, up_to_number: int) -> None:
        """Say that a person has seen them. A laser fault among them is acknowledged by it."""
        self.call(ClearEvents(up_to_number))

    def clock_utc(self) -> datetime | None:
        """The analyzer's clock; None while it is not set."""
        utc_ms = self.call(GetClock()).utc_ms
        try:
            return datetime.fromtimestamp(utc_ms / 1e3, UTC) if utc_ms else None
        except (OverflowError, OSError, ValueError) as error:
            raise ProtocolError(
                f"The analyzer's clock says {utc_ms} ms, which is no date.",
                remedy="Set the clock; if it repeats, update the analyzer's firmware.",
            ) from error

    def set_clock_utc(self, now: datetime) -> None:
        """Set the analyzer's clock to `now`, which knows its time zone."""
        self.call(SetClock(round(now.timestamp() * 1e3)))


def event_text(event: Event) -> str:
    """One sentence about an event."""
    try:
        kind = EventKind(event.kind)
    except ValueError:
        return f"An event of kind {event.kind}, which this program does not know, happened."
    detail = ""
    if kind is EventKind.RESTARTED:
        known = event.detail in set(RestartCause)
        detail = " " + _RESTARTS[RestartCause(event.detail) if known else RestartCause.UNKNOWN]
    elif kind is EventKind.LASER_FAULT:
        detail = f" (code {event.detail})"
    elif kind is EventKind.INTERLOCK_OPENED and event.detail == LaserState.ON:
        detail = " while the laser was on"
    elif kind is EventKind.OVER_TEMPERATURE:
        detail = f" ({event.detail} C)"
    elif kind is EventKind.BATTERY_LOW:
        detail = f" ({event.detail}%)"
    return f"{_SENTENCES[kind]}{detail}."
