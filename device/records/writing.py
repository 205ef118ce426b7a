"""How a store grows: one entry after the other, each safe on disk before it is acknowledged.

Before each entry the end of the store is checked against its mark. A store that cannot be
continued is set aside whole, and a new one that names it begins: a measurement is never lost to
what happened to older ones. Next: `settling.py`, what follows an entry; `set_aside.py`.
"""

import logging
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from device.durable import OWN_FOLDER, make_folder
from device.plain_file import check_plain
from device.records import database
from device.records.chain import COLUMNS, STORE_FORMAT, Origin, Row, made
from device.records.circumstances import clock_state
from device.records.device_key import Signer
from device.records.ending import check_against_mark, checked_end
from device.records.errors import CannotContinue, RecordStoreError
from device.records.head import Head, genesis_hash
from device.records.kinds import EntryKind
from device.records.lock import locked
from device.records.mark import forget_unfinished, read_mark, write_mark
from device.records.room import check_room
from device.records.set_aside import Remains, gone, is_damage, set_aside
from device.records.settling import Settling, settle
from device.version import VERSION

_log = logging.getLogger("ramix.records")

# Changes what is stored, and says what the entry about it holds.
Change = Callable[[sqlite3.Connection, Origin], Mapping[str, Any]]
End = tuple[sqlite3.Connection, Origin, Row]


