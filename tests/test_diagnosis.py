"""An error of silence says what came instead of the answer, and why it was thrown away."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from device.driver.analyzer import Analyzer
from firmware_bridge.errors import LinkTimeout
from firmware_bridge.framing import Framing, Packet, encode, encode_for, make_decoder
from firmware_bridge.line_hints import hint
from firmware_bridge.messages import GetState, Opcode
from firmware_bridge.packet import HEADER_SIZE, MAX_PAYLOAD, header_crc16
from firmware_bridge.tally import Tally
from tests.hostile import Liar, Sent
from tests.test_hostile_firmware import TIMEOUT_S, liar, opened, sentence

FRAMINGS = pytest.mark.parametrize("framing", list(Framing), ids=lambda f: f.value)
Spoil = Callable[[Framing, Packet], bytes]


def _flipped(data: bytes, place: int) -> bytes:
    """One bit of a raw packet turned over."""
    spoiled = bytearray(data)
    spoiled[place] ^= 0x10
    return bytes(spoiled)


def _on(framing: Framing, raw: bytes) -> bytes:
    """Any bytes as the link carries them."""
    if framing is Framing.RAW:
        return raw
    from firmware_bridge.cobs import cobs_encode

    return b"\0" + cobs_encode(raw) + b"\0"


def _header(packet: Packet, **changes: int) -> bytes:
    """The packet with other header fields and a header CRC that holds for them."""
    data = bytearray(encode(packet))
    for name, value in changes.items():
        place, size = {"version": (2, 1), "payload_size": (12, 4)}[name]
        data[place : place + size] = value.to_bytes(size, "little")
    data[16:18] = header_crc16(bytes(data[:16])).to_bytes(2, "little")
    return bytes(data)


SPOILT: dict[str, tuple[Spoil, str]] = {
    "payload": (
        lambda framing, packet: _on(framing, _flipped(encode(packet), HEADER_SIZE)),
        "1 packet with a wrong CRC discarded",
    ),
    "header": (
        lambda framing, packet: _on(framing, _flipped(encode(packet), 8)),
        "1 packet header with a wrong CRC discarded",
    ),
    "version": (
        lambda framing, packet: _on(framing, _header(packet, version=9)),
        "1 packet of version 9 discarded",
    ),
    "length": (
        lambda framing, packet: _on(framing, _header(packet, payload_size=MAX_PAYLOAD + 1)),
        "1 packet longer than any may be discarded",
    ),
    "huge length": (
        lambda framing, packet: _on(framing, _header(packet, payload_size=2**32 - 1)),
        "1 packet longer than any may be discarded",
    ),
    "cut off": (
        lambda framing, packet: _on(framing, encode(packet)[:-3]),
        "1 cut-off packet discarded",
    ),
    "another id": (
        lambda framing, packet: encode_for(
            framing, replace(packet, request_id=packet.request_id ^ 0x8000_0000)
        ),
        "1 reply to what was not asked discarded",
    ),
    "another opcode": (
        lambda framing, packet: encode_for(framing, replace(packet, opcode=0x7777)),
        "1 reply to what was not asked discarded",
    ),
    "echo": (
        lambda framing, packet: encode_for(framing, replace(packet, flags=0)),
        "1 echo of what was asked discarded",
    ),
    "text": (lambda framing, packet: b"login: ", "7 bytes of no packet discarded"),
    "nothing": (lambda framing, packet: b"", "nothing came back"),
}


@FRAMINGS
@pytest.mark.parametrize("kind", SPOILT)
def test_a_reply_that_was_thrown_away_is_told_with_its_reason(kind: str, framing: Framing) -> None:
    spoil, words = SPOILT[kind]
    if (kind, framing) == ("text", Framing.COBS):
        words = "1 cut-off packet discarded"
    firmware = liar(framing=framing)
    with pytest.raises(LinkTimeout) as caught, opened(firmware, timeout_s=0.7) as analyzer:
        firmware.lies[Opcode.GET_STATE] = lambda packet: [Sent(spoil(framing, packet))]
        analyzer.state()
    assert f"did not answer GET_STATE: {words}." in sentence(caught.value)


def test_what_came_before_a_request_is_not_told_with_it() -> None:
    firmware = liar()
    with opened(firmware) as analyzer:
        firmware.lies[Opcode.GET_STATE] = lambda packet: [
            Sent(_flipped(encode_for(Framing.RAW, packet), HEADER_SIZE))
        ]
        for _ in range(2):
            with pytest.raises(LinkTimeout, match="1 packet with a wrong CRC"):
                analyzer.state()
        firmware.lies[Opcode.GET_STATE] = lambda packet: []
        with pytest.raises(LinkTimeout, match="nothing came back"):
            analyzer.state()


def test_late_and_doubled_replies_are_told() -> None:
    firmware = liar()
    with opened(firmware) as analyzer:
        kept: list[bytes] = []

        def hold(packet: Packet) -> list[Sent]:
            kept.append(encode_for(Framing.RAW, packet))
            return [] if len(kept) == 1 else [Sent(kept[0] * 2)]

        firmware.lies[Opcode.GET_STATE] = hold
        with pytest.raises(LinkTimeout, match="nothing came back"):
            analyzer.state()
        with pytest.raises(LinkTimeout, match="2 late or doubled replies discarded"):
            analyzer.state()


def test_opening_tells_what_all_its_repetitions_brought() -> None:
    firmware = liar(
        (
            Opcode.ABORT,
            lambda packet: [Sent(_flipped(encode_for(Framing.RAW, packet), HEADER_SIZE))],
        )
    )
    with pytest.raises(LinkTimeout) as caught, opened(firmware, timeout_s=1.5):
        pass
    assert firmware.asked.count(Opcode.ABORT) == 3
    assert "did not answer ABORT: 3 packets with a wrong CRC discarded." in sentence(caught.value)


def test_what_was_discarded_is_logged_when_the_link_is_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    firmware = liar((Opcode.HELLO, lambda p: [Sent(encode_for(Framing.RAW, p) * 3)]))
    with caplog.at_level("INFO", "ramix.driver"), opened(firmware):
        assert not caplog.records
    assert "2 late or doubled replies discarded while it was open" in caplog.text


def test_kinds_are_listed_in_one_sentence() -> None:
    tally = Tally(received_bytes=9, wrong_crc=2, late=1, strange=3)
    assert tally.text() == (
        "2 packets with a wrong CRC, 1 late or doubled reply and 3 replies to what was not asked "
        "discarded"
    )
    assert Tally(received_bytes=9).text() == ""
    assert Tally(received_bytes=9, noise_bytes=4).text(5) == (
        "4 bytes of no packet discarded; 5 bytes came of a packet that has no end yet"
    )


@FRAMINGS
def test_good_packets_leave_the_counts_alone(framing: Framing) -> None:
    decoder = make_decoder(framing)
    packet = Packet(GetState.opcode, 1, payload=b"\xa5\x5a" * 20)
    for byte in encode_for(framing, packet) * 3:
        decoder.feed(bytes([byte]))
    assert decoder.tally == Tally()


def test_silence_is_told_within_its_time() -> None:
    firmware: Liar = liar()
    with opened(firmware) as analyzer:
        firmware.lies[None] = lambda packet: []
        begun_s = analyzer.now_s()
        for call in (analyzer.state, lambda: analyzer.acquire_frame(laser_on=False)):
            with pytest.raises(LinkTimeout):
                call()
        assert analyzer.now_s() - begun_s <= 2 * (TIMEOUT_S + 1.5)
    assert isinstance(analyzer, Analyzer)


# ---- what to do about it ----

_TEXTS = {
    b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n": "NMEA",
    b"Welcome to embedded Linux\r\nlogin: ": "What came is text",
    bytes(byte & 0x7F for byte in encode(Packet(Opcode.GET_STATE, 7, 0, 1))): "seven bits",
    b"\x00\x05\x80\x81\x00": None,
    b"": None,
}


@pytest.mark.parametrize("data", _TEXTS, ids=str)
def test_a_peer_of_another_kind_is_recognised(data: bytes) -> None:
    words = _TEXTS[data]
    told = hint(Tally(received_bytes=len(data)), data)
    assert told is None if words is None else told is not None and words in told


@FRAMINGS
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("echo", "switch its echo off"),
        ("version", "versions match"),
        ("payload", "check the cable"),
        ("header", "check the cable"),
        ("another id", "restart the analyzer"),
        ("nothing", "restart the analyzer"),
    ],
)
def test_the_remedy_fits_what_came(kind: str, words: str, framing: Framing) -> None:
    firmware = liar(framing=framing)
    with pytest.raises(LinkTimeout) as caught, opened(firmware) as analyzer:
        firmware.lies[Opcode.GET_STATE] = lambda p: [Sent(SPOILT[kind][0](framing, p))]
        analyzer.state()
    assert words in caught.value.remedy


def test_what_an_earlier_request_brought_is_no_hint_for_a_silent_one() -> None:
    firmware = liar()
    with opened(firmware) as analyzer:
        firmware.lies[Opcode.GET_STATE] = lambda p: [Sent(b"login: login: ")]
        with pytest.raises(LinkTimeout) as caught:
            analyzer.state()
        assert "What came is text" in caught.value.remedy  # good packets before it do not count
        firmware.lies[Opcode.GET_STATE] = lambda p: []
        with pytest.raises(LinkTimeout) as caught:
            analyzer.state()
        assert "restart the analyzer" in caught.value.remedy
