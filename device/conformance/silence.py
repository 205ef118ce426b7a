"""Requests that stop in the middle, and what the link leaves behind: sections 1, 2 and 4.

Next: `conversation.py`, ids and order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import CheckSkipped, require
from device.conformance.wire import Wire, names_of, text_problem
from firmware_bridge.errors import LinkError
from firmware_bridge.framing import Packet
from firmware_bridge.messages import (
    Abort,
    AcquireFrame,
    ArmLaser,
    Flush,
    GetState,
    Hello,
    LaserState,
    SetIntegrationTime,
    Status,
)

_SHORT_PAUSE_S: Final = 0.3
_STILL_SHORT_S: Final = 0.4
_ATTEMPTS: Final = 3
_LONG_PAUSE_S: Final = 0.7
_FILLER: Final = bytes(8 * 1024)
_SEEN_S: Final = 2.0
# HTTP, whose body a web page chooses; TLS; and what begins like a packet.
_OTHER_PROTOCOLS: Final = (b"POST / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"\xa5\xa5\x5a", b"\0")


def _halves(bench: Bench, packet: Packet) -> tuple[bytes, bytes]:
    data = bench.wire.encoded(packet)
    return data[: len(data) // 2], data[len(data) // 2 :]


@check("2", "A request that pauses for less than 500 ms is obeyed.")
def short_pause_inside_a_request(bench: Bench) -> str:
    for _ in range(_ATTEMPTS):
        packet = bench.packet(Hello())
        first, rest = _halves(bench, packet)
        bench.wire.write(first)
        began_s = bench.wire.now_s()
        bench.wire.pause(_SHORT_PAUSE_S)
        if bench.wire.now_s() - began_s < _STILL_SHORT_S:
            bench.answered_only(rest, [packet])
            return f"answered after a pause of {_SHORT_PAUSE_S * 1e3:.0f} ms"
        bench.wire.pause(_LONG_PAUSE_S)  # this computer was busy: the pause became a long one
    raise CheckSkipped("this computer is too busy to pause for a short time")


@check("2", "A request that pauses for more than 500 ms is forgotten; the next one is answered.")
def long_pause_inside_a_request(bench: Bench) -> str:
    late, good = bench.packet(Hello()), bench.packet(Hello())
    first, rest = _halves(bench, late)
    bench.wire.write(first)
    bench.wire.pause(_LONG_PAUSE_S)
    bench.answered_only(rest + bench.wire.encoded(good), [good])
    return f"forgotten after {_LONG_PAUSE_S * 1e3:.0f} ms"


@check("2", "Whole requests that a truncated one keeps waiting are not obeyed after 500 ms.")
def late_commands_are_not_obeyed(bench: Bench) -> str:
    epoch = bench.ok(GetState()).settings_epoch
    exposure_us = bench.clamp_exposure(20.0)
    announced = bench.wire.packet(0x7777, bytes(44))
    data = bench.wire.encoded(announced)
    if data.startswith(b"\0"):
        raise CheckSkipped("on a serial line a truncated packet swallows nothing")
    swallowed = bench.packet(SetIntegrationTime(exposure_us))
    bench.wire.write(data[:20] + bench.wire.encoded(swallowed))
    bench.wire.pause(_LONG_PAUSE_S)
    bench.wire.forget()
    good = bench.packet(GetState())
    bench.answered_only(bench.wire.encoded(good), [good])
    now = bench.read(GetState(), bench.wire.reply(good)).settings_epoch
    require(now == epoch, "the swallowed request was obeyed late")
    return "forgotten"


@check("4", "Opening works behind a request that an earlier host left half sent.")
def opening_after_half_a_request(bench: Bench) -> str:
    first, _ = _halves(bench, bench.wire.packet(0x7777, bytes(44)))
    abort, flush, hello = (bench.packet(one) for one in (Abort(), Flush(), Hello()))
    bench.wire.forget()
    bench.wire.write(first)
    bench.wire.send(bench.packet(Abort()))
    bench.wire.write(_FILLER)
    for packet in (abort, flush, hello):
        bench.wire.send(packet)
        reply = bench.wire.reply(packet)
        require(reply.status == Status.OK, f"the opening was refused: {names_of([reply])}")
    return "opened"


@check("1", "A second TCP host is told IN_USE and let go; the first one is not disturbed.")
def second_host_is_told(bench: Bench) -> str:
    if not bench.is_tcp or bench.connect_again is None:
        raise CheckSkipped("only a TCP port can have a second host")
    bench.ok(Hello())
    connect = bench.connect_unproven or bench.connect_again
    second = Wire(connect(), bench.wire.patience_s)
    closed = False
    try:
        end_s = second.now_s() + _SEEN_S
        while second.now_s() < end_s:
            second.listen(end_s - second.now_s())
    except LinkError:
        closed = True
    finally:
        second.transport.close()
    packets = [arrival.packet for arrival in second.arrivals]
    told = [(one.opcode, one.request_id, one.status, one.flags) for one in packets]
    require(
        told == [(0, 0, Status.IN_USE, 1)], f"the second host got {names_of(packets)}, not IN_USE"
    )
    problem = text_problem(packets[0].payload)
    require(not problem, f"IN_USE {problem}")
    require(closed, "the second connection was not closed")
    bench.ok(Hello())
    return "told and let go"


def _needs_tcp(
    bench: Bench, why: str = "only closing a TCP connection is certain to be seen as a lost link"
) -> None:
    if not bench.is_tcp:
        raise CheckSkipped(why)
    if bench.connect_again is None:
        raise CheckSkipped("this port cannot be opened twice for the same analyzer")


def _is_closed_unread(bench: Bench, opening: bytes) -> bool:
    """Whether a connection that begins so is closed; raises `CheckFailed` where it is answered."""
    bench.reopen(bench.connect_unproven)
    end_s = bench.wire.now_s() + _SEEN_S
    try:
        bench.wire.write(opening + bench.wire.encoded(bench.packet(Hello())))
        while bench.wire.now_s() < end_s:
            bench.wire.listen(end_s - bench.wire.now_s())
            told = names_of([arrival.packet for arrival in bench.wire.arrivals])
            require(not bench.wire.arrivals, f"behind {opening[:8]!r} came {told}")
    except LinkError:
        return True
    return False


@check("1", "A TCP connection that begins with anything else than a packet is closed unread.")
def other_protocols_are_closed(bench: Bench) -> str:
    _needs_tcp(bench, "what a web browser reaches is a TCP port")
    try:
        for opening in _OTHER_PROTOCOLS:
            closed = _is_closed_unread(bench, opening)
            require(closed, f"a connection that began with {opening[:8]!r} was left open")
    finally:
        bench.reopen()
    return "closed"


@contextmanager
def _link_lost_in_a_frame(bench: Bench, *, lit: bool) -> Iterator[int]:
    """The frame's id; the link is open again, and nothing was proven to it."""
    frame, state = bench.packet(AcquireFrame(lit)), bench.packet(GetState())
    bench.wire.send(frame, state)
    told = bench.read(GetState(), bench.wire.reply(state))
    require(told.frame_pending, "no frame is pending before the link is lost")
    bench.reopen(bench.connect_unproven)  # a proof would darken the laser by itself
    try:
        yield frame.request_id
    finally:
        if bench.connect_unproven is not None:
            bench.reopen()


