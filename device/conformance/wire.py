"""Packets to an analyzer and back without a driver between: whatever arrives can be looked at.

A driver discards what does not belong to a request; here that is what the checks are about.
Nothing is matched, repeated or corrected.

Next: `bench.py`, what the checks ask through this.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from device.conformance.outcome import CheckFailed
from device.driver.transports.base import Transport
from firmware_bridge.cobs import cobs_encode
from firmware_bridge.framing import (
    FLAG_REPLY,
    MAX_PAUSE_S,
    Framing,
    Packet,
    encode_for,
    make_decoder,
)
from firmware_bridge.messages import MAX_DETAIL_SIZE, Opcode, Status

# Ids of the ordinary requests: small, so that one check can tell what becomes of large ones.
_FIRST_ID: Final = 0x100
_SLICE_S: Final = 0.1
_MOST_ARRIVALS: Final = 10_000
_MOST_TOLD: Final = 20


@dataclass(frozen=True)
class Arrival:
    """A packet and when the read that completed it returned, on the link's clock."""

    packet: Packet
    at_s: float


@dataclass
class Oddities:
    """What no reply may be, collected from the first packet to the last one."""

    ids: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @staticmethod
    def note(where: list[str], text: str) -> None:
        if len(where) < _MOST_TOLD and text not in where:
            where.append(text)


