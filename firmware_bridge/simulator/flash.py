"""NOR-like flash: pages programmed from 1 to 0, blocks erased to 1, power that may go in between.

The memory behind the simulated model slots. Every operation that changes a bit counts; a test asks
for the power to go in the middle of the n-th one, finds that operation half done, and looks at what
the firmware makes of it after the power is back. The memory may be given from outside, as a file
mapped into it: then it outlives the process, and a killed process is a power cut.

Next: `slot_store.py`, which keeps models in it.
"""

import random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.errors import CallerError

# Geometry of the common 25-series serial NOR parts (for example Winbond W25Q): 256-byte pages,
# 4-KiB sectors as the smallest thing to erase. Slot layout is computed from these two.
PAGE_BYTES: Final = 256
ERASE_BLOCK_BYTES: Final = 4096

ERASED: Final = 0xFF


class PowerCut(Exception):
    """The power went. Not an error of ours: the test that asked for it catches it."""


class ProgramFailed(Exception):
    """Programming would have had to turn a 0 into a 1, which only erasing can."""


class Flash:
    """`size_bytes` of flash, erased, or over `memory`, a writable uint8[size_bytes] as found."""

    def __init__(self, size_bytes: int, *, memory: NDArray[np.uint8] | None = None) -> None:
        if size_bytes <= 0 or size_bytes % ERASE_BLOCK_BYTES:
            raise CallerError(f"A flash of {size_bytes} bytes is not a whole number of blocks.")
        if memory is not None and memory.shape != (size_bytes,):
            raise CallerError(f"Memory of shape {memory.shape} is no flash of {size_bytes} bytes.")
        self.size_bytes = size_bytes
        self.operations = 0
        self._memory = np.full(size_bytes, ERASED, np.uint8) if memory is None else memory
        self._operations_left: int | None = None
        self._powered = True
        self._rng = random.Random(0)

    @property
    def is_blank(self) -> bool:
        return bool(np.all(self._memory == ERASED))

    def read(self, offset: int, length: int) -> bytes:
        self._check_range(offset, length)
        if not self._powered:
            raise PowerCut
        return self._memory[offset : offset + length].tobytes()

    def program(self, offset: int, data: bytes) -> None:
        """Clear bits so that `data` stands at `offset`; one operation inside one page.

        Raises:
            ProgramFailed: a bit that must be 1 is already 0.
            PowerCut: the power went; some leading bytes are programmed, one perhaps in part.
        """
        self._check_range(offset, len(data))
        if offset // PAGE_BYTES != (offset + max(len(data), 1) - 1) // PAGE_BYTES:
            raise CallerError(f"Programming {len(data)} bytes at {offset} crosses a flash page.")
        wanted = np.frombuffer(data, np.uint8)
        cells = self._memory[offset : offset + len(data)]
        if np.any(wanted & ~cells):
            raise ProgramFailed
        if self._power_goes_now():
            whole = self._rng.randrange(len(data) + 1)
            cells[:whole] = wanted[:whole]
            if whole < len(data):
                cells[whole] &= int(wanted[whole]) | self._rng.randrange(256)
            raise PowerCut
        cells[:] = wanted

    def erase_block(self, index: int) -> None:
        """Set every bit of block `index`. A cut leaves some bytes erased and others disturbed."""
        offset = index * ERASE_BLOCK_BYTES
        self._check_range(offset, ERASE_BLOCK_BYTES)
        cells = self._memory[offset : offset + ERASE_BLOCK_BYTES]
        if self._power_goes_now():
            lifted = np.frombuffer(self._rng.randbytes(ERASE_BLOCK_BYTES), np.uint8)
            cells |= lifted
            cells[: self._rng.randrange(ERASE_BLOCK_BYTES + 1)] = ERASED
            raise PowerCut
        cells[:] = ERASED

    def cut_power_after(self, operations: int, *, seed: int = 0) -> None:
        """Let `operations` more operations pass; the one after is done in part, then no more."""
        self._operations_left = operations
        self._rng = random.Random(seed)

    def restore_power(self) -> None:
        self._operations_left = None
        self._powered = True

    def _power_goes_now(self) -> bool:
        if not self._powered:
            raise PowerCut
        self.operations += 1
        if self._operations_left is None:
            return False
        if self._operations_left > 0:
            self._operations_left -= 1
            return False
        self._powered = False
        return True

    def _check_range(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size_bytes:
            raise CallerError(f"{length} bytes at {offset} lie outside the flash.")
