"""Stores of version 1: a chain of hashes without signatures, read and checked, never written.

The first entry that is stored beside such a store sets it aside and names its newest hash.
Next: `reading.py`, which asks here.
"""

import hashlib
import sqlite3
from collections.abc import Iterator

from device.records.content import Record, parse_body, search_text, why_misshapen


def records(
    connection: sqlite3.Connection, limit: int, search: str, before: int | None
) -> tuple[Record, ...]:
    """The newest first, without their arrays."""
    found: list[Record] = []
    rows = connection.execute(
        "SELECT sequence, body, hash FROM records WHERE sequence < ? ORDER BY sequence DESC",
        (before if before is not None else 2**62,),
    )
    for sequence, body, digest in rows:
        if len(found) == limit:
            break
        one = _record(connection, sequence, body, b"", digest, with_data=False)
        if search.casefold() in search_text("measurement", one.body):
            found.append(one)
    return tuple(found)


def record(connection: sqlite3.Connection, number: int) -> Record | None:
    found = connection.execute(
        "SELECT sequence, body, data, hash FROM records WHERE sequence = ?", (number,)
    ).fetchone()
    return None if found is None else _record(connection, *found, with_data=True)


def problems(connection: sqlite3.Connection) -> Iterator[tuple[int, bytes, str]]:
    """Number, hash and problem of each record, as `ramix records verify` of version 1 said."""
    last, previous = 0, b""
    rows = connection.execute("SELECT sequence, body, data, hash FROM records ORDER BY sequence")
    for sequence, body, data, digest in rows:
        if last == 0:
            previous = _genesis(body)
        problem = ""
        if sequence != last + 1:
            problem = f"entry {last + 1} is missing before it"
        elif digest != _chained(previous, body):
            problem = "its text or its place was changed"
        elif parse_body(body).get("data_sha256") != hashlib.sha256(data).hexdigest():
            problem = "its measured data was changed"
        last, previous = sequence, digest
        yield sequence, digest, problem


def _record(
    connection: sqlite3.Connection,
    sequence: int,
    body: bytes,
    data: bytes,
    digest: bytes,
    *,
    with_data: bool,
) -> Record:
    value = parse_body(body)
    previous = _genesis(body)
    if sequence > 1:
        before = connection.execute(
            "SELECT hash FROM records WHERE sequence = ?", (sequence - 1,)
        ).fetchone()
        previous = b"" if before is None else before[0]
    problem = ""
    if digest != _chained(previous, body):
        problem = "its text or its place was changed"
    elif with_data and value.get("data_sha256") != hashlib.sha256(data).hexdigest():
        problem = "its measured data was changed"
    shape = why_misshapen(value, data if with_data else None)
    name = value.get("record_id") if isinstance(value.get("record_id"), str) else f"{sequence:07d}"
    return Record(
        str(name), str(value.get("created_utc", "")), {} if shape else value, data, digest,
        problem or shape,
    )  # fmt: skip


def _chained(previous: bytes, body: bytes) -> bytes:
    return hashlib.sha256(b"ramix-record-v1\0" + previous + body).digest()


def _genesis(body: bytes) -> bytes:
    store_id = str(parse_body(body).get("store_id"))
    return hashlib.sha256(b"ramix-store-v1\0" + store_id.encode()).digest()
