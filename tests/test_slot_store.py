"""Model slots in flash: uploads resume, and a power cut leaves the old model or the new, whole."""

import hashlib
import random

import pytest

from firmware_bridge.errors import CallerError
from firmware_bridge.messages import SlotState, Status
from firmware_bridge.model_slots import SlotRefused
from firmware_bridge.simulator.flash import ERASE_BLOCK_BYTES, Flash, PowerCut
from firmware_bridge.simulator.refused import Refused
from firmware_bridge.simulator.slot_store import (
    DEFAULT_SLOT_BYTES,
    MAX_CHUNK,
    SlotStore,
    flash_bytes,
)

SLOT_BYTES = 3 * ERASE_BLOCK_BYTES
OLD, NEW = (random.Random(seed).randbytes(2 * ERASE_BLOCK_BYTES + 700) for seed in (1, 2))


def small_flash() -> Flash:
    return Flash(flash_bytes(SLOT_BYTES))


def digest(image: bytes) -> bytes:
    return hashlib.sha256(image).digest()


def upload(store: SlotStore, slot: int, image: bytes, counter: int = 1, chunk: int = 1000) -> None:
    offset = store.begin(slot, len(image), digest(image), counter)
    while offset < len(image):
        offset = store.write(slot, offset, image[offset : offset + chunk])


def update(store: SlotStore, slot: int, image: bytes, counter: int = 1) -> None:
    upload(store, slot, image, counter)
    store.verify(slot)
    store.trial(slot)
    store.confirm(slot)


def contents(store: SlotStore, slot: int) -> bytes:
    size, image = store.table.slots[slot].size, b""
    while len(image) < size:
        image += store.read(slot, len(image), min(MAX_CHUNK, size - len(image)))
    return image


def test_a_slot_holds_a_bundle_of_half_a_mebibyte() -> None:
    assert DEFAULT_SLOT_BYTES >= 512 * 1024
    store = SlotStore(Flash(flash_bytes()))
    image = random.Random(3).randbytes(512 * 1024)
    store.install(0, image, 7)
    assert contents(store, 0) == image


def test_a_new_flash_has_empty_slots() -> None:
    store = SlotStore(small_flash())
    assert [slot.state for slot in store.table.slots] == [SlotState.EMPTY] * 2
    assert store.table.active is None


def test_a_confirmed_model_is_there_after_a_reset() -> None:
    flash = small_flash()
    update(SlotStore(flash), 1, NEW, counter=3)
    again = SlotStore(flash)
    assert again.table.active == 1 and again.table.minimum_counter == 3
    assert again.info(1).state is SlotState.CONFIRMED
    assert contents(again, 1) == NEW


def test_a_trial_ends_with_a_reset_and_the_confirmed_model_is_back() -> None:
    flash = small_flash()
    store = SlotStore(flash)
    update(store, 0, OLD)
    upload(store, 1, NEW)
    store.verify(1)
    store.trial(1)
    assert store.table.active == 1
    again = SlotStore(flash)
    assert again.table.active == 0 and again.info(1).state is SlotState.VERIFIED
    again.trial(1)  # and it need not be sent again
    again.revert(1)
    assert again.table.active == 0


def test_an_upload_resumes_after_a_reset_at_the_last_whole_block() -> None:
    flash = small_flash()
    store = SlotStore(flash)
    store.begin(0, len(NEW), digest(NEW), 1)
    for offset in range(0, 5000, 1000):
        store.write(0, offset, NEW[offset : offset + 1000])
    again = SlotStore(flash)
    assert again.info(0).received == ERASE_BLOCK_BYTES
    assert again.begin(0, len(NEW), digest(NEW), 1) == ERASE_BLOCK_BYTES
    upload(again, 0, NEW)
    assert again.verify(0).state is SlotState.VERIFIED


def test_another_image_starts_from_nothing() -> None:
    store = SlotStore(small_flash())
    upload(store, 0, OLD)
    assert store.begin(0, len(NEW), digest(NEW), 1) == 0


def test_a_wrong_chunk_is_found_out_and_the_slot_emptied() -> None:
    flash = small_flash()
    store = SlotStore(flash)
    store.begin(0, len(NEW), digest(NEW), 1)
    wrong = NEW[:3000] + bytes([NEW[3000] ^ 1]) + NEW[3001:]
    for offset in range(0, len(wrong), MAX_CHUNK):
        store.write(0, offset, wrong[offset : offset + MAX_CHUNK])
    with pytest.raises(Refused) as caught:
        store.verify(0)
    assert caught.value.status is Status.HASH_MISMATCH
    for looked_at in (store, SlotStore(flash)):
        assert looked_at.info(0).state is SlotState.EMPTY
    update(store, 0, NEW)  # and the next attempt works


