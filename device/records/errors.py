"""Why a record store cannot be used, in words the operator can act on.

Next: `store.py`, the store.
"""

import sqlite3

from device.plain_file import why_not
from firmware_bridge.errors import RamixError

# SQLite's error names (their beginning: SQLITE_READONLY_DIRECTORY ...) and Python's.
_CAUSES = {
    "SQLITE_NOTADB": "it is damaged, or not a record store",
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_ERROR": "it is damaged, or not a record store",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "this user may not write to it",
    "SQLITE_PERM": "this user may not open it",
    "SQLITE_AUTH": "this user may not open it",
    "SQLITE_CANTOPEN": "it cannot be opened or created there",
    "SQLITE_BUSY": "another program keeps it locked",
    "SQLITE_LOCKED": "another program keeps it locked",
    "SQLITE_TOOBIG": "it is damaged: an entry is larger than any that is written",
    "SQLITE_INTERRUPT": "reading it takes longer than any store of its size",
    "SQLITE_NOMEM": "the memory is full",
    "SQLITE_IOERR": "the disk reports an error",
    "PermissionError": "this user may not read or write there",
    "FileExistsError": "its folder's name is taken by a file",
}


class RecordStoreError(RamixError):
    """The store cannot be opened, read or written, or does not hold what was asked for."""

    code = "record_store"
    default_remedy = "Check the disk and the file's owner, or choose another file with --store."


class RecordDamaged(RecordStoreError):
    """One entry is not what was written; others may be whole."""

    code = "record_damaged"
    default_remedy = "`ramix records verify` says which entries are damaged, and since when."


class RecordPruned(RecordDamaged):
    """Its contents lie in an exported store alone."""

    code = "record_pruned"
    default_remedy = "Look into the exported store: `ramix records show ID --store FILE`."


class CannotContinue(RecordStoreError):
    """Nothing can be added to this store without hiding what happened to it."""

    code = "cannot_continue"
    default_remedy = "It is set aside whole at the next measurement, and a new store begins."


def cause_of(error: sqlite3.Error | OSError) -> str:
    """What the operator can act on, instead of the library's words."""
    if isinstance(error, OSError) and type(error).__name__ not in _CAUSES:
        return why_not(error)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    for prefix, sentence in _CAUSES.items():
        if name.startswith(prefix):
            return sentence
    return f"the disk or the database refused ({name})"
