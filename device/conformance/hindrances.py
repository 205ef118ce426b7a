"""What a laser fault or an open sample cover forbids, tried where there is one: section 7.

Whoever tests opens the cover, or breaks the laser's driver, and runs these again.

Next: `restart.py`, a cover that is open while the firmware restarts.
"""

from typing import Any

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import CheckSkipped, require
from firmware_bridge.messages import (
    Abort,
    AcquireFrame,
    ArmLaser,
    EventKind,
    GetEvents,
    GetState,
    LaserOff,
    LaserState,
    RenewLease,
    Request,
    Status,
)


@check("7", "An open cover forbids arming and light, before a lease is asked for.", Needs.HINDERED)
def open_cover_forbids_light(bench: Bench) -> str:
    state = bench.ok(GetState())
    if state.interlock_closed or state.laser_state is LaserState.FAULT:
        raise CheckSkipped("its cover is closed: open it and run this again")
    lease_ms = bench.capabilities.max_lease_ms
    bench.refused(ArmLaser(lease_ms), Status.INTERLOCK_OPEN)
    bench.refused(ArmLaser(0), Status.INTERLOCK_OPEN)
    bench.refused(AcquireFrame(True), Status.INTERLOCK_OPEN)
    bench.refused(RenewLease(lease_ms), Status.NOT_ARMED)
    name = bench.ok(GetState()).laser_state.name
    require(name == "OFF", f"the laser is {name} under an open cover")
    return "INTERLOCK_OPEN"


def _since_restart(kinds: list[int]) -> list[int]:
    """Those behind the last RESTARTED; all, where there is none."""
    while EventKind.RESTARTED in kinds:
        kinds = kinds[kinds.index(EventKind.RESTARTED) + 1 :]
    return kinds


@check("7", "A laser fault forbids light and stays until its event is cleared.", Needs.HINDERED)
def laser_fault_forbids_light(bench: Bench) -> str:
    log = bench.ok(GetEvents(0))
    is_kept = len(log.events) == log.newest_number - log.cleared_number
    kinds = [event.kind for event in log.events]
    if bench.ok(GetState()).laser_state is not LaserState.FAULT:
        require(
            not is_kept or EventKind.LASER_FAULT not in _since_restart(kinds),
            "the fault has ended, and nobody has cleared its event",
        )
        raise CheckSkipped("its laser reports no fault")
    lease_ms = bench.capabilities.max_lease_ms
    forbidden: tuple[Request[Any], ...] = (ArmLaser(lease_ms), ArmLaser(0), RenewLease(0))
    for request in (*forbidden, AcquireFrame(True)):
        bench.refused(request, Status.LASER_FAULT)
    bench.ok(LaserOff())
    bench.ok(Abort())
    name = bench.ok(GetState()).laser_state.name
    require(name == "FAULT", f"LASER_OFF and ABORT made FAULT {name}")
    require(EventKind.LASER_FAULT in kinds or not is_kept, "no event LASER_FAULT tells of it")
    return "LASER_FAULT"


CHECKS = (open_cover_forbids_light, laser_fault_forbids_light)
