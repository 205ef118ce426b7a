"""The slot rules: the stored story step by step, and what no sequence of requests brings about."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from firmware_bridge.framing import PacketDecoder
from firmware_bridge.messages import (
    Request,
    SlotActivate,
    SlotBegin,
    SlotConfirm,
    SlotRevert,
    SlotTrial,
    SlotVerify,
    SlotWrite,
    Status,
    parse_request,
)
from firmware_bridge.model_slots import EMPTY_SLOT, Slot, SlotRefused, SlotState, SlotTable
from tests.make_vectors import FIX, IMAGE, NEW, OLD, SLOT_STORY, slot_step

VECTORS = Path(__file__).parent / "vectors"
SLOT_SIZE, MAX_CHUNK = 64, 16


def installed(table: SlotTable, index: int, sha256: bytes, security_counter: int = 1) -> SlotTable:
    """Upload, try and confirm a 16-byte image."""
    table = table.begin(index, 16, sha256, security_counter, slot_size=SLOT_SIZE)
    table = table.write(index, 0, 16, max_chunk=MAX_CHUNK).verify(index, sha256)
    return table.start_trial(index).confirm(index)


def test_the_stored_story_ends_each_step_as_stored() -> None:
    steps = json.loads((VECTORS / "slots.json").read_text())["steps"]
    table = SlotTable()
    for number, ((step, arguments), stored) in enumerate(zip(SLOT_STORY, steps, strict=True)):
        table, status = slot_step(table, step, arguments)
        assert (step, status) == (stored["step"], stored["status"]), number
        assert [slot.state.name for slot in table.slots] == stored["states"], number
        assert [slot.received for slot in table.slots] == stored["received"], number
        assert (255 if table.active is None else table.active) == stored["active"], number
        assert table.minimum_counter == stored["minimum_counter"], number


def test_the_stored_requests_carry_images_that_hash_as_the_story_says() -> None:
    """As a firmware does: the bytes that came are what is hashed."""
    stored = json.loads((VECTORS / "slots.json").read_text())
    table, flash = SlotTable(), [bytearray(stored["slot_size"]) for _ in range(2)]
    for number, step in enumerate(stored["steps"]):
        if step["request"] is None:
            table = table.after_reset()
            continue
        (packet,) = PacketDecoder().feed(bytes.fromhex(step["request"]))
        request = parse_request(packet)
        status = Status.OK
        try:
            table, status = carried_out(table, request, flash, stored)
        except SlotRefused as refusal:
            status = Status(refusal.status)
        assert status == step["status"], number
        assert [slot.state.name for slot in table.slots] == step["states"], number
        assert [slot.received for slot in table.slots] == step["received"], number


def carried_out(
    table: SlotTable, request: Request[Any], flash: list[bytearray], limits: dict[str, int]
) -> tuple[SlotTable, Status]:
    """The table after a request, and its status."""
    match request:
        case SlotBegin(slot=slot, size=size, sha256=sha256, security_counter=counter):
            after = table.begin(slot, size, sha256, counter, slot_size=limits["slot_size"])
        case SlotWrite(slot=slot, offset=offset, data=data):
            after = table.write(slot, offset, len(data), max_chunk=limits["max_chunk"])
            if after is not table:
                flash[slot][offset : offset + len(data)] = data
        case SlotVerify(slot=slot):
            table.check_verify(slot)
            size = table.slots[slot].size
            after = table.verify(slot, hashlib.sha256(flash[slot][:size]).digest())
            if after.slots[slot].state is SlotState.EMPTY:
                return after, Status.HASH_MISMATCH
        case SlotTrial(slot=slot):
            after = table.start_trial(slot)
        case SlotConfirm(slot=slot):
            after = table.confirm(slot)
        case SlotRevert(slot=slot):
            after = table.revert(slot)
        case SlotActivate(slot=slot):
            after = table.activate(slot)
        case _:
            raise AssertionError(request)
    return after, Status.OK


def test_the_same_image_resumes_and_another_one_starts_over() -> None:
    table = SlotTable().begin(0, 48, OLD, 1, slot_size=SLOT_SIZE)
    table = table.write(0, 0, 16, max_chunk=MAX_CHUNK)
    assert table.begin(0, 48, OLD, 1, slot_size=SLOT_SIZE).slot(0).received == 16
    for other in ((48, NEW, 1), (47, OLD, 1), (48, OLD, 2)):
        assert table.begin(0, *other, slot_size=SLOT_SIZE).slot(0).received == 0


def test_a_repeated_chunk_changes_nothing_and_tells_where_to_go_on() -> None:
    table = SlotTable().begin(0, 48, OLD, 1, slot_size=SLOT_SIZE)
    table = table.write(0, 0, 16, max_chunk=MAX_CHUNK)
    assert table.write(0, 0, 16, max_chunk=MAX_CHUNK) is table
    assert table.write(0, 32, 16, max_chunk=MAX_CHUNK) is table
    assert table.write(0, 16, 16, max_chunk=MAX_CHUNK).slot(0).received == 32


def test_an_image_that_is_already_complete_needs_no_upload() -> None:
    table = installed(installed(SlotTable(), 0, OLD), 1, NEW)
    assert table.begin(0, 16, OLD, 1, slot_size=SLOT_SIZE) is table
    assert table.slot(0).received == 16


def test_what_a_failed_trial_falls_back_to_cannot_be_overwritten_or_erased() -> None:
    table = installed(SlotTable(), 0, OLD)
    table = table.begin(1, 16, NEW, 1, slot_size=SLOT_SIZE)
    table = table.write(1, 0, 16, max_chunk=MAX_CHUNK).verify(1, NEW).start_trial(1)
    attempts: list[Callable[[], SlotTable]] = [
        lambda: table.begin(0, 16, FIX, 1, slot_size=SLOT_SIZE),
        lambda: table.begin(1, 16, FIX, 1, slot_size=SLOT_SIZE),
        lambda: table.revert(0),
        lambda: table.activate(0),
    ]
    for attempt in attempts:
        with pytest.raises(SlotRefused) as caught:
            attempt()
        assert caught.value.status == Status.SLOT_STATE
    assert table.revert(1).active == 0
    assert table.after_reset() == table.revert(1)


def test_without_a_confirmed_model_a_failed_trial_leaves_none_active() -> None:
    table = SlotTable().begin(0, 16, OLD, 1, slot_size=SLOT_SIZE)
    table = table.write(0, 0, 16, max_chunk=MAX_CHUNK).verify(0, OLD).start_trial(0)
    assert table.active == 0
    assert table.after_reset().active is None
    assert table.after_reset().slot(0).state is SlotState.VERIFIED


def test_a_confirmed_fix_keeps_withdrawn_models_out() -> None:
    table = installed(installed(SlotTable(), 0, OLD), 1, FIX, security_counter=2)
    attempts: list[Callable[[], SlotTable]] = [
        lambda: table.activate(0),
        lambda: table.begin(0, 16, NEW, 1, slot_size=SLOT_SIZE),
    ]
    for attempt in attempts:
        with pytest.raises(SlotRefused) as caught:
            attempt()
        assert caught.value.status == Status.COUNTER_TOO_OLD


def test_without_a_raised_counter_the_older_model_may_come_back() -> None:
    """Negative control of the counter's guard."""
    table = installed(installed(SlotTable(), 0, OLD), 1, NEW, security_counter=1)
    assert table.activate(0).active == 0


