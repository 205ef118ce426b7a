"""How a check ends: passed, failed with what came instead, or skipped with the reason.

Next: `wire.py`, which talks to the analyzer; `check.py`, what a check is.
"""

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """SKIPPED: the analyzer has not what the rule is about, or nobody allowed the check."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class CheckFailed(Exception):
    """The analyzer did something else than the rule says; the text tells what came."""


class CheckSkipped(Exception):
    """The rule cannot be tried here; the text tells why."""


@dataclass(frozen=True)
class Result:
    """The end of one check. `rule` is what was expected, `came` what the analyzer did."""

    name: str
    section: str
    rule: str
    outcome: Outcome
    came: str


def require(holds: object, came: str) -> None:
    """Go on when the rule holds. Raises `CheckFailed` with what came instead."""
    if not holds:
        raise CheckFailed(came)
