"""Every answer with everything it came from, and every event, kept so that a change shows.

When `append` has returned, the record survives a power cut. Each entry is hashed together with the
hash before it and signed with the device's key; the newest head is kept beside the store as well.
What that finds and what it does not is in `docs/records.md`. Next: `writing.py` and `reading.py`,
the two ends; `verification.py`, all of it at once.
"""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from device.records.about import About
from device.records.chain import Origin
from device.records.circumstances import Circumstances
from device.records.content import event_content, measurement_content
from device.records.database import nothing_yet
from device.records.device_key import Signer, device_signer
from device.records.errors import RecordStoreError
from device.records.export import copy_store, exported_content, file_sha256
from device.records.kinds import EVENTS, OF_THE_STORE, EntryKind
from device.records.person import signed_statement
from device.records.readable import ReadableStore
from device.records.retention import pruned
from device.records.writing import Writer
from firmware_bridge.errors import CallerError

if TYPE_CHECKING:  # the identifier loads an interpreter; looking at old records must not
    from device.answer.answer import Answer


class RecordStore(ReadableStore):
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
        super().__init__(Path(path))
        self._read_only = read_only
        self.newest_code = ""  # of the chain's head, at the measurement that was stored here last
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

    def settled(self) -> None:
        """Once this returns, the mark is that of the newest entry, and a copy of the one file is
        whole; what was acknowledged is on the disk before that."""
        self._writer.settled()
        if self._apart is not None:
            self._apart.settled()

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
            record_id = self._apart.append(answer, about=about, circumstances=circumstances)
            self.newest_code = self._apart.newest_code
            return record_id
        content, data = measurement_content(answer, about or About(), circumstances)
        with self._translated():
            self._require_writable()
            head = self._writer.append(EntryKind.MEASUREMENT, content, data)
        self.newest_code = head.code
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

    def export_store(self, target: Path) -> str:
        """Copy the whole store to a new file that is complete by itself; returns the event's id.

        Raises:
            RecordStoreError: also where the store is not whole, or `target` is there already.
        """
        with self._translated():
            self._require_writable()
            begun = {"what": "store", "file": target.name}
            last = self._writer.append(EntryKind.EXPORT, event_content(begun))
            copy_store(self.path, target)
            done = exported_content(
                "store", target.name, file_sha256(target), [[0, last.sequence]],
                head=last.as_json(),
            )  # fmt: skip
            return self._writer.append(EntryKind.EXPORT, event_content(done)).entry_id

    def prune(self, before_utc: str) -> Mapping[str, Any]:
        """Remove the contents of exported measurements from before this time (ISO 8601, UTC).

        Hash and signature of each stay; the event that is written names them, and is returned.
        """
        said: dict[str, Any] = {}

        def decide(connection: sqlite3.Connection, origin: Origin) -> Mapping[str, Any]:
            said.update(pruned(connection, origin, before_utc))
            return event_content(said)

        with self._translated():
            self._require_writable()
            self._writer.change(EntryKind.PRUNE, decide)
        return said

    def sign(self, record_id: str, signer: Signer, name: str, meaning: str) -> str:
        """Add a person's signature over one record; returns the event's id.

        Raises:
            RecordDamaged: the record is not what was written: nobody signs that.
            AboutRefused: name or meaning is empty or no line of text.
            CallerError: the key is this device's own.
        """
        statement = signed_statement(self.get(record_id), signer, name, meaning)
        return self.append_event("signature", statement)

    def require_there(self) -> None:
        """For what makes no sense in a store that would be created by it.

        Raises:
            RecordStoreError: there is none yet.
        """
        if not self.is_there():
            raise nothing_yet(self.path)

    def _no_such(self, record_id: str) -> RecordStoreError:
        told = super()._no_such(record_id)
        if self._apart is None:
            return told
        more = "those of simulated analyzers are kept apart: add --simulated."
        return RecordStoreError(told.text, remedy=f"{told.remedy[:-1]}; {more}")

    def _require_writable(self) -> None:
        if self._read_only:
            raise RecordStoreError(
                f"The record store {self.path} was opened to read, not to write."
            )

    def _before_reading(self) -> None:
        self._writer.settled()
        if not self._read_only and not self.path.exists():
            self._writer.check()
