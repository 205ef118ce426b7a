"""Dark frames, one at a time, and what is answered while one is pending: sections 4, 5 and 7.

Next: `condition.py`, events, power and clock.
"""

from typing import Any, Final

from device.conformance.bench import Bench
from device.conformance.check import check
from device.conformance.outcome import CheckFailed, require
from device.conformance.wire import names_of
from firmware_bridge.framing import Packet
from firmware_bridge.messages import (
    Abort,
    AcquireFrame,
    Flush,
    FrameFlags,
    GetCapabilities,
    GetState,
    Hello,
    LaserState,
    Opcode,
    Request,
    SetIntegrationTime,
    SetLaserPower,
    SetTec,
    Status,
    WriteCalibration,
)
from firmware_bridge.session import READOUT_TIME_S

_SHORT_MS: Final = 20.0
_LONG_MS: Final = 300.0
_U32: Final = 0x1_0000_0000
# The time really exposed: a counter's step, or one part in a hundred.
_EXPOSURE_STEP_US: Final = 1000
_CLOCKS_DIFFER: Final = 0.05
_ATTEMPTS: Final = 3
_LATE_S: Final = 0.05  # what a busy computer adds
_SLOWEST_BYTES_PER_S: Final = 92_160  # a serial line at 921,600 baud, ten bits a byte


