"""The model slots, looked at; and an image brought into an empty one and taken out: section 9.

No model is overwritten, confirmed or activated: what the analyzer measures with stays.

Next: `slow_flash.py`, how long that may take.
"""

import hashlib
from typing import Any, Final

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import CheckSkipped, require
from device.conformance.wire import status_name
from firmware_bridge.messages import (
    NO_SLOT,
    GetSlotInfo,
    GetState,
    Request,
    SlotActivate,
    SlotBegin,
    SlotConfirm,
    SlotInfo,
    SlotRead,
    SlotRevert,
    SlotState,
    SlotTrial,
    SlotVerify,
    SlotWrite,
    Status,
)

_COMPLETE: Final = (SlotState.VERIFIED, SlotState.TRIAL, SlotState.CONFIRMED)
# Never confirmed, so that nothing is raised to it; never too old.
COUNTER: Final = 0xFFFF_FFFF
_IMAGE_BYTES: Final = 1000
_CHUNK_BYTES: Final = 300
_READ_BYTES: Final = 4096


def _slots(bench: Bench) -> list[SlotInfo]:
    count = bench.capabilities.slot_count
    if not count:
        raise CheckSkipped("it has no slots")
    return [bench.ok(GetSlotInfo(number)) for number in range(count)]


@check("9", "SLOT_INFO agrees with itself and with the active slot of the state.")
def slot_infos(bench: Bench) -> str:
    slots = _slots(bench)
    for number, info in enumerate(slots):
        name = f"slot {number} ({info.state.name})"
        require(info.slot == number, f"asked for slot {number}, slot {info.slot} came")
        if info.state is SlotState.EMPTY:
            rest = (info.size, info.security_counter, info.received, any(info.sha256), info.active)
            require(not any(rest), f"{name} is not all zero")
            continue
        require(0 < info.size <= bench.capabilities.slot_size, f"{name} has {info.size} bytes")
        require(info.received <= info.size, f"{name} received more than its size")
        complete = info.received == info.size
        require(complete or info.state not in _COMPLETE, f"{name} is not complete")
    active = [info.slot for info in slots if info.active] or [NO_SLOT]
    told = bench.ok(GetState()).active_slot
    require(active == [told], f"slots {active} are active, the state says {told}")
    trials = sum(info.state is SlotState.TRIAL for info in slots)
    require(trials <= 1, f"{trials} slots on trial")
    return ", ".join(info.state.name for info in slots)


@check("9", "A slot number that does not exist is OUT_OF_RANGE, before all else.")
def slots_that_do_not_exist(bench: Bench) -> str:
    for number in {bench.capabilities.slot_count, 254}:
        requests: tuple[Request[Any], ...] = (
            *(GetSlotInfo(number), SlotBegin(number, 1, bytes(32), COUNTER)),
            *(SlotWrite(number, 0, b"x"), SlotVerify(number), SlotTrial(number)),
            *(SlotConfirm(number), SlotRevert(number), SlotRead(number, 0, 1)),
            SlotActivate(number),
        )
        for request in requests:
            bench.refused(request, Status.OUT_OF_RANGE)
    return "refused"


