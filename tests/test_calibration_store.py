"""The stored calibration page: the old or the new one, whole, after a power cut at any instant."""

import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.driver.analyzer import Analyzer
from device.driver.calibration_transfer import write_page
from device.driver.transports.in_process import InProcessTransport
from device.ports import open_analyzer
from firmware_bridge.calibration import CalibrationError, CalibrationPage
from firmware_bridge.errors import CalibrationMismatch, CallerError, InstrumentError, ProtocolError
from firmware_bridge.messages import (
    AcquireFrame,
    CalibrationWritten,
    Capabilities,
    Opcode,
    ReadCalibration,
    Status,
    WriteCalibration,
)
from firmware_bridge.simulator.calibration_store import MAX_PAGE_BYTES, CalibrationStore
from firmware_bridge.simulator.faults import Fault, FaultKind, FaultPlan
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash import Flash, PowerCut
from firmware_bridge.simulator.refused import Refused
from firmware_bridge.simulator.scenes import EmptyScene
from firmware_bridge.simulator.slot_store import flash_bytes
from tests.host import Host

CHUNK = 64
SLOT_BYTES = 4096
LIMITS = Capabilities(
    *(2048, 1, 10, 70, 20, 500, 2, SLOT_BYTES, CHUNK, True, True), calibration_size=MAX_PAGE_BYTES
)


def page(excitation_nm: float, dead: int = 0) -> CalibrationPage:
    return CalibrationPage(
        (800.0, 0.09), excitation_nm, 0, 2047, 2048, tuple(range(dead)), serial="RX-7"
    )


OLD, NEW = page(785.0), page(785.5, dead=100)


def small_flash() -> Flash:
    return Flash(flash_bytes(SLOT_BYTES))


def store_on(flash: Flash) -> CalibrationStore:
    return CalibrationStore(flash, max_chunk=CHUNK)


def write(store: CalibrationStore, data: bytes, chunk: int = CHUNK) -> CalibrationWritten:
    told = CalibrationWritten(0, 0)
    for offset in range(0, len(data), chunk):
        told = store.write(offset, len(data), data[offset : offset + chunk])
        assert told.next_offset == min(offset + chunk, len(data))
    return told


def refused(store: CalibrationStore, offset: int, size: int, data: bytes) -> Status:
    with pytest.raises(Refused) as caught:
        store.write(offset, size, data)
    return caught.value.status


def test_each_page_that_is_stored_raises_the_number_and_survives_a_restart() -> None:
    flash = small_flash()
    assert store_on(flash).page is None
    for number, wanted in enumerate((OLD, NEW, OLD, NEW), start=1):
        assert write(store_on(flash), wanted.to_bytes()).sequence == number
        again = store_on(flash)
        assert again.page == wanted.to_bytes() and again.sequence == number


@given(data=st.binary(min_size=1, max_size=1000), chunk=st.integers(1, CHUNK))
def test_any_sealed_bytes_are_kept_in_chunks_of_any_size(data: bytes, chunk: int) -> None:

    whole = data + zlib.crc32(data).to_bytes(4, "little")
    flash = small_flash()
    write(store_on(flash), whole, chunk)
    assert store_on(flash).page == whole


def test_an_unfinished_page_changes_nothing() -> None:
    flash = small_flash()
    store = store_on(flash)
    write(store, OLD.to_bytes())
    new = NEW.to_bytes()
    store.write(0, len(new), new[:CHUNK])
    assert store.page == OLD.to_bytes()
    again = store_on(flash)
    assert again.page == OLD.to_bytes()
    write(again, new)
    assert again.page == new


def test_a_chunk_out_of_place_is_not_stored_and_a_repeated_last_one_is_harmless() -> None:
    store, new = store_on(small_flash()), NEW.to_bytes()
    store.write(0, len(new), new[:CHUNK])
    assert store.write(2 * CHUNK, len(new), b"x") == CalibrationWritten(CHUNK, 0)
    told = write(store, new)
    last = (len(new) - 1) // CHUNK * CHUNK
    assert store.write(last, len(new), new[last:]) == told
    assert told == CalibrationWritten(len(new), 1)


