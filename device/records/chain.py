"""Entries and how they hold together: made, signed, and checked one by one.

Next: `writing.py`, which adds them; `verification.py`, which checks all.
"""

import hashlib
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from device.inference.trust import PUBLIC_KEY_SIZE
from device.records.content import parse_body, search_text
from device.records.device_key import Signer
from device.records.errors import RecordDamaged
from device.records.head import Head, canonical, chained_hash, entry_id, genesis_hash
from device.records.kinds import EntryKind

STORE_FORMAT: Final = "ramix-records-2"
COLUMNS: Final = "sequence, kind, time_utc, body_sha256, hash, signature, search"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
_STORE_ID: Final = re.compile(r"[0-9a-f]{32}")


class Row(NamedTuple):
    """One row of the chain, in the order of its columns."""

    sequence: int
    kind: str
    time_utc: str
    body_sha256: bytes
    hash: bytes
    signature: bytes
    search: str


def row_of(found: Sequence[Any]) -> Row:
    """A row as it stands there; in place of a value of the wrong type one that fits nothing."""
    empty = Row(-1, "", "", b"", b"", b"", "")
    kept = (
        value if isinstance(value, type(other)) else other
        for value, other in zip(found, empty, strict=True)
    )
    return Row._make(kept)


@dataclass(frozen=True)
class Origin:
    """What a store's first entry says: its name, and whose key signs it."""

    store_id: str
    public_key: bytes
    content: Mapping[str, Any]

    def head(self, row: Row) -> Head:
        return Head(
            self.store_id, row.sequence, row.kind, row.time_utc, row.hash, self.public_key,
            row.signature,
        )  # fmt: skip


def made(
    origin: Origin,
    previous: bytes,
    sequence: int,
    kind: EntryKind,
    content: Mapping[str, Any],
    signer: Signer,
    now: datetime,
) -> tuple[Row, bytes]:
    """A new entry, signed, and its body."""
    time_utc = now.isoformat(timespec="milliseconds")
    name = entry_id(sequence, time_utc, origin.store_id)
    if "result" in content:
        content = {**content, "result": {**content["result"], "record_id": name}}
    body_json = {
        **content,
        "record_id": name,
        "sequence": sequence,
        "store_id": origin.store_id,
        "created_utc": time_utc,
        "kind": str(kind),
    }
    body = canonical(body_json)
    digest = hashlib.sha256(body).digest()
    link = chained_hash(previous, digest)
    head = Head(origin.store_id, sequence, str(kind), time_utc, link, origin.public_key)
    signature = signer.sign(head.signed_bytes())
    search = search_text(str(kind), body_json)
    return Row(sequence, str(kind), time_utc, digest, link, signature, search), body


def origin_of(connection: sqlite3.Connection) -> Origin:
    """The store's first entry, checked.

    Raises:
        RecordDamaged: it is missing, or is not what was written.
        sqlite3.Error: the file is damaged.
    """
    found = connection.execute(f"SELECT {COLUMNS} FROM records WHERE sequence = 0").fetchone()
    body = body_of(connection, 0)
    if found is None or not isinstance(body, bytes):
        raise RecordDamaged("The first entry of the store is missing.")
    return _origin_said(row_of(found), body)


@lru_cache(maxsize=4)  # each append reads the same first entry again
def _origin_said(row: Row, body: bytes) -> Origin:
    value = parse_body(body)
    content = value.get("content")
    store_id, key = value.get("store_id"), None
    if isinstance(content, dict) and isinstance(content.get("public_key"), str):
        key = _key(content["public_key"])
    if key is None or not isinstance(store_id, str) or not _STORE_ID.fullmatch(store_id):
        raise RecordDamaged("The first entry of the store is damaged.")
    origin = Origin(store_id, key, content if isinstance(content, dict) else {})
    problem = row_problem(row, genesis_hash(store_id), origin) or body_problem(row, body, origin)
    if problem:
        raise RecordDamaged(f"The first entry of the store is damaged: {problem}.")
    return origin


def row_problem(row: Row, previous: bytes, origin: Origin) -> str:
    """What is wrong with a row's place in the chain, empty if nothing."""
    if row.hash != chained_hash(previous, row.body_sha256):
        return "its text or its place was changed"
    return signature_problem(row, origin)


def signature_problem(row: Row, origin: Origin) -> str:
    """Whether the device signed this row, whatever stands before it."""
    if not _TIME.fullmatch(row.time_utc):
        return "its time was changed"
    if not origin.head(row).is_signed():
        return "its kind, time, place or hash was changed: the device's signature does not fit"
    return ""


def body_problem(row: Row, body: bytes, origin: Origin) -> str:
    """Whether a body is the one that was chained, and the row's other columns are its."""
    if hashlib.sha256(body).digest() != row.body_sha256:
        return "its text was changed"
    value = parse_body(body)
    said = (value.get("sequence"), value.get("kind"), value.get("created_utc"))
    if said != (row.sequence, row.kind, row.time_utc) or value.get("store_id") != origin.store_id:
        return "its text is that of another entry"
    if search_text(row.kind, value) != row.search:
        return "the words by which it is searched were changed"
    return ""


def data_problem(body: Mapping[str, Any], data: bytes) -> str:
    """Whether the arrays are those that were measured."""
    if body.get("data_sha256", hashlib.sha256(b"").hexdigest()) != hashlib.sha256(data).hexdigest():
        return "its measured data was changed"
    return ""


def body_of(connection: sqlite3.Connection, sequence: int) -> bytes | None:
    found = connection.execute(
        "SELECT body FROM contents WHERE sequence = ?", (sequence,)
    ).fetchone()
    return None if found is None else found[0]


def last_rows(connection: sqlite3.Connection) -> tuple[Row | None, Row | None]:
    """The newest row and the one before it."""
    found = connection.execute(
        f"SELECT {COLUMNS} FROM records ORDER BY sequence DESC LIMIT 2"
    ).fetchall()
    rows = [row_of(one) for one in found]
    return (rows[0] if rows else None), (rows[1] if len(rows) > 1 else None)


def row_at(connection: sqlite3.Connection, sequence: int) -> Row | None:
    found = connection.execute(
        f"SELECT {COLUMNS} FROM records WHERE sequence = ?", (sequence,)
    ).fetchone()
    return None if found is None else row_of(found)


def previous_hash(connection: sqlite3.Connection, sequence: int, origin: Origin) -> bytes:
    """What the entry with this number is chained to; empty where it is missing."""
    if sequence == 0:
        return genesis_hash(origin.store_id)
    before = row_at(connection, sequence - 1)
    return b"" if before is None else before.hash


def _key(text: str) -> bytes | None:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        return None
    return value if len(value) == PUBLIC_KEY_SIZE else None
