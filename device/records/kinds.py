"""What an entry of a store can be: a measurement, or an event. One table, no other kinds.

Next: `content.py`, the bytes that an entry becomes.
"""

from enum import StrEnum, unique
from typing import Final


@unique
class EntryKind(StrEnum):
    """Stands in every entry and in what its signature covers."""

    MEASUREMENT = "measurement"
    STORE = "store"  # the first entry: public key, and what the store continues
    START = "start"  # of `ramix run`, or of a screen
    FAILED_START = "failed_start"
    LOGIN = "login"
    LOGOUT = "logout"
    LIBRARY = "library"  # a field compound added or removed
    MODEL = "model"  # flashed, confirmed, rolled back
    CALIBRATION = "calibration"  # a page written or restored
    SELFTEST = "selftest"
    SETTINGS = "settings"  # overrides of what the program would choose
    EXPORT = "export"
    IMPORT = "import"  # a colleague's package of records; they stay apart from the chain
    REIDENTIFIED = "reidentified"  # stored records answered again by another model
    SET_ASIDE = "set_aside"  # another store lies aside, and this one goes on
    SIGNATURE = "signature"  # of a second person, over one record
    ANSWER_OF_EXPERT = "answer_of_expert"
    PRUNE = "prune"  # contents of exported records were removed
    MARK = "mark"  # the kept mark of the newest entry was missing or damaged


# Written by the store itself alone: nobody else may claim them.
OF_THE_STORE: Final = frozenset(
    {EntryKind.MEASUREMENT, EntryKind.STORE, EntryKind.SET_ASIDE, EntryKind.PRUNE, EntryKind.MARK}
)
EVENTS: Final = frozenset(EntryKind) - {EntryKind.MEASUREMENT}
