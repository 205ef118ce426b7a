"""A whole store as one file: complete without SQLite's log, checked, and known as exported.

Next: `retention.py`, what an export allows.
"""

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from device.durable import OWN_FILE, moved_to_new, sync_folder
from device.records import database
from device.records.errors import RecordStoreError, cause_of
from device.records.reading import Reader
from device.records.report import ChainReport
from device.records.verification import verified

_AT_ONCE = 1 << 20


def copy_store(source: Path, target: Path) -> ChainReport:
    """Copy the store at `source` to a new file, and check the copy.

    Raises:
        RecordStoreError: the file is there already, the disk does not take it, or the copy is not
            whole: then it is removed again.
        sqlite3.Error, OSError: the store cannot be read.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.exists():
            raise RecordStoreError(f"{target} is there already.", remedy="Name a new file.")
        os.stat(target.parent)
        connection, deadline = database.connect(source, read_only=True)
        with closing(connection):
            database.version_of(connection, source)
            deadline.renew(database.whole_read_s(source))
            connection.execute("PRAGMA query_only=OFF")  # VACUUM INTO writes another file alone
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        with suppress(OSError):  # a stick's file system may know no modes
            unfinished.chmod(OWN_FILE)
        with closing(sqlite3.connect(unfinished)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")
        with unfinished.open("rb") as stream:
            os.fsync(stream.fileno())
        report = checked(unfinished)
        if report.problems:
            raise RecordStoreError(
                f"The store was not exported, for it is not whole: {report.problems[0]}.",
                remedy="`ramix records verify` says more; copy the file itself as evidence.",
            )
        moved_to_new(unfinished, target)
        sync_folder(target.parent)
    except UnicodeEncodeError as error:
        raise RecordStoreError(
            f"The store was not exported to {target}: its name is no text.",
            remedy="Name another file.",
        ) from error
    except (OSError, sqlite3.Error) as error:
        told = cause_of(error)
        raise RecordStoreError(f"The store was not exported to {target}: {told}.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return report


def checked(path: Path) -> ChainReport:
    reader = Reader(path)
    try:
        return verified(reader, None, None)
    finally:
        reader.close()


def file_sha256(path: Path) -> str:
    """
    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()


def exported_content(
    what: str, file: str, sha256: str, numbers: list[list[int]], **more: Any
) -> dict[str, Any]:
    """The content of an `export` event: entries `numbers`, as [first, last] pairs, are complete in
    this file and may be pruned here."""
    return {"what": what, "file": file, "sha256": sha256, "exported": numbers, **more}
