"""How each quantity of an analyzer's self-tests went over the last ones.

Next: `../show/selftest.py`, the table and the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from device.selftest.check import Bounds, Outcome
from device.selftest.standing import KeptReport


@dataclass(frozen=True)
class Point:
    """One self-test's value of a quantity."""

    utc: datetime
    value: float
    outcome: Outcome
    record_id: str


@dataclass(frozen=True)
class Series:
    """A quantity over time, the oldest first; `bounds` are those of the newest."""

    name: str
    unit: str
    points: tuple[Point, ...]
    bounds: Bounds | None

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(point.value for point in self.points)


def trend(kept: Sequence[KeptReport]) -> tuple[Series, ...]:
    """Of self-tests, the newest first: each quantity that was measured, in the order of checks."""
    points: dict[tuple[str, str], list[Point]] = {}
    bounds: dict[tuple[str, str], Bounds | None] = {}
    for one in kept:
        for check in one.report.checks:
            if check.value is None:
                continue
            key = (check.name, check.unit)
            point = Point(one.report.utc, check.value, check.outcome, one.record_id)
            points.setdefault(key, []).append(point)
            bounds.setdefault(key, check.bounds)
    return tuple(
        Series(name, unit, tuple(reversed(found)), bounds[name, unit])
        for (name, unit), found in points.items()
    )


def trend_json(serial: str, series: Sequence[Series]) -> dict[str, Any]:
    """serial, and series: name, unit, points {utc, value, outcome, record_id}, the oldest first."""
    return {
        "serial": serial,
        "series": [
            {
                "name": one.name,
                "unit": one.unit,
                "points": [
                    {
                        "utc": point.utc.isoformat(timespec="seconds"),
                        "value": point.value,
                        "outcome": str(point.outcome),
                        "record_id": point.record_id,
                    }
                    for point in one.points
                ],
            }
            for one in series
        ],
    }
