"""Events, power and clock: section 8. No event is cleared that nobody has seen.

Next: `leases.py`, arming and the lease.
"""

import time
from typing import Final

from device.conformance.bench import Bench
from device.conformance.check import check
from device.conformance.outcome import require
from firmware_bridge.messages import (
    ClearEvents,
    GetClock,
    GetEvents,
    GetPower,
    GetState,
    SetClock,
    Status,
)

_U16_MAX: Final = 0xFFFF
_U32_MAX: Final = 0xFFFF_FFFF
_WAIT_S: Final = 0.3
_TOLERANCE_S: Final = 0.05


@check("8", "GET_EVENTS gives what was not cleared, oldest first, and clears nothing.")
def events_stay(bench: Bench) -> str:
    first, second = bench.ok(GetEvents(0)), bench.ok(GetEvents(0))
    require(first == second, "the events are others when asked again")
    require(first.newest_number > 0, "not even a restart stands in the log")
    behind = bench.ok(GetEvents(first.newest_number))
    require(not behind.events, "events newer than the newest")
    if len(first.events) > 1:
        after = first.events[0].number
        rest = bench.ok(GetEvents(after)).events
        require(rest == first.events[1:], f"after_number {after} gives other events than those")
    return f"{len(first.events)} events, the newest is {first.newest_number}"


@check("8", "unread_events is the number of the newest event less the number cleared.")
def unread_events(bench: Bench) -> str:
    log, state = bench.ok(GetEvents(0)), bench.ok(GetState())
    wanted = min(log.newest_number - log.cleared_number, _U16_MAX)
    require(
        state.unread_events == wanted,
        f"unread_events is {state.unread_events}; newest {log.newest_number} less cleared "
        f"{log.cleared_number} is {wanted}",
    )
    return str(wanted)


@check("8", "CLEAR_EVENTS above the newest is OUT_OF_RANGE; up to a cleared one it does nothing.")
def clearing_events(bench: Bench) -> str:
    before = bench.ok(GetEvents(0))
    for number in {before.newest_number + 1, _U32_MAX}:
        bench.refused(ClearEvents(number), Status.OUT_OF_RANGE)
    for number in (before.cleared_number, before.cleared_number // 2, 0):
        bench.ok(ClearEvents(number))
    after = bench.ok(GetEvents(0))
    require(after == before, "events were lost by it")
    return "refused above the newest"


@check("8", "GET_POWER tells the battery, and 0 for what is not measured.")
def power(bench: Bench) -> str:
    told = bench.ok(GetPower())
    return f"battery {told.battery.name}, {told.battery_percent} percent"


@check("8", "uptime_ms goes with the time.")
def uptime(bench: Bench) -> str:
    before_s = bench.wire.now_s()
    first = bench.ok(GetClock()).uptime_ms
    between_s = bench.wire.now_s()
    bench.wire.pause(_WAIT_S)
    then_s = bench.wire.now_s()
    passed_s = (bench.ok(GetClock()).uptime_ms - first) / 1e3
    after_s = bench.wire.now_s()
    require(
        then_s - between_s - _TOLERANCE_S <= passed_s <= after_s - before_s + _TOLERANCE_S,
        f"{passed_s * 1e3:.0f} ms by its clock, {(then_s - between_s) * 1e3:.0f} by ours",
    )
    return f"{passed_s * 1e3:.0f} ms in {_WAIT_S * 1e3:.0f}"


@check("8", "SET_CLOCK(0) is OUT_OF_RANGE; a clock that was set goes on, and is no setting.")
def clock(bench: Bench) -> str:
    bench.refused(SetClock(0), Status.OUT_OF_RANGE)
    epoch = bench.ok(GetState()).settings_epoch
    wanted_ms = int(time.time() * 1e3)
    before_s = bench.wire.now_s()
    bench.ok(SetClock(wanted_ms))
    bench.wire.pause(_WAIT_S)
    passed_ms = bench.ok(GetClock()).utc_ms - wanted_ms
    longest_ms = (bench.wire.now_s() - before_s + _TOLERANCE_S) * 1e3
    require(
        (_WAIT_S - _TOLERANCE_S) * 1e3 <= passed_ms <= longest_ms,
        f"{passed_ms} ms after it was set, {_WAIT_S * 1e3:.0f} had passed",
    )
    told = bench.ok(GetState()).settings_epoch
    require(told == epoch, f"SET_CLOCK made the settings epoch {told}, it was {epoch}")
    return f"{passed_ms} ms in {_WAIT_S * 1e3:.0f}"


CHECKS = (events_stay, unread_events, clearing_events, power, uptime, clock)