@check("9", "SLOT_READ gives exactly the bytes asked for, inside a complete image alone.")
def slot_reading(bench: Bench) -> str:
    slots = _slots(bench)
    complete = [info for info in slots if info.state in _COMPLETE]
    for info in slots:
        if info.state not in _COMPLETE:
            bench.refused(SlotRead(info.slot, 0, 1), Status.SLOT_STATE)
    if not complete:
        return "SLOT_STATE, no image is complete"
    info = complete[0]
    most = min(bench.capabilities.max_chunk, info.size, _READ_BYTES)
    whole = bench.ok(SlotRead(info.slot, 0, most))
    require((whole.offset, len(whole.data)) == (0, most), f"{len(whole.data)} bytes, not {most}")
    half = bench.ok(SlotRead(info.slot, most // 2, most - most // 2))
    require(half.offset == most // 2, f"offset {half.offset}, not {most // 2}")
    require(half.data == whole.data[most // 2 :], "other bytes when read from the middle")
    for offset, length in ((0, 0), (info.size, 1), (info.size - 1, 2)):
        bench.refused(SlotRead(info.slot, offset, length), Status.OUT_OF_RANGE)
    return f"slot {info.slot}, {info.size} bytes"


def empty_slot(bench: Bench) -> int:
    for info in _slots(bench):
        if info.state is SlotState.EMPTY:
            return info.slot
    raise CheckSkipped("no slot is empty, and no model is overwritten: revert one")


def _image(bench: Bench) -> bytes:
    size = min(bench.capabilities.slot_size, _IMAGE_BYTES)
    return bytes(place * 7 % 251 for place in range(size))


def _begin(
    bench: Bench, slot: int, image: bytes, digest: bytes | None = None, counter: int = COUNTER
) -> SlotBegin:
    """Announced, and no byte there yet."""
    sha256 = hashlib.sha256(image).digest() if digest is None else digest
    begin = SlotBegin(slot, len(image), sha256, counter)
    told = bench.done(begin).next_offset
    require(told == 0, f"a new image begins at {told}")
    return begin


def _upload(bench: Bench, slot: int, image: bytes, begin: SlotBegin) -> None:
    """With a chunk out of turn, one repeated, and one resumed."""
    size = min(bench.capabilities.max_chunk, _CHUNK_BYTES)
    for offset in range(0, len(image), size):
        chunk = image[offset : offset + size]
        end = offset + len(chunk)
        told = bench.done(SlotWrite(slot, offset, chunk)).next_offset
        require(told == end, f"next offset {told} after {end} bytes")
        if offset == 0 and end < len(image):
            for place in (0, len(image) - 1):
                other = bytes([image[place] ^ 0xFF])  # it would be found if it were stored
                told = bench.done(SlotWrite(slot, place, other)).next_offset
                require(told == end, f"a chunk out of turn moved the next offset to {told}")
            require(bench.done(begin).next_offset == end, "BEGIN of the same image did not resume")
            bench.refused(SlotVerify(slot), Status.SLOT_STATE)


def _require_state(info: SlotInfo, state: SlotState, *, active: bool) -> None:
    require(info.state is state, f"the slot is {info.state.name}, not {state.name}")
    require(info.active == active, f"{state.name} and {'' if info.active else 'not '}active")


@check("9", "An image is uploaded, verified, read back, tried and reverted.", Needs.FLASH)
def slot_story(bench: Bench) -> str:
    slot, image = empty_slot(bench), _image(bench)
    active = bench.ok(GetState()).active_slot
    try:
        _upload(bench, slot, image, _begin(bench, slot, image))
        for early in (SlotTrial(slot), SlotConfirm(slot), SlotActivate(slot)):
            bench.refused(early, Status.SLOT_STATE)
        _require_state(bench.done(SlotVerify(slot)), SlotState.VERIFIED, active=False)
        length = min(bench.capabilities.max_chunk, 64, len(image) - 1)
        read = bench.ok(SlotRead(slot, 1, length)).data
        require(read == image[1 : 1 + length], "other bytes are read back than were written")
        bench.refused(SlotRead(slot, len(image) - 1, 2), Status.OUT_OF_RANGE)
        bench.refused(SlotConfirm(slot), Status.SLOT_STATE)
        _require_state(bench.done(SlotTrial(slot)), SlotState.TRIAL, active=True)
        require(bench.ok(GetState()).active_slot == slot, "the slot on trial is not the active one")
        bench.refused(SlotBegin(slot, 1, bytes(32), COUNTER), Status.SLOT_STATE)
        _require_state(bench.done(SlotRevert(slot)), SlotState.VERIFIED, active=False)
        told = bench.ok(GetState()).active_slot
        require(told == active, f"after the trial slot {told} is active, not {active}")
    finally:
        if bench.ok(GetSlotInfo(slot)).state is SlotState.TRIAL:
            bench.done(SlotRevert(slot))
        info = bench.done(SlotRevert(slot))
    require(info.state is SlotState.EMPTY, f"REVERT left the slot {info.state.name}")
    return f"slot {slot}, {len(image)} bytes"


@check("9", "An image other than announced is a HASH_MISMATCH and empties its slot.", Needs.FLASH)
def slot_with_another_image(bench: Bench) -> str:
    slot, image = empty_slot(bench), _image(bench)
    digest = hashlib.sha256(image + b"x").digest()
    try:
        _upload(bench, slot, image, _begin(bench, slot, image, digest))
        reply = bench.worked(SlotVerify(slot))
        name = status_name(reply.status)
        require(reply.status == Status.HASH_MISMATCH, f"VERIFY was answered {name}")
        state = bench.ok(GetSlotInfo(slot)).state
        require(state is SlotState.EMPTY, f"the slot is {state.name} after it")
    finally:
        bench.worked(SlotRevert(slot))
    return "HASH_MISMATCH, EMPTY"


@check("9", "BEGIN checks size, use and counter; WRITE its state, chunk and end.", Needs.FLASH)
def slot_bounds(bench: Bench) -> str:
    slots, slot, image = _slots(bench), empty_slot(bench), _image(bench)
    too_long = bench.capabilities.slot_size + 1
    for size in (0, too_long):
        bench.refused(SlotBegin(slot, size, bytes(32), COUNTER), Status.OUT_OF_RANGE)
    in_use = [one for one in slots if one.active and one.state is SlotState.CONFIRMED]
    for info in in_use:
        bench.refused(SlotBegin(info.slot, 1, bytes(32), COUNTER), Status.SLOT_STATE)
        bench.refused(SlotRevert(info.slot), Status.SLOT_STATE)
        if info.security_counter:
            older = SlotBegin(slot, 1, bytes(32), info.security_counter - 1)
            bench.refused(older, Status.COUNTER_TOO_OLD)
    bench.refused(SlotWrite(slot, 0, b"x"), Status.SLOT_STATE)
    try:
        _begin(bench, slot, image)
        bench.refused(SlotWrite(slot, 0, b""), Status.BAD_REQUEST)
        bench.refused(SlotWrite(slot, len(image), b"x"), Status.OUT_OF_RANGE)
        bench.done(SlotWrite(slot, 0, image[:1]))
        _begin(bench, slot, image, counter=COUNTER - 1)  # another one, though the bytes are alike
    finally:
        bench.worked(SlotRevert(slot))
    return "refused"


CHECKS = (
    slot_infos,
    slots_that_do_not_exist,
    slot_reading,
    slot_story,
    slot_with_another_image,
    slot_bounds,
)