def test_a_page_of_one_chunk_that_is_repeated_is_stored_once() -> None:
    flash = small_flash()
    store, text = store_on(flash), b"one chunk"
    page = text + zlib.crc32(text).to_bytes(4, "little")
    assert write(store, page) == CalibrationWritten(len(page), 1)
    done = flash.operations
    assert write(store, page) == CalibrationWritten(len(page), 1)
    assert flash.operations == done
    assert refused(store, 0, len(page), page[:-1] + b"!") is Status.HASH_MISMATCH
    assert store.write(4, 999, b"x") == CalibrationWritten(0, 1)
    assert write(store, page).sequence == 2
    assert write(store_on(flash), page).sequence == 3


def test_bytes_that_are_no_page_leave_the_old_one() -> None:
    store, wrong = store_on(small_flash()), bytearray(NEW.to_bytes())
    write(store, OLD.to_bytes())
    wrong[20] ^= 1
    with pytest.raises(Refused) as caught:
        write(store, bytes(wrong))
    assert caught.value.status is Status.HASH_MISMATCH
    assert store.page == OLD.to_bytes() and store.sequence == 1
    assert write(store, NEW.to_bytes()).sequence == 2


def test_what_cannot_be_a_chunk_is_refused() -> None:
    store = store_on(small_flash())
    assert refused(store, 0, 0, b"x") is Status.OUT_OF_RANGE
    assert refused(store, 0, MAX_PAGE_BYTES + 1, b"x") is Status.OUT_OF_RANGE
    assert refused(store, 0, 10, b"") is Status.BAD_REQUEST
    assert refused(store, 0, 1000, bytes(CHUNK + 1)) is Status.BAD_REQUEST
    assert refused(store, 8, 10, bytes(3)) is Status.OUT_OF_RANGE
    store.write(0, 10, b"x")
    assert refused(store, 1, 11, b"x") is Status.BAD_REQUEST


def operations() -> int:
    flash = small_flash()
    write(store_on(flash), OLD.to_bytes())
    before = flash.operations
    write(store_on(flash), NEW.to_bytes())
    return flash.operations - before


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
@pytest.mark.parametrize("earlier", [1, 2, 3])
def test_a_cut_at_any_operation_leaves_the_old_or_the_new_page_whole(
    seed: int, earlier: int
) -> None:
    outcomes = []
    for cut_after in range(operations()):
        flash = small_flash()
        for _ in range(earlier):
            write(store_on(flash), OLD.to_bytes())
        flash.cut_power_after(cut_after, seed=seed * 1000 + cut_after)
        with pytest.raises(PowerCut):
            write(store_on(flash), NEW.to_bytes())
        flash.restore_power()
        store = store_on(flash)
        assert store.page in (OLD.to_bytes(), NEW.to_bytes())
        assert store.sequence == earlier + (store.page == NEW.to_bytes())
        outcomes.append(store.page == NEW.to_bytes())
        write(store, NEW.to_bytes())  # the next attempt goes through
        assert store_on(flash).page == NEW.to_bytes()
    assert not any(outcomes[:-1])  # only the very last operation commits
    assert len(outcomes) > 5


