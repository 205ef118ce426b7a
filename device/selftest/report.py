"""A whole self-test: all checks with their numbers, as an object for programs and for the records.

Next: `standing.py`, what the last ones say about an analyzer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

from device.selftest.check import Bounds, Check, Outcome
from device.strict_json import Fields, StrictJsonError, as_integer, as_list, as_number

KIND: Final = "selftest"  # of its event in the chain of records
_MOST_PIXELS: Final = 0xFFFF
_LARGEST: Final = 1e12  # no quantity of a check is larger


@dataclass(frozen=True)
class SelfTestReport:
    """utc: when it began. standard: `polystyrene`, the lamp's name, or empty.
    hot_pixels: for the next self-test to compare with.
    still_failing: checks that failed before and were not made this time.
    """

    serial: str
    utc: datetime
    software: str
    firmware: str
    standard: str
    checks: tuple[Check, ...]
    hot_pixels: tuple[int, ...] = ()
    still_failing: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in self.checks)

    @property
    def passed(self) -> bool:
        """Nothing fails; some checks may not have been made."""
        return not self.failing

    @property
    def failing(self) -> tuple[str, ...]:
        """The names of the checks that fail, now or since an earlier self-test."""
        now = (one.name for one in self.checks if one.outcome is Outcome.FAILED)
        return (*now, *self.still_failing)

    def after(self, before: "SelfTestReport | None") -> "SelfTestReport":
        """The same with what failed `before` and was not made now."""
        if before is None:
            return self
        made = {one.name for one in self.checks if one.outcome is not Outcome.NOT_CHECKED}
        left = tuple(name for name in before.failing if name not in made)
        return replace(self, still_failing=left)

    def check(self, name: str) -> Check | None:
        return next((one for one in self.checks if one.name == name), None)

    def as_json(self) -> dict[str, Any]:
        """passed, serial, utc, software, firmware, standard, hot_pixels, still_failing (names of
        checks that failed before and were not made this time), and checks: name, outcome
        (ok, warning, failed, not_checked), value and unit (null and empty where it is no number),
        bounds {ok, failed_beyond: [low, high], source} or null, text, remedy."""
        return {
            "passed": self.passed,
            "serial": self.serial,
            "utc": self.utc.isoformat(timespec="seconds"),
            "software": self.software,
            "firmware": self.firmware,
            "standard": self.standard,
            "hot_pixels": list(self.hot_pixels),
            "still_failing": list(self.still_failing),
            "checks": [_check_json(one) for one in self.checks],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Raises `StrictJsonError` where it is none; keys of later versions are left alone."""
        fields = Fields(dict(content), "self-test")
        checks = as_list(fields.take("checks"), "checks")
        pixels = as_list(fields.take("hot_pixels"), "hot_pixels")
        return cls(
            serial=fields.text("serial", empty=True),
            utc=_time(fields.text("utc")),
            software=fields.text("software", empty=True),
            firmware=fields.text("firmware", empty=True),
            standard=fields.text("standard", empty=True),
            checks=tuple(_check(one) for one in checks),
            hot_pixels=tuple(as_integer(one, "hot pixel", 0, _MOST_PIXELS) for one in pixels),
            still_failing=fields.texts("still_failing"),
        )


def _check_json(check: Check) -> dict[str, Any]:
    bounds = check.bounds
    return {
        "name": check.name,
        "outcome": str(check.outcome),
        "value": _number(check.value),
        "unit": check.unit,
        "bounds": None
        if bounds is None
        else {
            "ok": [_number(one) for one in bounds.ok],
            "failed_beyond": [_number(one) for one in bounds.allowed],
            "source": bounds.source,
        },
        "text": check.text,
        "remedy": check.remedy,
    }


def _check(value: object) -> Check:
    fields = Fields(value, "check")
    outcome = fields.text("outcome")
    if outcome not in set(Outcome):
        raise StrictJsonError(f"check.outcome is {outcome!r}")
    bounds = fields.take("bounds")
    return Check(
        name=fields.text("name"),
        outcome=Outcome(outcome),
        value=fields.optional_number("value", -_LARGEST, _LARGEST),
        unit=fields.text("unit", empty=True),
        bounds=None if bounds is None else _bounds(Fields(bounds, "bounds")),
        text=fields.text("text"),
        remedy=fields.text("remedy", empty=True),
    )


def _bounds(fields: Fields) -> Bounds:
    return Bounds(_pair(fields, "ok"), _pair(fields, "failed_beyond"), fields.text("source"))


def _pair(fields: Fields, key: str) -> tuple[float | None, float | None]:
    low, high = (
        None if one is None else as_number(one, key, -_LARGEST, _LARGEST)
        for one in fields.items(key, length=2)
    )
    return low, high


def _time(text: str) -> datetime:
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise StrictJsonError(f"{text!r} is no time") from error
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _number(value: float | None) -> float | None:
    """What is not finite is null; six digits are more than any check has."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{min(max(value, -_LARGEST), _LARGEST):.6g}")
