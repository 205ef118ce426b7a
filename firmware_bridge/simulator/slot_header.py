"""The header block of a model slot in flash: the announced image, and what has arrived of it.

A sealed record stands first; from MARKS_OFFSET on there is one byte for each data block, which is
programmed to ARRIVED once the block holds its data.

Next: `slot_store.py`, which keeps the slots.
"""

import struct
from typing import Final

from firmware_bridge.model_slots import Slot
from firmware_bridge.simulator.flash import ERASE_BLOCK_BYTES, PAGE_BYTES
from firmware_bridge.simulator.slot_journal import SEAL_BYTES, sealed, unsealed

# magic, size, security counter, SHA-256
_HEADER: Final = struct.Struct("<4sII32s")
_HEADER_MAGIC: Final = b"SLOT"
HEADER_BYTES: Final = _HEADER.size + SEAL_BYTES
MARKS_OFFSET: Final = PAGE_BYTES
ARRIVED: Final = 0x00


def header_of(slot: Slot) -> bytes:
    """What announces the image of `slot`."""
    return sealed(_HEADER.pack(_HEADER_MAGIC, slot.size, slot.security_counter, slot.sha256))


def announced(header: bytes, slot_bytes: int) -> tuple[int, int, bytes] | None:
    """Size, security counter and SHA-256 of an image that fits; None from any other bytes."""
    body = unsealed(header)
    if body is None:
        return None
    magic, size, security_counter, sha256 = _HEADER.unpack(body)
    if magic != _HEADER_MAGIC or not 0 < size <= slot_bytes:
        return None
    return size, security_counter, sha256


def received_bytes(marks: bytes, size: int) -> int:
    """How much of an image of `size` bytes has arrived, by the marks of its blocks."""
    arrived = len(marks) - len(marks.lstrip(bytes([ARRIVED])))
    return min(arrived * ERASE_BLOCK_BYTES, size)


def blocks_of(size: int) -> int:
    """Data blocks that an image of `size` bytes takes."""
    return -(-size // ERASE_BLOCK_BYTES)
