"""Ids, order, refusals and their order: sections 4 and 5.

Next: `settings.py`, what may be set and the epoch that counts it.
"""

import struct
from typing import Any, Final

from device.conformance.bench import Bench
from device.conformance.check import check
from device.conformance.outcome import CheckSkipped, require
from firmware_bridge.messages import (
    REQUESTS,
    Abort,
    AcquireFrame,
    Flush,
    GetCapabilities,
    GetClock,
    GetState,
    Hello,
    LaserOff,
    Opcode,
    Request,
    SetIntegrationTime,
    SlotWrite,
    Status,
    WriteCalibration,
)

_UNKNOWN: Final = (0x7777, 0x0008, 0xFFFF)
# Malformed requests that a firmware without checks would obey must do nothing: no slot 255, and
# nothing of the laser.
_NOT_TRIED: Final = frozenset({Opcode.ARM_LASER, Opcode.RENEW_LEASE, Opcode.WRITE_CALIBRATION})
_PIPELINE: Final = 8
# The host uses no more of a longer one.
_MOST_CHUNK_BYTES: Final = 32_768


@check("4", "A reply repeats the request's id and opcode, whatever the id.")
def ids_are_repeated(bench: Bench) -> str:
    for number in (0, 1, 0x80, 0xFFFF, 0x1_0000, 0x1234_5678, 0x8000_0000, 0xFFFF_FFFF):
        bench.wire.forget()
        packet = bench.wire.packet(Opcode.HELLO, request_id=number)
        bench.wire.send(packet)
        reply = bench.wire.reply(packet)
        require(reply.opcode == Opcode.HELLO, f"HELLO was answered with opcode {reply.opcode:#x}")
        require(reply.flags == 1, f"HELLO was answered with flags {reply.flags:#04x}")
    return "repeated"


@check("4", f"{_PIPELINE} requests sent in one go are all answered once, in their order.")
def requests_in_one_go(bench: Bench) -> str:
    kinds: tuple[Request[Any], ...] = (GetState(), Hello(), GetClock(), GetCapabilities())
    packets = [bench.packet(kinds[place % len(kinds)]) for place in range(_PIPELINE)]
    bench.answered_only(bench.wire.encoded(*packets), packets)
    return "all answered in order"


def _of_a_key(bench: Bench) -> frozenset[Opcode]:
    """What a link that needs no key does not know."""
    if bench.capabilities.needs_key:
        return frozenset()
    return frozenset({Opcode.CHALLENGE, Opcode.AUTHENTICATE})


@check("5", "An opcode that the firmware does not have is refused with UNKNOWN_OPCODE.")
def unknown_opcodes(bench: Bench) -> str:
    for opcode in (*_UNKNOWN, *_of_a_key(bench)):
        for payload in (b"", b"x" * 5):
            bench.refused(bench.wire.packet(opcode, payload), Status.UNKNOWN_OPCODE)
    return "refused"


@check("5", "SET_TEC is an UNKNOWN_OPCODE without a cooler, and OUT_OF_RANGE beyond its reach.")
def cooler(bench: Bench) -> str:
    out_of_reach = bench.wire.packet(Opcode.SET_TEC, struct.pack("<Bf", 1, 1e6))
    if not bench.capabilities.has_tec:
        bench.refused(out_of_reach, Status.UNKNOWN_OPCODE)
        return "no cooler, unknown"
    bench.refused(out_of_reach, Status.OUT_OF_RANGE)
    return "refused"


@check("5", "Every other request of this version is known: none is an UNKNOWN_OPCODE.")
def all_requests_are_known(bench: Bench) -> str:
    skipped = _NOT_TRIED | _of_a_key(bench) | {Opcode.SET_TEC}
    for opcode in REQUESTS:
        if opcode in skipped:
            continue
        # A payload that no request has: the form is judged before anything is done.
        packet = bench.wire.packet(opcode, b"\xff" * 43)
        bench.wire.send(packet)
        reply = bench.wire.reply(packet)
        name = Opcode(opcode).name
        require(reply.status != Status.UNKNOWN_OPCODE, f"{name} is unknown to it")
        require(reply.status != Status.OK, f"{name} with 43 bytes was answered OK")
    return "all known"


