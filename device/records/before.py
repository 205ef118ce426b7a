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
_NOT_THERE: Final = "the head noted earlier is not in the chain: newer records are missing"


def verified_with_those_before(
    reader: Reader, expected: str | Head | None, key: bytes | None, accepted: Sequence[str] = ()
) -> ChainReport:
    """Check the store behind `reader`, and those that it goes on after.

    `accepted`: codes of interruptions that somebody knows of; each must be there.

    Raises:
        RecordStoreError, sqlite3.Error, OSError: it cannot even be begun with.
    """
    report = verified(reader, expected, key)
    past = _Past(report.interruptions)
    past.follow(reader.path, expected, key)
    problems, notes = list(past.changed), list(past.ordinary)
    if expected is not None and report.noted_at is None:
        (notes if past.noted_is_good else problems).append(past.noted or _NOT_THERE)
    for code in accepted:
        if not any(is_noted(one.head, code) for one in past.all):
            told = f"nothing was set aside or lost with the code {code}: it was accepted"
            (notes if past.missing else problems).append(told)
    open_ones = tuple(
        one for one in past.told if not any(is_noted(one.head, code) for code in accepted)
    )
    return replace(
        report,
        problems=(*report.problems, *problems),
        notes=(*report.notes, *notes),
        interruptions=tuple(past.told),
        not_accepted=open_ones,
    )


class _Past:
    """What the stores before say, the newest first.

    told: interruptions; all: with those of an ordinary upgrade.
    changed: what is not as it was set aside. ordinary: what needs nobody's attention.
    missing: whether one of them is not in the folder, and with it what it would tell.
    noted: where the noted head lies, empty where it does not; noted_is_good: all up to it is whole.
    """

    def __init__(self, interruptions: Sequence[Interruption]) -> None:
        self.all = list(interruptions)
        self.told: list[Interruption] = []
        self.changed: list[str] = []
        self.ordinary: list[str] = []
        self.missing = False
        self.noted = ""
        self.noted_is_good = False

    def follow(self, path: Path, expected: str | Head | None, key: bytes | None) -> None:
        seen = {path.name}
        for one in self.all:  # which grows meanwhile
            if not one.file or one.file in seen or len(seen) > _MOST_FOLLOWED:
                self.told.append(one)
                continue
            seen.add(one.file)
            before = _looked_into(path, one, expected, key)
            self.missing = self.missing or before.missing
            self._note(one.file, before)
            if before.upgraded:
                told = f"{one.in_words()} It is of version 1, whole, and signed by nobody."
                self.ordinary.append(told)
                continue
            self.told.append(replace(one, found=before.found))
            self.changed += [f"{one.file}, which was set aside: {text}" for text in before.changed]
            self.all += before.interruptions

    def _note(self, file: str, before: "_Before") -> None:
        if before.noted_at is None or self.noted_is_good:
            return
        self.noted = f"the head noted earlier is entry {before.noted_at} of {file}, set aside"
        self.noted_is_good = before.noted_is_good
        if not self.noted_is_good:
            self.noted += ", which is not whole up to it"


class _Before:
    """What a store that was set aside says now."""

    def __init__(self, *found: str) -> None:
        self.found = found
        self.changed: list[str] = []
        self.interruptions: tuple[Interruption, ...] = ()
        self.upgraded = self.missing = False
        self.noted_at: int | None = None
        self.noted_is_good = False


def _looked_into(
    store: Path, one: Interruption, expected: str | Head | None, key: bytes | None
) -> _Before:
    if Path(one.file).name != one.file:
        return _Before("its name is not that of a file in this folder")
    path = store.with_name(one.file)
    reader = Reader(path)
    try:
        if not path.exists():
            before = _Before("it is not in this folder any more")
            before.missing = True
            return before
        report = verified(reader, expected, key)
        before = _Before(*_in_words(report))
        before.interruptions = report.interruptions
        before.noted_at = report.noted_at
        before.noted_is_good = report.noted_at is not None and report.is_good_at(report.noted_at)
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
