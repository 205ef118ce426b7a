"""The stores before this one: set aside because they could not be continued, and looked into again.

Each is checked as far as it can be, and held against what was noted of its end when it was set
aside: who changes it afterwards is found by the chain that goes on.
Next: `interruption.py`, what is told; `verification.py`, the check of one store.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from device.records.errors import RecordStoreError, cause_of
from device.records.head import Head
from device.records.interruption import Interruption
from device.records.mark import read_mark
from device.records.reading import Reader
from device.records.report import ChainReport, is_noted
from device.records.set_aside import as_it_stands
from device.records.verification import verified

_MOST_FOLLOWED: Final = 20  # stores before one another
_MOST_TOLD: Final = 5  # problems of one of them


def verified_with_those_before(
    reader: Reader, expected: str | Head | None, key: bytes | None, accepted: Sequence[str] = ()
) -> ChainReport:
    """Check the store behind `reader`, and those that it goes on after.

    `accepted`: codes of interruptions that somebody knows of; each must be there.

    Raises:
        RecordStoreError, sqlite3.Error, OSError: it cannot even be begun with.
    """
    report = verified(reader, expected, key)
    followed, problems, notes = _followed(reader.path, report, key)
    for code in accepted:
        if not any(is_noted(one.head, code) for one in followed):
            problems.append(f"nothing was set aside or lost with the code {code}: it was accepted")
    open_ones = tuple(
        one for one in followed if not any(is_noted(one.head, code) for code in accepted)
    )
    return replace(
        report,
        problems=(*report.problems, *problems),
        notes=(*report.notes, *notes),
        interruptions=tuple(followed),
        not_accepted=open_ones,
    )


def _followed(
    path: Path, report: ChainReport, key: bytes | None
) -> tuple[list[Interruption], list[str], list[str]]:
    """All interruptions, newest store first; what was changed since; and what is ordinary."""
    told: list[Interruption] = []
    changed: list[str] = []
    ordinary: list[str] = []
    waiting, seen = list(report.interruptions), {path.name}
    while waiting:
        one = waiting.pop(0)
        if not one.file or one.file in seen or len(seen) > _MOST_FOLLOWED:
            told.append(one)
            continue
        seen.add(one.file)
        before = _looked_into(path, one, key)
        if before.upgraded:
            ordinary.append(f"{one.in_words()} It is of version 1, whole, and signed by nobody.")
            continue
        told.append(replace(one, found=before.found))
        changed += [f"{one.file}, which was set aside: {text}" for text in before.changed]
        waiting += before.interruptions
    return told, changed, ordinary


class _Before:
    """What a store that was set aside says now."""

    def __init__(self, *found: str) -> None:
        self.found = found
        self.changed: list[str] = []
        self.interruptions: tuple[Interruption, ...] = ()
        self.upgraded = False


def _looked_into(store: Path, one: Interruption, key: bytes | None) -> _Before:
    if Path(one.file).name != one.file:
        return _Before("its name is not that of a file in this folder")
    path = store.with_name(one.file)
    reader = Reader(path)
    try:
        if not path.exists():
            return _Before("it is not in this folder any more")
        report = verified(reader, None, key)
        before = _Before(*_in_words(report))
        before.interruptions = report.interruptions
        before.changed = _changed(path, one)
        known = one.link or {}
        whole = not report.problems and not before.changed
        before.upgraded = reader.version == 1 and known.get("mark") is None and whole
    except RecordStoreError as error:
        return _Before(f"it cannot be read: {error.text}")
    except (sqlite3.Error, OSError) as error:
        return _Before(f"it cannot be read: {cause_of(error)}")
    finally:
        reader.close()
    return before


def _in_words(report: ChainReport) -> list[str]:
    good = report.last_good
    since = "none good" if good is None else f"good until {good.entry_id}"
    if not report.problems:
        since = "all good"
    told = [f"{report.count} record(s), {report.entries} entries, {since}"]
    return [*told, *report.problems[:_MOST_TOLD]]


def _changed(path: Path, one: Interruption) -> list[str]:
    """What of its end is not as it was noted when the store was set aside."""
    known = one.link or {}
    changed = []
    end = (known.get("sequence"), known.get("hash"))  # null where it could not be read
    if None not in end and as_it_stands(path) != end:
        changed.append("its newest entry is not the one that was set aside")
    mark = known.get("mark")
    if isinstance(mark, dict):
        try:
            kept = read_mark(path)
        except RecordStoreError:
            kept = None
        if kept is None or kept.hash.hex() != mark.get("hash"):
            changed.append("its mark is not the one that was set aside")
    return changed
