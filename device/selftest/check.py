"""One check of a self-test: what was measured, what it may be and who says so, how it stands.

Next: `bounds.py`, the numbers; `round.py`, which runs all checks.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """OK; WARNING: measurements are worse than they could be; FAILED: they must not be trusted;
    NOT_CHECKED: nothing was measured, which is no pass."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Bounds:
    """What a quantity may be, in its own unit; None: that side has no bound.

    ok: outside of it the check warns. allowed: outside of it the check fails.
    source: where both come from, in one line.
    """

    ok: tuple[float | None, float | None]
    allowed: tuple[float | None, float | None]
    source: str

    def outcome_of(self, value: float) -> Outcome:
        """NaN fails."""
        if not _within(value, self.allowed):
            return Outcome.FAILED
        return Outcome.OK if _within(value, self.ok) else Outcome.WARNING


@dataclass(frozen=True)
class Check:
    """`text` is one sentence; `remedy` is empty where nothing has to be done.

    value: what was measured, in `unit`; None where the check is no number or was not made.
    """

    name: str
    outcome: Outcome
    text: str
    remedy: str = ""
    value: float | None = None
    unit: str = ""
    bounds: Bounds | None = None


def judged(name: str, value: float, unit: str, bounds: Bounds, text: str, remedy: str) -> Check:
    """The check of one number; `remedy` is told where it is not ok."""
    outcome = bounds.outcome_of(value)
    told = "" if outcome is Outcome.OK else remedy
    return Check(name, outcome, text, told, value, unit, bounds)


def not_checked(name: str, text: str, remedy: str) -> Check:
    """Nothing was measured: `text` says why, `remedy` how it is measured."""
    return Check(name, Outcome.NOT_CHECKED, text, remedy)


def camera_untold(name: str) -> Check:
    """What is held against the camera's own figures, where the firmware does not tell them."""
    return not_checked(
        name,
        "The firmware does not tell gain, read noise and offset of its camera.",
        "Ask its maker for a firmware that tells them (GET_CAMERA).",
    )


def failed(name: str, text: str, remedy: str) -> Check:
    """It could not even be measured, and that is a fault."""
    return Check(name, Outcome.FAILED, text, remedy)


def _within(value: float, limits: tuple[float | None, float | None]) -> bool:
    low, high = limits
    return value == value and (low is None or value >= low) and (high is None or value <= high)
