"""One line of an examination: what was looked at, how it stands, and what mends it.

Next: `access.py`, the first checks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """OK; WARNING: it works, with something to know; FAULT: something does not work."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """`text` is one sentence; `remedy` is empty where nothing has to be done."""

    check: str
    level: Level
    text: str
    remedy: str = ""


Check = Callable[[], Iterator[Finding]]


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, text)


def warning(check: str, text: str, remedy: str) -> Finding:
    """It works, with something to know."""
    return Finding(check, Level.WARNING, text, remedy)


def fault(check: str, text: str, remedy: str) -> Finding:
    """Something does not work."""
    return Finding(check, Level.FAULT, text, remedy)