class Wire:
    """One open link. `patience_s`: how long an answer is waited for."""

    def __init__(self, transport: Transport, patience_s: float) -> None:
        self.transport = transport
        self.framing = transport.framing
        self.patience_s = patience_s
        self.now_s = transport.monotonic_s
        self.arrivals: list[Arrival] = []
        self.oddities = Oddities()
        self._ids = itertools.count(_FIRST_ID)
        self._sent: dict[int, int] = {}
        self._answered: set[int] = set()
        self._decoder = make_decoder(self.framing)
        self._earlier_damage = 0
        self._earlier_noise = 0
        self._last_bytes_s = self.now_s()

    @property
    def damaged_packets(self) -> int:
        """Packets, or what began like one, that did not come through whole."""
        return self._earlier_damage + self._decoder.damaged_packets

    @property
    def discarded_bytes(self) -> int:
        """Bytes that belonged to no packet."""
        return self._earlier_noise + self._decoder.discarded_bytes

    def move_to(self, transport: Transport) -> None:
        """Go on over another link to the same analyzer; ids and counts go on too."""
        self._earlier_damage, self._earlier_noise = self.damaged_packets, self.discarded_bytes
        self._decoder = make_decoder(transport.framing)
        self.transport, self.framing = transport, transport.framing
        self.now_s = transport.monotonic_s
        self._last_bytes_s = self.now_s()
        self.forget()

    # ---- to the analyzer ----

    def packet(self, opcode: int, payload: bytes = b"", *, request_id: int | None = None) -> Packet:
        """A request that will be known as ours when it is answered."""
        number = next(self._ids) if request_id is None else request_id
        self._sent[number] = opcode
        self._answered.discard(number)
        return Packet(opcode, number, payload=payload)

    def encoded(self, *packets: Packet) -> bytes:
        """The bytes of packets on this link."""
        return b"".join(encode_for(self.framing, packet) for packet in packets)

    def framed(self, data: bytes) -> bytes:
        """Any bytes in the place of a packet: as they are, or stuffed between zeros."""
        return b"\0" + cobs_encode(data) + b"\0" if self.framing is Framing.COBS else data

    def send(self, *packets: Packet) -> None:
        """All packets in one write."""
        self.write(self.encoded(*packets))

    def write(self, data: bytes) -> None:
        """Raises `LinkError` and its kin when the link does not take them."""
        self.transport.write(data, self.patience_s)

    # ---- from the analyzer ----

    def reply(self, request: Packet, beyond_s: float = 0.0) -> Packet:
        """The packet with this request's id. Raises `CheckFailed` without one in time."""
        return self.arrival(request, beyond_s).packet

    def arrival(self, request: Packet, beyond_s: float = 0.0) -> Arrival:
        """As `reply`, with its time; `beyond_s` is added to the patience."""
        give_up_s = self.now_s() + self.patience_s + beyond_s
        while True:
            for arrival in self.arrivals:
                if arrival.packet.request_id == request.request_id:
                    return arrival
            left_s = give_up_s - self.now_s()
            if left_s <= 0:
                raise CheckFailed(
                    f"no answer to {name_of(request.opcode)} (id {request.request_id}) "
                    f"within {self.patience_s + beyond_s:.3g} s"
                )
            self.listen(left_s)

    def round_trip_s(self, request: Packet, beyond_s: float = 0.0) -> float:
        """Send it and wait for its answer, as `arrival`; how long that took."""
        sent_s = self.now_s()
        self.send(request)
        return self.arrival(request, beyond_s).at_s - sent_s

    def ids(self) -> list[int]:
        """Ids of all packets since `forget`, in the order of their arrival."""
        return [arrival.packet.request_id for arrival in self.arrivals]

    def pause(self, duration_s: float) -> None:
        """Let time pass and take in what arrives meanwhile."""
        end_s = self.now_s() + duration_s
        while (left_s := end_s - self.now_s()) > 0:
            self.listen(left_s)

    def sleep_quietly(self, duration_s: float) -> list[Packet]:
        """What arrives within this time; none is what most rules ask for."""
        known = len(self.arrivals)
        self.pause(duration_s)
        return [arrival.packet for arrival in self.arrivals[known:]]

    def listen(self, longest_s: float) -> None:
        """One read, of `longest_s` or less."""
        data = self.transport.read(max(0.0, min(longest_s, _SLICE_S)))
        now_s = self.now_s()
        if data:
            packets = self._decoder.feed(data)
            self._last_bytes_s = now_s
        elif now_s - self._last_bytes_s > MAX_PAUSE_S:
            packets = self._decoder.give_up()
        else:
            return
        for packet in packets:
            self._note(packet)
        self.arrivals += [Arrival(packet, now_s) for packet in packets]
        if len(self.arrivals) > _MOST_ARRIVALS:
            self.arrivals.clear()
            raise CheckFailed(f"more than {_MOST_ARRIVALS} packets came for a handful of requests")

    def forget(self) -> None:
        """Begin anew: what has arrived belongs to an earlier check."""
        self.arrivals.clear()

    def count_from_here(self) -> None:
        """What an earlier host has left on the link counts for nobody."""
        self.oddities = Oddities()
        self._earlier_damage = -self._decoder.damaged_packets
        self._earlier_noise = -self._decoder.discarded_bytes

    def _note(self, packet: Packet) -> None:
        number, opcode = packet.request_id, packet.opcode
        if number not in self._sent:
            text = f"{name_of(opcode)} with id {number}, which no request has had"
            Oddities.note(self.oddities.ids, text)
        elif self._sent[number] != opcode:
            asked = name_of(self._sent[number])
            Oddities.note(self.oddities.ids, f"{asked} was answered with opcode {opcode:#x}")
        elif number in self._answered:
            Oddities.note(self.oddities.ids, f"{name_of(opcode)} was answered twice")
        self._answered.add(number)
        if packet.flags != FLAG_REPLY:
            text = f"{name_of(opcode)} was answered with flags {packet.flags:#04x}"
            Oddities.note(self.oddities.flags, text)
        if packet.status != Status.OK and (problem := text_problem(packet.payload)):
            Oddities.note(self.oddities.texts, f"the refusal of {name_of(opcode)} {problem}")


def text_problem(payload: bytes) -> str:
    """What is wrong with a refusal's text; empty when it is good."""
    if not payload:
        return "has no text"
    if len(payload) > MAX_DETAIL_SIZE:
        return f"has {len(payload)} bytes of text, above {MAX_DETAIL_SIZE}"
    if payload.endswith(b"\0"):
        return "ends with a zero"
    try:
        payload.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    return ""


def name_of(opcode: int) -> str:
    """As the document calls it."""
    try:
        return Opcode(opcode).name
    except ValueError:
        return f"opcode {opcode:#x}"


def status_name(status: int) -> str:
    """As the document calls it."""
    try:
        return Status(status).name
    except ValueError:
        return f"status {status}"


def names_of(packets: Sequence[Packet]) -> str:
    """For a sentence: what came, with statuses."""
    told = [f"{name_of(one.opcode)} {status_name(one.status)}" for one in packets[:_MOST_TOLD]]
    return ", ".join(told) or "nothing"
