"""One measurement of a chain, whole, with what proves its place: for whoever has no store.

The bytes that were hashed and signed, the hash of the entry before, and how the chain went on.
Next: `head.py`, what the signature covers; `docs/records.md`, the arithmetic.
"""

import hashlib
from dataclasses import dataclass

from device.records.chain import Origin, Row, body_problem, data_problem, row_problem
from device.records.content import Record, parse_body, search_text, why_misshapen
from device.records.head import Head, chained_hash, entry_id


@dataclass(frozen=True)
class Following:
    """The entry after: its text is not given, but it was chained to this one."""

    body_sha256: bytes
    hash: bytes


@dataclass(frozen=True)
class Entry:
    """`head` names store, place, time and key, and holds hash and signature."""

    head: Head
    previous: bytes  # the hash of the entry before
    body: bytes  # canonical JSON
    data: bytes  # the arrays
    following: Following | None = None  # None: it was the newest

    @property
    def record_id(self) -> str:
        return entry_id(self.head.sequence, self.head.time_utc, self.head.store_id)

    @property
    def body_sha256(self) -> bytes:
        return hashlib.sha256(self.body).digest()


def entry_problem(entry: Entry) -> str:
    """What is wrong with it, empty if nothing: text, data, place, signature and what follows."""
    head = entry.head
    value = parse_body(entry.body)
    row = Row(
        head.sequence, head.kind, head.time_utc, entry.body_sha256, head.hash, head.signature,
        search_text(head.kind, value),
    )  # fmt: skip
    origin = Origin(head.store_id, head.public_key, {})
    problem = (
        row_problem(row, entry.previous, origin)
        or body_problem(row, entry.body, origin)
        or data_problem(value, entry.data)
        or why_misshapen(value, entry.data)
    )
    after = entry.following
    if not problem and after and after.hash != chained_hash(head.hash, after.body_sha256):
        problem = "the entry after it is not chained to it"
    return problem


def record_of(entry: Entry) -> Record:
    """As a store gives it; a damaged one with its problem and without a body."""
    problem = entry_problem(entry)
    body = {} if problem else parse_body(entry.body)
    return Record(entry.record_id, entry.head.time_utc, body, entry.data, entry.head.hash, problem)
