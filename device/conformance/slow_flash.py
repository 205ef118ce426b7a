"""Flash that answers WORKING: its work goes on by itself, as section 4 says.

Next: `soak.py`, many exchanges, and what the whole run showed.
"""

import hashlib
from typing import Final

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import CheckSkipped, require
from device.conformance.slots import COUNTER, empty_slot
from firmware_bridge.deadlines import LONGEST_WORK_S, answer_time_s
from firmware_bridge.messages import (
    GetSlotInfo,
    SlotBegin,
    SlotInfo,
    SlotRevert,
    SlotState,
    Status,
)

_ASK_AGAIN_S: Final = 0.1
_IMAGE: Final = b"an image of which no byte is sent"


@check("4", "Work on the flash goes on by itself, also if WORKING is not asked again.", Needs.FLASH)
def flash_works_by_itself(bench: Bench) -> str:
    slot, digest = empty_slot(bench), hashlib.sha256(_IMAGE).digest()
    begin = bench.packet(SlotBegin(slot, len(_IMAGE), digest, COUNTER))
    try:
        bench.wire.send(begin)
        if bench.wire.reply(begin, answer_time_s(begin.opcode)).status != Status.WORKING:
            raise CheckSkipped("its flash answers at once")
        info = _after_work(bench, slot)
        require(
            (info.state, info.size, info.sha256) == (SlotState.STAGED, len(_IMAGE), digest),
            f"after the work on SLOT_BEGIN the slot is {info.state.name} with {info.size} bytes",
        )
    finally:
        bench.worked(SlotRevert(slot))
    return "STAGED"


def _after_work(bench: Bench, slot: int) -> SlotInfo:
    """The slot as soon as the flash, BUSY meanwhile, answers for it."""
    give_up_s = bench.wire.now_s() + LONGEST_WORK_S
    while True:
        bench.wire.pause(_ASK_AGAIN_S)
        packet = bench.packet(GetSlotInfo(slot))
        bench.wire.send(packet)
        reply = bench.wire.reply(packet)
        if reply.status != Status.BUSY:
            return bench.read(GetSlotInfo(slot), reply)
        require(bench.wire.now_s() < give_up_s, "the flash's work never ends")


CHECKS = (flash_works_by_itself,)
