"""The calibration page in flash: two copies take turns, so that one is always whole.

A page goes into the copy that is not the newest: erase, program, read back, and last of all the
header with the next sequence number, which makes it count. Whatever a power cut leaves before that
has no good header, and the other copy is read.

Next: `upkeep.py`, which answers the requests from here.
"""

import struct
import zlib
from typing import Final

from firmware_bridge.messages import CalibrationWritten, Status
from firmware_bridge.simulator.flash import ERASE_BLOCK_BYTES, PAGE_BYTES, Flash, ProgramFailed
from firmware_bridge.simulator.refused import Refused
from firmware_bridge.simulator.slot_journal import SEAL_BYTES, sealed, unsealed

CALIBRATION_BLOCKS: Final = 2  # one for each copy, at the end of the flash
# magic, sequence number, page size, CRC-32 of the page
_HEADER: Final = struct.Struct("<4sIII")
_MAGIC: Final = b"CALP"
_PAGE_OFFSET: Final = PAGE_BYTES
MAX_PAGE_BYTES: Final = ERASE_BLOCK_BYTES - _PAGE_OFFSET


class CalibrationStore:
    """The pages of one flash. `max_chunk`: what one request may carry."""

    def __init__(self, flash: Flash, *, max_chunk: int) -> None:
        self._flash = flash
        self._max_chunk = max_chunk
        self._first_block = flash.size_bytes // ERASE_BLOCK_BYTES - CALIBRATION_BLOCKS
        self._size, self._received = 0, 0  # of the page that is being written
        self._newest, self.sequence, self.page = self._load()

    def write(self, offset: int, size: int, data: bytes) -> CalibrationWritten:
        """Take a chunk; one that is not the next is not stored, and no error.

        Raises:
            Refused: the chunk cannot be part of a page, or the page is not sealed by its CRC, or
                the flash failed. The old page is then still the one that is read.
        """
        if not 0 < size <= MAX_PAGE_BYTES:
            raise Refused(Status.OUT_OF_RANGE, f"a page has 1 to {MAX_PAGE_BYTES} bytes")
        if not 0 < len(data) <= self._max_chunk:
            raise Refused(Status.BAD_REQUEST, f"a chunk has 1 to {self._max_chunk} bytes")
        if offset + len(data) > size:
            raise Refused(Status.OUT_OF_RANGE, f"the page ends at {size}")
        try:
            if offset == 0 and not self._is_repeated(size, data):
                self._begin(size)
            elif self._size and size != self._size:
                raise Refused(Status.BAD_REQUEST, f"the page began with {self._size} bytes")
            if self._size and offset == self._received < size:
                self._program(self._offset(self._spare) + _PAGE_OFFSET + offset, data)
                self._received += len(data)
                if self._received == size:
                    self._commit()
        except ProgramFailed as error:
            self._size = self._received = 0
            raise Refused(Status.FLASH_FAILED, "the flash did not take the page") from error
        return CalibrationWritten(self._received, self.sequence)

    def _is_repeated(self, size: int, data: bytes) -> bool:
        """Whether this is the only chunk of the page completed last, whose reply was lost."""
        return self._received == self._size == size and data == self.page

    @property
    def _spare(self) -> int:
        """The copy that is not the newest."""
        return 0 if self._newest is None else 1 - self._newest

    def _offset(self, copy: int) -> int:
        return (self._first_block + copy) * ERASE_BLOCK_BYTES

    def _begin(self, size: int) -> None:
        self._flash.erase_block(self._first_block + self._spare)
        self._size, self._received = size, 0

    def _commit(self) -> None:
        """Read the page back; its header makes it the newest."""
        copy = self._spare
        page = self._flash.read(self._offset(copy) + _PAGE_OFFSET, self._size)
        if unsealed(page) is None:
            self._size = self._received = 0
            raise Refused(Status.HASH_MISMATCH, "the CRC of the page does not hold")
        header = _HEADER.pack(_MAGIC, self.sequence + 1, len(page), zlib.crc32(page))
        self._program(self._offset(copy), sealed(header))
        self._newest, self.sequence, self.page = copy, self.sequence + 1, page

    def _program(self, place: int, data: bytes) -> None:
        done = 0
        while done < len(data):
            room = PAGE_BYTES - (place + done) % PAGE_BYTES
            self._flash.program(place + done, data[done : done + room])
            done += room

    def _load(self) -> tuple[int | None, int, bytes | None]:
        """The newest whole copy, its sequence number, its page; None, 0, None without any."""
        found: tuple[int | None, int, bytes | None] = (None, 0, None)
        for copy in range(CALIBRATION_BLOCKS):
            header = unsealed(self._flash.read(self._offset(copy), _HEADER.size + SEAL_BYTES))
            if header is None:
                continue
            magic, sequence, size, crc = _HEADER.unpack(header)
            if magic != _MAGIC or not 0 < size <= MAX_PAGE_BYTES or sequence <= found[1]:
                continue
            page = self._flash.read(self._offset(copy) + _PAGE_OFFSET, size)
            if zlib.crc32(page) == crc:
                found = (copy, sequence, page)
        return found
