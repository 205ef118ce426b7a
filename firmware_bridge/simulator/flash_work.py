"""Flash that takes its time: a request that erases or hashes is answered WORKING until it is done.

Next: `upkeep.py`, which asks before it lets a request at the flash.
"""

from typing import Any

from firmware_bridge.messages import (
    Request,
    SlotBegin,
    SlotRevert,
    SlotVerify,
    Status,
    WriteCalibration,
)
from firmware_bridge.simulator.refused import Refused


class FlashWork:
    """At most one piece of work at a time, of `work_s` seconds; 0 for none."""

    def __init__(self, work_s: float) -> None:
        self._work_s = work_s
        self._request: Request[Any] | None = None
        self._began_s = 0.0

    def check(self, request: Request[Any], now_s: float) -> None:
        """Return when `request` may be done now. Raises `Refused` WORKING, or BUSY for another."""
        slow = isinstance(request, SlotBegin | SlotVerify | SlotRevert) or (
            isinstance(request, WriteCalibration) and request.offset == 0
        )
        if not self._work_s or not (slow or self._request):
            return
        if self._request is None:
            self._request, self._began_s = request, now_s
        if request != self._request:
            raise Refused(Status.BUSY, f"the flash is at work on {self._request.opcode.name}")
        done = (now_s - self._began_s) / self._work_s
        if done < 1.0:
            raise Refused(Status.WORKING, f"{int(100 * done)}")
        self._request = None
