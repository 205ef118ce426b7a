"""Model slots of a firmware that lies about sizes and offsets, or changes its mind.

Time is the link's virtual clock; `tests/hostile.py` is the firmware.
"""

import itertools
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from device.driver.analyzer import Analyzer
from device.inference.model_source import read_back
from firmware_bridge.errors import InstrumentError, LinkTimeout, ProtocolError
from firmware_bridge.framing import Packet
from firmware_bridge.messages import Opcode, SlotState, Status
from tests.hostile import Liar, Lie, Sent, in_turn, late, refusing, saying, truth
from tests.test_hostile_firmware import RAW, TIMEOUT_S, liar, opened, sentence

IMAGE = bytes(range(256)) * 100
WHOLE = {"state": SlotState.CONFIRMED, "size": len(IMAGE), "received": len(IMAGE), "active": True}
MOST_MEMORY_BYTES = 100e6


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY_BYTES
    finally:
        tracemalloc.stop()


def stored(analyzer: Analyzer) -> None:
    """Put the image into slot 0 and in use."""
    list(analyzer.upload(0, IMAGE, 1))
    analyzer.verify(0)
    analyzer.trial(0)
    analyzer.confirm(0)


def firmware_saying(opcode: Opcode, **values: Any) -> Liar:
    return liar((opcode, saying(RAW, **values)))


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"size": 2**32 - 1, "received": 2**32 - 1}, "4294967295 bytes"),
        ({"size": 100, "received": 101}, "101 bytes of an image of 100"),
        ({"slot": 1}, "Asked for slot 0, the analyzer told of slot 1"),
    ],
    ids=str,
)
def test_a_slot_that_cannot_be_is_refused_wherever_it_is_told(
    claim: dict[str, int], words: str
) -> None:
    with opened(firmware_saying(Opcode.SLOT_INFO, **claim)) as analyzer:
        for ask in (
            lambda: analyzer.slot_info(0),
            analyzer.slots,
            lambda: list(analyzer.read_slot(0)),
            lambda: read_back(analyzer, 0),
        ):
            with pytest.raises(ProtocolError) as caught:
                ask()
            assert words in sentence(caught.value)


def test_slots_of_4_gib_are_bounded_by_what_a_model_can_be() -> None:
    firmware = liar(
        (Opcode.GET_CAPABILITIES, saying(RAW, slot_size=2**32 - 1, max_chunk=2**32 - 1)),
        (Opcode.SLOT_INFO, saying(RAW, size=2**31, received=2**31)),
    )
    with opened(firmware) as analyzer, pytest.raises(ProtocolError) as caught:
        list(analyzer.read_slot(0))
    assert "33554432 is the most" in sentence(caught.value)


def test_a_slot_that_grows_after_it_was_looked_at_is_refused() -> None:
    huge = saying(RAW, size=2**32 - 1, received=2**32 - 1)
    with (
        opened(liar((Opcode.SLOT_INFO, in_turn(truth(RAW), huge)))) as analyzer,
        pytest.raises(ProtocolError) as caught,
    ):
        read_back(analyzer, 0)
    assert "4294967295" in sentence(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"offset": 5},
        {"data": b""},
        {"data": bytes(130_000)},
        {"data": lambda told: told.data[:-1]},
        {"data": lambda told: told.data + b"\0"},
    ],
    ids=("another place", "nothing", "too much", "a byte less", "a byte more"),
)
def test_other_bytes_than_asked_for_are_refused(values: dict[str, Any]) -> None:
    firmware = firmware_saying(Opcode.SLOT_READ, **values)
    with opened(firmware) as analyzer:
        stored(analyzer)
        with pytest.raises(ProtocolError) as caught:
            list(analyzer.read_slot(0))
    assert "Asked for 4096 bytes from 0" in sentence(caught.value)


def test_the_largest_chunk_is_ours_whatever_the_firmware_takes() -> None:
    firmware = firmware_saying(Opcode.GET_CAPABILITIES, max_chunk=2**32 - 1)
    with opened(firmware) as analyzer, pytest.raises(InstrumentError):
        list(analyzer.upload(0, bytes(200_000), 1))  # the simulator takes 4 KiB


@pytest.mark.parametrize(
    ("opcode", "offset", "words"),
    [
        (Opcode.SLOT_BEGIN, len(IMAGE) + 1, f"byte {len(IMAGE) + 1} of {len(IMAGE)}"),
        (Opcode.SLOT_BEGIN, 2**32 - 1, "byte 4294967295"),
        (Opcode.SLOT_WRITE, len(IMAGE), "only 4096 were sent"),
        (Opcode.SLOT_WRITE, 4097, "only 4096 were sent"),
        (Opcode.SLOT_WRITE, 0, "does not get past byte 0"),
        (Opcode.SLOT_WRITE, 7, "does not get past byte 7"),
    ],
)
def test_an_upload_to_impossible_offsets_ends(opcode: Opcode, offset: int, words: str) -> None:
    with (
        opened(firmware_saying(opcode, next_offset=offset)) as analyzer,
        pytest.raises(ProtocolError) as caught,
    ):
        list(itertools.islice(analyzer.upload(0, IMAGE, 1), 200))
    assert words in sentence(caught.value)


