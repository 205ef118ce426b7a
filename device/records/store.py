"""Every answer with everything it came from, kept so that a loss or a change shows.

When `append` has returned, the record survives a power cut. Each record is hashed together with
the hash of the one before it, so no record inside the chain can be altered, dropped or reordered
unnoticed; cutting off the newest ones shows against a head hash noted elsewhere
(`verify(expected_head=...)`). Next: `database.py`, the file; `show/card.py`, what people see.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from device.answer.result import result_json
from device.records.content import (
    Record,
    arrays_of,
    canonical,
    chained_hash,
    genesis_hash,
    measurement_of,
    pack_arrays,
    parse_body,
    record_from_row,
)
from device.records.database import connect
from device.records.errors import RecordStoreError, cause_of

if TYPE_CHECKING:  # the identifier loads an interpreter; looking at old records must not
    from device.answer.answer import Answer


@dataclass(frozen=True)
class ChainReport:
    """What `verify` found; `head` is worth noting down elsewhere."""

    count: int
    head: str
    problems: tuple[str, ...]


class RecordStore:
    """A store of results; the file is touched at the first use, not before.

    Raises (from every method):
        RecordStoreError: the file cannot be opened, is not a record store, is damaged or full.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None

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
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def check_writable(self) -> None:
        """Open (and create) the store now, so that a full or forbidden disk shows before work."""
        with self._open():
            pass

    def append(self, answer: "Answer") -> str:
        """Store one answer and what it came from; returns its id once it is safe on disk."""
        data, index = pack_arrays(arrays_of(answer.spectrum))
        content: dict[str, Any] = {
            "result": result_json(answer),
            "measurement": measurement_of(answer.spectrum),
            "arrays": index,
            "data_sha256": hashlib.sha256(data).hexdigest(),
        }
        if answer.field_compounds:  # what the model's hash does not cover
            content["field_compounds"] = [asdict(label) for label in answer.field_compounds]
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                record_id = _insert(connection, content, data)
                connection.execute("COMMIT")
            except BaseException:  # also Ctrl-C: the store stays as it was
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return record_id

    def list(self, limit: int = 20) -> tuple[Record, ...]:
        """The newest records, newest first, without their arrays."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT body FROM records ORDER BY sequence DESC LIMIT ?", (limit,)
            ).fetchall()
        return tuple(record_from_row(body, b"") for (body,) in rows)

    def get(self, record_id: str) -> Record:
        """One record with its arrays, by its id or by the number the id begins with."""
        number = record_id.split("-", 1)[0]
        if number.isascii() and number.isdigit() and len(number) < 16:
            with self._open() as connection:
                row = connection.execute(
                    "SELECT body, data FROM records WHERE sequence = ?", (int(number),)
                ).fetchone()
            if row is not None:
                record = record_from_row(*row)
                if record_id in (record.record_id, number):
                    return record
        raise RecordStoreError(
            f"There is no record {record_id!r} in {self.path}.",
            remedy="`ramix records list` shows the ids.",
        )

    def verify(self, expected_head: str | None = None) -> ChainReport:
        """Check every record against its hash and its neighbours.

        With `expected_head` (a head noted earlier) the chain must still contain it: this is what
        shows that the newest records were cut off.
        """
        problems: list[str] = []
        count, last, previous, seen = 0, 0, b"", set()
        try:
            with self._open() as connection:
                rows = connection.execute(
                    "SELECT sequence, body, data, hash FROM records ORDER BY sequence"
                )
                for sequence, body, data, digest in rows:
                    if count == 0:
                        previous = genesis_hash(str(parse_body(body).get("store_id")))
                    if sequence != last + 1:
                        problems.append(f"record {last + 1}: missing")
                    elif digest != chained_hash(previous, body):
                        problems.append(f"record {sequence}: its text or its place was changed")
                    elif parse_body(body).get("data_sha256") != hashlib.sha256(data).hexdigest():
                        problems.append(f"record {sequence}: its measured data was changed")
                    count, last, previous = count + 1, sequence, digest
                    seen.add(digest.hex())
        except RecordStoreError as error:
            if count == 0:
                raise
            problems.append(f"after record {count}: {error.text}")
        if expected_head is not None and expected_head.lower() not in seen:
            problems.append("the head noted earlier is not in the chain: newer records are missing")
        return ChainReport(count, previous.hex(), tuple(problems))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The connection, with SQLite's errors translated."""
        try:
            if self._connection is None:
                self._connection = connect(self.path, read_only=self._read_only)
            yield self._connection
        except (sqlite3.Error, OSError) as error:
            raise RecordStoreError(
                f"The record store {self.path} cannot be used: {cause_of(error)}."
            ) from error


def _insert(connection: sqlite3.Connection, content: dict[str, Any], data: bytes) -> str:
    row = connection.execute(
        "SELECT sequence, body, hash FROM records ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    if row is None:
        store_id = secrets.token_hex(8)
        sequence, previous = 1, genesis_hash(store_id)
    else:
        store_id = parse_body(row[1]).get("store_id", "")
        sequence, previous = row[0] + 1, bytes(row[2])
    now = datetime.now(UTC)
    # The number comes first: ids sort in order even where the clock was set back.
    record_id = f"{sequence:07d}-{now:%Y%m%dT%H%M%SZ}-{store_id[:4]}"
    header = {
        "record_id": record_id,
        "sequence": sequence,
        "store_id": store_id,
        "created_utc": now.isoformat(timespec="milliseconds"),
    }
    content["result"]["record_id"] = record_id
    body = canonical({**header, **content})
    connection.execute(
        "INSERT INTO records (sequence, body, data, hash) VALUES (?, ?, ?, ?)",
        (sequence, body, data, chained_hash(previous, body)),
    )
    return record_id
