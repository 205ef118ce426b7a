"""What was exported may be pruned: contents go, hash and signature of each entry stay.

Next: `verification.py`, which holds what is missing against what was pruned.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from device.records.chain import (
    Origin,
    Row,
    body_of,
    body_problem,
    previous_hash,
    row_at,
    row_problem,
)
from device.records.content import parse_body
from device.records.errors import RecordStoreError
from device.records.kinds import EntryKind


def ranges_of(numbers: Iterable[int]) -> list[list[int]]:
    """Ascending numbers as [first, last] pairs."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def pruned(connection: sqlite3.Connection, origin: Origin, before_utc: str) -> Mapping[str, Any]:
    """Remove the contents of exported measurements from before this time; what the event says.

    Raises:
        RecordStoreError: none is old enough, or none of those was exported.
    """
    exported = [pair for pair in _exported(connection, origin) if pair[0] <= pair[1]]
    old = connection.execute(
        "SELECT records.sequence FROM records JOIN contents USING (sequence) "
        "WHERE kind = 'measurement' AND time_utc < ? ORDER BY records.sequence",
        (before_utc,),
    ).fetchall()
    kept = [one for (one,) in old if any(first <= one <= last for first, last in exported)]
    if not old:
        raise RecordStoreError("No record is that old.", remedy="Name a later day with --before.")
    if not kept:
        raise RecordStoreError(
            f"None of the {len(old)} records from before then was exported.",
            remedy="Export first: `ramix records export-store FILE`.",
        )
    connection.executemany("DELETE FROM contents WHERE sequence = ?", [(one,) for one in kept])
    return {
        "before_utc": before_utc,
        "pruned": ranges_of(kept),
        "count": len(kept),
        "left_because_not_exported": len(old) - len(kept),
        "store_id": origin.store_id,
    }


def _exported(connection: sqlite3.Connection, origin: Origin) -> list[list[int]]:
    """What export events name; one that was changed counts for nothing."""
    found: list[list[int]] = []
    rows = connection.execute("SELECT sequence FROM records WHERE kind = 'export'").fetchall()
    for (sequence,) in rows:
        row, body = row_at(connection, sequence), body_of(connection, sequence)
        if row is None or body is None:
            continue
        previous = previous_hash(connection, sequence, origin)
        if not row_problem(row, previous, origin) and not body_problem(row, body, origin):
            found += _pairs(parse_body(body), "exported")
    return found


def is_begun(content: Mapping[str, Any]) -> bool:
    """Whether an `export` event says that copying the store began, not how it ended."""
    return content.get("what") == "store" and "sha256" not in content


class Pruned:
    """Entries without contents against what prune events name."""

    def __init__(self) -> None:
        self._missing: list[Row] = []
        self._said: list[list[int]] = []

    def missing(self, row: Row) -> None:
        self._missing.append(row)

    def said(self, body: Mapping[str, Any]) -> None:
        self._said += _pairs(body, "pruned")

    def lost(self) -> list[list[int]]:
        """Entries whose contents are missing though no prune says so, as [first, last] pairs."""
        return ranges_of(
            row.sequence
            for row in self._missing
            if row.kind != EntryKind.MEASUREMENT
            or not any(first <= row.sequence <= last for first, last in self._said)
        )


def _pairs(body: Mapping[str, Any], name: str) -> list[list[int]]:
    content = body.get("content")
    pairs = content.get(name) if isinstance(content, Mapping) else None
    return [
        pair
        for pair in (pairs if isinstance(pairs, list) else [])
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, int) for one in pair)
    ]
