"""A store that cannot be continued is kept whole under another name; nothing is ever deleted.

The first entry of the next store says which file that is, why, and what could be read of its end.
Next: `writing.py`.
"""

import glob
import logging
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from device.durable import OWN_FILE, sync_folder, written_whole
from device.plain_file import read_plain
from device.records import database
from device.records.errors import RecordStoreError
from device.records.head import MAX_HEAD_BYTES, Head
from device.records.mark import mark_path, read_mark

_log = logging.getLogger("ramix.records")

# Errors that say that the file itself is wrong, not that it is busy, full or forbidden.
_DAMAGE: Final = (
    "SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_TOOBIG", "SQLITE_CONSTRAINT",
    "SQLITE_MISMATCH", "SQLITE_SCHEMA",
)  # fmt: skip
# The log first: left behind, SQLite would play it into the new store. The store itself last: as
# long as it has its name, nothing was done.
_BESIDE: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Remains:
    """What is known of the store before: its new name, why, and its end if it can be read."""

    file: str
    why: str
    sequence: int | None = None
    hash: str | None = None
    mark: Head | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "why": self.why,
            "sequence": self.sequence,
            "hash": self.hash,
            "mark": None if self.mark is None else self.mark.as_json(),
        }


def gone(path: Path, mark: Head) -> Remains:
    """The store is not there, and its mark is: deleted, or set aside just before a sudden end."""
    why = f"The store was gone; its mark names {mark.sequence} entries."
    for aside in path.parent.glob(_names_aside(path)):
        with suppress(RecordStoreError):
            if read_mark(aside) == mark:
                return Remains(aside.name, f"{why} This one has the same.", mark=mark)
    return Remains("", why, mark=mark)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is not what was written."""
    name = getattr(error, "sqlite_errorname", "")  # none: the caller's mistake, not the file's
    return str(name).startswith(_DAMAGE)


def set_aside(path: Path, why: str) -> Remains:
    """Rename the store with all that belongs to it; the caller holds its lock.

    Raises:
        OSError: it cannot be renamed.
    """
    sequence, digest = as_it_stands(path)
    mark = None
    with suppress(RecordStoreError):
        mark = read_mark(path)
    aside = _free_name(path)
    kept = _mark_as_it_stands(path)
    if kept is not None:
        with written_whole(mark_path(aside), OWN_FILE) as stream:
            stream.write(kept)
    for suffix in _BESIDE:
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    path.rename(aside)
    sync_folder(path.parent)
    _log.warning("the record store %s was set aside as %s: %s", path, aside.name, why)
    return Remains(aside.name, why, sequence, digest, mark)


def _mark_as_it_stands(path: Path) -> bytes | None:
    """The mark's bytes, whatever they say; None where no mark's file is there."""
    try:
        return read_plain(mark_path(path), MAX_HEAD_BYTES)
    except (OSError, ValueError):  # gone, something else under its name, or longer than any
        return None


def _names_aside(path: Path) -> str:
    """Of stores that were set aside from `path`, as a pattern."""
    return f"{glob.escape(path.stem)}-set-aside-*{glob.escape(path.suffix)}"


def _free_name(path: Path) -> Path:
    now = datetime.now(UTC)
    name = f"{path.stem}-set-aside-{now:%Y%m%dT%H%M%S}Z"
    aside, number = path.with_name(name + path.suffix), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{name}-{number}{path.suffix}")
    return aside


def as_it_stands(path: Path) -> tuple[int | None, str | None]:
    """Number and hash of the newest entry: nobody has checked them."""
    with suppress(sqlite3.Error, OSError, RecordStoreError):
        connection, _ = database.connect(path, read_only=True)
        with closing(connection):
            database.version_of(connection, path)
            found = connection.execute(
                "SELECT sequence, hash FROM records ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
        if found is not None and isinstance(found[1], bytes):
            return int(found[0]), found[1].hex()
    return None, None