def test_an_upload_to_and_fro_ends() -> None:
    places = itertools.cycle((4096, 8192, 0))
    with (
        opened(firmware_saying(Opcode.SLOT_WRITE, next_offset=lambda _: next(places))) as analyzer,
        pytest.raises(ProtocolError) as caught,
    ):
        list(itertools.islice(analyzer.upload(0, IMAGE, 1), 1000))
    assert "does not get past byte" in sentence(caught.value)


@pytest.mark.parametrize("opcode", [Opcode.SLOT_WRITE, Opcode.SLOT_READ])
def test_chunk_after_chunk_just_in_time_ends_with_the_whole_budget(opcode: Opcode) -> None:
    # 26 chunks, each answered inside its own timeout
    lies: tuple[Opcode, Lie] = (opcode, late(RAW, 39.0))
    firmware = liar(lies)
    with opened(firmware, timeout_s=40.0) as analyzer:
        begun_s = analyzer.now_s()
        with pytest.raises(LinkTimeout) as caught:
            if opcode == Opcode.SLOT_READ:
                stored(analyzer)
                list(analyzer.read_slot(0))
            else:
                list(analyzer.upload(0, bytes(100_000), 1))
        took_s = analyzer.now_s() - begun_s
    assert f"{opcode.name} was repeated until the time" in sentence(caught.value)
    size = len(IMAGE) if opcode == Opcode.SLOT_READ else 100_000
    assert took_s <= 40.0 + 150.0 + size / 2048.0 + 1.5


def test_many_slots_share_one_budget() -> None:
    everyone = saying(RAW, slot_count=255)

    def any_slot(packet: Any) -> Any:
        return late(RAW, 0.9 * TIMEOUT_S)(packet)

    firmware = liar((Opcode.GET_CAPABILITIES, everyone), (Opcode.SLOT_INFO, any_slot))
    with opened(firmware) as analyzer:
        begun_s = analyzer.now_s()
        with pytest.raises(LinkTimeout):
            analyzer.slots()
        assert analyzer.now_s() - begun_s <= 2 * TIMEOUT_S + 1.5


def test_an_active_slot_that_is_none_is_refused() -> None:
    with (
        opened(firmware_saying(Opcode.GET_STATE, active_slot=2)) as analyzer,
        pytest.raises(ProtocolError) as caught,
    ):
        analyzer.active_slot()
    assert "slot 2 of 2" in sentence(caught.value)


def test_busy_for_ever_ends_at_the_first_refusal() -> None:
    lies = [(code, refusing(RAW, Status.BUSY)) for code in (Opcode.SLOT_BEGIN, Opcode.SLOT_INFO)]
    with opened(liar(*lies)) as analyzer:
        begun_s = analyzer.now_s()
        for ask in (lambda: list(analyzer.upload(0, IMAGE, 1)), lambda: read_back(analyzer, 0)):
            with pytest.raises(InstrumentError) as caught:
                ask()
            assert "BUSY" in sentence(caught.value)
        assert analyzer.now_s() - begun_s < 0.1


# ---- slow flash ----


@pytest.mark.parametrize("opcode", [Opcode.SLOT_BEGIN, Opcode.SLOT_VERIFY, Opcode.SLOT_REVERT])
def test_eight_seconds_of_flash_work_are_no_timeout(opcode: Opcode) -> None:
    with opened(liar((opcode, late(RAW, 8.0)))) as analyzer:
        list(analyzer.upload(0, IMAGE, 1))
        assert analyzer.verify(0).state is SlotState.VERIFIED
        assert analyzer.revert(0).state is SlotState.EMPTY


def test_an_upload_waits_for_an_erase_that_tells_how_far_it_is() -> None:
    busy = refusing(RAW, Status.WORKING, "50")
    firmware = liar()
    with opened(firmware) as analyzer:
        begun_s = analyzer.now_s()

        def erasing(packet: Packet) -> Iterable[Sent]:
            return (busy if analyzer.now_s() - begun_s < 60.0 else truth(RAW))(packet)

        firmware.lies[Opcode.SLOT_BEGIN] = erasing
        assert list(analyzer.upload(0, IMAGE, 1))[-1] == len(IMAGE)
        assert analyzer.now_s() - begun_s >= 60.0


def test_flash_work_without_end_is_one() -> None:
    with opened(liar((Opcode.SLOT_VERIFY, late(RAW, 60.0)))) as analyzer:
        list(analyzer.upload(0, IMAGE, 1))
        begun_s = analyzer.now_s()
        with pytest.raises(LinkTimeout, match="SLOT_VERIFY"):
            analyzer.verify(0)
        assert analyzer.now_s() - begun_s <= TIMEOUT_S + 10.0 + 1.5
