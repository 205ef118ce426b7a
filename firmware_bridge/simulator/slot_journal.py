"""The slots' journal in flash: which slot is verified, confirmed and in use, and since when.

Two erase blocks take turns. The newest record with a good CRC is the truth; one record is one
programming operation, so that every step of an update happens whole or not at all.

Next: `slot_store.py`, which keeps the models that this refers to.
"""

import struct
import zlib
from dataclasses import dataclass, replace
from typing import Final

from firmware_bridge.messages import SlotState
from firmware_bridge.model_slots import SlotTable
from firmware_bridge.simulator.flash import ERASE_BLOCK_BYTES, ERASED, Flash

JOURNAL_BLOCKS: Final = 2
_NO_SLOT: Final = 0xFF
_CRC: Final = struct.Struct("<I")
# sequence number, confirmed slot in use, mask of verified slots, mask of confirmed slots,
# lowest security counter accepted
_RECORD: Final = struct.Struct("<IBBBxI")
_RECORD_BYTES: Final = 16  # divides the page: a record never crosses one
_RECORDS_PER_BLOCK: Final = ERASE_BLOCK_BYTES // _RECORD_BYTES


def sealed(body: bytes) -> bytes:
    """`body` with its CRC behind it."""
    return body + _CRC.pack(zlib.crc32(body))


def unsealed(stored: bytes) -> bytes | None:
    """The body of what `sealed` made; None when it is something else."""
    body, (crc,) = stored[: -_CRC.size], _CRC.unpack(stored[-_CRC.size :])
    return body if crc == zlib.crc32(body) else None


SEAL_BYTES: Final = _CRC.size


@dataclass(frozen=True)
class JournalRecord:
    """What survives a power cut, and where in the flash it stands."""

    place: int = JOURNAL_BLOCKS * _RECORDS_PER_BLOCK - 1  # the first record opens block 0
    sequence: int = 0
    confirmed: int | None = None
    verified_mask: int = 0
    confirmed_mask: int = 0
    minimum_counter: int = 0


def read_journal(flash: Flash) -> JournalRecord:
    """The newest record; an empty one from an erased flash."""
    newest = JournalRecord()
    stored = flash.read(0, JOURNAL_BLOCKS * ERASE_BLOCK_BYTES)
    for place in range(JOURNAL_BLOCKS * _RECORDS_PER_BLOCK):
        body = unsealed(stored[place * _RECORD_BYTES : (place + 1) * _RECORD_BYTES])
        if body is None:
            continue
        sequence, confirmed, *rest = _RECORD.unpack(body)
        if sequence > newest.sequence:
            in_use = None if confirmed == _NO_SLOT else confirmed
            newest = JournalRecord(place, sequence, in_use, *rest)
    return newest


def write_journal(flash: Flash, newest: JournalRecord, table: SlotTable) -> JournalRecord:
    """Record `table` behind `newest`, unless that says the same already."""
    wanted = replace(
        newest,
        confirmed=table.confirmed,
        verified_mask=_mask(table, SlotState.VERIFIED, SlotState.TRIAL),
        confirmed_mask=_mask(table, SlotState.CONFIRMED),
        minimum_counter=table.minimum_counter,
    )
    if wanted == newest:
        return newest
    place = _free_place(flash, newest.place)
    wanted = replace(wanted, place=place, sequence=newest.sequence + 1)
    body = _RECORD.pack(
        wanted.sequence,
        _NO_SLOT if wanted.confirmed is None else wanted.confirmed,
        wanted.verified_mask,
        wanted.confirmed_mask,
        wanted.minimum_counter,
    )
    flash.program(place * _RECORD_BYTES, sealed(body))
    return wanted


def _free_place(flash: Flash, last: int) -> int:
    """The next erased place in the block, or the first of the other block, freshly erased."""
    place = last + 1
    while place % _RECORDS_PER_BLOCK:
        if flash.read(place * _RECORD_BYTES, _RECORD_BYTES) == bytes([ERASED]) * _RECORD_BYTES:
            return place
        place += 1  # a record that a power cut left half written
    place %= JOURNAL_BLOCKS * _RECORDS_PER_BLOCK
    flash.erase_block(place // _RECORDS_PER_BLOCK)
    return place


def _mask(table: SlotTable, *states: SlotState) -> int:
    return sum(1 << index for index, slot in enumerate(table.slots) if slot.state in states)