def test_a_header_before_its_page_would_fail_that_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a store that overwrites its only copy loses the page to some cut."""
    monkeypatch.setattr(CalibrationStore, "_spare", property(lambda _: 0))
    lost = 0
    for cut_after in range(operations()):
        flash = small_flash()
        write(store_on(flash), OLD.to_bytes())
        flash.cut_power_after(cut_after)
        with pytest.raises(PowerCut):
            write(store_on(flash), NEW.to_bytes())
        flash.restore_power()
        lost += store_on(flash).page is None
    assert lost


# ---- through the wire ----


def test_a_written_page_is_read_back_and_kept_over_a_reboot() -> None:
    simulated = SimulatedAnalyzer(EmptyScene())
    with Analyzer(InProcessTransport(simulated)) as analyzer:
        assert analyzer.calibration() == simulated.calibration
        assert analyzer.write_calibration(OLD) == 1
        assert analyzer.write_calibration(NEW) == 2
    simulated.reboot()
    with Analyzer(InProcessTransport(simulated)) as analyzer:
        assert analyzer.calibration() == NEW


def test_a_page_is_not_written_under_a_pending_frame() -> None:
    connection = Host(SimulatedAnalyzer(EmptyScene()))
    connection.send(AcquireFrame(False))
    data = OLD.to_bytes()
    with pytest.raises(InstrumentError) as caught:
        connection.ask(WriteCalibration(0, len(data), data))
    assert caught.value.status == Status.BUSY
    connection.wait(1.0)
    connection.ask(WriteCalibration(0, len(data), data))
    assert connection.ask(ReadCalibration()).page == data


def test_a_power_cut_on_the_wire_leaves_the_factory_page() -> None:
    flash = Flash(flash_bytes())
    connection = Host(SimulatedAnalyzer(EmptyScene(), flash=flash))
    factory = connection.ask(ReadCalibration()).page
    flash.cut_power_after(1)
    data = OLD.to_bytes()
    with pytest.raises(TimeoutError):
        connection.ask(WriteCalibration(0, len(data), data))
    flash.restore_power()
    connection.analyzer.reboot()
    assert connection.ask(ReadCalibration()).page == factory


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.DUPLICATED])
def test_lost_replies_do_not_break_the_writing(kind: FaultKind) -> None:
    plan = FaultPlan.of(Fault(kind, opcode=Opcode.WRITE_CALIBRATION))
    simulated = SimulatedAnalyzer(EmptyScene(), faults=plan)
    with Analyzer(InProcessTransport(simulated), timeout_s=0.5) as analyzer:
        if kind is FaultKind.LOST:
            with pytest.raises(TimeoutError):
                analyzer.write_calibration(OLD)
        analyzer.write_calibration(NEW)
        assert analyzer.calibration() == NEW


def test_a_page_in_a_flash_file_is_there_the_next_time(tmp_path: object) -> None:
    port = f"sim:model=none&flash={tmp_path}/flash.bin"
    with open_analyzer(port) as analyzer:
        analyzer.write_calibration(NEW)
    with open_analyzer(port) as analyzer:
        assert analyzer.calibration() == NEW


class Firmware:
    """A firmware that answers WRITE_CALIBRATION with what it is told to."""

    def __init__(self, *next_offsets: int) -> None:
        self.next_offsets = list(next_offsets)
        self.asked: list[WriteCalibration] = []

    def call(self, request: WriteCalibration) -> CalibrationWritten:
        self.asked.append(request)
        offset = self.next_offsets.pop(0) if len(self.next_offsets) > 1 else self.next_offsets[0]
        return CalibrationWritten(offset, 9)


def test_the_host_goes_on_where_the_firmware_says() -> None:
    firmware, size = Firmware(64, 0, 64, len(OLD.to_bytes())), len(OLD.to_bytes())
    assert write_page(firmware.call, lambda: OLD, OLD, LIMITS) == 9
    assert [request.offset for request in firmware.asked] == [0, 64, 0, 64]
    assert {request.size for request in firmware.asked} == {size}


@pytest.mark.parametrize("offset", [0, 64, 10_000, 2**32 - 1])
def test_a_firmware_that_never_comes_to_the_end_is_left(offset: int) -> None:
    firmware = Firmware(offset)
    with pytest.raises(ProtocolError):
        write_page(firmware.call, lambda: OLD, OLD, LIMITS)
    assert len(firmware.asked) < 40


def test_a_firmware_that_keeps_another_page_is_found_out() -> None:
    with pytest.raises(CalibrationError, match="does not keep"):
        write_page(Firmware(len(OLD.to_bytes())).call, lambda: NEW, OLD, LIMITS)


def test_what_cannot_be_kept_is_not_even_sent() -> None:
    firmware = Firmware(0)
    for limits, error in (
        (replace(LIMITS, calibration_size=0), CallerError),
        (replace(LIMITS, calibration_size=100), CallerError),
        (replace(LIMITS, pixel_count=1024), CalibrationMismatch),
    ):
        with pytest.raises(error):
            write_page(firmware.call, lambda: OLD, OLD, limits)
    assert firmware.asked == []