@check("4", "A lost link gives up the pending exposure without reply; the settings stay.")
def lost_link_gives_up_the_frame(bench: Bench) -> str:
    _needs_tcp(bench)
    exposure_us = bench.long_exposure(400.0)
    with _link_lost_in_a_frame(bench, lit=False) as number:
        state = bench.ok(GetState())
        require(not state.frame_pending, "the frame is still pending")
        told_us = state.integration_time_us
        require(told_us == exposure_us, f"the integration time is {told_us} us, not {exposure_us}")
        late = bench.wire.sleep_quietly(exposure_us * 1e-6 + 0.2)
    require(number not in [one.request_id for one in late], "its reply came to the next host")
    return "given up"


@check("4", "A lost link switches the laser off and disarms it.", Needs.LASER)
def lost_link_is_dark(bench: Bench) -> str:
    _needs_tcp(bench)
    bench.set_low_power()
    bench.long_exposure(400.0)
    bench.ok(ArmLaser(bench.lease_ms(500)))
    with _link_lost_in_a_frame(bench, lit=True):
        state = bench.ok(GetState())
    require(state.laser_state is LaserState.OFF, f"the laser is {state.laser_state.name}")
    require(not state.frame_pending, "the frame is still pending")
    return "dark and disarmed"


CHECKS = (
    short_pause_inside_a_request,
    long_pause_inside_a_request,
    late_commands_are_not_obeyed,
    opening_after_half_a_request,
    second_host_is_told,
    other_protocols_are_closed,
    lost_link_gives_up_the_frame,
    lost_link_is_dark,
)
