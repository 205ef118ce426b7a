"""All of a store at once: every entry, the chain, every signature, the mark; where a noted head is.

Row by row, so that memory does not grow with the store; time is bounded by the file's size. What
it finds and what it cannot is in `docs/records.md`. Next: `person.py`, signatures of people.
"""

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from device.inference.trust import key_id_of
from device.records import database
from device.records.chain import (
    Origin,
    Row,
    body_of,
    body_problem,
    data_problem,
    last_rows,
    origin_of,
    row_at,
    row_problem,
)
from device.records.content import parse_body
from device.records.device_key import known_device_key
from device.records.ending import mark_problem
from device.records.errors import RecordDamaged, RecordStoreError, cause_of
from device.records.head import Head, genesis_hash
from device.records.interruption import Interruption, interruptions_of
from device.records.kinds import EntryKind
from device.records.mark import read_mark
from device.records.person import person_problem
from device.records.reading import Reader
from device.records.report import MOST_TOLD, ChainReport, is_noted, version_1_report
from device.records.retention import Pruned, is_begun


def verified(reader: Reader, expected: str | Head | None, key: bytes | None) -> ChainReport:
    """Check the store behind `reader`.

    Raises:
        RecordStoreError, sqlite3.Error, OSError: it cannot even be begun with.
    """
    reader.open()  # says it in a sentence where there is nothing
    connection = reader.open(database.whole_read_s(reader.path))
    if reader.version == 1:
        return version_1_report(connection, expected, reader.path)
    return _Examination(reader, connection, expected, key).report()


