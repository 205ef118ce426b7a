"""Stores for the tests of records: filled quickly, attacked, and signed by other devices."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from device.inference.trust import SigningKey
from device.records import database
from device.records.about import About
from device.records.chain import COLUMNS, Origin, Row, last_rows, made, origin_of
from device.records.circumstances import Circumstances
from device.records.content import measurement_content
from device.records.device_key import FileSigner, Signer, device_signer
from device.records.kinds import EntryKind
from device.records.mark import write_mark
from device.records.store import RecordStore
from tests.sample_answers import answer

SECONDS_APART = 60


def filled(path: Path, count: int = 3) -> list[str]:
    """The ids of so many measurements, each stored as the product stores it."""
    with RecordStore(path) as store:
        return [store.append(answer(), about=About("A. Nalyst", f"S-{n}")) for n in range(count)]


def edit(path: Path, statement: str, *values: object) -> None:
    """Whoever can write the file can do this."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def column(path: Path, name: str, sequence: int, table: str = "records") -> Any:
    with closing(sqlite3.connect(path)) as connection:
        statement = f"SELECT {name} FROM {table} WHERE sequence = ?"
        return connection.execute(statement, (sequence,)).fetchone()[0]


def another_device() -> Callable[[], Signer]:
    """A device with a key of its own."""
    signer = FileSigner(SigningKey.generate())
    return lambda: signer


def many(path: Path, count: int, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
    """So many more measurements in one transaction: quickly, for whatever needs a large store."""
    filled(path, 1)
    signer = device_signer()
    content, data = measurement_content(answer(), About(), Circumstances())
    with closing(sqlite3.connect(path)) as connection:
        origin = origin_of(connection)
        last, _ = last_rows(connection)
        assert last is not None
        with connection:
            for number in range(count):
                about = {"about": About("A. Nalyst", f"S-{number}").as_json()}
                when = start + timedelta(seconds=SECONDS_APART * number)
                last, body = made(
                    origin, last.hash, last.sequence + 1, EntryKind.MEASUREMENT,
                    {**content, **about}, signer, when,
                )  # fmt: skip
                put(connection, last, body, data)
    write_mark(path, origin.head(last))


def put(connection: sqlite3.Connection, row: Row, body: bytes, data: bytes) -> None:
    connection.execute(f"INSERT INTO records ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.execute("INSERT INTO contents VALUES (?, ?, ?)", (row.sequence, body, data))


def first_row(signer: Signer, store_id: str) -> tuple[Origin, Row, bytes]:
    """A store's beginning, of whatever key."""
    from device.records.head import genesis_hash

    content = {"content": {"format": "ramix-records-2", "public_key": signer.public_key.hex()}}
    origin = Origin(store_id, signer.public_key, content["content"])
    row, body = made(
        origin, genesis_hash(store_id), 0, EntryKind.STORE, content, signer, datetime.now(UTC)
    )
    return origin, row, body


def bare(path: Path) -> sqlite3.Connection:
    """A file with our schema and nothing in it."""
    signer = device_signer()
    _, row, body = first_row(signer, "0" * 32)
    database.create(path, tuple(row), body)
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM records")
    connection.execute("DELETE FROM contents")
    connection.commit()
    return connection
