"""Packets in streams that are cut, joined, damaged or full of noise: sections 2 and 3.

Next: `silence.py`, what a pause inside a packet does.
"""

import os
import struct
from typing import Final

from device.conformance.bench import Bench
from device.conformance.check import check
from device.conformance.outcome import CheckSkipped
from firmware_bridge.cobs import cobs_encode
from firmware_bridge.framing import (
    HEADER_SIZE,
    MAX_PAYLOAD,
    OVERHEAD,
    SYNC_BYTES,
    TRAILER_SIZE,
    Framing,
    Packet,
    encode,
    header_crc16,
    packet_crc32,
)
from firmware_bridge.messages import GetState, Hello, Opcode

_VERSION_PLACE: Final = 2
_FLAGS_PLACE: Final = 3
_SIZE_PLACE: Final = 12
_HEADER_CRC_PLACE: Final = 16


def _sealed(data: bytes) -> bytes:
    """Header and payload under CRCs that hold, whatever stands in them."""
    head = data[:_HEADER_CRC_PLACE]
    covered = head + struct.pack("<H", header_crc16(head)) + data[HEADER_SIZE:]
    return covered + struct.pack("<I", packet_crc32(covered))


def _altered(packet: Packet, place: int, value: bytes) -> bytes:
    """The packet with other bytes in its header, its CRCs right again."""
    data = bytearray(encode(packet)[:-TRAILER_SIZE])
    data[place : place + len(value)] = value
    return _sealed(bytes(data))


def _only_the_good_one(bench: Bench, bad: bytes) -> None:
    """Bytes in the place of a packet are not answered; the HELLO behind them is."""
    good = bench.packet(Hello())
    bench.answered_only(bench.wire.framed(bad) + bench.wire.encoded(good), [good])


@check("2", "A packet with a wrong packet_crc32 gets no answer; the one behind it does.")
def packet_crc_is_checked(bench: Bench) -> str:
    for place in (-1, -TRAILER_SIZE):
        data = bytearray(encode(bench.packet(GetState())))
        data[place] ^= 0x10
        _only_the_good_one(bench, bytes(data))
    return "not answered, and the next one was"


@check("2", "A packet with a damaged payload or header gets no answer.")
def damage_anywhere_is_found(bench: Bench) -> str:
    request = bench.wire.packet(Opcode.GET_EVENTS, bytes(4))
    for place in (4, 8, HEADER_SIZE, HEADER_SIZE + 3):
        data = bytearray(encode(request))
        data[place] ^= 0x01
        _only_the_good_one(bench, bytes(data))
    return "not answered"


@check("2", "A packet whose header_crc16 is wrong gets no answer, even if its packet_crc32 holds.")
def header_crc_is_checked(bench: Bench) -> str:
    data = bytearray(encode(bench.packet(GetState()))[:-TRAILER_SIZE])
    data[_HEADER_CRC_PLACE] ^= 0x01
    _only_the_good_one(bench, bytes(data) + struct.pack("<I", packet_crc32(bytes(data))))
    return "not answered"


@check("2", "A packet of another version is not read.")
def other_versions_are_not_read(bench: Bench) -> str:
    for version in (0, 2, 255):
        _only_the_good_one(
            bench, _altered(bench.packet(GetState()), _VERSION_PLACE, bytes([version]))
        )
    return "not answered"


@check("2", "Unknown flag bits are ignored on receipt.")
def unknown_flags_are_ignored(bench: Bench) -> str:
    for flags in (0x80, 0x02, 0xFE):
        packet = bench.packet(Hello())
        data = _altered(packet, _FLAGS_PLACE, bytes([flags]))
        bench.answered_only(bench.wire.framed(data), [packet])
    return "answered"


@check("4", "A packet with the reply flag is an echo: it is not answered.")
def echoes_are_not_answered(bench: Bench) -> str:
    for flags in (0x01, 0x81):
        _only_the_good_one(bench, _altered(bench.packet(Hello()), _FLAGS_PLACE, bytes([flags])))
    return "not answered"


@check("1", "A request may come byte by byte.")
def split_byte_by_byte(bench: Bench) -> str:
    packet = bench.packet(Hello())
    bench.wire.forget()
    for value in bench.wire.encoded(packet):
        bench.wire.write(bytes([value]))
    bench.answered_only(b"", [packet])
    return "answered"


@check("2", "Noise between packets costs none of them.")
def garbage_between_packets(bench: Bench) -> str:
    is_cobs = bench.wire.framing is Framing.COBS
    noises = (b"\xa5", SYNC_BYTES, SYNC_BYTES * 5, b"\xff" * 300, os.urandom(200) + b"\xa5")
    good = [bench.packet(Hello()) for _ in noises]
    data = b""
    for noise, packet in zip(noises, good, strict=True):
        # On a serial line the zero in front of a packet ends the noise before it.
        data += (noise.replace(b"\0", b"\1") if is_cobs else noise) + bench.wire.encoded(packet)
    bench.answered_only(data, good)
    return f"{len(good)} of {len(good)} answered"


@check("2", "A length above the largest is handled as a wrong header; the packet behind is read.")
def oversized_length(bench: Bench) -> str:
    for size in (MAX_PAYLOAD + 1, 0xFFFF_FFFF):
        data = _altered(bench.packet(GetState()), _SIZE_PLACE, struct.pack("<I", size))
        _only_the_good_one(bench, data)
    return "dropped"


@check("2", "A truncated packet costs none of those that its length swallows.")
def truncated_packet(bench: Bench) -> str:
    long = bench.wire.packet(Opcode.GET_EVENTS, bytes(4))
    cut = encode(long)[: HEADER_SIZE + 1]
    good = [bench.packet(Hello()) for _ in range(3)]
    if bench.wire.framing is Framing.COBS:
        cut = b"\0" + cobs_encode(encode(long))[: HEADER_SIZE + 1]
    bench.answered_only(cut + bench.wire.encoded(*good), good)
    return "all answered"


@check("3", "Empty frames are ignored; malformed ones and ones of two packets are dropped whole.")
def cobs_frames(bench: Bench) -> str:
    if bench.wire.framing is not Framing.COBS:
        raise CheckSkipped("this link carries packets without COBS")
    good = [bench.packet(Hello()) for _ in range(4)]
    two = b"".join(encode(bench.packet(GetState())) for _ in range(2))
    malformed = b"\0\xf0abc\0"
    beside = bench.wire.framed(encode(bench.packet(GetState())) + b"x")
    data = b"\0\0\0" + bench.wire.encoded(good[0]) + malformed + bench.wire.encoded(good[1])
    data += bench.wire.framed(two) + bench.wire.encoded(good[2]) + beside
    bench.answered_only(data + bench.wire.encoded(good[3]), good)
    return "dropped; all others answered"


@check("3", "A frame longer than the largest packet is dropped up to its zero.")
def cobs_overlong_frame(bench: Bench) -> str:
    if bench.wire.framing is not Framing.COBS:
        raise CheckSkipped("this link carries packets without COBS")
    longest = MAX_PAYLOAD + OVERHEAD
    good = bench.packet(Hello())
    noise = b"\x55" * (longest + longest // 100)
    bench.answered_only(noise + bench.wire.encoded(good), [good])
    return "dropped"


CHECKS = (
    packet_crc_is_checked,
    damage_anywhere_is_found,
    header_crc_is_checked,
    other_versions_are_not_read,
    unknown_flags_are_ignored,
    echoes_are_not_answered,
    split_byte_by_byte,
    garbage_between_packets,
    oversized_length,
    truncated_packet,
    cobs_frames,
    cobs_overlong_frame,
)
