"""Bytes <-> `Packet`: sync, lengths, header CRC-16, packet CRC-32; COBS around it on serial lines.

Sans-IO: the decoders get bytes, in any portions, and return the packets that came through whole.
Damage costs only the packets it hit: after a bad CRC the search goes on one byte behind the sync.

Next: `layout.py`, how payloads are laid out; `cobs.py` for the byte stuffing itself.
"""

import binascii
import struct
import zlib
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from firmware_bridge.cobs import cobs_decode, cobs_encode
from firmware_bridge.errors import CallerError

# Two different bytes, neither zero: no shifted copy of the mark looks like the mark.
SYNC = 0x5AA5
SYNC_BYTES = struct.pack("<H", SYNC)
FRAMING_VERSION = 1
FLAG_REPLY = 0x01

# sync, version, flags, opcode, status, request_id, payload length; the header CRC-16 follows.
_HEADER = struct.Struct("<HBBHHII")
_HEADER_CRC = struct.Struct("<H")
_PACKET_CRC = struct.Struct("<I")
HEADER_SIZE = _HEADER.size + _HEADER_CRC.size
TRAILER_SIZE = _PACKET_CRC.size
OVERHEAD = HEADER_SIZE + TRAILER_SIZE

# Holds the largest legal frame (65,535 pixels). A larger cap makes a damaged length wait longer.
MAX_PAYLOAD = 0x2_0080

# A packet that pauses for longer will not be completed: the host gives it up, the firmware forgets
# it. Shorter than this are the pauses of a busy network.
MAX_PAUSE_S = 0.5


class Framing(Enum):
    """How packets are told apart: by sync and length (USB, TCP) or by COBS delimiters (serial)."""

    RAW = "raw"
    COBS = "cobs"


@dataclass(frozen=True)
class Packet:
    """One unit on the wire. A reply carries the opcode and request id of its request."""

    opcode: int
    request_id: int
    status: int = 0
    flags: int = 0
    payload: bytes = b""

    @property
    def is_reply(self) -> bool:
        return bool(self.flags & FLAG_REPLY)


def header_crc16(data: bytes | memoryview) -> int:
    """CRC-16/CCITT-FALSE (also IBM-3740): polynomial 0x1021, init 0xFFFF, no reflection."""
    return binascii.crc_hqx(data, 0xFFFF)


def packet_crc32(data: bytes | memoryview) -> int:
    """CRC-32 (ISO-HDLC, as in zlib and Ethernet) over header, header CRC and payload.

    It covers the header as well: CRC-16 alone would let one in 65,536 random headers pass.
    """
    return zlib.crc32(data)


def encode(packet: Packet) -> bytes:
    """The bytes of one packet. Raises `CallerError` when a header field does not fit."""
    if len(packet.payload) > MAX_PAYLOAD:
        raise CallerError(f"A payload of {len(packet.payload)} bytes exceeds {MAX_PAYLOAD}.")
    try:
        header = _HEADER.pack(
            SYNC,
            FRAMING_VERSION,
            packet.flags,
            packet.opcode,
            packet.status,
            packet.request_id,
            len(packet.payload),
        )
    except struct.error as error:
        raise CallerError(f"A packet's header field is out of range: {error}.") from error
    covered = header + _HEADER_CRC.pack(header_crc16(header)) + packet.payload
    return covered + _PACKET_CRC.pack(packet_crc32(covered))


class Decoder(Protocol):
    """What `PacketDecoder` and `CobsDecoder` share; `make_decoder` chooses."""

    discarded_bytes: int
    damaged_packets: int
    foreign_version: int | None

    def feed(self, data: bytes) -> list[Packet]:
        """Take bytes in any portions; return the packets that are now complete, in order."""

    def give_up(self) -> list[Packet]:
        """The link fell silent inside a packet: drop it, return what was complete behind it."""

    def reset(self) -> None:
        """Forget all buffered bytes (the link was flushed or reopened); the counters stay."""


