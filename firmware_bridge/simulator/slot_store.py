"""Model slots in flash: the rules of `model_slots.py`, kept across power cuts.

Behind the journal each slot has a header block and its data blocks. A trial is kept in RAM alone:
a reset ends it.

Next: `slot_header.py` for the header; `instrument.py`, which answers slot requests from here.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from firmware_bridge.errors import CallerError
from firmware_bridge.layout import Message
from firmware_bridge.messages import (
    GetSlotInfo,
    Request,
    SlotActivate,
    SlotBegin,
    SlotConfirm,
    SlotData,
    SlotInfo,
    SlotRead,
    SlotRevert,
    SlotState,
    SlotTrial,
    SlotVerify,
    SlotWrite,
    Status,
    UploadOffset,
)
from firmware_bridge.model_slots import EMPTY_SLOT, Slot, SlotTable
from firmware_bridge.simulator.calibration_store import CALIBRATION_BLOCKS
from firmware_bridge.simulator.flash import (
    ERASE_BLOCK_BYTES,
    PAGE_BYTES,
    Flash,
    ProgramFailed,
)
from firmware_bridge.simulator.refused import Refused
from firmware_bridge.simulator.slot_header import (
    ARRIVED,
    HEADER_BYTES,
    MARKS_OFFSET,
    announced,
    blocks_of,
    header_of,
    received_bytes,
)
from firmware_bridge.simulator.slot_journal import (
    JOURNAL_BLOCKS,
    JournalRecord,
    read_journal,
    write_journal,
)

SLOT_COUNT: Final = 2
DEFAULT_SLOT_BYTES: Final = 1024 * 1024
# What one request may carry: a flash block, so that each chunk of a tidy upload leaves its mark.
MAX_CHUNK: Final = ERASE_BLOCK_BYTES


def flash_bytes(slot_bytes: int = DEFAULT_SLOT_BYTES) -> int:
    """Size of the flash that holds two slots of `slot_bytes`, and the calibration behind them."""
    slots = SLOT_COUNT * (ERASE_BLOCK_BYTES + slot_bytes)
    return (JOURNAL_BLOCKS + CALIBRATION_BLOCKS) * ERASE_BLOCK_BYTES + slots


class SlotStore:
    """The slots of one flash. Each method is one request: it obeys the rules, then the flash.

    All raise `SlotRefused` where the rules forbid, `Refused` where the flash or a hash fails.
    """

    def __init__(self, flash: Flash) -> None:
        blocks = flash.size_bytes // ERASE_BLOCK_BYTES - JOURNAL_BLOCKS - CALIBRATION_BLOCKS
        self._slot_blocks = blocks // SLOT_COUNT - 1
        if not 0 < self._slot_blocks <= ERASE_BLOCK_BYTES - MARKS_OFFSET:
            raise CallerError(f"A flash of {flash.size_bytes} bytes has no sensible model slots.")
        self._flash = flash
        self._journal, self.table = self._load()

    @property
    def slot_bytes(self) -> int:
        return self._slot_blocks * ERASE_BLOCK_BYTES

    def handle(self, request: Request[Any]) -> Message:
        """The reply to a slot request."""
        match request:
            case GetSlotInfo(slot=slot):
                return self.info(slot)
            case SlotBegin(slot=slot, size=size, sha256=sha256, security_counter=counter):
                return UploadOffset(self.begin(slot, size, sha256, counter))
            case SlotWrite(slot=slot, offset=offset, data=data):
                return UploadOffset(self.write(slot, offset, data))
            case SlotVerify(slot=slot):
                return self.verify(slot)
            case SlotTrial(slot=slot):
                return self.trial(slot)
            case SlotConfirm(slot=slot):
                return self.confirm(slot)
            case SlotRevert(slot=slot):
                return self.revert(slot)
            case SlotActivate(slot=slot):
                return self.activate(slot)
            case SlotRead(slot=slot, offset=offset, length=length):
                return SlotData(offset, self.read(slot, offset, length))
            case _:
                raise Refused(Status.UNKNOWN_OPCODE, "this firmware does not know the request")

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
            self._journal = write_journal(self._flash, self._journal, wanted)
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
        for block in range(first, first + blocks_of(slot.size)):
            self._flash.erase_block(block)
        self._flash.program(self._header_offset(index), header_of(slot))

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
            blocks_of(end) if end == self.table.slots[index].size else (end // ERASE_BLOCK_BYTES)
        )
        marks = self._header_offset(index) + MARKS_OFFSET
        for block in range(offset // ERASE_BLOCK_BYTES, complete):
            self._flash.program(marks + block, bytes([ARRIVED]))

    def _load(self) -> tuple[JournalRecord, SlotTable]:
        journal = read_journal(self._flash)
        slots = tuple(self._load_slot(index, journal) for index in range(SLOT_COUNT))
        in_use = journal.confirmed
        if in_use is not None and slots[in_use].state is not SlotState.CONFIRMED:
            in_use = None  # its header is gone: bit rot, or a flash edited by hand
        return journal, SlotTable(slots, in_use, None, journal.minimum_counter)

    def _load_slot(self, index: int, journal: JournalRecord) -> Slot:
        header = self._flash.read(self._header_offset(index), HEADER_BYTES)
        image = announced(header, self.slot_bytes)
        if image is None:
            return EMPTY_SLOT
        size, security_counter, sha256 = image
        marks = self._flash.read(self._header_offset(index) + MARKS_OFFSET, blocks_of(size))
        received = received_bytes(marks, size)
        state = SlotState.STAGED
        if received == size and journal.confirmed_mask >> index & 1:
            state = SlotState.CONFIRMED
        elif received == size and journal.verified_mask >> index & 1:
            state = SlotState.VERIFIED
        return Slot(state, size, sha256, security_counter, received)

    def _header_offset(self, index: int) -> int:
        return (JOURNAL_BLOCKS + index * (1 + self._slot_blocks)) * ERASE_BLOCK_BYTES

    def _data_offset(self, index: int) -> int:
        return self._header_offset(index) + ERASE_BLOCK_BYTES
