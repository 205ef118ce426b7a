"""What the check of a store says, and how a noted head is recognised.

Next: `verification.py`, which finds it.
"""

import os
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from device.records import version1
from device.records.head import Head, head_code
from device.records.interruption import Interruption
from device.records.mark import mark_path

MOST_TOLD: Final = 100  # problems, and notes
_SHORTEST_HASH: Final = 16  # hex digits of a noted hash: below, chance could fit one


@dataclass(frozen=True)
class ChainReport:
    """What `verify` found; `newest` is worth being noted elsewhere.

    count: measurements; entries: with events.
    head: hash of the newest entry, hex.
    problems: empty for a store that is what was written, as far as can be known from here.
    notes: what could not be checked, and clocks that were set back.
    last_good: the last entry before the first problem; None: none is good.
    interruptions: where this store, or one before it, goes on after something that it cannot vouch
        for. not_accepted: those of them that nobody said they know of.
    simulated: whether the first entry says that the store is of simulated analyzers; None: it
        says nothing.
    noted_at: number of the entry whose head was noted; None: it is not there, or none was named.
    """

    count: int
    head: str
    problems: tuple[str, ...]
    entries: int = 0
    notes: tuple[str, ...] = ()
    last_good: Head | None = None
    newest: Head | None = None
    interruptions: tuple[Interruption, ...] = ()
    not_accepted: tuple[Interruption, ...] = ()
    simulated: bool | None = None
    noted_at: int | None = None

    def is_good_at(self, number: int) -> bool:
        """Whether nothing is wrong up to the entry with this number."""
        good = self.last_good
        return not self.problems or (good is not None and number <= good.sequence)


def of_the_kind(report: ChainReport, *, simulated: bool) -> ChainReport:
    """With a problem where it is the store of the other analyzers, simulated or real: both have
    the same key, and the first entry tells which it is."""
    if report.simulated in (None, simulated):
        return report
    kind = "simulated" if report.simulated else "real"
    told = f"another store lies in its place: it is that of {kind} analyzers"
    return replace(report, problems=(*report.problems, told), last_good=None)


def is_noted(head: Head, expected: str | Head | None) -> bool:
    """Whether this is the entry whose head was noted, as hash, as its beginning, or as code."""
    if isinstance(expected, Head):
        return (head.store_id, head.sequence, head.hash, head.public_key) == (
            expected.store_id, expected.sequence, expected.hash, expected.public_key,
        )  # fmt: skip
    noted = (expected or "").strip().lower()
    if noted == head_code(head.hash).lower():
        return True
    return len(noted) >= _SHORTEST_HASH and head.hash.hex().startswith(noted)


def version_1_report(
    connection: sqlite3.Connection, expected: str | Head | None, path: Path
) -> ChainReport:
    found: list[str] = []
    if os.path.lexists(mark_path(path)):  # of version 2: such a store never had one
        found.append("a signed store was kept here: its mark lies beside this one of version 1")
    count, newest, noted_at = 0, "", None
    for sequence, digest, problem in version1.problems(connection):
        count, newest = count + 1, digest.hex()
        if problem and len(found) < MOST_TOLD:
            found.append(f"record {sequence}: {problem}")
        if newest == str(expected).lower():
            noted_at = sequence
    note = "a store of version 1 is not signed: who can write it can rewrite it"
    return ChainReport(count, newest, tuple(found), count, (note,), noted_at=noted_at)
