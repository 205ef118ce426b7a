"""Files that are there whole or not at all, and folders that survive a power cut.

A rename is atomic, but only the file's own sync puts its bytes on the disk before its name, and
only a sync of the folder puts the name there.

Next: `records/writing.py`, which also relies on SQLite for it.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".part"
# Of what this program keeps: records and library are their owner's alone.
OWN_FOLDER = 0o700
OWN_FILE = 0o600


@contextlib.contextmanager
def written_whole(path: Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """A stream that becomes `path` when the block ends well; else the old file stays as it was.

    `mode` sets the permissions whatever the umask says. The new name is on the disk for certain
    only after `sync_folder`.

    Raises:
        OSError: the disk does not take it.
    """
    unfinished = _unfinished(path)
    try:
        with unfinished.open("wb") as stream:
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def check_takes(path: Path, size_bytes: int) -> None:
    """Find out before anything is measured that so large a file can be written there; leaves none.

    Raises:
        OSError: why it cannot.
    """
    unfinished = _unfinished(path)
    try:
        with unfinished.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, size_bytes)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")


def moved_to_new(unfinished: Path, path: Path) -> None:
    """Give a finished file its name, never over another that came meanwhile.

    Raises:
        FileExistsError: another one has the name; `unfinished` stays.
        OSError: the disk does not take it.
    """
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:  # file systems of memory sticks know no links
        if path.exists():
            raise FileExistsError(path) from None
        unfinished.rename(path)
    else:
        unfinished.unlink()


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Create it with its parents, each synced: a file is as safe as the names leading to it.

    `mode`, less the umask, is of those that are created; folders that are there keep theirs.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing[1:]):
        path.mkdir(mode, exist_ok=True)
    folder.mkdir(mode, exist_ok=True)
    for path in missing:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in it on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
