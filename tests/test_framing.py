"""Bytes <-> packets: round trips, any split, any damage, on both framings; the stored vectors."""

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.cobs import cobs_decode, cobs_encode
from firmware_bridge.errors import CallerError
from firmware_bridge.framing import (
    FLAG_REPLY,
    FRAMING_VERSION,
    HEADER_SIZE,
    MAX_PAYLOAD,
    OVERHEAD,
    SYNC_BYTES,
    CobsDecoder,
    Decoder,
    Framing,
    Packet,
    PacketDecoder,
    encode,
    encode_for,
    header_crc16,
    make_decoder,
    packet_crc32,
)

VECTORS = Path(__file__).parent / "vectors"
FRAMINGS = pytest.mark.parametrize("framing", list(Framing))

# Payloads rich in sync marks, zeros and 0xFF: what framing has to cope with.
payloads = st.one_of(
    st.binary(max_size=600),
    st.lists(st.sampled_from([SYNC_BYTES, b"\0", b"\xff", b"\xa5", b"x" * 254])).map(b"".join),
)
packets = st.builds(
    Packet,
    opcode=st.integers(0, 0xFFFF),
    request_id=st.integers(0, 0xFFFF_FFFF),
    status=st.integers(0, 0xFFFF),
    flags=st.integers(0, 0xFF),
    payload=payloads,
)
conversations = st.lists(packets, min_size=1, max_size=6, unique_by=lambda p: p.request_id)


def decode_all(decoder: Decoder, stream: bytes) -> list[Packet]:
    return decoder.feed(stream) + decoder.give_up()


@st.composite
def damage(draw: st.DrawFn) -> tuple[float, float, bytes]:
    """Replace the bytes between two places (as parts of the length) by others."""
    places = sorted((draw(st.floats(0, 1)), draw(st.floats(0, 1))))
    new = draw(st.one_of(st.binary(max_size=12), st.just(SYNC_BYTES), st.just(b"\0\0")))
    return places[0], places[1], new


def apply_damage(data: bytes, harm: tuple[float, float, bytes]) -> bytes:
    start, stop = (round(place * len(data)) for place in harm[:2])
    return data[:start] + harm[2] + data[stop:]


@FRAMINGS
@given(packet=packets)
def test_a_packet_survives_the_round_trip_and_its_bytes_are_reproduced(
    framing: Framing, packet: Packet
) -> None:
    data = encode_for(framing, packet)
    assert make_decoder(framing).feed(data) == [packet]
    (parsed,) = make_decoder(framing).feed(data)
    assert encode_for(framing, parsed) == data


@FRAMINGS
@given(sent=conversations, cuts=st.lists(st.integers(0, 4000), max_size=12))
def test_any_split_of_the_stream_gives_the_same_packets(
    framing: Framing, sent: list[Packet], cuts: list[int]
) -> None:
    stream = b"".join(encode_for(framing, packet) for packet in sent)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    decoder = make_decoder(framing)
    received = [
        packet
        for start, stop in zip(edges, edges[1:], strict=False)
        for packet in decoder.feed(stream[start:stop])
    ]
    assert received == sent
    assert decoder.discarded_bytes == decoder.damaged_packets == 0


@FRAMINGS
def test_byte_by_byte_delivery_gives_each_packet_with_its_last_byte(framing: Framing) -> None:
    packet = Packet(0x20, 7, payload=bytes(range(256)))
    data = encode_for(framing, packet)
    decoder = make_decoder(framing)
    received = [decoder.feed(data[i : i + 1]) for i in range(len(data))]
    assert received == [[]] * (len(data) - 1) + [[packet]]


@FRAMINGS
@given(sent=conversations, which=st.integers(0, 5), harm=damage(), cut=st.floats(0, 1))
def test_damage_to_one_packet_loses_no_neighbour_and_invents_nothing(
    framing: Framing, sent: list[Packet], which: int, harm: tuple[float, float, bytes], cut: float
) -> None:
    which %= len(sent)
    pieces = [encode_for(framing, packet) for packet in sent]
    pieces[which] = apply_damage(pieces[which], harm)
    stream = b"".join(pieces)
    middle = round(cut * len(stream))
    decoder = make_decoder(framing)
    received = decoder.feed(stream[:middle]) + decode_all(decoder, stream[middle:])
    # Damage beside the packet (or none at all) may leave the hit one whole.
    assert received in (sent, sent[:which] + sent[which + 1 :])


