"""The SQLite file of a record store: opened, created, or refused when it is another program's.

WAL with `synchronous=FULL`: what was committed survives a power cut.

Next: `store.py`, which keeps the records in it.
"""

import os
import sqlite3
from pathlib import Path

from device.durable import OWN_FILE, OWN_FOLDER, make_folder
from device.plain_file import check_plain
from device.records.errors import RecordStoreError

APPLICATION_ID = 0x52414D58  # "RAMX" in SQLite's header: tells our file from any other database
SCHEMA_VERSION = 1  # stored in user_version; a store of a newer one is refused, never rewritten
BUSY_TIMEOUT_S = 5.0  # two programs may append to one store; the second waits this long

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    sequence INTEGER PRIMARY KEY,  -- 1, 2, 3 ... without gaps
    body     BLOB NOT NULL,        -- canonical JSON: result, measurement, index and hash of data
    data     BLOB NOT NULL,        -- the arrays, one after the other, little-endian
    hash     BLOB NOT NULL         -- SHA-256 over the previous hash and the body
) STRICT
"""


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the store at `path`; one that is not there yet is created unless `read_only`.

    Raises:
        RecordStoreError: nothing to read, or a database of another program or a newer version.
        sqlite3.Error, OSError: the file is no plain one, cannot be opened or is damaged.
    """
    check_plain(path)
    if read_only:
        if not path.exists():
            raise _nothing_yet(path)
        address = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
        )
    else:
        make_folder(path.parent, OWN_FOLDER)
        if not path.exists():  # SQLite would take the umask; its log takes the file's mode
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWN_FILE))
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        _prepare(connection, path, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    return connection


def _nothing_yet(path: Path) -> RecordStoreError:
    return RecordStoreError(
        f"There are no records yet at {path}.",
        remedy="Every measurement is stored here; a file's result only with --store.",
    )


def _prepare(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if read_only and not tables:
        raise _nothing_yet(path)
    if application != APPLICATION_ID and tables:
        raise RecordStoreError(f"{path} is a database of another program.")
    if version > SCHEMA_VERSION:
        raise RecordStoreError(
            f"{path} was written by a newer version of this program.",
            remedy="Update ramix-edge.",
        )
    if read_only:
        return
    connection.execute("PRAGMA journal_mode=WAL")
    # NORMAL loses acknowledged records in a power cut; FULL syncs the log at every commit.
    connection.execute("PRAGMA synchronous=FULL")
    if tables == 0:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
