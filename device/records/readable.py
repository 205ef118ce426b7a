"""The reading half of a store: lists, records, events and the check of them all.

Next: `store.py`, the half that writes; `reading.py`, how rows are read and checked.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from device.plain_file import check_plain
from device.records.before import verified_with_those_before
from device.records.chain import row_at
from device.records.content import Record, StoredEvent
from device.records.entry import Entry, entry_problem
from device.records.errors import RecordDamaged, RecordStoreError, cause_of
from device.records.expert import answers
from device.records.head import Head
from device.records.kinds import EVENTS
from device.records.person import person_problem
from device.records.reading import MOST_LISTED, Reader
from device.records.report import ChainReport
from firmware_bridge.errors import CallerError


class ReadableStore:
    """What can be asked of a store.

    Raises (from every method):
        RecordStoreError: the file cannot be opened, is not a record store or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = Reader(path)

    def is_there(self) -> bool:
        """Whether anything was ever stored here."""
        with self._translated():
            check_plain(self.path)  # a link to itself is not nothing
            return self.path.exists()

    def head(self) -> Head | None:
        """The newest entry's head; None in a store of version 1."""
        with self._read() as reader:
            return reader.head()

    def list(
        self, limit: int = 20, search: str = "", before: "str | int | None" = None
    ) -> tuple[Record, ...]:
        """The newest measurements, newest first, without their arrays.

        `search` looks through names, verdict, sample, operator, note and source, whatever the
        case; `before` is the id or number that a page ended with. A damaged record is among them,
        with its `problem`; one that was pruned has `pruned`.
        """
        number = None if before is None else number_of(str(before))
        if before is not None and number is None:
            raise self._no_such(str(before))
        with self._read() as reader:
            return reader.records(limit, search, number)

    def get(self, record_id: str, *, even_damaged: bool = False) -> Record:
        """One record with its arrays, by its id or by the number the id begins with.

        Raises:
            RecordDamaged: it is not what was written, unless `even_damaged`; its `problem` then
                says what is wrong. Or its contents were pruned.
        """
        number = number_of(record_id)
        with self._read() as reader:
            record = None if number is None else reader.record(number)
        if record is None or record_id not in _names_of(record, number):
            raise self._no_such(record_id)
        if not even_damaged:
            record.require_whole()
        return record

    def entry(self, record: Record) -> Entry | None:
        """The same record with what proves its place in the chain; None in a store of version 1.

        Raises:
            RecordDamaged: it is not what was written.
        """
        number = number_of(record.record_id)
        with self._read() as reader:
            entry = None if number is None else reader.entry(number)
        problem = "" if entry is None else entry_problem(entry)
        if problem:
            raise RecordDamaged(f"Record {record.record_id} is damaged: {problem}.")
        return entry

    def hash_at(self, number: int) -> bytes | None:
        """Of the entry with this number, as it stands there; None: there is none."""
        with self._read() as reader:
            row = None if reader.head() is None else row_at(reader.open(), number)
            return None if row is None else row.hash

    def owner(self) -> bytes | None:
        """The public key of the device whose store this is; None in a store of version 1."""
        with self._read() as reader:
            reader.open()
            return None if reader.version == 1 else reader.origin().public_key

    def last_event(self, kind: str) -> StoredEvent | None:
        """The newest event of this kind, damaged or not."""
        found = self.events(kind, 1)
        return found[0] if found else None

    def events(
        self, kind: str | None = None, limit: int = 20, word: str = ""
    ) -> tuple[StoredEvent, ...]:
        """The newest events, newest first, of one kind or of all.

        `word`, of ASCII, must stand in the event's text, as a record's hash does.

        Raises:
            CallerError: no such kind.
        """
        if kind is not None and kind not in EVENTS:
            raise CallerError(f"{kind!r} is no kind of event that is kept.")
        with self._read() as reader:
            return reader.events(kind, limit, word)

    def signatures_of(self, record: Record) -> tuple[Mapping[str, Any], ...]:
        """What people signed of this record, oldest first; damaged signatures are left out."""
        found = self.events("signature", MOST_LISTED, record.hash.hex())
        of_it = [
            one.content
            for one in reversed(found)
            if not one.problem and one.content.get("record_sha256") == record.hash.hex()
        ]
        with self._read() as reader:
            connection = reader.open()
            return tuple(one for one in of_it if not person_problem(connection, one))

    def answers_of(self, record: Record) -> tuple[Mapping[str, Any], ...]:
        """What experts answered about this record, oldest first; changed answers are left out."""
        found = self.events("answer_of_expert", MOST_LISTED, record.hash.hex())
        return tuple(
            one.content
            for one in reversed(found)
            if not one.problem and answers(one.content, record.hash.hex())
        )

    def verify(
        self,
        expected: "str | Head | None" = None,
        key: bytes | None = None,
        accepted: Sequence[str] = (),
    ) -> ChainReport:
        """Check every entry, the chain, the signatures and the kept mark.

        `expected`: a head noted before, its hash or its short code: the chain must hold it. `key`:
        the device's public key; this device's own otherwise. `accepted`: codes of interruptions
        that somebody has looked into; each must be there.
        """
        with self._read() as reader:
            return verified_with_those_before(reader, expected, key, accepted)

    def _no_such(self, record_id: str) -> RecordStoreError:
        return RecordStoreError(
            f"There is no record {record_id!r} in {self.path}.",
            remedy="`ramix records list` shows the ids.",
        )

    @contextmanager
    def _read(self) -> Iterator[Reader]:
        with self._translated():
            self._before_reading()
            yield self._reader

    def _before_reading(self) -> None:
        """Nothing: who only reads creates nothing."""

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's and the system's errors as ours."""
        try:
            yield
        except RecordStoreError:
            raise
        except (sqlite3.Error, OSError) as error:
            raise RecordStoreError(
                f"The record store {self.path} cannot be used: {cause_of(error)}."
            ) from error


def number_of(record_id: str) -> int | None:
    """The number that an id begins with; None: it is no id."""
    number = record_id.split("-", 1)[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None


def _names_of(record: Record, number: int | None) -> tuple[str, ...]:
    return record.record_id, str(number), f"{number:07d}"