def test_a_trial_does_not_raise_the_counter() -> None:
    table = installed(SlotTable(), 0, OLD).begin(1, 16, FIX, 9, slot_size=SLOT_SIZE)
    table = table.write(1, 0, 16, max_chunk=MAX_CHUNK).verify(1, FIX).start_trial(1)
    assert table.minimum_counter == 1
    assert table.revert(1).minimum_counter == 1
    assert table.confirm(1).minimum_counter == 9


def test_flash_that_lost_its_image_is_never_active() -> None:
    table = installed(SlotTable(), 0, OLD)
    assert table.verify(0, OLD) is table
    broken = table.verify(0, NEW)
    assert broken.slot(0) == EMPTY_SLOT
    assert broken.active is None
    assert broken.minimum_counter == 1


def test_reading_back_needs_a_complete_image_and_stays_inside_it() -> None:
    table = installed(SlotTable(), 0, OLD)
    table.check_read(0, 0, 16, max_chunk=MAX_CHUNK)
    table.check_read(0, 15, 1, max_chunk=MAX_CHUNK)
    for offset, length in ((0, 0), (0, 17), (15, 2), (16, 1)):
        with pytest.raises(SlotRefused) as caught:
            table.check_read(0, offset, length, max_chunk=MAX_CHUNK)
        assert caught.value.status == Status.OUT_OF_RANGE
    with pytest.raises(SlotRefused):
        table.check_read(1, 0, 1, max_chunk=MAX_CHUNK)


