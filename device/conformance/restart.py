"""A sample cover that is open while the firmware restarts: section 7. It takes hands.

Next: `calibration.py`, the page.
"""

import time
from typing import Final

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import CheckFailed, CheckSkipped, require
from firmware_bridge.errors import LinkError
from firmware_bridge.messages import (
    MAX_EVENTS,
    AcquireFrame,
    ArmLaser,
    EventKind,
    GetClock,
    GetEvents,
    GetState,
    LaserState,
    SetClock,
    Status,
)

_ASK_AGAIN_S: Final = 0.1


@check("7", "A cover that is open when the firmware begins is told, forbids light, is no event.",
       Needs.HINDERED)  # fmt: skip
def open_cover_outlives_a_restart(bench: Bench) -> str:
    hands = bench.hands
    if hands is None:
        raise CheckSkipped("not tried: nobody opens its cover and restarts it here, see --hands")
    if not bench.capabilities.has_interlock:
        raise CheckSkipped("it has no interlock")
    if not bench.ok(GetState()).interlock_closed:
        raise CheckSkipped("its cover is open: close it and run this again")
    had_time = bench.ok(GetClock()).utc_ms != 0
    hands.open_cover()
    try:
        _wait_for_cover(bench, is_closed=False)
        newest = bench.ok(GetEvents(0)).newest_number
        hands.restart()
        kinds = _kinds_since_restart(bench, newest)
        state = bench.ok(GetState())
        require(not state.interlock_closed, "it says closed after a restart; the cover is open")
        require(EventKind.INTERLOCK_OPENED not in kinds, "an event tells of a cover that opened")
        bench.refused(ArmLaser(bench.capabilities.max_lease_ms), Status.INTERLOCK_OPEN)
        bench.refused(AcquireFrame(True), Status.INTERLOCK_OPEN)
    finally:
        hands.close_cover()
    _wait_for_cover(bench, is_closed=True)
    name = bench.ok(GetState()).laser_state.name
    require(name == LaserState.OFF.name, f"the laser is {name} once the cover is closed")
    if had_time:
        bench.ok(SetClock(int(time.time() * 1e3)))
    return "open, and dark"


def _wait_for_cover(bench: Bench, *, is_closed: bool) -> None:
    end_s = bench.wire.now_s() + bench.wire.patience_s
    while bench.ok(GetState()).interlock_closed is not is_closed:
        told = "open" if is_closed else "closed"
        require(bench.wire.now_s() < end_s, f"the cover was moved, and it still says {told}")
        bench.wire.pause(_ASK_AGAIN_S)


def _kinds_since_restart(bench: Bench, newest: int) -> list[int]:
    """Of the events behind its RESTARTED; waits for that, over a new link where the old is lost."""
    end_s = bench.wire.now_s() + bench.wire.patience_s
    while bench.wire.now_s() < end_s:
        try:
            log = bench.ok(GetEvents(0))
            kinds = [event.kind for event in log.events if event.number > newest]
            if len(log.events) == MAX_EVENTS and log.newest_number > newest:
                return []  # a full log keeps no more, and counts them
            if EventKind.RESTARTED in kinds:
                return kinds[kinds.index(EventKind.RESTARTED) + 1 :]
            bench.wire.pause(_ASK_AGAIN_S)
        except LinkError:
            bench.reopen()
    raise CheckFailed("no event RESTARTED tells of its restart")


CHECKS = (open_cover_outlives_a_restart,)
