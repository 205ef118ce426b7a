"""Model slots in flash: the rules of `model_slots.py`, kept across power cuts.

Two blocks at the start hold a journal of records; the newest with a good CRC is the truth about
which slot is verified, confirmed and in use. One record is one programming operation, so every
step happens whole or not at all. Then each slot has a header block (the announced image, and one
mark per data block that has arrived) and its data blocks. A trial is kept in RAM alone: a reset
ends it.

Next: `instrument.py`, which answers slot requests from here.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from firmware_bridge.errors import CallerError
from firmware_bridge.messages import SlotInfo, SlotState, Status
from firmware_bridge.model_slots import EMPTY_SLOT, Slot, SlotTable
from firmware_bridge.simulator.flash import (
    ERASE_BLOCK_BYTES,
    ERASED,
    PAGE_BYTES,
    Flash,
    ProgramFailed,
)
from firmware_bridge.simulator.refused import Refused

SLOT_COUNT: Final = 2
DEFAULT_SLOT_BYTES: Final = 1024 * 1024
# What one request may carry: a flash block, so that each chunk of a tidy upload leaves its mark.
MAX_CHUNK: Final = ERASE_BLOCK_BYTES

_JOURNAL_BLOCKS: Final = 2
_NO_SLOT: Final = 0xFF
_CRC: Final = struct.Struct("<I")
# sequence number, confirmed slot in use, mask of verified slots, mask of confirmed slots,
# lowest security counter accepted
_RECORD: Final = struct.Struct("<IBBBxI")
_RECORD_BYTES: Final = 16  # divides the page: a record never crosses one
_RECORDS_PER_BLOCK: Final = ERASE_BLOCK_BYTES // _RECORD_BYTES
# magic, size, security counter, SHA-256
_HEADER: Final = struct.Struct("<4sII32s")
_HEADER_MAGIC: Final = b"SLOT"
_MARKS_OFFSET: Final = PAGE_BYTES
_ARRIVED: Final = 0x00


def flash_bytes(slot_bytes: int = DEFAULT_SLOT_BYTES) -> int:
    """Size of the flash that holds two slots of `slot_bytes`."""
    return _JOURNAL_BLOCKS * ERASE_BLOCK_BYTES + SLOT_COUNT * (ERASE_BLOCK_BYTES + slot_bytes)


@dataclass(frozen=True)
class _Journal:
    """The newest record: where it stands, and what it says."""

    place: int = 2 * _RECORDS_PER_BLOCK - 1  # so that the first record opens block 0
    sequence: int = 0
    confirmed: int | None = None
    verified_mask: int = 0
    confirmed_mask: int = 0
    minimum_counter: int = 0


class SlotStore:
    """The slots of one flash. Each method is one request: it obeys the rules, then the flash.

    All raise `SlotRefused` where the rules forbid, `Refused` where the flash or a hash fails.
    """

    def __init__(self, flash: Flash) -> None:
        blocks = flash.size_bytes // ERASE_BLOCK_BYTES - _JOURNAL_BLOCKS
        self._slot_blocks = blocks // SLOT_COUNT - 1
        if not 0 < self._slot_blocks <= ERASE_BLOCK_BYTES - _MARKS_OFFSET:
            raise CallerError(f"A flash of {flash.size_bytes} bytes has no sensible model slots.")
        self._flash = flash
        self._journal, self.table = self._load()

    @property
    def slot_bytes(self) -> int:
        return self._slot_blocks * ERASE_BLOCK_BYTES

    def info(self, index: int) -> SlotInfo:
        return self.table.info(index)

    def begin(self, index: int, size: int, sha256: bytes, security_counter: int) -> int:
        """The offset at which the upload starts or goes on."""
        wanted = self.table.begin(index, size, sha256, security_counter, slot_size=self.slot_bytes)
        if wanted is not self.table:
            self._keep(wanted, lambda: self._store_header(index, wanted.slots[index]))
        return self.table.slots[index].received

    def write(self, index: int, offset: int, data: bytes) -> int:
        """The offset of the next chunk; an unexpected chunk is ignored and changes nothing."""
        wanted = self.table.write(index, offset, len(data), max_chunk=MAX_CHUNK)
        if wanted is not self.table:
            self._keep(wanted, lambda: self._store_chunk(index, offset, data))
        return self.table.slots[index].received

    def verify(self, index: int) -> SlotInfo:
        """Hash what the flash really holds; a slot with another image than announced is erased."""
        self.table.check_verify(index)
        stored = self._flash.read(self._data_offset(index), self.table.slots[index].size)
        wanted = self.table.verify(index, hashlib.sha256(stored).digest())
        if wanted.slots[index].state is SlotState.EMPTY:
            self._keep(wanted, lambda: self._erase_header(index))
            raise Refused(Status.HASH_MISMATCH, "the flash holds other bytes than announced")
        if wanted is not self.table:
            self._keep(wanted)
        return self.info(index)

    def trial(self, index: int) -> SlotInfo:
        self.table = self.table.start_trial(index)
        return self.info(index)

    def confirm(self, index: int) -> SlotInfo:
        self._keep(self.table.confirm(index))
        return self.info(index)

    def revert(self, index: int) -> SlotInfo:
        wanted = self.table.revert(index)
        if wanted.slots[index].state is SlotState.EMPTY:
            self._keep(wanted, lambda: self._erase_header(index))
        else:
            self.table = wanted  # the end of a trial, which the flash never knew of
        return self.info(index)

    def activate(self, index: int) -> SlotInfo:
        self._keep(self.table.activate(index))
        return self.info(index)

    def read(self, index: int, offset: int, length: int) -> bytes:
        self.table.check_read(index, offset, length, max_chunk=MAX_CHUNK)
        return self._flash.read(self._data_offset(index) + offset, length)

    def install(self, index: int, image: bytes, security_counter: int) -> None:
        """What the factory does: the image, confirmed and in use, by the ordinary steps."""
        next_offset = self.begin(
            index, len(image), hashlib.sha256(image).digest(), security_counter
        )
        while next_offset < len(image):
            chunk = image[next_offset : next_offset + MAX_CHUNK]
            next_offset = self.write(index, next_offset, chunk)
        self.verify(index)
        self.trial(index)
        self.confirm(index)

    def _keep(self, wanted: SlotTable, program: Callable[[], None] | None = None) -> None:
        """Bring the flash, then the table, to `wanted`.

        The journal goes first: when it forgets a slot, nothing refers to what is then erased; when
        it names one, its data has been complete since an earlier request.
        """
        try:
            self._write_journal(wanted)
            if program is not None:
                program()
        except ProgramFailed as error:
            trial = self.table.trial
            self._journal, self.table = self._load()
            if trial is not None and self.table.slots[trial].state is SlotState.VERIFIED:
                self.table = self.table.start_trial(trial)
            raise Refused(Status.FLASH_FAILED, "the flash did not take the data") from error
        self.table = wanted

    def _store_header(self, index: int, slot: Slot) -> None:
        self._erase_header(index)
        first = self._data_offset(index) // ERASE_BLOCK_BYTES
        for block in range(first, first + _blocks_of(slot.size)):
            self._flash.erase_block(block)
        self._flash.program(
            self._header_offset(index),
            _sealed(_HEADER.pack(_HEADER_MAGIC, slot.size, slot.security_counter, slot.sha256)),
        )

    def _erase_header(self, index: int) -> None:
        self._flash.erase_block(self._header_offset(index) // ERASE_BLOCK_BYTES)

    def _store_chunk(self, index: int, offset: int, data: bytes) -> None:
        place, end = self._data_offset(index) + offset, offset + len(data)
        done = 0
        while done < len(data):
            room = PAGE_BYTES - (place + done) % PAGE_BYTES
            self._flash.program(place + done, data[done : done + room])
            done += room
        complete = (
            _blocks_of(end) if end == self.table.slots[index].size else (end // ERASE_BLOCK_BYTES)
        )
        marks = self._header_offset(index) + _MARKS_OFFSET
        for block in range(offset // ERASE_BLOCK_BYTES, complete):
            self._flash.program(marks + block, bytes([_ARRIVED]))

    def _write_journal(self, table: SlotTable) -> None:
        journal = self._journal
        wanted = replace(
            journal,
            confirmed=table.confirmed,
            verified_mask=_mask(table, SlotState.VERIFIED, SlotState.TRIAL),
            confirmed_mask=_mask(table, SlotState.CONFIRMED),
            minimum_counter=table.minimum_counter,
        )
        if wanted == journal:
            return
        place = self._free_place(journal.place)
        wanted = replace(wanted, place=place, sequence=journal.sequence + 1)
        self._flash.program(
            place * _RECORD_BYTES,
            _sealed(
                _RECORD.pack(
                    wanted.sequence,
                    _NO_SLOT if wanted.confirmed is None else wanted.confirmed,
                    wanted.verified_mask,
                    wanted.confirmed_mask,
                    wanted.minimum_counter,
                )
            ),
        )
        self._journal = wanted

    def _free_place(self, last: int) -> int:
        """The next erased place in the block, or the first of the other block, freshly erased."""
        place = last + 1
        while place % _RECORDS_PER_BLOCK:
            found = self._flash.read(place * _RECORD_BYTES, _RECORD_BYTES)
            if found == bytes([ERASED]) * _RECORD_BYTES:
                return place
            place += 1  # a record that a power cut left half written
        place %= _JOURNAL_BLOCKS * _RECORDS_PER_BLOCK
        self._flash.erase_block(place // _RECORDS_PER_BLOCK)
        return place

    def _load(self) -> tuple[_Journal, SlotTable]:
        journal = _Journal()
        stored = self._flash.read(0, _JOURNAL_BLOCKS * ERASE_BLOCK_BYTES)
        for place in range(_JOURNAL_BLOCKS * _RECORDS_PER_BLOCK):
            body = _unsealed(stored[place * _RECORD_BYTES : (place + 1) * _RECORD_BYTES])
            if body is None:
                continue
            sequence, confirmed, *rest = _RECORD.unpack(body)
            if sequence > journal.sequence:
                in_use = None if confirmed == _NO_SLOT else confirmed
                journal = _Journal(place, sequence, in_use, *rest)
        slots = tuple(self._load_slot(index, journal) for index in range(SLOT_COUNT))
        in_use = journal.confirmed
        if in_use is not None and slots[in_use].state is not SlotState.CONFIRMED:
            in_use = None  # its header is gone: bit rot, or a flash edited by hand
        return journal, SlotTable(slots, in_use, None, journal.minimum_counter)

    def _load_slot(self, index: int, journal: _Journal) -> Slot:
        header = self._flash.read(self._header_offset(index), _HEADER.size + _CRC.size)
        body = _unsealed(header)
        if body is None:
            return EMPTY_SLOT
        magic, size, security_counter, sha256 = _HEADER.unpack(body)
        if magic != _HEADER_MAGIC or not 0 < size <= self.slot_bytes:
            return EMPTY_SLOT
        marks = self._flash.read(self._header_offset(index) + _MARKS_OFFSET, _blocks_of(size))
        arrived = len(marks) - len(marks.lstrip(bytes([_ARRIVED])))
        received = min(arrived * ERASE_BLOCK_BYTES, size)
        state = SlotState.STAGED
        if received == size and journal.confirmed_mask >> index & 1:
            state = SlotState.CONFIRMED
        elif received == size and journal.verified_mask >> index & 1:
            state = SlotState.VERIFIED
        return Slot(state, size, sha256, security_counter, received)

    def _header_offset(self, index: int) -> int:
        return (_JOURNAL_BLOCKS + index * (1 + self._slot_blocks)) * ERASE_BLOCK_BYTES

    def _data_offset(self, index: int) -> int:
        return self._header_offset(index) + ERASE_BLOCK_BYTES


def _blocks_of(size: int) -> int:
    return -(-size // ERASE_BLOCK_BYTES)


def _mask(table: SlotTable, *states: SlotState) -> int:
    return sum(1 << index for index, slot in enumerate(table.slots) if slot.state in states)


def _sealed(body: bytes) -> bytes:
    return body + _CRC.pack(zlib.crc32(body))


def _unsealed(sealed: bytes) -> bytes | None:
    body, (crc,) = sealed[: -_CRC.size], _CRC.unpack(sealed[-_CRC.size :])
    return body if crc == zlib.crc32(body) else None
