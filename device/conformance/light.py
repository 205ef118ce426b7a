"""Lit frames, at the lowest power: light only within an exposure, a lease and an arming: section 7.

Next: `hindrances.py`, what forbids light.
"""

from collections.abc import Sequence
from typing import Any, Final

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import require
from firmware_bridge.framing import Packet
from firmware_bridge.messages import (
    MAX_EVENTS,
    Abort,
    AcquireFrame,
    ArmLaser,
    EventKind,
    FrameFlags,
    FrameReply,
    GetEvents,
    GetState,
    LaserOff,
    LaserState,
    RenewLease,
    Request,
    Status,
)
from firmware_bridge.session import READOUT_TIME_S

_RENEWAL_S: Final = 0.1
_U16_MAX: Final = 0xFFFF


def _lit_frame(
    bench: Bench, exposure_us: int, during: Sequence[Request[Any]] = ()
) -> tuple[FrameReply, list[Packet]]:
    """A lit frame under a lease renewed until it is here, and the replies to `during`."""
    lease_ms = bench.lease_ms(_U16_MAX)
    frame = bench.packet(AcquireFrame(True))
    packets = [bench.packet(request) for request in during]
    bench.wire.send(bench.packet(ArmLaser(lease_ms)), frame, *packets)
    end_s = bench.wire.now_s() + exposure_us * 1e-6 + READOUT_TIME_S + bench.wire.patience_s
    renew_s = bench.wire.now_s() + _RENEWAL_S
    while frame.request_id not in bench.wire.ids() and bench.wire.now_s() < end_s:
        bench.wire.listen(min(renew_s, end_s) - bench.wire.now_s())
        if bench.wire.now_s() >= renew_s:
            bench.wire.send(bench.packet(RenewLease(lease_ms)))
            renew_s = bench.wire.now_s() + _RENEWAL_S
    read = bench.frame(frame, 0)
    return read, [bench.wire.reply(packet) for packet in packets]


def _require_lit(frame: FrameReply) -> None:
    name = frame.laser_state.name
    require(frame.laser_state is LaserState.ON, f"a frame lit throughout says {name}")
    require(not frame.flags & FrameFlags.LASER_DROPPED, "flagged LASER_DROPPED without reason")


def _require_dropped(frame: FrameReply) -> None:
    require(frame.flags & FrameFlags.LASER_DROPPED, "the frame is not flagged LASER_DROPPED")
    name = frame.laser_state.name
    require(frame.laser_state is LaserState.OFF, f"the frame's laser state is {name}, not OFF")


@check("7", "Without a lease ACQUIRE_FRAME(1) is NOT_ARMED, and nothing is exposed.", Needs.LASER)
def no_light_without_a_lease(bench: Bench) -> str:
    bench.set_low_power()
    bench.set_exposure(20.0)
    bench.refused(AcquireFrame(True), Status.NOT_ARMED)
    state = bench.ok(GetState())
    require(not state.frame_pending, "a frame is pending after the refusal")
    require(state.laser_state is LaserState.OFF, f"the laser is {state.laser_state.name}")
    return "refused"


@check("7", "The laser is ON within a lit exposure, and ARMED when it is over.", Needs.LASER)
def light_within_an_exposure(bench: Bench) -> str:
    bench.set_low_power()
    exposure_us = bench.set_exposure(150.0)
    frame, replies = _lit_frame(bench, exposure_us, (GetState(),))
    during = bench.read(GetState(), replies[0])
    after = bench.packet(RenewLease(bench.lease_ms(_U16_MAX))), bench.packet(GetState())
    bench.wire.send(*after)
    renewed, told = (bench.wire.reply(packet) for packet in after)
    _require_lit(frame)
    name = during.laser_state.name
    require(during.laser_state is LaserState.ON, f"the laser is {name} within a lit exposure")
    require(during.frame_pending, "no frame is pending within the exposure")
    if renewed.status == Status.OK:  # a slow link may have let the lease lapse
        name = bench.read(GetState(), told).laser_state.name
        require(name == "ARMED", f"{name} after the exposure, not ARMED")
    require(
        frame.laser_power_mw == during.laser_power_mw,
        f"{frame.laser_power_mw} mW in the frame, {during.laser_power_mw} in the state",
    )
    return f"ON at {frame.laser_power_mw} mW, then ARMED"


