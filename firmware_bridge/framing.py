"""Packets in a link's bytes: by sync and length, or between zero bytes (COBS) on serial lines.

Sans-IO: the decoders get bytes, in any portions, and return the packets that came through whole.
Streams are read by `packet_stream.py`, serial frames here. What one packet is comes from
`packet.py`; import that from here too.

Next: `layout.py`, how payloads are laid out; `cobs.py` for the byte stuffing itself.
"""

from enum import Enum
from typing import Protocol

from firmware_bridge.cobs import cobs_decode, cobs_encode
from firmware_bridge.packet import (
    FLAG_REPLY,
    FRAMING_VERSION,
    HEADER_SIZE,
    MAX_PAYLOAD,
    OVERHEAD,
    SYNC,
    SYNC_BYTES,
    TRAILER_SIZE,
    Packet,
    encode,
    header_crc16,
    packet_crc32,
)
from firmware_bridge.packet_stream import PacketDecoder
from firmware_bridge.tally import Tally

# fmt: off
__all__ = [
    "FLAG_REPLY", "FRAMING_VERSION", "HEADER_SIZE", "MAX_PAUSE_S", "MAX_PAYLOAD", "OVERHEAD",
    "SYNC", "SYNC_BYTES", "TRAILER_SIZE", "CobsDecoder", "Decoder", "Framing", "Packet",
    "PacketDecoder", "encode", "encode_cobs", "encode_for", "header_crc16", "make_decoder",
    "packet_crc32",
]
# fmt: on

# A packet that pauses for longer will not be completed: the host gives it up, the firmware forgets
# it. Shorter than this are the pauses of a busy network.
MAX_PAUSE_S = 0.5


class Framing(Enum):
    """How packets are told apart: by sync and length (USB, TCP) or by COBS delimiters (serial)."""

    RAW = "raw"
    COBS = "cobs"


class Decoder(Protocol):
    """What `PacketDecoder` and `CobsDecoder` share; `make_decoder` chooses."""

    tally: Tally
    discarded_bytes: int
    damaged_packets: int
    foreign_version: int | None

    @property
    def unfinished_bytes(self) -> int:
        """Bytes that wait for the rest of their packet."""

    def feed(self, data: bytes) -> list[Packet]:
        """Take bytes in any portions; return the packets that are now complete, in order."""

    def give_up(self) -> list[Packet]:
        """The link fell silent inside a packet: drop it, return what was complete behind it."""

    def reset(self) -> None:
        """Forget all buffered bytes (the link was flushed or reopened); the counters stay."""


def encode_cobs(packet: Packet) -> bytes:
    """One packet as one COBS frame, delimited on both sides.

    The leading zero ends whatever noise stood on the line, so that it cannot spoil this packet.
    """
    return b"\0" + cobs_encode(encode(packet)) + b"\0"


class CobsDecoder:
    """Finds packets between zero bytes (serial). A bad frame is dropped, the next one survives.

    `damaged_packets` counts dropped frames; the other counters are those of `PacketDecoder`.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        self._max_payload = max_payload
        packet_size = max_payload + OVERHEAD
        self._max_encoded = packet_size + packet_size // 254 + 1
        self._buffer = bytearray()
        self._overlong = False
        self.tally = Tally()
        self.discarded_bytes = 0
        self.damaged_packets = 0
        self.foreign_version: int | None = None

    @property
    def unfinished_bytes(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Packet]:
        if b"\0" not in data:
            self._append(data)
            return []
        first, *frames, rest = data.split(b"\0")
        self._append(first)
        packets: list[Packet] = []
        for frame in (bytes(self._buffer), *frames):
            packet = None if self._overlong else self._decode_frame(frame)
            if packet is not None:
                packets.append(packet)
            elif frame or self._overlong:
                self.damaged_packets += 1
                self.discarded_bytes += len(frame)
                self.tally.too_long += self._overlong
            self._overlong = False
        self._buffer.clear()
        self._append(rest)
        return packets

    def give_up(self) -> list[Packet]:
        if self._buffer or self._overlong:
            self.damaged_packets += 1
            self.tally.cut_off += 1
        self.reset()
        return []

    def reset(self) -> None:
        self.discarded_bytes += len(self._buffer)
        self._buffer.clear()
        self._overlong = False

    def _append(self, data: bytes) -> None:
        """Buffer part of a frame; one longer than any packet is dropped up to its delimiter."""
        self._buffer += data
        if self._overlong or len(self._buffer) > self._max_encoded:
            self._overlong = True
            self.discarded_bytes += len(self._buffer)
            self._buffer.clear()

    def _decode_frame(self, frame: bytes) -> Packet | None:
        data = cobs_decode(frame)
        if data is None or len(data) < OVERHEAD or not data.startswith(SYNC_BYTES):
            self.tally.malformed += bool(frame)
            return None
        stream = PacketDecoder(self._max_payload)
        packets = stream.feed(data)
        self.foreign_version = stream.foreign_version or self.foreign_version
        if len(packets) == 1 and stream.discarded_bytes == stream.unfinished_bytes == 0:
            return packets[0]
        stream.give_up()
        if packets:  # and something beside it
            self.tally.malformed += 1
        else:
            self.tally.add(_worst(stream.tally))
        return None


def _worst(tally: Tally) -> Tally:
    """One damaged frame is told once: as what was found at its first mark."""
    found = Tally(version=tally.version)
    for kind in ("other_version", "too_long", "wrong_crc", "wrong_header", "cut_off"):
        if getattr(tally, kind):
            setattr(found, kind, 1)
            break
    return found


def make_decoder(framing: Framing, max_payload: int = MAX_PAYLOAD) -> Decoder:
    """The decoder of a link's framing."""
    return CobsDecoder(max_payload) if framing is Framing.COBS else PacketDecoder(max_payload)


def encode_for(framing: Framing, packet: Packet) -> bytes:
    """The bytes of one packet on a link of this framing."""
    return encode_cobs(packet) if framing is Framing.COBS else encode(packet)
