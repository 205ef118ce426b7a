"""Arming, and the lease that ends it: section 7. No light is made here.

Next: `light.py`, lit frames.
"""

from typing import Final

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import CheckSkipped, require
from firmware_bridge.messages import (
    LONGEST_LEASE_MS,
    Abort,
    ArmLaser,
    GetState,
    InstrumentState,
    LaserOff,
    LaserState,
    RenewLease,
    Status,
)

_LEASE_MS: Final = 200
_TOLERANCE_S: Final = 0.05
_U16_MAX: Final = 0xFFFF


def _state(bench: Bench) -> InstrumentState:
    return bench.ok(GetState())


def _is_off(bench: Bench, when: str) -> None:
    state = _state(bench)
    name = state.laser_state.name
    require(state.laser_state is LaserState.OFF, f"the laser is {name} {when}")
    require(
        state.lease_remaining_ms == 0,
        f"lease_remaining_ms is {state.lease_remaining_ms} {when}",
    )


@check("7", "Without a lease RENEW_LEASE is NOT_ARMED, before its range is looked at.")
def renewal_needs_a_lease(bench: Bench) -> str:
    if _state(bench).laser_state is LaserState.FAULT:
        raise CheckSkipped("its laser reports a fault: look at its events")
    for lease_ms in (bench.lease_ms(_LEASE_MS), 0):
        bench.refused(RenewLease(lease_ms), Status.NOT_ARMED)
    _is_off(bench, "after a refused renewal")
    return "refused"


@check(
    "7",
    "ARM_LASER grants what was asked, at most max_lease_ms, and refuses below the least.",
    Needs.LASER,
)
def lease_bounds(bench: Bench) -> str:
    limits = bench.capabilities
    if limits.min_lease_ms > 0:
        bench.refused(ArmLaser(limits.min_lease_ms - 1), Status.OUT_OF_RANGE)
        _is_off(bench, "after a refused ARM_LASER")
    for wanted_ms in (limits.min_lease_ms, limits.max_lease_ms, _U16_MAX):
        granted_ms = min(wanted_ms, limits.max_lease_ms)
        told_ms = bench.ok(ArmLaser(wanted_ms)).lease_ms
        require(
            told_ms == granted_ms,
            f"ARM_LASER({wanted_ms}) granted {told_ms} ms, not {granted_ms}",
        )
    arm, renew = bench.packet(ArmLaser(_U16_MAX)), bench.packet(RenewLease(_U16_MAX))
    bench.wire.send(arm, renew)
    told_ms = bench.read(RenewLease(_U16_MAX), bench.wire.reply(renew)).lease_ms
    require(told_ms <= limits.max_lease_ms, f"RENEW_LEASE granted {told_ms} ms")
    return f"{limits.min_lease_ms} to {limits.max_lease_ms} ms"


@check(
    "7",
    "ARM_LASER arms and makes no light; the state tells how much of the lease is left.",
    Needs.LASER,
)
def arming(bench: Bench) -> str:
    lease_ms = bench.lease_ms(_U16_MAX)
    arm, state_packet = bench.packet(ArmLaser(lease_ms)), bench.packet(GetState())
    bench.wire.send(arm, state_packet)
    bench.read(ArmLaser(lease_ms), bench.wire.reply(arm))
    state = bench.read(GetState(), bench.wire.reply(state_packet))
    name = state.laser_state.name
    require(state.laser_state is LaserState.ARMED, f"the laser is {name} after ARM_LASER")
    left_ms = state.lease_remaining_ms
    require(0 < left_ms <= lease_ms, f"lease_remaining_ms is {left_ms} of {lease_ms}")
    return f"ARMED, {left_ms} of {lease_ms} ms left"


@check("7", "LASER_OFF and ABORT disarm: the lease is over.", Needs.LASER)
def disarming(bench: Bench) -> str:
    for request in (LaserOff(), Abort()):
        bench.ok(ArmLaser(bench.lease_ms(_U16_MAX)))
        bench.ok(request)
        _is_off(bench, f"after {request.opcode.name}")
        bench.refused(RenewLease(bench.lease_ms(_LEASE_MS)), Status.NOT_ARMED)
    return "OFF"


