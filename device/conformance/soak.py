"""Many exchanges; and what all replies of the run had in common: sections 2 and 4.

Next: `catalogue.py`, all checks in their order.
"""

from typing import Any, Final

from device.conformance.bench import Bench
from device.conformance.check import check
from device.conformance.outcome import require
from firmware_bridge.messages import (
    Flush,
    GetCamera,
    GetClock,
    GetEvents,
    GetPower,
    GetState,
    Hello,
    ReadCalibration,
    Request,
)

_AT_ONCE: Final = 8
_REPEATS: Final = 3
_ANSWER_S: Final = 0.1
# A calibration page, at the slowest serial line, and what a busy computer adds.
_TOLERANCE_S: Final = 0.05
_KINDS: Final[tuple[Request[Any], ...]] = (
    *(GetState(), Hello(), GetClock(), GetCamera(), ReadCalibration(), GetPower(), GetEvents(0)),
)


@check("4", "Exchange after exchange is answered once, in order.")
def soak(bench: Bench) -> str:
    began_s, done = bench.wire.now_s(), 0
    while done < bench.exchanges:
        count = min(1 + done % _AT_ONCE, bench.exchanges - done)
        requests = [_KINDS[(done + place) % len(_KINDS)] for place in range(count)]
        packets = [bench.packet(request) for request in requests]
        bench.wire.forget()
        bench.wire.send(*packets)
        for request, packet in zip(requests, packets, strict=True):
            bench.read(request, bench.wire.reply(packet))
        require(
            bench.wire.ids() == [packet.request_id for packet in packets],
            f"after {done} exchanges {count} requests got {len(bench.wire.ids())} replies, or in "
            "another order",
        )
        done += count
    bench.ok(Flush())
    took_s = bench.wire.now_s() - began_s
    return f"{done} exchanges in {took_s:.2f} s"


def _quickest_s(bench: Bench, request: Request[Any]) -> float:
    return min(bench.wire.round_trip_s(bench.packet(request)) for _ in range(_REPEATS))


@check("4", "What needs neither exposure nor flash is answered within 100 ms.")
def answer_times(bench: Bench) -> str:
    # HELLO stands for the link's own time, the fastest of several for what this computer adds.
    link_s = _quickest_s(bench, Hello())
    slowest_s, slowest = 0.0, ""
    for request in _KINDS:
        took_s = _quickest_s(bench, request) - link_s
        if took_s > slowest_s:
            slowest_s, slowest = took_s, request.opcode.name
    told = f"{slowest_s * 1e3:.0f} ms beyond HELLO" + (f" for {slowest}" if slowest else "")
    require(slowest_s <= _ANSWER_S + _TOLERANCE_S, told)
    return told


@check("4", "In the whole run every reply had the id and opcode of a request, and came once.")
def replies_belong_to_requests(bench: Bench) -> str:
    found = bench.wire.oddities.ids
    require(not found, "; ".join(found))
    return "all did"


@check("2", "In the whole run every packet of the analyzer had the reply flag and no other.")
def reply_flags(bench: Bench) -> str:
    found = bench.wire.oddities.flags
    require(not found, "; ".join(found))
    return "all had"


@check("4", "In the whole run every refusal had a text: 1 to 200 bytes of UTF-8, no zero behind.")
def refusal_texts(bench: Bench) -> str:
    found = bench.wire.oddities.texts
    require(not found, "; ".join(found))
    return "all had"


@check("2", "In the whole run every byte of the analyzer belonged to a packet whose CRCs hold.")
def replies_are_whole(bench: Bench) -> str:
    damaged, noise = bench.wire.damaged_packets, bench.wire.discarded_bytes
    require(not damaged and not noise, f"{damaged} damaged packets, {noise} bytes in none")
    return "all did"


CHECKS = (
    soak,
    answer_times,
    replies_belong_to_requests,
    reply_flags,
    refusal_texts,
    replies_are_whole,
)
