"""Whether a store can be continued: its end checked against its beginning and its kept mark.

Next: `writing.py`, which continues it or begins anew.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from device.records import database
from device.records.chain import Origin, Row, last_rows, origin_of, row_at, row_problem
from device.records.errors import CannotContinue, RecordDamaged
from device.records.head import Head, genesis_hash


def checked_end(
    connection: sqlite3.Connection, path: Path, public_key: bytes
) -> tuple[Origin, Row]:
    """The store's origin and its newest row, which the device with this key signed.

    Raises:
        CannotContinue: what follows would stand on something else than what was written.
        RecordStoreError: the file is no store of this version or an older one.
        sqlite3.Error: it is damaged.
    """
    if database.version_of(connection, path) != database.SCHEMA_VERSION:
        raise CannotContinue("It was written by version 1 of the record store.")
    try:
        origin = origin_of(connection)
    except RecordDamaged as error:
        raise CannotContinue(error.text) from error
    if origin.public_key != public_key:
        raise CannotContinue("It was signed by another device's key.")
    last, before = last_rows(connection)
    if last is None:
        raise CannotContinue("It is empty.")
    if last.sequence != 0 and (before is None or before.sequence != last.sequence - 1):
        raise CannotContinue("The entry before its newest one is missing.")
    previous = genesis_hash(origin.store_id) if before is None else before.hash
    problem = row_problem(last, previous, origin)
    if problem:
        raise CannotContinue(f"Its newest entry is damaged: {problem}.")
    return origin, last


def check_against_mark(
    connection: sqlite3.Connection, mark: Head, origin: Origin, last: Row
) -> None:
    """
    Raises:
        CannotContinue: the store is not the one that the mark is of, or lost its end.
    """
    problem = mark_problem(connection, mark, origin, last)
    if problem:
        raise CannotContinue(f"{problem[:1].upper()}{problem[1:]}.")


def mark_problem(
    connection: sqlite3.Connection, mark: Head, origin: Origin, last: Row | None
) -> str:
    """What a head noted before says against the store, empty if nothing."""
    if mark.store_id != origin.store_id:
        if last is not None and last.sequence == 0 and _continues(origin, mark):
            return ""  # begun anew just before a sudden end: the mark is still the old store's
        return f"another store lies in its place: {mark.store_id[:8]} was kept here"
    end = -1 if last is None else last.sequence
    if mark.sequence > end:
        return (
            f"its newest entries are missing: it ends at {end}, {mark.sequence} were written "
            f"until {mark.time_utc[:19]} UTC"
        )
    there = row_at(connection, mark.sequence)
    if there is None or there.hash != mark.hash:
        return f"entry {mark.sequence} is not the one that was written"
    return ""


def _continues(origin: Origin, mark: Head) -> bool:
    remains = origin.content.get("continues")
    before = remains.get("mark") if isinstance(remains, Mapping) else None
    return isinstance(before, Mapping) and before.get("hash") == mark.hash.hex()