def _lapses(bench: Bench, asked_ms: int, granted_ms: int) -> None:
    """The lease holds until its time, and not longer."""
    sent_s = bench.wire.now_s()
    bench.ok(ArmLaser(asked_ms))
    armed_s = bench.wire.now_s()
    bench.wire.pause(granted_ms / 2e3)
    state = _state(bench)
    if bench.wire.now_s() < sent_s + granted_ms * 1e-3 - _TOLERANCE_S:
        name = state.laser_state.name
        require(state.laser_state is LaserState.ARMED, f"{name} in the middle of its lease")
    bench.wire.pause(armed_s + granted_ms * 1e-3 + 2 * _TOLERANCE_S - bench.wire.now_s())
    _is_off(bench, f"{granted_ms} ms after a lease of {granted_ms} ms began")


@check("7", "A lease that nobody renews lapses at its time: the laser is OFF.", Needs.LASER)
def lease_lapses(bench: Bench) -> str:
    lease_ms = bench.lease_ms(_LEASE_MS)
    _lapses(bench, lease_ms, lease_ms)
    bench.refused(RenewLease(lease_ms), Status.NOT_ARMED)
    return f"OFF after {lease_ms} ms"


@check("7", "However long a lease was asked for, it lapses after max_lease_ms.", Needs.LASER)
def longest_lease_lapses(bench: Bench) -> str:
    longest_ms = bench.capabilities.max_lease_ms
    _lapses(bench, _U16_MAX, longest_ms)
    return f"OFF after {longest_ms} ms"


@check("7", "RENEW_LEASE and ARM_LASER restart a lease that runs.", Needs.LASER)
def renewal_restarts_the_lease(bench: Bench) -> str:
    lease_ms = min(bench.capabilities.max_lease_ms, LONGEST_LEASE_MS)
    requests = (ArmLaser(lease_ms), RenewLease(lease_ms), RenewLease(lease_ms), ArmLaser(lease_ms))
    packets = [bench.packet(request) for request in requests]
    sent_s = bench.wire.now_s()
    for packet in packets:  # nothing is waited for: a slow link delays them all alike
        if bench.wire.now_s() - sent_s > lease_ms * 1e-3 - _TOLERANCE_S:
            raise CheckSkipped("this computer is too busy to renew in time")
        sent_s = bench.wire.now_s()
        bench.wire.send(packet)
        bench.wire.pause(lease_ms / 2e3)
    state_packet = bench.packet(GetState())
    bench.wire.send(state_packet)
    for request, packet in zip(requests, packets, strict=True):
        bench.read(request, bench.wire.reply(packet))
    name = bench.read(GetState(), bench.wire.reply(state_packet)).laser_state.name
    require(name == "ARMED", f"{name} after renewals in time")
    return "ARMED beyond the first lease"


@check(
    "7",
    "RENEW_LEASE and ARM_LASER below min_lease_ms are OUT_OF_RANGE and leave the lease.",
    Needs.LASER,
)
def refused_renewal(bench: Bench) -> str:
    limits = bench.capabilities
    if limits.min_lease_ms == 0:
        return "every lease is legal"
    arm = ArmLaser(limits.max_lease_ms)
    packets = [bench.packet(arm), bench.packet(RenewLease(limits.min_lease_ms - 1))]
    state_packet = bench.packet(GetState())
    bench.wire.send(*packets, state_packet)
    bench.read(arm, bench.wire.reply(packets[0]))
    bench.check_refusal(packets[1], bench.wire.reply(packets[1]), Status.OUT_OF_RANGE)
    name = bench.read(GetState(), bench.wire.reply(state_packet)).laser_state.name
    require(name == "ARMED", f"{name} after a renewal that was refused")
    return "refused, still ARMED"


CHECKS = (
    renewal_needs_a_lease,
    lease_bounds,
    arming,
    disarming,
    lease_lapses,
    longest_lease_lapses,
    renewal_restarts_the_lease,
    refused_renewal,
)
