"""What is read back: lists, searches, single records and events, each checked before it is given.

A record is given with what is wrong with it, or refused; the reader never shows a changed one as
if it were what was written. Next: `verification.py`, the whole chain at once.
"""

import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from device.plain_file import check_plain
from device.records import database, version1
from device.records.chain import (
    COLUMNS,
    Origin,
    Row,
    body_of,
    body_problem,
    data_problem,
    last_rows,
    origin_of,
    previous_hash,
    row_at,
    row_of,
    row_problem,
)
from device.records.content import Record, StoredEvent, parse_body, why_misshapen
from device.records.entry import Entry, Following
from device.records.errors import RecordStoreError
from device.records.head import Head, entry_id
from device.records.kinds import EntryKind

MOST_LISTED: Final = 100_000
_SLOWEST_S: Final = 0.01  # one record checked on a slow machine
_AT_ONCE: Final = 200  # rows of one query, a few hundred bytes each
_BATCH_S: Final = 60.0  # to read and check so many: a second, on a slow machine ten


class Reader:
    """The reading end of the store at `path`; opened at the first use.

    Raises (from every method):
        RecordStoreError, sqlite3.Error, OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._deadline: database.Deadline | None = None
        self._file: tuple[int, int] | None = None
        self._origin: Origin | None = None
        self.version = 0

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def open(self, seconds: float = database.SHORT_READ_S) -> sqlite3.Connection:
        """The store that has the name now, whose reads end within so many seconds."""
        check_plain(self.path)
        found = os.stat(self.path) if self.path.exists() else None
        if found is None or not found.st_size:
            raise database.nothing_yet(self.path)
        if self._connection is None or self._file != (found.st_dev, found.st_ino):
            self.close()
            self._connection, self._deadline = database.connect(self.path, read_only=True)
            self._file = (found.st_dev, found.st_ino)
            self._origin = None
            try:
                self.version = database.version_of(self._connection, self.path)
            except BaseException:
                self.close()
                raise
        self.renew(seconds)
        return self._connection

    def renew(self, seconds: float) -> None:
        """Give the statements that follow so much time from now."""
        if self._deadline is not None:
            self._deadline.renew(seconds)

    def origin(self) -> Origin:
        connection = self.open()
        if self._origin is None:
            self._origin = origin_of(connection)
        return self._origin

    def head(self) -> Head | None:
        """The newest entry's; None in a store of version 1."""
        connection = self.open()
        if self.version == 1:
            return None
        last, _ = last_rows(connection)
        return None if last is None else self.origin().head(last)

    def rows(self) -> Iterator[Row]:
        """All in their order; each query is short, so that no writer waits for it.

        Time is bounded for each query; their number, by the file's size, for who asks ends where
        numbers do not rise.
        """
        connection = self.open()
        after, more = -math.inf, True  # below every number that a row can have
        while more:
            self.renew(_BATCH_S)
            found = connection.execute(
                f"SELECT {COLUMNS} FROM records WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (after, _AT_ONCE),
            ).fetchall()
            more = len(found) == _AT_ONCE
            for one in found:
                row = row_of(one)
                after = max(after, row.sequence)
                yield row

    def records(self, limit: int, search: str, before: int | None) -> tuple[Record, ...]:
        """The newest first, without their arrays; a damaged one with its `problem`."""
        connection = self.open(database.SHORT_READ_S + limit * _SLOWEST_S)
        if self.version == 1:
            return version1.records(connection, limit, search, before)
        found = connection.execute(
            f"SELECT {COLUMNS} FROM records WHERE kind = 'measurement' AND sequence < ? "
            "AND instr(search, ?) ORDER BY sequence DESC LIMIT ?",
            (before if before is not None else 2**62, search.casefold(), min(limit, MOST_LISTED)),
        ).fetchall()
        return tuple(self._record(connection, row_of(one), with_data=False) for one in found)

    def record(self, number: int) -> Record | None:
        """One measurement with its arrays; None: there is none with this number."""
        connection = self.open()
        if self.version == 1:
            return version1.record(connection, number)
        row = row_at(connection, number)
        if row is None or row.kind != EntryKind.MEASUREMENT:
            return None
        return self._record(connection, row, with_data=True)

    def entry(self, number: int) -> Entry | None:
        """One measurement whole, unchecked; None: it is not there, or of a store of version 1."""
        connection = self.open()
        row = None if self.version == 1 else row_at(connection, number)
        body = None if row is None else body_of(connection, number)
        if row is None or body is None:
            return None
        origin, after = self.origin(), row_at(connection, number + 1)
        return Entry(
            origin.head(row),
            previous_hash(connection, number, origin),
            body,
            _data_of(connection, number),
            None if after is None else Following(after.body_sha256, after.hash),
        )

    def events(self, kind: str | None, limit: int, word: str) -> tuple[StoredEvent, ...]:
        """The newest first; with a word those alone in whose text it stands."""
        connection = self.open()
        if self.version == 1:
            return ()
        values: list[object] = [] if kind is None else [kind]
        where = "kind != 'measurement'" if kind is None else "kind = ?"
        if word:  # looking through bytes is a hundred times as fast as checking an entry
            where += (
                " AND EXISTS (SELECT 1 FROM contents WHERE contents.sequence = records.sequence"
                " AND instr(body, ?))"
            )
            values.append(word.encode("ascii"))
        found = connection.execute(
            f"SELECT {COLUMNS} FROM records WHERE {where} ORDER BY sequence DESC LIMIT ?",
            (*values, min(limit, MOST_LISTED)),
        ).fetchall()
        return tuple(self._event(connection, row_of(one)) for one in found)

    def _event(self, connection: sqlite3.Connection, row: Row) -> StoredEvent:
        origin = self._trusted_origin()
        body, problem = self._body(connection, row, origin)
        value = parse_body(body or b"")
        content = value.get("content")
        if not problem and not isinstance(content, dict):
            problem = "its content is missing"
        return StoredEvent(
            _name(row, origin), row.sequence, str(row.time_utc), str(row.kind),
            content if isinstance(content, dict) else {}, problem,
        )  # fmt: skip

    def _record(self, connection: sqlite3.Connection, row: Row, *, with_data: bool) -> Record:
        origin = self._trusted_origin()
        body, problem = self._body(connection, row, origin)
        name = _name(row, origin)
        if body is None:
            return Record(name, str(row.time_utc), {}, b"", row.hash, problem, pruned=not problem)
        value, data = parse_body(body), None
        if with_data:
            try:
                data = _data_of(connection, row.sequence)
                problem = problem or data_problem(value, data)
            except sqlite3.DatabaseError:
                problem = problem or "its measured data cannot be read"
        shape = why_misshapen(value, data)
        if shape:
            value = {}
        return Record(name, str(row.time_utc), value, data or b"", row.hash, problem or shape)

    def _body(
        self, connection: sqlite3.Connection, row: Row, origin: Origin | None
    ) -> tuple[bytes | None, str]:
        """The body, None where it was pruned, and what is wrong with its entry."""
        if origin is None:
            problem = "the first entry of the store is damaged, and with it whose store this is"
        else:
            problem = row_problem(row, previous_hash(connection, row.sequence, origin), origin)
        try:
            body = body_of(connection, row.sequence)
        except sqlite3.DatabaseError:
            return None, problem or "its text cannot be read"
        if body is None:
            return None, problem
        if origin is not None:
            problem = problem or body_problem(row, body, origin)
        return body, problem

    def _trusted_origin(self) -> Origin | None:
        with suppress(RecordStoreError):
            return self.origin()
        return None


def _data_of(connection: sqlite3.Connection, sequence: int) -> bytes:
    found = connection.execute(
        "SELECT data FROM contents WHERE sequence = ?", (sequence,)
    ).fetchone()
    return b"" if found is None else bytes(found[0])


def _name(row: Row, origin: Origin | None) -> str:
    """From the chain, not from the body: it holds also where the body is gone."""
    return entry_id(row.sequence, str(row.time_utc), "----" if origin is None else origin.store_id)