class PacketDecoder:
    """Finds packets by sync and length in a byte stream (USB bulk, TCP).

    `discarded_bytes` counts bytes that belonged to no good packet, `damaged_packets` the sync marks
    that did not begin one, `foreign_version` is the last packet version seen that is not ours.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        self._max_payload = max_payload
        self._buffer = bytearray()
        self.discarded_bytes = 0
        self.damaged_packets = 0
        self.foreign_version: int | None = None

    def feed(self, data: bytes) -> list[Packet]:
        self._buffer += data
        packets, consumed = self._scan(0)
        del self._buffer[:consumed]
        return packets

    def give_up(self) -> list[Packet]:
        packets: list[Packet] = []
        while self._buffer:  # each round drops one unfinished packet, which may hide a good one
            self._drop_mark()
            found, consumed = self._scan(1)
            packets += found
            del self._buffer[:consumed]
        return packets

    def reset(self) -> None:
        self.discarded_bytes += len(self._buffer)
        self._buffer.clear()

    def _scan(self, position: int) -> tuple[list[Packet], int]:
        """All packets from `position` on, and how many bytes are done with."""
        packets: list[Packet] = []
        buffer, end = self._buffer, len(self._buffer)
        self.discarded_bytes += position
        with memoryview(buffer) as view:
            while True:
                start = buffer.find(SYNC_BYTES, position)
                if start < 0:  # a last byte that may begin a sync mark is kept
                    start = end - 1 if end > position and buffer[-1] == SYNC_BYTES[0] else end
                self.discarded_bytes += start - position
                position = start
                if end - start < HEADER_SIZE:
                    return packets, position
                length = self._payload_length(view[start : start + HEADER_SIZE])
                if length is None:
                    self._drop_mark()
                    self.discarded_bytes += 1
                    position += 1
                    continue
                stop = start + length + OVERHEAD
                if stop > end:
                    return packets, position
                packet = _parse(view[start:stop])
                if packet is None:
                    self._drop_mark()
                    self.discarded_bytes += 1
                    position += 1
                else:
                    packets.append(packet)
                    position = stop

    def _drop_mark(self) -> None:
        self.damaged_packets += 1

    def _payload_length(self, header: memoryview) -> int | None:
        """The declared length of a believable header, else None."""
        fields = _HEADER.unpack_from(header)
        (stored_crc,) = _HEADER_CRC.unpack_from(header, _HEADER.size)
        if stored_crc != header_crc16(header[: _HEADER.size]):
            return None
        version, length = fields[1], fields[6]
        if version != FRAMING_VERSION:
            self.foreign_version = version
            return None
        return length if length <= self._max_payload else None


def _parse(packet: memoryview) -> Packet | None:
    """A packet of a believed header and exactly its length; None when the CRC-32 does not hold."""
    (stored_crc,) = _PACKET_CRC.unpack_from(packet, len(packet) - TRAILER_SIZE)
    if stored_crc != packet_crc32(packet[:-TRAILER_SIZE]):
        return None
    _, _, flags, opcode, status, request_id, _ = _HEADER.unpack_from(packet)
    payload = bytes(packet[HEADER_SIZE:-TRAILER_SIZE])
    return Packet(opcode, request_id, status, flags, payload)


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
        self.discarded_bytes = 0
        self.damaged_packets = 0
        self.foreign_version: int | None = None

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
            self._overlong = False
        self._buffer.clear()
        self._append(rest)
        return packets

    def give_up(self) -> list[Packet]:
        if self._buffer or self._overlong:
            self.damaged_packets += 1
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
            return None
        stream = PacketDecoder(self._max_payload)
        packets = stream.feed(data)
        self.foreign_version = stream.foreign_version or self.foreign_version
        return packets[0] if len(packets) == 1 and stream.discarded_bytes == 0 else None


def make_decoder(framing: Framing, max_payload: int = MAX_PAYLOAD) -> Decoder:
    """The decoder of a link's framing."""
    return CobsDecoder(max_payload) if framing is Framing.COBS else PacketDecoder(max_payload)


def encode_for(framing: Framing, packet: Packet) -> bytes:
    """The bytes of one packet on a link of this framing."""
    return encode_cobs(packet) if framing is Framing.COBS else encode(packet)
