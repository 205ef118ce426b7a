"""A simulated analyzer's flash kept in a file, so that a model stays flashed between two runs.

Each operation lands in the operating system's page cache before the next begins: killing the
process at any moment is a power cut to the firmware, and it recovers in the same way.

Next: `port.py`, which opens it for `flash=FILE`.
"""

import fcntl
import mmap
import os
from pathlib import Path
from typing import Self

import numpy as np

from device.plain_file import check_plain, why_not
from firmware_bridge.errors import CallerError
from firmware_bridge.simulator.flash import ERASED, Flash
from firmware_bridge.simulator.slot_store import flash_bytes


class FlashFileError(CallerError):
    """The file given as flash cannot be one."""

    code = "flash_file"
    default_remedy = "Name another file, or delete this one to start with an empty flash."


class FlashFile(Flash):
    """A `Flash` over a file, held exclusively until `close`."""

    def __init__(self, mapped: mmap.mmap) -> None:
        super().__init__(len(mapped), memory=np.frombuffer(mapped, np.uint8))
        self._map = mapped

    @classmethod
    def open(cls, path: Path) -> Self:
        """The flash in `path`, created erased when there is none.

        Raises:
            FlashFileError: it cannot be opened, has another size, or another analyzer uses it.
        """
        try:
            check_plain(path)
            if not path.exists():
                _create_erased(path)
            with path.open("r+b") as stream:
                # The lock lives as long as the map, which keeps its own handle on the open file.
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found = os.fstat(stream.fileno()).st_size
                if found != flash_bytes():
                    raise FlashFileError(
                        f"{path} is no flash file: it has {found} bytes, not {flash_bytes()}."
                    )
                return cls(mmap.mmap(stream.fileno(), found))
        except BlockingIOError as error:
            raise FlashFileError(
                f"The flash file {path} is in use by another simulated analyzer.",
                remedy="Stop the other one, or use another file.",
            ) from error
        except OSError as error:
            raise FlashFileError(f"Cannot open the flash file {path}: {why_not(error)}.") from error

    def close(self) -> None:
        """Release the file; nothing has to be written, every operation is in it already."""
        self._memory = np.empty(0, np.uint8)  # a map with an array over it cannot be closed
        self._map.close()


def _create_erased(path: Path) -> None:
    """All or nothing: a half-written file would be taken for a flash of the wrong size."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        temporary.write_bytes(bytes([ERASED]) * flash_bytes())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
