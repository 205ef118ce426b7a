"""Whether there is room for a measurement, asked before light is made.

Next: `writing.py`.
"""

import shutil
from pathlib import Path
from typing import Final

from device.records.errors import RecordStoreError

# A thousand measurements of 60 kB, which gives the operator a day to make room. The longest one is
# written twice, into SQLite's log and into the store. It fits, too: `MOST_BYTES` of
# `frames_kept.py`, `photo.py` and `blanks.py`.
LEAST_FREE_BYTES: Final = 64_000_000


def check_room(folder: Path) -> None:
    """
    Raises:
        RecordStoreError: the disk is nearly full.
        OSError: it cannot be asked.
    """
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise RecordStoreError(
            f"The disk of {folder} is nearly full: {free / 1e6:.0f} MB are free, "
            f"{LEAST_FREE_BYTES / 1e6:.0f} MB are needed before a measurement.",
            remedy="Make room: `ramix records export-store`, then `ramix records prune`.",
        )
