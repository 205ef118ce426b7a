"""Every answer with everything it came from, and every event, kept so that a change shows.

When `append` has returned, the record survives a power cut. Each entry is hashed together with the
hash before it and signed with the device's key; the newest head is kept beside the store as well.
What that finds and what it does not is in `docs/records.md`. Next: `writing.py` and `reading.py`,
the two ends; `verification.py`, all of it at once.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from device.records.about import About
from device.records.circumstances import Circumstances
from device.records.content import Record, StoredEvent, event_content, measurement_content
from device.records.device_key import Signer, device_signer
from device.records.errors import RecordDamaged, RecordStoreError, cause_of
from device.records.head import Head
from device.records.kinds import EVENTS, OF_THE_STORE, EntryKind
from device.records.reading import Reader
from device.records.verification import ChainReport, verified
from device.records.writing import Writer
from firmware_bridge.errors import CallerError

if TYPE_CHECKING:  # the identifier loads an interpreter; looking at old records must not
    from device.answer.answer import Answer


class RecordStore:
    """A store of measurements and events; the file is touched at the first use, not before.

    Args:
        path: the store's file.
        read_only: nothing is created or written.
        simulated_apart: where records of simulated analyzers go instead of here.
        simulated: this store is theirs; said in its first entry.
        signer: who signs; the device's own key otherwise.

    Raises (from every method):
        RecordStoreError: the file cannot be opened, is not a record store, is damaged or full.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        read_only: bool = False,
        simulated_apart: Path | None = None,
        simulated: bool = False,
        signer: Callable[[], Signer] = device_signer,
    ) -> None:
        self.path = Path(path)
        self._read_only = read_only
        self._reader = Reader(self.path)
        self._writer = Writer(self.path, signer, simulated=simulated)
        self._apart = (
            None
            if simulated_apart is None
            else RecordStore(simulated_apart, simulated=True, signer=signer)
        )

    def __enter__(self) -> "RecordStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._reader.close()
        self._writer.close()  # the last connection: SQLite's log goes into the store
        if self._apart is not None:
            self._apart.close()

    def check_writable(self) -> None:
        """Know that the next measurement can be stored, before any light is made.

        Creates the store where there is none, and begins a new one where it cannot be continued.
        A nearly full disk is refused.
        """
        with self._translated():
            self._require_writable()
            self._writer.check()

    def append(
        self,
        answer: "Answer",
        *,
        about: About | None = None,
        circumstances: Circumstances | None = None,
    ) -> str:
        """Store one answer and what it came from; returns its id once it is safe on disk."""
        circumstances = circumstances or Circumstances()
        if circumstances.simulated and self._apart is not None:
            return self._apart.append(answer, about=about, circumstances=circumstances)
        content, data = measurement_content(answer, about or About(), circumstances)
        with self._translated():
            self._require_writable()
            head = self._writer.append(EntryKind.MEASUREMENT, content, data)
        return head.entry_id

    def append_event(self, kind: str, content: Mapping[str, Any]) -> str:
        """Store an event; returns its id once it is safe on disk.

        Raises:
            CallerError: no such kind, one that only the store itself writes, or content that is
                no JSON or too large.
        """
        if kind not in EVENTS - OF_THE_STORE:
            raise CallerError(f"{kind!r} is no kind of event that is kept.")
        with self._translated():
            self._require_writable()
            return self._writer.append(EntryKind(kind), event_content(content)).entry_id

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
        if even_damaged:
            return record
        if record.problem:
            raise RecordDamaged(f"Record {record.record_id} is damaged: {record.problem}.")
        if record.pruned:
            raise RecordDamaged(
                f"The contents of record {record.record_id} were removed after an export.",
                remedy="Look into the exported store: `ramix records show ID --store FILE`.",
            )
        return record

    def last_event(self, kind: str) -> StoredEvent | None:
        """The newest event of this kind, damaged or not."""
        found = self.events(kind, 1)
        return found[0] if found else None

    def events(self, kind: str | None = None, limit: int = 20) -> tuple[StoredEvent, ...]:
        """The newest events, newest first, of one kind or of all.

        Raises:
            CallerError: no such kind.
        """
        if kind is not None and kind not in EVENTS:
            raise CallerError(f"{kind!r} is no kind of event that is kept.")
        with self._read() as reader:
            return reader.events(kind, limit)

    def verify(self, expected: "str | Head | None" = None, key: bytes | None = None) -> ChainReport:
        """Check every entry, the chain, the signatures and the kept mark.

        `expected`: a head noted before, its hash or its short code: the chain must hold it. `key`:
        the device's public key; this device's own otherwise.
        """
        with self._read() as reader:
            return verified(reader, expected, key)

    def _no_such(self, record_id: str) -> RecordStoreError:
        return RecordStoreError(
            f"There is no record {record_id!r} in {self.path}.",
            remedy="`ramix records list` shows the ids.",
        )

    def _require_writable(self) -> None:
        if self._read_only:
            raise RecordStoreError(
                f"The record store {self.path} was opened to read, not to write."
            )

    @contextmanager
    def _read(self) -> Iterator[Reader]:
        with self._translated():
            if not self._read_only and not self.path.exists():
                self._writer.check()
            yield self._reader

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
