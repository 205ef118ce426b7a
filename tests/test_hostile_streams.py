"""A firmware that floods, dribbles, refuses for ever or never answers: bounded time and memory.

Time is the link's virtual clock, and the processor's where bytes have to be looked at.
"""

import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from firmware_bridge.errors import InstrumentError, LinkTimeout, ProtocolError, RamixError
from firmware_bridge.framing import (
    FLAG_REPLY,
    SYNC,
    Framing,
    Packet,
    encode,
    encode_for,
    header_crc16,
    make_decoder,
)
from firmware_bridge.messages import LaserState, Opcode, Status
from firmware_bridge.packet import FRAMING_VERSION, MAX_PAYLOAD
from tests.hostile import Liar, Sent, dribbling, late, refusing, silent
from tests.test_hostile_firmware import RAW, TIMEOUT_S, liar, opened, sentence

MOST_MEMORY_BYTES = 100e6
PORTION = 16_384  # what one read of a link brings at most
FRAMINGS = pytest.mark.parametrize("framing", list(Framing), ids=lambda f: f.value)


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY_BYTES
    finally:
        tracemalloc.stop()


def _header(payload_size: int) -> bytes:
    """A header whose CRC holds, of a packet that never comes."""
    data = struct.pack(
        "<HBBHHII", SYNC, FRAMING_VERSION, FLAG_REPLY, Opcode.GET_STATE, 0, 1, payload_size
    )
    return data + struct.pack("<H", header_crc16(data))


