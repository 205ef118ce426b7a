"""`Packet` and its bytes: sync, lengths, header CRC-16, packet CRC-32.

Next: `framing.py`, which finds packets in what a link delivers.
"""

import binascii
import struct
import zlib
from dataclasses import dataclass

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


def declared(header: memoryview) -> tuple[int, int] | None:
    """Version and payload length of a header whose CRC-16 holds, else None."""
    fields = _HEADER.unpack_from(header)
    (stored_crc,) = _HEADER_CRC.unpack_from(header, _HEADER.size)
    if stored_crc != header_crc16(header[: _HEADER.size]):
        return None
    return fields[1], fields[6]


def parse(packet: memoryview) -> Packet | None:
    """A packet of a believed header and exactly its length; None when the CRC-32 does not hold."""
    (stored_crc,) = _PACKET_CRC.unpack_from(packet, len(packet) - TRAILER_SIZE)
    if stored_crc != packet_crc32(packet[:-TRAILER_SIZE]):
        return None
    _, _, flags, opcode, status, request_id, _ = _HEADER.unpack_from(packet)
    payload = bytes(packet[HEADER_SIZE:-TRAILER_SIZE])
    return Packet(opcode, request_id, status, flags, payload)