class Writer:
    """The writing end of the store at `path`; `signer` is asked for when something is written.

    Raises (from every method):
        RecordStoreError, sqlite3.Error, OSError: nothing was stored, and why.
    """

    def __init__(self, path: Path, signer: Callable[[], Signer], *, simulated: bool) -> None:
        self.path = path
        self._make_signer = signer
        self._simulated = simulated
        self._signer: Signer | None = None
        self._connection: sqlite3.Connection | None = None
        self._deadline: database.Deadline | None = None
        self._file: tuple[int, int] | None = None  # device and inode of the file that is open
        self._written: Head | None = None  # the newest of this program: nobody else can change it
        self._settling = Settling()

    def settled(self) -> None:
        """Once this returns, mark and file hold all that was stored here."""
        self._settling.wait()

    def close(self) -> None:
        """Let go of the file; the last one out puts SQLite's log into it."""
        self._settling.end()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def check(self) -> None:
        """Know that the next measurement can be stored: create, continue or begin anew now."""
        make_folder(self.path.parent, OWN_FOLDER)
        check_room(self.path.parent)
        self.settled()
        with locked(self.path):
            forget_unfinished(self.path)
            database.write_through(self._end()[0])
        self._settling.ready()

    def append(self, kind: EntryKind, content: Mapping[str, Any], data: bytes = b"") -> Head:
        """Add one entry; on disk when this returns."""
        return self.change(kind, lambda _connection, _origin: content, data)

    def change(self, kind: EntryKind, decide: Change, data: bytes = b"") -> Head:
        """Change what is stored and add the entry that says so, both or neither."""
        self.settled()
        with ExitStack() as lock:
            lock.enter_context(locked(self.path))
            end = self._end()  # from here on it is known to be ours
            try:
                head = self._changed(end, kind, decide, data)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._begin_anew("It is damaged within.")
                head = self._changed(self._end(), kind, decide, data)
            self._written = head
            self._settling.begin(self.path, self._connection, head, lock.pop_all())
        return head

    def _changed(self, end: End, kind: EntryKind, decide: Change, data: bytes) -> Head:
        connection, origin, last = end
        with _transaction(connection):
            row = self._insert(connection, origin, last, kind, decide(connection, origin), data)
        return _told(origin.head(row))

    def _insert(
        self,
        connection: sqlite3.Connection,
        origin: Origin,
        last: Row,
        kind: EntryKind,
        content: Mapping[str, Any],
        data: bytes,
    ) -> Row:
        signer = self._the_signer()
        row, body = made(
            origin, last.hash, last.sequence + 1, kind, _dated(content), signer, utc_now()
        )
        database.check_size(body, data)
        connection.execute(f"INSERT INTO records ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute("INSERT INTO contents VALUES (?, ?, ?)", (row.sequence, body, data))
        return row

    def _marked(self, head: Head) -> None:
        self._written = _told(head)
        settle(self.path, self._connection, head)

    def _the_signer(self) -> Signer:
        self._signer = self._signer or self._make_signer()
        return self._signer

    def _end(self) -> End:
        """Where the next entry goes; the store is created or begun anew where it must be."""
        try:
            return self._continued()
        except FileNotFoundError:
            mark = self._mark_if_readable() or self._written
            self._begin(None if mark is None else gone(self.path, mark))
        except CannotContinue as why:
            self._begin_anew(why.text)
        except sqlite3.DatabaseError as error:
            # without a mark beside it, it may be anybody's file
            if not is_damage(error) or self._mark_if_readable() is None:
                raise
            self._begin_anew("It is damaged.")
        return self._continued()

    def _continued(self) -> End:
        connection = self._opened()
        signer = self._the_signer()
        origin, last = checked_end(connection, self.path, signer.public_key)
        if self._written is not None and self._written.store_id == origin.store_id:
            check_against_mark(connection, self._written, origin, last)
        mark, lost = None, "The mark is missing."
        try:
            mark = read_mark(self.path)
        except RecordStoreError as error:
            lost = error.text
        if mark is not None and mark.public_key != signer.public_key:
            mark, lost = None, "The mark was signed by another key."
        if mark is not None:
            check_against_mark(connection, mark, origin, last)
            if mark.store_id == origin.store_id:
                return connection, origin, last
        if last.sequence > 0:  # else the store was created just before a sudden end
            _log.warning("the mark of %s was lost: %s", self.path, lost)
            with _transaction(connection):
                content = {"content": {"why": lost}}
                last = self._insert(connection, origin, last, EntryKind.MARK, content, b"")
        self._marked(origin.head(last))
        return connection, origin, last

    def _opened(self) -> sqlite3.Connection:
        """The file that has the name now: it may have been set aside by another program."""
        check_plain(self.path)
        found = os.stat(self.path)
        if not found.st_size:
            raise FileNotFoundError(self.path)  # somebody's `touch`: nothing is lost by creating it
        if self._connection is None or self._file != (found.st_dev, found.st_ino):
            self.close()
            self._connection, self._deadline = database.connect(self.path, read_only=False)
            self._file = (found.st_dev, found.st_ino)
        if self._deadline is not None:
            self._deadline.renew(database.whole_read_s(self.path))
        return self._connection

    def _begin_anew(self, why: str) -> None:
        self.close()
        remains = set_aside(self.path, why)
        self._begin(remains)

    def _begin(self, remains: Remains | None) -> None:
        """A new store; its first entry says whose it is and what it continues."""
        self.close()
        signer = self._the_signer()
        content = {
            "content": {
                "format": STORE_FORMAT,
                "public_key": signer.public_key.hex(),
                "simulated": self._simulated,
                "continues": None if remains is None else remains.as_json(),
            }
        }
        origin = Origin(secrets.token_hex(16), signer.public_key, content["content"])
        genesis = genesis_hash(origin.store_id)
        first, body = made(origin, genesis, 0, EntryKind.STORE, _dated(content), signer, utc_now())
        make_folder(self.path.parent, OWN_FOLDER)
        database.create(self.path, tuple(first), body)
        write_mark(self.path, origin.head(first))
        if remains is not None:
            connection = self._opened()
            told = {"content": remains.as_json()}
            with _transaction(connection):
                row = self._insert(connection, origin, first, EntryKind.SET_ASIDE, told, b"")
            self._marked(origin.head(row))

    def _mark_if_readable(self) -> Head | None:
        try:
            return read_mark(self.path)
        except RecordStoreError:
            return None


def utc_now() -> datetime:
    """What the host's clock says; it may be wrong, and be set at any time."""
    return datetime.now(UTC)


def _dated(content: Mapping[str, Any]) -> dict[str, Any]:
    return {**content, "software": VERSION, "clock": clock_state()}


def _told(head: Head) -> Head:
    about = (head.sequence, head.kind, head.store_id, head.hash.hex(), head.code)
    _log.info("head %d %s of store %s: %s, code %s", *about)
    return head


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:  # also Ctrl-C: the store stays as it was
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