def test_the_model_in_use_cannot_be_overwritten_or_erased() -> None:
    store = SlotStore(small_flash())
    update(store, 0, OLD)
    for forbidden in (lambda: store.begin(0, 10, digest(b""), 1), lambda: store.revert(0)):
        with pytest.raises(SlotRefused) as caught:
            forbidden()
        assert caught.value.status == Status.SLOT_STATE
    upload(store, 1, NEW)
    store.verify(1)
    store.trial(1)
    with pytest.raises(SlotRefused):  # nor the way back, during a trial
        store.begin(0, 10, digest(b""), 1)


def test_an_older_counter_is_refused_also_after_a_reset() -> None:
    flash = small_flash()
    update(SlotStore(flash), 0, OLD, counter=5)
    with pytest.raises(SlotRefused) as caught:
        SlotStore(flash).begin(1, len(NEW), digest(NEW), 4)
    assert caught.value.status == Status.COUNTER_TOO_OLD


def test_a_confirmed_slot_can_be_activated_again_unless_too_old() -> None:
    flash = small_flash()
    store = SlotStore(flash)
    update(store, 0, OLD, counter=1)
    update(store, 1, NEW, counter=1)
    store.activate(0)
    assert SlotStore(flash).table.active == 0
    update(store, 1, bytes(100), counter=2)
    with pytest.raises(SlotRefused):
        store.activate(0)


def test_an_erased_slot_stays_erased() -> None:
    flash = small_flash()
    store = SlotStore(flash)
    upload(store, 1, NEW)
    store.revert(1)
    assert SlotStore(flash).info(1).state is SlotState.EMPTY


def test_the_journal_survives_many_updates() -> None:
    """More records than its two blocks hold."""
    flash = small_flash()
    store = SlotStore(flash)
    update(store, 0, OLD)
    update(store, 1, NEW)
    for turn in range(600):
        store.activate(turn % 2)
    again = SlotStore(flash)
    assert again.table == store.table and again.table.active == 1
    assert contents(again, 0) == OLD


def test_a_flash_that_does_not_take_data_is_reported_and_nothing_pretended() -> None:
    flash = small_flash()
    store = SlotStore(flash)
    store.begin(0, len(NEW), digest(NEW), 1)
    first_data_block = 3
    flash.program(first_data_block * ERASE_BLOCK_BYTES, bytes(1))  # a worn cell that lost its bits
    with pytest.raises(Refused) as caught:
        store.write(0, 0, b"\xff" + NEW[1:1000])
    assert caught.value.status is Status.FLASH_FAILED
    assert store.info(0).received == 0


@pytest.mark.parametrize("blocks", [1, 3, 4])
def test_a_flash_without_room_for_slots_is_refused(blocks: int) -> None:
    with pytest.raises(CallerError, match="slots"):
        SlotStore(Flash(blocks * ERASE_BLOCK_BYTES))


def flash_with_old_model() -> Flash:
    flash = small_flash()
    store = SlotStore(flash)
    update(store, 0, OLD)
    upload(store, 1, bytes(5000))  # something else lies in the other slot, verified
    store.verify(1)
    return flash


def operations_of_an_update() -> int:
    flash = flash_with_old_model()
    before = flash.operations
    update(SlotStore(flash), 1, NEW, counter=2)
    return flash.operations - before


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_cut_at_any_operation_of_an_update_leaves_the_old_or_the_new_model_whole(
    seed: int,
) -> None:
    outcomes = []
    for cut_after in range(operations_of_an_update()):
        flash = flash_with_old_model()
        flash.cut_power_after(cut_after, seed=seed * 1000 + cut_after)
        with pytest.raises(PowerCut):
            update(SlotStore(flash), 1, NEW, counter=2)
        flash.restore_power()
        store = SlotStore(flash)
        active = store.table.active
        assert active is not None
        assert contents(store, active) == (OLD, NEW)[active]
        assert store.table.minimum_counter == (1, 2)[active]
        outcomes.append(active)
        if active == 0:
            update(store, 1, NEW, counter=2)  # the next attempt goes through
        assert contents(store, 1) == NEW and store.table.active == 1
    assert set(outcomes[:-1]) == {0}  # only the very last operation commits
    assert len(outcomes) > 50


def test_marking_a_block_before_its_data_would_fail_that_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: with the two steps exchanged, some cut resumes over a hole."""
    store_chunk = SlotStore._store_chunk

    def marks_first(store: SlotStore, index: int, offset: int, data: bytes) -> None:
        if offset + len(data) >= ERASE_BLOCK_BYTES > offset:
            store._flash.program(store._header_offset(index) + 256, b"\0")
        store_chunk(store, index, offset, data)

    monkeypatch.setattr(SlotStore, "_store_chunk", marks_first)
    failures = 0
    for cut_after in range(operations_of_an_update()):
        flash = flash_with_old_model()
        flash.cut_power_after(cut_after)
        with pytest.raises(PowerCut):
            update(SlotStore(flash), 1, NEW, counter=2)
        flash.restore_power()
        store = SlotStore(flash)
        if store.table.active == 0:
            upload(store, 1, NEW, counter=2)
            try:
                store.verify(1)
            except Refused:
                failures += 1
    assert failures