@check("7", "A dark frame while armed stays dark.", Needs.LASER)
def dark_frame_while_armed(bench: Bench) -> str:
    bench.set_low_power()
    exposure_us = bench.set_exposure(100.0)
    frame, state = bench.packet(AcquireFrame(False)), bench.packet(GetState())
    bench.wire.send(bench.packet(ArmLaser(bench.lease_ms(_U16_MAX))), frame, state)
    name = bench.read(GetState(), bench.wire.reply(state)).laser_state.name
    require(name != "ON", "the laser is ON in a dark frame")
    read = bench.frame(frame, exposure_us)
    require(read.laser_state is not LaserState.ON, "the dark frame was lit")
    require(not read.flags & FrameFlags.LASER_DROPPED, "flagged LASER_DROPPED without light")
    return read.laser_state.name


@check("7", "Renewals carry the light through an exposure longer than a lease.", Needs.LASER)
def renewals_carry_the_light(bench: Bench) -> str:
    bench.set_low_power()
    exposure_us = bench.long_exposure(bench.capabilities.max_lease_ms + 200.0)
    frame, _ = _lit_frame(bench, exposure_us)
    _require_lit(frame)
    return f"lit for {exposure_us / 1e3:g} ms"


@check("7", "Light whose lease lapses goes out; the frame comes at its time, flagged.", Needs.LASER)
def lapsed_lease_ends_the_light(bench: Bench) -> str:
    bench.set_low_power()
    lease_ms = bench.lease_ms(100)
    exposure_us = bench.long_exposure(lease_ms + 300.0)
    frame = bench.packet(AcquireFrame(True))
    newest = bench.ok(GetEvents(0)).newest_number
    sent_s = bench.wire.now_s()
    arm = bench.packet(ArmLaser(lease_ms))
    bench.wire.send(arm, frame)
    bench.read(ArmLaser(lease_ms), bench.wire.reply(arm))
    bench.wire.pause(lease_ms * 1e-3 + 0.1)
    state = bench.ok(GetState())
    name = state.laser_state.name
    require(state.laser_state is LaserState.OFF, f"the laser is {name} after its lease")
    if bench.wire.now_s() < sent_s + exposure_us * 1e-6:
        require(state.frame_pending, "the exposure ended with the light")
    _require_dropped(bench.frame(frame, exposure_us))
    for _ in range(2):
        log = bench.ok(GetEvents(0))
        newer = [event.kind for event in log.events if event.number > newest]
        is_full = log.newest_number - log.cleared_number > MAX_EVENTS
        require(
            EventKind.LEASE_LAPSED in newer or is_full,
            "no event LEASE_LAPSED tells of it, or stays",
        )
    return "OFF, flagged, and an event"


@check("7", "LASER_OFF ends the light; the frame goes on in the dark, flagged.", Needs.LASER)
def laser_off_ends_the_light(bench: Bench) -> str:
    bench.set_low_power()
    exposure_us = bench.long_exposure(300.0)
    lease_ms = bench.lease_ms(_U16_MAX)
    frame, off, state = (bench.packet(one) for one in (AcquireFrame(True), LaserOff(), GetState()))
    bench.wire.send(bench.packet(ArmLaser(lease_ms)), frame, off, state)
    bench.read(LaserOff(), bench.wire.reply(off))
    told = bench.read(GetState(), bench.wire.reply(state))
    require(told.laser_state is LaserState.OFF, f"{told.laser_state.name} after LASER_OFF")
    require(told.frame_pending, "LASER_OFF ended the exposure")
    _require_dropped(bench.frame(frame, exposure_us))
    return "OFF, and the frame is flagged"


@check("7", "ABORT ends light and exposure.", Needs.LASER)
def abort_ends_the_light(bench: Bench) -> str:
    bench.set_low_power()
    bench.long_exposure(300.0)
    frame, abort, state = (bench.packet(one) for one in (AcquireFrame(True), Abort(), GetState()))
    bench.wire.send(bench.packet(ArmLaser(bench.lease_ms(_U16_MAX))), frame, abort, state)
    bench.check_refusal(frame, bench.wire.reply(frame), Status.ABORTED)
    bench.read(Abort(), bench.wire.reply(abort))
    told = bench.read(GetState(), bench.wire.reply(state))
    require(told.laser_state is LaserState.OFF, f"{told.laser_state.name} after ABORT")
    require(not told.frame_pending, "a frame is pending after ABORT")
    return "OFF"


CHECKS = (
    no_light_without_a_lease,
    light_within_an_exposure,
    dark_frame_while_armed,
    renewals_carry_the_light,
    lapsed_lease_ends_the_light,
    laser_off_ends_the_light,
    abort_ends_the_light,
)