STREAMS: dict[str, bytes] = {
    "zeros": bytes(PORTION),
    "ones": b"\xff" * PORTION,
    "sync marks": b"\xa5\x5a" * (PORTION // 2),
    "headers of the largest packet": _header(MAX_PAYLOAD) * (PORTION // 18),
    "headers of 4 GiB": _header(2**32 - 1) * (PORTION // 18),
    "replies to nobody": encode(Packet(Opcode.GET_STATE, 7, 0, FLAG_REPLY)) * (PORTION // 22),
    "requests": encode(Packet(Opcode.GET_STATE, 7)) * (PORTION // 22),
    "text": b"Welcome to embedded Linux\r\nlogin: " * (PORTION // 34),
    "stuffed packets": encode_for(Framing.COBS, Packet(1, 7, 0, FLAG_REPLY)) * (PORTION // 25),
}


@FRAMINGS
@pytest.mark.parametrize("kind", STREAMS)
def test_a_flood_is_read_in_bounded_time_and_memory(kind: str, framing: Framing) -> None:
    decoder = make_decoder(framing)
    begun_s = time.process_time()
    for _ in range(16):  # a quarter of a megabyte
        decoder.feed(STREAMS[kind])
        assert decoder.unfinished_bytes <= MAX_PAYLOAD + 1000 + PORTION
    decoder.give_up()
    assert decoder.unfinished_bytes == 0
    assert time.process_time() - begun_s < 10.0  # traced memory makes all of it slower


class FloodedLink(InProcessTransport):
    """Each read takes 10 ms and brings a full portion of the stream, whatever the firmware says."""

    def __init__(self, firmware: Liar, stream: bytes) -> None:
        super().__init__(firmware, VirtualClock())
        self._stream = stream

    def read(self, timeout_s: float) -> bytes:
        answered = super().read(0.0)
        self.clock.advance_to(self.clock.now_s + 0.01)
        return answered + self._stream


@FRAMINGS
@pytest.mark.parametrize("kind", STREAMS)
def test_a_flood_instead_of_answers_ends_at_the_timeout(kind: str, framing: Framing) -> None:
    link = FloodedLink(liar((None, silent), framing=framing), STREAMS[kind])
    with pytest.raises(LinkTimeout) as caught, Analyzer(link, timeout_s=0.2):
        pass
    sentence(caught.value)
    assert link.clock.now_s <= 0.2 + 1.5


@FRAMINGS
@pytest.mark.parametrize("kind", ["replies to nobody", "requests", "text"])
def test_answers_in_a_flood_are_found(kind: str, framing: Framing) -> None:
    firmware = liar(framing=framing)
    stream = STREAMS[kind]
    if framing is Framing.COBS:
        stream = b"\0" + stream + b"\0"
    with Analyzer(FloodedLink(firmware, stream), timeout_s=TIMEOUT_S) as analyzer:
        assert analyzer.info == firmware.honest.info


def _time_to_fail(firmware: Liar, refusal: type[RamixError]) -> float:
    """Seconds on the link's clock until opening was given up."""
    with pytest.raises(refusal) as caught, opened(firmware):
        pass
    sentence(caught.value)
    return firmware.honest.now_s


@pytest.mark.parametrize("opcode", [None, *Opcode])
def test_an_answer_that_never_comes_ends_at_the_timeout(opcode: Opcode | None) -> None:
    firmware = liar((opcode, silent))
    for name, act in _ACTS.items():
        if opcode is None and name != "open":
            continue
        begun_s = firmware.honest.now_s
        try:
            with opened(firmware) as analyzer:
                act(analyzer)
        except LinkTimeout as error:
            sentence(error)
        # each step that fails costs a timeout, a farewell, and the flash work of its opcode
        assert firmware.honest.now_s - begun_s <= 2 * TIMEOUT_S + 1.5 + 12.0


_ACTS: dict[str, Callable[[Analyzer], object]] = {
    "open": lambda analyzer: None,
    "lit": lambda analyzer: analyzer.acquire_frame(laser_on=True),
    "slots": lambda analyzer: analyzer.slots(),
    "calibration": lambda analyzer: analyzer.calibration(),
}


@FRAMINGS
@pytest.mark.parametrize("pause_s", [0.001, 0.1, 0.45])
def test_answers_byte_by_byte_are_read_or_given_up(framing: Framing, pause_s: float) -> None:
    firmware = liar((None, dribbling(framing, pause_s)), framing=framing)
    begun_s = firmware.honest.now_s
    try:
        with opened(firmware, timeout_s=1.0) as analyzer:
            analyzer.state()
            assert pause_s == 0.001
    except LinkTimeout as error:
        assert pause_s > 0.001 and "a packet that has no end yet" in sentence(error)
    assert firmware.honest.now_s - begun_s <= 2 * 1.0 + 1.5


@pytest.mark.parametrize("status", [Status.BUSY, Status.BAD_REQUEST, Status.UNKNOWN_OPCODE])
def test_refusing_everything_for_ever_ends_at_once(status: Status) -> None:
    firmware = liar((None, refusing(RAW, status)))
    assert _time_to_fail(firmware, ProtocolError) < 0.5
    assert firmware.asked.count(Opcode.ABORT) == 1


def test_what_must_never_be_refused_is_told_as_that() -> None:
    with (
        pytest.raises(ProtocolError) as caught,
        opened(liar((Opcode.ABORT, refusing(RAW, Status.BUSY, "later")))),
    ):
        pass
    assert "refused ABORT (BUSY): later" in caught.value.text
    assert "must never be refused" in sentence(caught.value)


def test_busy_at_every_frame_ends_at_the_first() -> None:
    firmware = liar((Opcode.ACQUIRE_FRAME, refusing(RAW, Status.BUSY)))
    with opened(firmware) as analyzer:
        begun_s = analyzer.now_s()
        with pytest.raises(InstrumentError) as caught:
            analyzer.acquire_frame(laser_on=True)
        assert analyzer.now_s() - begun_s < 0.5
        assert firmware.honest.laser_state is LaserState.OFF
    assert "BUSY" in sentence(caught.value)


def test_being_at_work_for_ever_is_believed_of_flash_alone() -> None:
    firmware = liar()
    with opened(firmware) as analyzer:
        firmware.lies[None] = refusing(RAW, Status.WORKING, "5")
        for ask in (analyzer.state, analyzer.calibration, lambda: analyzer.slot_info(0)):
            begun_s = analyzer.now_s()
            with pytest.raises(InstrumentError):
                ask()
            assert analyzer.now_s() - begun_s < 0.5
        begun_s = analyzer.now_s()
        with pytest.raises(LinkTimeout) as caught:
            analyzer.verify(0)
        assert "still at work on SLOT_VERIFY" in sentence(caught.value)
        assert analyzer.now_s() - begun_s <= 120.0 + 1.5


def test_a_refused_farewell_hides_no_error(caplog: pytest.LogCaptureFixture) -> None:
    firmware = liar((Opcode.LASER_OFF, refusing(RAW, Status.BUSY)))
    with pytest.raises(ZeroDivisionError) as caught, opened(firmware):
        raise ZeroDivisionError
    assert any("LASER_OFF" in note for note in caught.value.__notes__)
    with opened(liar((Opcode.LASER_OFF, refusing(RAW, Status.BUSY)))):
        pass
    assert "LASER_OFF could not be delivered" in caplog.text


def test_renewals_that_are_never_answered_are_forgotten_in_time() -> None:
    firmware = liar((Opcode.RENEW_LEASE, silent))
    with opened(firmware) as analyzer:
        analyzer.set_integration_time_ms(60_000.0)
        session = analyzer._talk.session
        waiting = 0

        def count(packet: Packet) -> list[Sent]:
            nonlocal waiting
            waiting = max(waiting, len(session.pending))
            return []

        firmware.lies[Opcode.RENEW_LEASE] = count
        analyzer.acquire_frame(laser_on=True)
    assert 10 < waiting <= 20


def test_opening_slowly_at_every_step_has_one_budget() -> None:
    firmware = liar((None, late(RAW, 0.9)))
    begun_s = firmware.honest.now_s
    with pytest.raises(LinkTimeout) as caught, opened(firmware, timeout_s=1.0):
        pass
    assert firmware.honest.now_s - begun_s <= 2 * 1.0 + 1.5
    assert "did not answer" in sentence(caught.value)


@pytest.mark.parametrize(
    "text", [b"\x1b[2J\r\nERROR\x00" * 10_000, b"\xff\xfe\x00" * 40_000, b"x" * 131_000, b"."]
)
def test_the_text_of_a_refusal_is_one_short_line_whatever_it_holds(text: bytes) -> None:
    def shouting(packet: Packet) -> list[Sent]:
        answer = Packet(packet.opcode, packet.request_id, Status.BUSY, FLAG_REPLY, text)
        return [Sent(encode(answer))]

    with (
        opened(liar((Opcode.SLOT_INFO, shouting))) as analyzer,
        pytest.raises(InstrumentError) as caught,
    ):
        analyzer.slot_info(0)
    assert len(sentence(caught.value)) < 300
