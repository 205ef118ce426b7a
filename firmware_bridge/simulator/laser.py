"""The laser's interlock, arming, lease and watchdog: dark unless all of them permit light.

The laser is on only inside an exposure that asked for it, while armed, while the lease that the
host renews runs, and while the interlock is closed. Whatever ends one of these ends the light and
disarms; only a new ARM_LASER starts over, so nothing fires by itself after a reconnect. The state
diagram is in `../PROTOCOL.md`.

Next: `firmware.py`, which drives it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware_bridge.messages import EventKind, LaserState, Status
from firmware_bridge.simulator.refused import Refused

# The longest light after a host fell silent; half a second is what PROTOCOL.md allows.
MAX_LEASE_MS: Final = 500
MIN_LEASE_MS: Final = 20


class DarkCause(Enum):
    """Why a pulse of light ended."""

    EXPOSURE_DONE = "exposure done"
    HOST = "the host asked"
    LEASE = "the lease lapsed"
    INTERLOCK = "the interlock opened"
    FAULT = "the laser failed"
    LINK = "the link was lost"
    REBOOT = "the firmware restarted"


@dataclass(frozen=True)
class Pulse:
    """One stretch of light; `off_s` and `cause` are None while it lasts."""

    on_s: float
    off_s: float | None = None
    cause: DarkCause | None = None


class Laser:
    """State machine over explicit time. Call `advance` before anything else happens at `now_s`.

    `note` is told of faults, opened covers and lapsed leases, and numbers them.
    """

    def __init__(self, power_mw: int, note: Callable[[EventKind, float, int], int]) -> None:
        self.power_mw = power_mw
        self._note = note
        self._fault_number = 0
        self.pulses: list[Pulse] = []
        self.interlock_closed = True
        self._state = LaserState.OFF
        self._lease_ends_s = 0.0

    @property
    def state(self) -> LaserState:
        return self._state

    @property
    def is_on(self) -> bool:
        return self._state is LaserState.ON

    @property
    def is_armed(self) -> bool:
        """Armed or on: a lease is running."""
        return self._state in (LaserState.ARMED, LaserState.ON)

    @property
    def lease_ends_s(self) -> float | None:
        return self._lease_ends_s if self.is_armed else None

    def lease_remaining_ms(self, now_s: float) -> int:
        if not self.is_armed:
            return 0
        return max(0, int(round((self._lease_ends_s - now_s) * 1e3)))

    def advance(self, now_s: float) -> None:
        """Let the watchdog see the time."""
        if self.is_armed and now_s >= self._lease_ends_s:
            self.go_dark(self._lease_ends_s, DarkCause.LEASE)

    def arm(self, now_s: float, lease_ms: int) -> int:
        """Start a lease; the milliseconds granted, which are at most `MAX_LEASE_MS`."""
        if self._state is LaserState.FAULT:
            raise Refused(Status.LASER_FAULT, "the laser has failed")
        if not self.interlock_closed:
            raise Refused(Status.INTERLOCK_OPEN, "the interlock is open")
        granted_ms = _granted(lease_ms)
        if self._state is LaserState.OFF:
            self._state = LaserState.ARMED
        self._lease_ends_s = now_s + granted_ms / 1e3
        return granted_ms

    def renew(self, now_s: float, lease_ms: int) -> int:
        """Restart the running lease; the milliseconds granted."""
        if self._state is LaserState.FAULT:
            raise Refused(Status.LASER_FAULT, "the laser has failed")
        if not self.is_armed:
            raise Refused(Status.NOT_ARMED, "no lease to renew: the laser is not armed")
        granted_ms = _granted(lease_ms)
        self._lease_ends_s = now_s + granted_ms / 1e3
        return granted_ms

    def switch_on(self, now_s: float) -> None:
        if self._state is LaserState.FAULT:
            raise Refused(Status.LASER_FAULT, "the laser has failed")
        if not self.interlock_closed:
            raise Refused(Status.INTERLOCK_OPEN, "the interlock is open")
        if self._state is not LaserState.ARMED:
            raise Refused(Status.NOT_ARMED, "the laser is not armed")
        self._state = LaserState.ON
        self.pulses.append(Pulse(now_s))

    def exposure_done(self, now_s: float) -> None:
        """End the light and stay armed: the next frame of a series need not arm again."""
        if self.is_on:
            self._end_pulse(now_s, DarkCause.EXPOSURE_DONE)
            self._state = LaserState.ARMED

    def go_dark(self, now_s: float, cause: DarkCause) -> None:
        """End light and lease. A fault stays until the host has acknowledged it, or a restart."""
        if self.is_on:
            self._end_pulse(now_s, cause)
            if cause is DarkCause.LEASE:
                self._note(EventKind.LEASE_LAPSED, now_s, 0)
        if cause is DarkCause.FAULT:
            self._state = LaserState.FAULT
            self._fault_number = self._note(EventKind.LASER_FAULT, now_s, 0)
        elif self._state is not LaserState.FAULT:
            self._state = LaserState.OFF

    def acknowledge(self, cleared_number: int) -> None:
        """The host has seen all events up to this number, perhaps that of the fault."""
        if self._state is LaserState.FAULT and cleared_number >= self._fault_number:
            self._state = LaserState.OFF

    def set_interlock(self, now_s: float, *, is_open: bool) -> None:
        if is_open and self.interlock_closed:
            self._note(EventKind.INTERLOCK_OPENED, now_s, self._state)
        self.interlock_closed = not is_open
        if is_open:
            self.go_dark(now_s, DarkCause.INTERLOCK)

    def lit_s(self, from_s: float, until_s: float) -> float:
        """Seconds of light between two moments."""
        total = 0.0
        for pulse in reversed(self.pulses):
            end_s = until_s if pulse.off_s is None else min(pulse.off_s, until_s)
            if end_s <= from_s:
                break
            total += max(0.0, end_s - max(pulse.on_s, from_s))
        return total

    def _end_pulse(self, now_s: float, cause: DarkCause) -> None:
        self.pulses[-1] = Pulse(self.pulses[-1].on_s, now_s, cause)


def _granted(lease_ms: int) -> int:
    if lease_ms < MIN_LEASE_MS:
        raise Refused(Status.OUT_OF_RANGE, f"a lease lasts at least {MIN_LEASE_MS} ms")
    return min(lease_ms, MAX_LEASE_MS)
