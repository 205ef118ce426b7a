"""One writer at a time: a lock beside the store, held from looking at its end to the new mark.

SQLite's own lock does not cover creating, setting aside and the mark. Whoever hangs with the lock
is waited for, not for ever. Next: `writing.py`.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from device.durable import OWN_FILE, OWN_FOLDER, make_folder
from device.plain_file import check_plain
from device.records.errors import RecordStoreError

LOCK_SUFFIX: Final = ".lock"
# An append takes 10 ms; sixty programs that start at once on a slow disk take seconds.
BUSY_TIMEOUT_S = 15.0
_LOOK_AGAIN_S: Final = 0.01
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the store at `path`.

    Raises:
        RecordStoreError: another program held it all the time.
        OSError: the lock cannot be made there.
    """
    beside = path.with_name(path.name + LOCK_SUFFIX)
    check_plain(beside)
    try:
        descriptor = os.open(beside, _FLAGS, OWN_FILE)
    except FileNotFoundError:  # its folder misses
        make_folder(path.parent, OWN_FOLDER)
        descriptor = os.open(beside, _FLAGS, OWN_FILE)
    try:
        _take(descriptor, path, time.monotonic() + BUSY_TIMEOUT_S)
        yield
    finally:
        os.close(descriptor)  # lets go of the lock; the file stays, or two could hold two of them


def _take(descriptor: int, path: Path, until_s: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
        if time.monotonic() > until_s:
            raise RecordStoreError(
                f"The record store {path} cannot be used: another program keeps it locked.",
                remedy="Look for another `ramix` that hangs and end it; nothing was lit or lost.",
            )
        time.sleep(_LOOK_AGAIN_S)