@check("4", "A payload of another length is a BAD_REQUEST.")
def payload_lengths(bench: Bench) -> str:
    without = _NOT_TRIED | _of_a_key(bench)
    if not bench.capabilities.has_tec:
        without |= {Opcode.SET_TEC}
    for opcode, kind in REQUESTS.items():
        size = kind.wire_struct.size
        if opcode in without:
            continue
        lengths = [size + 1, size - 1] if kind.wire_tail is None else [size]
        for length in lengths:
            if length >= 0:
                packet = bench.wire.packet(opcode, b"\xff" * length)
                bench.refused(packet, Status.BAD_REQUEST)
    return "refused"


@check("4", "A bool other than 0 and 1 and a float that is not finite are a BAD_REQUEST.")
def illegal_values(bench: Bench) -> str:
    for value in (2, 255):
        bench.refused(bench.wire.packet(Opcode.ACQUIRE_FRAME, bytes([value])), Status.BAD_REQUEST)
    if bench.capabilities.has_tec:
        for enabled, setpoint_c in ((2, 1e6), (1, float("nan")), (1, float("inf"))):
            payload = struct.pack("<Bf", enabled, setpoint_c)
            bench.refused(bench.wire.packet(Opcode.SET_TEC, payload), Status.BAD_REQUEST)
    return "refused"


@check(
    "4", "The opcode is judged before the payload, the payload before the state, then the range."
)
def order_of_refusals(bench: Bench) -> str:
    exposure_us = bench.long_exposure(400.0)
    frame = bench.packet(AcquireFrame(False))
    tried = [
        (bench.wire.packet(_UNKNOWN[0], b"x"), Status.UNKNOWN_OPCODE),
        (bench.wire.packet(Opcode.ACQUIRE_FRAME, b"\2"), Status.BAD_REQUEST),
        (bench.wire.packet(Opcode.SET_INTEGRATION_TIME, b"\1"), Status.BAD_REQUEST),
        (bench.packet(SetIntegrationTime(0)), Status.BUSY),
    ]
    bench.wire.send(frame, *(packet for packet, _ in tried))
    for packet, status in tried:
        bench.check_refusal(packet, bench.wire.reply(packet), status)
    bench.frame(frame, exposure_us)
    bench.refused(SetIntegrationTime(0), Status.OUT_OF_RANGE)
    return "in that order"


@check("2", "A request with max_chunk bytes of data, the largest there is, is received.")
def largest_requests(bench: Bench) -> str:
    limits = bench.capabilities
    data = bytes(min(limits.max_chunk, _MOST_CHUNK_BYTES))
    tried: list[Request[Any]] = []
    if limits.slot_count:
        tried.append(SlotWrite(limits.slot_count, 0, data))
    if limits.calibration_size:
        tried.append(WriteCalibration(0, 0, data))
    if not tried:
        raise CheckSkipped("it takes neither models nor pages")
    for request in tried:  # for a slot that is not there, and a page of nothing
        bench.refused(request, Status.OUT_OF_RANGE)
    return f"{len(data)} bytes of data"


@check("5", "At rest the laser is OFF, no lease runs, and no frame is pending.")
def state_at_rest(bench: Bench) -> str:
    bench.ok(Abort())
    state = bench.ok(GetState())
    name = state.laser_state.name
    require(name in ("OFF", "FAULT"), f"the laser is {name} after ABORT")
    left_ms = state.lease_remaining_ms
    require(left_ms == 0, f"lease_remaining_ms is {left_ms} without a lease")
    require(not state.frame_pending, "a frame is pending after ABORT")
    return name


@check("5", "ABORT, FLUSH and LASER_OFF are never refused.")
def never_refused(bench: Bench) -> str:
    kinds: tuple[Request[Any], ...] = (Abort(), Flush(), LaserOff())
    for request in kinds:
        for _ in range(2):
            bench.ok(request)
    exposure_us = bench.set_exposure(200.0)
    frame = bench.packet(AcquireFrame(False))
    packets = [bench.packet(Flush()), bench.packet(LaserOff())]
    bench.wire.send(frame, *packets)
    bench.read(Flush(), bench.wire.reply(packets[0]))
    bench.read(LaserOff(), bench.wire.reply(packets[1]))
    bench.frame(frame, exposure_us)
    return "done each time"


CHECKS = (
    ids_are_repeated,
    requests_in_one_go,
    unknown_opcodes,
    cooler,
    all_requests_are_known,
    payload_lengths,
    illegal_values,
    order_of_refusals,
    largest_requests,
    state_at_rest,
    never_refused,
)