@FRAMINGS
@given(packet=packets, bits=st.lists(st.integers(0, 2**16), min_size=1, max_size=8, unique=True))
def test_flipped_bits_never_give_another_packet(
    framing: Framing, packet: Packet, bits: list[int]
) -> None:
    data = bytearray(encode_for(framing, packet))
    for bit in bits:
        data[bit // 8 % len(data)] ^= 1 << bit % 8
    assert decode_all(make_decoder(framing), bytes(data)) in ([], [packet])


@FRAMINGS
@given(noise=st.binary(max_size=400))
def test_noise_holds_no_packets_and_does_not_spoil_the_next_one(
    framing: Framing, noise: bytes
) -> None:
    packet = Packet(0x10, 1, payload=b"state")
    assert decode_all(make_decoder(framing), noise + encode_for(framing, packet)) == [packet]


@FRAMINGS
def test_every_single_bit_flip_is_refused(framing: Framing) -> None:
    packet = Packet(0x11, 99, flags=FLAG_REPLY, payload=b"\x07\x00")
    data = encode_for(framing, packet)
    inner = range(1, len(data) - 1) if framing is Framing.COBS else range(len(data))
    for position in inner:
        for bit in range(8):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            assert decode_all(make_decoder(framing), bytes(damaged)) == []


def test_it_is_the_crc_that_refuses() -> None:
    """Negative control: the same change passes once both CRCs are made to fit it."""
    packet = Packet(0x11, 99, payload=b"\x07\x00")
    data = bytearray(encode(packet))
    data[4] ^= 0x01  # the opcode
    assert decode_all(PacketDecoder(), bytes(data)) == []
    data[16:18] = struct.pack("<H", header_crc16(bytes(data[:16])))
    assert decode_all(PacketDecoder(), bytes(data)) == []  # the CRC-32 covers the header too
    data[-4:] = struct.pack("<I", packet_crc32(bytes(data[:-4])))
    assert decode_all(PacketDecoder(), bytes(data)) == [Packet(0x10, 99, payload=b"\x07\x00")]


def test_a_truncated_packet_gives_the_swallowed_ones_back_as_soon_as_its_length_is_full() -> None:
    long, first, second = Packet(1, 1, payload=b"x" * 100), Packet(2, 2), Packet(3, 3)
    decoder = PacketDecoder()
    assert decoder.feed(encode(long)[:-60] + encode(first)) == []  # cannot be known yet
    assert decoder.feed(encode(second) + encode(Packet(4, 4))) == [first, second, Packet(4, 4)]
    assert decoder.damaged_packets == 1
    assert decoder.discarded_bytes == 100 + OVERHEAD - 60


def test_a_damaged_length_keeps_nobody_waiting() -> None:
    data = bytearray(encode(Packet(1, 1, payload=b"x" * 100)))
    data[13] ^= 0x10  # 4,096 bytes more: the header CRC knows better
    assert PacketDecoder().feed(bytes(data) + encode(Packet(2, 2))) == [Packet(2, 2)]


def test_a_silent_link_gives_the_swallowed_packet_back() -> None:
    decoder = PacketDecoder()
    stream = encode(Packet(1, 1, payload=b"x" * 100))[:-60] + encode(Packet(2, 2))
    assert decoder.feed(stream) == []
    assert decoder.give_up() == [Packet(2, 2)]
    assert decoder.give_up() == []
    assert decoder.feed(encode(Packet(3, 3))) == [Packet(3, 3)]


def test_nested_unfinished_headers_are_all_given_up() -> None:
    unfinished = [encode(Packet(1, i, payload=b"x" * 500))[:-480] for i in range(3)]
    decoder = PacketDecoder()
    assert decoder.feed(b"".join(unfinished) + encode(Packet(2, 9))) == []
    assert decoder.give_up() == [Packet(2, 9)]
    assert decoder.damaged_packets == 3


def test_reset_forgets_a_begun_packet() -> None:
    for framing in Framing:
        decoder = make_decoder(framing)
        data = encode_for(framing, Packet(1, 1, payload=b"abc"))
        decoder.feed(data[:-5])
        decoder.reset()
        assert decoder.feed(data[-5:]) == []
        assert decoder.feed(encode_for(framing, Packet(2, 2))) == [Packet(2, 2)]


@FRAMINGS
def test_a_longer_packet_than_agreed_is_not_waited_for(framing: Framing) -> None:
    decoder = make_decoder(framing, max_payload=64)
    too_long, good = Packet(1, 1, payload=b"y" * 65), Packet(2, 2, payload=b"z" * 64)
    assert decoder.feed(encode_for(framing, too_long) + encode_for(framing, good)) == [good]


def test_an_endless_cobs_frame_takes_no_memory_and_ends_at_its_delimiter() -> None:
    decoder = CobsDecoder(max_payload=64)
    for _ in range(100):
        assert decoder.feed(b"\x11" * 50) == []
        assert len(decoder._buffer) <= 64 + OVERHEAD + 50
    good = encode_for(Framing.COBS, Packet(2, 2))
    assert decoder.feed(good) == [Packet(2, 2)]
    assert (decoder.damaged_packets, decoder.discarded_bytes) == (1, 5000)


@FRAMINGS
def test_another_packet_version_is_refused_and_named(framing: Framing) -> None:
    data = bytearray(encode(Packet(1, 1)))
    data[2] = FRAMING_VERSION + 1
    data[16:18] = struct.pack("<H", header_crc16(bytes(data[:16])))
    data[-4:] = struct.pack("<I", packet_crc32(bytes(data[:-4])))
    stream = bytes(data) if framing is Framing.RAW else b"\0" + cobs_encode(bytes(data)) + b"\0"
    decoder = make_decoder(framing)
    assert decode_all(decoder, stream) == []
    assert decoder.foreign_version == FRAMING_VERSION + 1


@pytest.mark.parametrize(
    "packet",
    [
        Packet(0x1_0000, 1),
        Packet(1, -1),
        Packet(1, 2**32),
        Packet(1, 1, status=-1),
        Packet(1, 1, flags=256),
        Packet(1, 1, payload=bytes(MAX_PAYLOAD + 1)),
    ],
)
def test_a_packet_that_does_not_fit_its_header_is_the_callers_mistake(packet: Packet) -> None:
    with pytest.raises(CallerError):
        encode(packet)


@given(data=payloads)
def test_cobs_removes_all_zeros_and_costs_one_byte_in_254(data: bytes) -> None:
    stuffed = cobs_encode(data)
    assert b"\0" not in stuffed
    assert cobs_decode(stuffed) == data
    assert len(stuffed) <= len(data) + len(data) // 254 + 1


@given(data=st.binary(max_size=300))
def test_cobs_decode_takes_any_bytes_without_raising(data: bytes) -> None:
    decoded = cobs_decode(data)
    assert decoded is None or len(decoded) <= len(data)


def test_a_cobs_frame_with_anything_beside_its_packet_is_dropped() -> None:
    packet = encode(Packet(1, 1))
    for inside in (packet + b"x", b"x" + packet, packet + packet, packet[:-1]):
        assert CobsDecoder().feed(b"\0" + cobs_encode(inside) + b"\0") == []
    assert CobsDecoder().feed(b"\0" + cobs_encode(packet) + b"\0") == [Packet(1, 1)]


def test_the_crcs_are_the_catalogued_ones() -> None:
    """Check values of CRC-16/IBM-3740 and CRC-32/ISO-HDLC in Cook's CRC catalogue."""
    assert header_crc16(b"123456789") == 0x29B1
    assert packet_crc32(b"123456789") == 0xCBF43926


def test_stored_packets_encode_and_decode_as_stored() -> None:
    for case in json.loads((VECTORS / "packets.json").read_text())["packets"]:
        packet = Packet(
            case["opcode"],
            case["request_id"],
            case["status"],
            case["flags"],
            bytes.fromhex(case["payload"]),
        )
        for framing, stored in ((Framing.RAW, case["raw"]), (Framing.COBS, case["cobs"])):
            data = bytes.fromhex(stored)
            assert encode_for(framing, packet) == data, case["name"]
            assert make_decoder(framing).feed(data) == [packet], case["name"]


def test_stored_damaged_streams_give_the_stored_packets() -> None:
    for case in json.loads((VECTORS / "streams.json").read_text())["streams"]:
        decoder = make_decoder(Framing(case["framing"]))
        received = decoder.feed(bytes.fromhex(case["stream"]))
        after_silence = decoder.give_up()
        assert [packet.request_id for packet in received] == case["request_ids"], case["name"]
        assert [p.request_id for p in after_silence] == case["after_silence"], case["name"]
        assert decoder.discarded_bytes == case["discarded_bytes"], case["name"]


def test_stored_cobs_examples_hold() -> None:
    for case in json.loads((VECTORS / "cobs.json").read_text())["cobs"]:
        plain, stuffed = bytes.fromhex(case["plain"]), bytes.fromhex(case["stuffed"])
        assert cobs_encode(plain) == stuffed
        assert cobs_decode(stuffed) == plain


def test_the_header_is_as_long_as_the_protocol_says() -> None:
    assert HEADER_SIZE == 18
    assert len(encode(Packet(0, 0))) == OVERHEAD == 22
