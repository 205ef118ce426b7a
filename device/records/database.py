"""The SQLite file of a record store: opened within bounds, created whole, or refused.

Whatever a file holds, opening and reading it takes bounded memory and time: a schema other than
ours is refused before anything is read through it. WAL with `synchronous=FULL`: what was committed
survives a power cut. Next: `chain.py`, the entries in it.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from device.durable import OWN_FILE, sync_folder
from device.plain_file import check_plain
from device.records.content import MAX_BODY_BYTES, MAX_DATA_BYTES
from device.records.errors import CannotContinue, RecordStoreError

APPLICATION_ID: Final = 0x52414D58  # "RAMX" in SQLite's header: tells our file from any other
SCHEMA_VERSION: Final = 2  # in user_version; a newer store is refused, never rewritten
BUSY_TIMEOUT_S: Final = 5.0  # a reader may hold the file for a moment

# The chain in one table, small enough to be searched; what it chains in the other.
_RECORDS = """CREATE TABLE records (
    sequence    INTEGER PRIMARY KEY,  -- 0, 1, 2 ... without gaps
    kind        TEXT NOT NULL,
    time_utc    TEXT NOT NULL,
    body_sha256 BLOB NOT NULL,
    hash        BLOB NOT NULL,        -- SHA-256 over the previous hash and body_sha256
    signature   BLOB NOT NULL,        -- Ed25519 over store, sequence, kind, time and hash
    search      TEXT NOT NULL         -- derived from the body and checked against it
) STRICT"""
_CONTENTS = """CREATE TABLE contents (
    sequence    INTEGER PRIMARY KEY,
    body        BLOB NOT NULL,        -- canonical JSON
    data        BLOB NOT NULL         -- the arrays, one after the other, little-endian
) STRICT"""
SCHEMA: Final = (("table", "contents", _CONTENTS), ("table", "records", _RECORDS))

_LIMITS: Final = (
    (sqlite3.SQLITE_LIMIT_LENGTH, MAX_DATA_BYTES + 8_000_000),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 10_000),
    (sqlite3.SQLITE_LIMIT_COLUMN, 32),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 50),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 2),
    (sqlite3.SQLITE_LIMIT_VDBE_OP, 5_000),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 1),  # VACUUM INTO needs one
)
_STEPS_BETWEEN_LOOKS: Final = 20_000  # of SQLite's machine: a few milliseconds
# Any read of one page of results ends by then; a whole store's time grows with its file.
SHORT_READ_S: Final = 10.0
_SLOWEST_BYTES_A_S: Final = 1_000_000


class Deadline:
    """Ends a statement that runs longer than a file of its size can need."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._until_s = 0.0
        self.renew()
        connection.set_progress_handler(self._is_over, _STEPS_BETWEEN_LOOKS)

    def renew(self, seconds: float = SHORT_READ_S) -> None:
        self._until_s = time.monotonic() + seconds

    def _is_over(self) -> int:
        return int(time.monotonic() > self._until_s)


def whole_read_s(path: Path) -> float:
    """How long reading all of a store may take; where there is none, that is told when it is
    opened."""
    size = path.stat().st_size if path.exists() else 0
    return SHORT_READ_S + size / _SLOWEST_BYTES_A_S


def connect(path: Path, *, read_only: bool) -> tuple[sqlite3.Connection, Deadline]:
    """Open the store at `path`, which is there, bounded; its schema is not looked at yet.

    Raises:
        RecordStoreError: nothing to read.
        sqlite3.Error, OSError: the file is no plain one, cannot be opened or is damaged.
    """
    check_plain(path)
    if not path.exists():
        raise nothing_yet(path)
    address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    log = path.with_name(path.name + "-wal")
    if read_only and not os.access(path.parent, os.W_OK) and not log.exists():
        address += "&immutable=1"  # SQLite would want to make its log beside the file
    # SQLite serialises; a screen measures in another thread than the one that opened the store
    connection = sqlite3.connect(
        address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        for limit, value in _LIMITS:
            connection.setlimit(limit, value)
        deadline = Deadline(connection)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.execute("PRAGMA mmap_size=0")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            # NORMAL loses acknowledged records in a power cut; FULL syncs the log at every commit.
            connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return connection, deadline


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Which version of ours this is, its schema looked at whole.

    Raises:
        RecordStoreError: a database of another program, or of a newer version of this one.
        CannotContinue: ours by its mark, and yet with another schema.
        sqlite3.Error: damaged.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    found = connection.execute("SELECT type, name, sql FROM sqlite_schema LIMIT 9").fetchall()
    if application != APPLICATION_ID:
        raise RecordStoreError(f"{path} is a database of another program.")
    if version > SCHEMA_VERSION:
        raise RecordStoreError(
            f"{path} was written by a newer version of this program.",
            remedy="Update ramix-edge.",
        )
    if version == 1 and len(found) == 1 and found[0][:2] == ("table", "records"):
        return 1
    if version != SCHEMA_VERSION or tuple(sorted(found)) != SCHEMA:
        raise CannotContinue(
            f"The record store {path} cannot be used: its tables are not those that are written."
        )
    return SCHEMA_VERSION


def create(path: Path, first: tuple[object, ...], body: bytes) -> None:
    """A new store with its first entry, there whole or not at all; the caller holds the lock.

    Raises:
        sqlite3.Error, OSError: the disk does not take it.
    """
    unfinished = path.with_name(path.name + ".new")
    for leftover in (unfinished, unfinished.with_name(unfinished.name + "-journal")):
        leftover.unlink(missing_ok=True)
    # SQLite would take the umask; its log takes the file's mode
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWN_FILE))
    try:
        connection = sqlite3.connect(unfinished, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_RECORDS)
            connection.execute(_CONTENTS)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", first)
            connection.execute("INSERT INTO contents VALUES (?, ?, x'')", (first[0], body))
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()
        unfinished.replace(path)
        sync_folder(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def check_size(body: bytes, data: bytes) -> None:
    """Before an entry is inserted: SQLite refuses one above its limit in the words of damage.

    Raises:
        RecordStoreError: it is larger than any that is kept.
    """
    if len(body) > MAX_BODY_BYTES or len(data) > MAX_DATA_BYTES:
        size_mb = (len(body) + len(data)) / 1e6
        raise RecordStoreError(
            f"The entry of {size_mb:.0f} MB was not stored: it is larger than any that is kept.",
            remedy="Give a smaller file, photo or blank.",
        )


def write_through(connection: sqlite3.Connection) -> None:
    """Write what the file says already: does the disk take it?

    SQLite begins its log anew after every checkpoint and syncs its head before the first page
    behind it. The next commit has that behind it, and syncs once.
    """
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def nothing_yet(path: Path) -> RecordStoreError:
    return RecordStoreError(
        f"There are no records yet at {path}.",
        remedy="Every measurement is stored here; a file's result only with --store. Those of "
        "simulated analyzers are kept apart: add --simulated.",
    )
