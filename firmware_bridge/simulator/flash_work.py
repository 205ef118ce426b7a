"""Flash that takes its time: a request that erases or hashes is answered WORKING until it is done.

The work ends by itself. Its result waits for the same request; any other at the flash forgets it.
Next: `upkeep.py`, which does the work.
"""

from collections.abc import Callable
from typing import Any

from firmware_bridge.layout import Message
from firmware_bridge.messages import (
    Request,
    SlotBegin,
    SlotRevert,
    SlotVerify,
    Status,
    WriteCalibration,
)
from firmware_bridge.model_slots import SlotRefused
from firmware_bridge.simulator.refused import Refused

Outcome = Message | Refused | SlotRefused


class FlashWork:
    """At most one piece of work at a time, of `work_s` seconds; 0 for none.

    do: the work itself, at the time when it ends.
    """

    def __init__(self, work_s: float, do: Callable[[Request[Any], float], Message]) -> None:
        self._work_s = work_s
        self._do = do
        self._request: Request[Any] | None = None
        self._outcome: Outcome | None = None  # of that request; None while it is worked at
        self._began_s = 0.0

    @property
    def ends_s(self) -> float | None:
        """When the work that goes on will be done."""
        if self._request is None or self._outcome is not None:
            return None
        return self._began_s + self._work_s

    def advance(self, now_s: float) -> None:
        """Do what is due. Raises `PowerCut` where the flash lost its power meanwhile."""
        request, ends_s = self._request, self.ends_s
        if request is None or ends_s is None or ends_s > now_s:
            return
        self._request = None  # after a power cut nothing is left of it
        try:
            self._outcome = self._do(request, ends_s)
        except (Refused, SlotRefused) as refusal:
            self._outcome = refusal
        self._request = request

    def answer(self, request: Request[Any], now_s: float) -> Message:
        """The reply. Raises `Refused` WORKING, or BUSY for another; or as the work itself."""
        self.advance(now_s)
        if self._outcome is not None:
            outcome, is_same = self._outcome, self._request == request
            self._request = self._outcome = None
            if is_same:
                return _told(outcome)
        slow = isinstance(request, SlotBegin | SlotVerify | SlotRevert) or (
            isinstance(request, WriteCalibration) and request.offset == 0
        )
        if not self._work_s or not (slow or self._request):
            return self._do(request, now_s)
        if self._request is None:
            self._request, self._began_s = request, now_s
        if request != self._request:
            raise Refused(Status.BUSY, f"the flash is at work on {self._request.opcode.name}")
        raise Refused(Status.WORKING, f"{int(100 * (now_s - self._began_s) / self._work_s)}")


def _told(outcome: Outcome) -> Message:
    if isinstance(outcome, Refused | SlotRefused):
        raise outcome
    return outcome