@check("7", "A dark frame has all pixels, the exposure set, and no light in it.")
def dark_frame(bench: Bench) -> str:
    exposure_us = bench.set_exposure(_SHORT_MS)
    bench.ok(SetLaserPower(0))
    before = bench.ok(GetState())
    frame = bench.dark_frame(exposure_us)
    after = bench.ok(GetState())
    count = bench.capabilities.pixel_count
    require(frame.pixel_count == count, f"{frame.pixel_count} pixels, not {count}")
    off_us = abs(frame.exposure_us - exposure_us)
    require(
        off_us <= max(_EXPOSURE_STEP_US, exposure_us // 100),
        f"exposed for {frame.exposure_us} us, {exposure_us} were set",
    )
    require(frame.laser_state is not LaserState.ON, "the frame was lit")
    require(not frame.flags & FrameFlags.LASER_DROPPED, "flagged LASER_DROPPED without light")
    require(frame.laser_power_mw == 0, f"laser power {frame.laser_power_mw} mW, not 0")
    unlocked = bool(frame.flags & FrameFlags.TEC_UNLOCKED)
    if not bench.capabilities.has_tec:
        require(not unlocked, "TEC_UNLOCKED without a cooler")
    elif before.tec_locked == after.tec_locked:
        said = "" if unlocked else "not "
        require(
            unlocked != after.tec_locked,
            f"{said}flagged TEC_UNLOCKED, and tec_locked is {int(after.tec_locked)}",
        )
    return f"{count} pixels, {frame.exposure_us} us, laser {frame.laser_state.name}"


@check("4", "A frame is answered after its exposure, and within 100 ms of its end.")
def frame_comes_at_its_time(bench: Bench) -> str:
    exposure_us = bench.set_exposure(_LONG_MS)
    exposure_s = exposure_us * 1e-6
    quickest_s = float("inf")
    for _ in range(_ATTEMPTS):  # a busy computer may delay one or two of them
        link_s = bench.wire.round_trip_s(bench.packet(Hello()))
        packet = bench.packet(AcquireFrame(False))
        took_s = bench.wire.round_trip_s(packet, exposure_s + READOUT_TIME_S)
        size = len(bench.wire.encoded(bench.wire.reply(packet)))
        bench.frame(packet, exposure_us)
        require(
            took_s >= exposure_s * (1 - _CLOCKS_DIFFER),
            f"answered after {took_s * 1e3:.0f} ms of {exposure_us / 1e3:g} ms",
        )
        longest_s = exposure_s * (1 + _CLOCKS_DIFFER) + READOUT_TIME_S + _LATE_S
        beyond_s = took_s - link_s - size / _SLOWEST_BYTES_PER_S - longest_s
        quickest_s = min(quickest_s, took_s)
        if beyond_s <= 0:
            return f"{exposure_us / 1e3:g} ms, answered after {took_s * 1e3:.0f} ms"
    raise CheckFailed(f"answered after {quickest_s * 1e3:.0f} ms of {exposure_us / 1e3:g} ms")


@check("4", "frame_seq counts the exposures read out: one more with each frame.")
def frame_seq_counts(bench: Bench) -> str:
    last = bench.dark_frame(bench.set_exposure(_SHORT_MS)).frame_seq
    for number in range(4):
        after = f"frame {last}"
        if number == 2:  # an aborted exposure is not read out
            bench.set_exposure(_LONG_MS)
            abort = bench.packet(Abort())
            bench.wire.send(bench.packet(AcquireFrame(False)), abort)
            bench.read(Abort(), bench.wire.reply(abort))
            after += " and an aborted exposure"
        sequence = bench.dark_frame(bench.set_exposure(_SHORT_MS)).frame_seq
        require((sequence - last) % _U32 == 1, f"frame {sequence} came after {after}")
        last = sequence
    return f"up to {last}"


@check("4", "A frame carries the epoch and the exposure of the settings it was exposed with.")
def frames_follow_settings(bench: Bench) -> str:
    for wanted_ms in (_SHORT_MS, 2 * _SHORT_MS, _SHORT_MS):
        exposure_us = bench.clamp_exposure(wanted_ms)
        epoch = bench.ok(SetIntegrationTime(exposure_us)).settings_epoch
        frame = bench.dark_frame(exposure_us)
        require(
            frame.settings_epoch == epoch, f"epoch {frame.settings_epoch} in the frame, not {epoch}"
        )
        off_us = abs(frame.exposure_us - exposure_us)
        require(
            off_us <= max(_EXPOSURE_STEP_US, exposure_us // 100),
            f"exposed for {frame.exposure_us} us after {exposure_us} were set",
        )
    return "followed"


def _send_into_a_frame(bench: Bench, requests: list[Request[Any]]) -> tuple[Packet, list[Packet]]:
    frame = bench.packet(AcquireFrame(False))
    packets = [bench.packet(request) for request in requests]
    bench.wire.forget()
    bench.wire.send(frame, *packets)
    return frame, packets


@check("5", "While a frame is pending all that would change it is BUSY, and changes nothing.")
def busy_while_pending(bench: Bench) -> str:
    exposure_us = bench.long_exposure(_LONG_MS)
    requests: list[Request[Any]] = [
        SetIntegrationTime(bench.clamp_exposure(_SHORT_MS)),
        SetLaserPower(0),
        AcquireFrame(False),
        WriteCalibration(0, 0, b""),
    ]
    if bench.capabilities.has_tec:
        requests.append(SetTec(True, 1e6))
    frame, packets = _send_into_a_frame(bench, requests)
    for packet in packets:
        bench.check_refusal(packet, bench.wire.reply(packet), Status.BUSY)
    exposed_us = bench.frame(frame, exposure_us).exposure_us
    require(
        abs(exposed_us - exposure_us) <= max(_EXPOSURE_STEP_US, exposure_us // 100),
        f"the frame was exposed for {exposed_us} us, not {exposure_us}",
    )
    return f"{len(packets)} requests refused"


@check("4", "While a frame is pending other requests are answered, before the frame.")
def answers_while_pending(bench: Bench) -> str:
    exposure_us = bench.long_exposure(_LONG_MS)
    frame, packets = _send_into_a_frame(bench, [GetState(), Hello(), GetCapabilities(), GetState()])
    state = bench.read(GetState(), bench.wire.reply(packets[0]))
    require(state.frame_pending, "GET_STATE says that no frame is pending")
    for packet in packets[1:]:
        reply = bench.wire.reply(packet)
        require(reply.status == Status.OK, f"while pending: {names_of([reply])}")
    bench.frame(frame, exposure_us)
    require(bench.wire.ids()[-1] == frame.request_id, "the frame came before other answers")
    require(not bench.ok(GetState()).frame_pending, "a frame is still pending after its reply")
    return "answered"


@check("4", "FLUSH does not touch a pending frame: its reply comes when it is ready.")
def flush_leaves_the_frame(bench: Bench) -> str:
    exposure_us = bench.set_exposure(_LONG_MS)
    frame, packets = _send_into_a_frame(bench, [Flush()])
    bench.read(Flush(), bench.wire.reply(packets[0]))
    bench.frame(frame, exposure_us)
    return "the frame came"


@check("5", "ABORT answers the pending frame ABORTED first, then itself; no frame follows.")
def abort_order(bench: Bench) -> str:
    exposure_us = bench.long_exposure(_LONG_MS)
    frame, packets = _send_into_a_frame(bench, [Abort()])
    bench.read(Abort(), bench.wire.reply(packets[0]))
    aborted = bench.wire.reply(frame)
    bench.check_refusal(frame, aborted, Status.ABORTED)
    order = bench.wire.ids()
    require(
        order == [frame.request_id, packets[0].request_id],
        "ABORT was answered before the frame that it ends",
    )
    late = bench.wire.sleep_quietly(exposure_us * 1e-6 + 0.1)
    require(not late, f"later came {names_of(late)}")
    require(not bench.ok(GetState()).frame_pending, "the frame is still pending")
    return "in that order"


@check("5", "LASER_OFF during a dark frame leaves it alone and does not flag it.")
def laser_off_in_a_dark_frame(bench: Bench) -> str:
    exposure_us = bench.set_exposure(_LONG_MS)
    frame = bench.packet(AcquireFrame(False))
    bench.wire.send(frame, bench.wire.packet(Opcode.LASER_OFF))
    flags = bench.frame(frame, exposure_us).flags
    require(not flags & FrameFlags.LASER_DROPPED, "flagged LASER_DROPPED without light")
    return "no flag"


CHECKS = (
    dark_frame,
    frame_comes_at_its_time,
    frame_seq_counts,
    frames_follow_settings,
    busy_while_pending,
    answers_while_pending,
    flush_leaves_the_frame,
    abort_order,
    laser_off_in_a_dark_frame,
)