class _Examination:
    """One walk through a store."""

    def __init__(
        self,
        reader: Reader,
        connection: sqlite3.Connection,
        expected: str | Head | None,
        key: bytes | None,
    ) -> None:
        self._reader = reader
        self._path = reader.path
        self._connection = connection
        self._expected = expected
        self._key = key
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._interruptions: list[Interruption] = []
        self._untold = 0
        self._count = self._entries = 0
        self._last_good: Head | None = None
        self._newest: Head | None = None
        self._simulated: bool | None = None
        self._pruned = Pruned()
        self._noted_at: int | None = None

    def report(self) -> ChainReport:
        mark = self._mark()
        try:
            origin = self._origin(mark)
            if origin is not None:
                self._walk(origin)
                self._outside_of_the_chain(origin, mark)
        except sqlite3.Error as error:
            self._problem(f"after entry {self._entries}: {cause_of(error)}")
        more = (f"and {self._untold} more",) if self._untold else ()
        head = "" if self._newest is None else self._newest.hash.hex()
        return ChainReport(
            self._count, head, (*self._problems, *more), self._entries,
            tuple(self._notes[:MOST_TOLD]),
            self._last_good, self._newest, tuple(self._interruptions), simulated=self._simulated,
            noted_at=self._noted_at,
        )  # fmt: skip

    def _problem(self, text: str) -> None:
        if len(self._problems) < MOST_TOLD:
            self._problems.append(text)
        else:
            self._untold += 1

    def _mark(self) -> Head | None:
        try:
            return read_mark(self._path)
        except RecordStoreError as error:
            self._problem(error.text[:-1])
            return None

    def _origin(self, mark: Head | None) -> Origin | None:
        """Whose store it is, by its first entry; where that is damaged, by the mark."""
        try:
            origin = origin_of(self._connection)
            told = origin.content.get("simulated")
            self._simulated = told if isinstance(told, bool) else None
            return origin
        except RecordDamaged as error:
            self._problem(error.text[:-1])
        return None if mark is None else Origin(mark.store_id, mark.public_key, {})

    def _walk(self, origin: Origin) -> None:
        previous, number = genesis_hash(origin.store_id), -1
        before: Row | None = None
        for row in self._reader.rows():
            if row.sequence > number + 1:
                missing = row.sequence - 1
                told = str(missing) if missing == number + 1 else f"{number + 1} to {missing}"
                self._problem(f"record {told}: missing")
                previous = b""
            elif row.sequence <= number:
                self._problem(f"after record {number}: its place is taken twice")
                return
            problem = self._entry_problem(row, previous, origin)
            if problem:
                self._problem(f"record {row.sequence}: {problem}")
            head = origin.head(row)
            if not self._problems:
                self._last_good = head
            self._count += row.kind == EntryKind.MEASUREMENT
            self._entries += 1
            if is_noted(head, self._expected):
                self._noted_at = row.sequence
            self._clock(before, row)
            self._newest, previous, number, before = head, row.hash, row.sequence, row

    def _entry_problem(self, row: Row, previous: bytes, origin: Origin) -> str:
        problem = row_problem(row, previous, origin)
        body = body_of(self._connection, row.sequence)
        if body is None:
            self._pruned.missing(row)
            return problem
        problem = problem or body_problem(row, body, origin)
        value = parse_body(body)
        (data,) = self._connection.execute(
            "SELECT data FROM contents WHERE sequence = ?", (row.sequence,)
        ).fetchone()
        problem = problem or data_problem(value, data)
        if not problem and row.kind == EntryKind.PRUNE:
            self._pruned.said(value)
        if not problem:
            self._interruptions += interruptions_of(origin.head(row), value.get("content"))
        if not problem and row.kind == EntryKind.SIGNATURE:
            problem = person_problem(self._connection, value.get("content"))
        return problem

    def _clock(self, before: Row | None, row: Row) -> None:
        """A clock that is set is no fault of a record; who reads the times should know."""
        if before is None or row.time_utc >= before.time_utc or len(self._notes) >= MOST_TOLD:
            return
        try:
            back = datetime.fromisoformat(before.time_utc) - datetime.fromisoformat(row.time_utc)
        except ValueError:
            return
        if back.total_seconds() > 1.0:
            self._notes.append(
                f"between entries {before.sequence} and {row.sequence} the clock was set back"
            )

    def _outside_of_the_chain(self, origin: Origin, mark: Head | None) -> None:
        self._reader.renew(database.whole_read_s(self._path))
        lost = self._pruned.lost()
        for first, final in lost[:MOST_TOLD]:
            numbers = str(first) if first == final else f"{first} to {final}"
            self._problem(f"record {numbers}: its contents are missing, and nobody pruned them")
        if lost and self._last_good is not None and lost[0][0] <= self._last_good.sequence:
            before = row_at(self._connection, lost[0][0] - 1)
            self._last_good = None if before is None else origin.head(before)
        (stray,) = self._connection.execute(
            "SELECT count(*) FROM contents WHERE sequence NOT IN (SELECT sequence FROM records)"
        ).fetchone()
        if stray:
            self._problem(f"{stray} contents belong to no entry")
        (sound,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            self._problem("the pages of the file contradict each other")
        last, _ = last_rows(self._connection)
        self._whose(origin)
        if mark is not None:
            problem = mark_problem(self._connection, mark, origin, last)
            if mark.public_key != origin.public_key and not problem:
                problem = "the mark beside it was signed by another key"
            if problem:
                self._problem(problem)
            if mark.store_id != origin.store_id and problem:
                self._last_good = None
        elif not self._problems:
            self._without_mark(origin, last)

    def _whose(self, origin: Origin) -> None:
        own = known_device_key() if self._key is None else self._key
        if own is None:
            self._notes.append(
                f"signed by the device with the key {key_id_of(origin.public_key)}: not compared, "
                "name the key that you expect with --device"
            )
        elif own != origin.public_key:
            self._last_good = None
            self._problem(
                f"signed by another device's key, {key_id_of(origin.public_key)} "
                f"instead of {key_id_of(own)}"
            )

    def _without_mark(self, origin: Origin, last: Row | None) -> None:
        """An exported copy has none, nor has a store that was just created."""
        own = known_device_key()
        exported = last is not None and self._is_copy(last)
        fresh = last is not None and last.sequence == 0
        if own == origin.public_key and not exported and not fresh:
            self._problem("the mark beside it is missing: a cut-off end would not show")
        else:
            self._notes.append(
                "no mark beside it: only a head noted earlier (--head) shows a cut-off end"
            )

    def _is_copy(self, last: Row) -> bool:
        """Whether the newest entry says that copying the store began: in the store itself the one
        that says how it ended follows at once."""
        body = parse_body(body_of(self._connection, last.sequence) or b"")
        content = body.get("content") if last.kind == EntryKind.EXPORT else None
        return isinstance(content, Mapping) and is_begun(content)
