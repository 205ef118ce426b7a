"""What happens to the simulated laser in the middle of a measurement, planned beforehand.

A planned mishap strikes the nth lit frame as its light begins, and does so once, over restarts too.

Next: `faults.py` for what goes wrong on the wire; `instrument.py`, which calls this.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware_bridge.errors import CallerError
from firmware_bridge.simulator.laser import DarkCause, Laser

_OPEN_S: Final = 1.0  # a host that asks why the light went sees the open cover


class MishapKind(Enum):
    """What happens."""

    INTERLOCK = "interlock"  # the sample cover is opened, and closed a second later
    LASER = "laser"  # the laser driver reports a fault, which stays until its event is cleared


@dataclass(frozen=True)
class Mishap:
    """`nth` counts lit frames from 0; raises `CallerError` for one below."""

    kind: MishapKind
    nth: int = 0

    def __post_init__(self) -> None:
        if self.nth < 0:
            raise CallerError("A mishap needs nth >= 0.")


class Mishaps:
    """Plays a plan against the sequence of lit frames."""

    def __init__(self, planned: tuple[Mishap, ...] = ()) -> None:
        self._planned = planned
        self._lit_frames = 0
        self._cover_closes_s: float | None = None

    def light_begins(self, laser: Laser, now_s: float) -> None:
        """A lit exposure has just begun."""
        for mishap in self._planned:
            if mishap.nth != self._lit_frames:
                continue
            if mishap.kind is MishapKind.INTERLOCK:
                self._cover_closes_s = now_s + _OPEN_S
                laser.set_interlock(now_s, is_open=True)
            else:
                laser.go_dark(now_s, DarkCause.FAULT)
        self._lit_frames += 1

    def advance(self, laser: Laser, now_s: float) -> None:
        """Let the hand that opened the cover see the time."""
        if self._cover_closes_s is not None and now_s >= self._cover_closes_s:
            self._cover_closes_s = None
            laser.set_interlock(now_s, is_open=False)