def test_slot_info_tells_the_table() -> None:
    info = installed(SlotTable(), 1, NEW, 5).info(1)
    assert (info.slot, info.state, info.active) == (1, SlotState.CONFIRMED, True)
    assert (info.size, info.received, info.security_counter, info.sha256) == (16, 16, 5, NEW)
    with pytest.raises(SlotRefused) as caught:
        SlotTable().info(2)
    assert caught.value.status == Status.OUT_OF_RANGE


def test_the_example_image_is_what_its_digest_says() -> None:
    assert Slot(SlotState.STAGED, len(IMAGE), OLD, 1).holds(40, OLD, 1)
    assert not EMPTY_SLOT.holds(0, bytes(32), 0)


class AnyRequests(RuleBasedStateMachine):
    """Whatever is asked in whatever order, with restarts in between."""

    slots = st.integers(0, 2)
    images = st.sampled_from([OLD, NEW, FIX])

    def __init__(self) -> None:
        super().__init__()
        self.table = SlotTable()
        self.before = self.table

    def ask(self, step: str, *arguments: object) -> None:
        self.before = self.table
        self.table, _ = slot_step(self.table, step, arguments)

    @rule(index=slots, sha256=images, security_counter=st.integers(0, 3))
    def begin(self, index: int, sha256: bytes, security_counter: int) -> None:
        self.ask("begin", index, 32, sha256, security_counter)

    @rule(index=slots)
    def upload_the_rest(self, index: int) -> None:
        for offset in (0, 16):
            self.ask("write", index, offset, 16)

    @rule(index=slots, sha256=images)
    def verify(self, index: int, sha256: bytes) -> None:
        self.ask("verify", index, sha256)

    @rule(index=slots, step=st.sampled_from(["start_trial", "confirm", "revert", "activate"]))
    def change(self, index: int, step: str) -> None:
        self.ask(step, index)

    @precondition(lambda self: self.table.trial is not None)
    @rule()
    def restart(self) -> None:
        self.before = self.table
        self.table = self.table.after_reset()
        assert self.table.active == self.before.confirmed

    @invariant()
    def the_active_slot_holds_a_whole_image(self) -> None:
        for index in (self.table.active, self.table.confirmed, self.table.trial):
            if index is not None:
                slot = self.table.slot(index)
                assert slot.received == slot.size > 0
                wanted = SlotState.TRIAL if index == self.table.trial else SlotState.CONFIRMED
                assert slot.state is wanted

    @invariant()
    def at_most_one_slot_is_on_trial(self) -> None:
        on_trial = [i for i, s in enumerate(self.table.slots) if s.state is SlotState.TRIAL]
        assert on_trial == ([] if self.table.trial is None else [self.table.trial])

    @invariant()
    def the_counter_never_falls_and_nothing_active_is_below_it(self) -> None:
        assert self.table.minimum_counter >= self.before.minimum_counter
        if self.table.active is not None:
            active = self.table.slot(self.table.active)
            assert active.security_counter >= self.table.minimum_counter


TestAnyRequests = AnyRequests.TestCase
