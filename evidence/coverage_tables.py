"""How many intervals hold the truth, and what they would have to be multiplied by, as tables.

Next: `coverage.py`, which makes the intervals.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from evidence.tallies import percent
from train.network.evaluate import Proportion
from train.pages.table import Table

SMALLEST_SHARE = 0.05
SMALLEST_VOLUME = 0.10
STILL_SEEN = 0.03  # of the signal: volumes of weak scatterers are drawn again below this
_NINETY_PERCENT = 1.645
_NO_WIDTH = 1e-6


@dataclass(frozen=True)
class Interval:
    """One asserted component that is there."""

    setting: str
    snr: float
    components: int
    compound: str
    truth: float
    error: float  # answer less truth
    half_width: float

    @property
    def covers(self) -> bool:
        return abs(self.error) <= self.half_width


Cut = Callable[[Interval], str]


def by_condition(interval: Interval) -> str:
    return f"{interval.setting}, SNR {interval.snr:g}"


def by_size(interval: Interval) -> str:
    for limit in (0.1, 0.3, 0.6):
        if interval.truth < limit:
            return f"below {limit:.0%}"
    return "60% and more"


def conditions_table(intervals: list[Interval], scenes: int, components: str) -> Table:
    groups = _grouped(intervals, by_condition)
    worst = min(groups, key=lambda name: held(groups[name]).value)
    return Table(
        "Shares: 90% intervals that hold the truth",
        ("spectra", *_COLUMNS),
        tuple((name, *_cells(part)) for name, part in groups.items()),
        (
            f"{scenes} mixtures each of {components} of {SMALLEST_SHARE:.0%} and more, "
            "axis shift within +-1 cm-1, cubic baseline up to half the Raman height. An interval "
            "for each component that is there and was named.",
            "Each its own: shifts within +-1 cm-1, relative intensities within +-10% along the "
            "axis. Another instrument: its response within +-10% besides, lines 20% wider, "
            "columns 0.3% of the peak off.",
            f"Worst: {worst}, {percent(held(groups[worst]))}.",
            "Error against sd: rms error over rms of what is reported as standard deviation "
            "(half-width / 1.645). To multiply by: what would make these intervals hold 90%. Both "
            "without intervals of no width, as a single component's may be; these hold nothing.",
            "In brackets: 95% Wilson interval and n, which counts intervals, not spectra.",
        ),
    )


def cut_table(column: str, title: str, intervals: list[Interval], cut: Cut) -> Table:
    groups = _grouped(intervals, cut)
    return Table(
        title,
        (column, *_COLUMNS),
        tuple((name, *_cells(groups[name])) for name in sorted(groups)),
        ("Over all conditions of the first table.",),
    )


def volumes_table(intervals: list[Interval], scenes: int, components: str) -> Table:
    groups = _grouped(intervals, lambda i: str(i.components))
    rows = [("all", *_cells(intervals))] if intervals else []
    rows += [(name, *_cells(groups[name])) for name in sorted(groups)]
    return Table(
        "Volume fractions: 90% intervals that hold the truth",
        ("components", *_COLUMNS),
        tuple(rows),
        (
            f"{scenes} mixtures of {components} of {SMALLEST_VOLUME:.0%} of the volume "
            f"and more that give {STILL_SEEN:.0%} of the signal and more; SNR 100. Every mixture "
            "is made with response factors of its own, normally distributed with the stated "
            "uncertainty.",
            "Counted where exactly the right compounds were named.",
        ),
    )


_COLUMNS = ("hold the truth", "rms error", "error against sd", "to multiply by")


def _cells(intervals: list[Interval]) -> tuple[str, ...]:
    found = numbers(intervals)
    ratios = (found["error_against_sd"], found["to_multiply_by"])
    return (
        percent(held(intervals)),
        f"{100 * (found['rms_error'] or 0.0):.2f}%",
        *("-" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
    )


def held(intervals: list[Interval]) -> Proportion:
    return Proportion(sum(one.covers for one in intervals), len(intervals))


def numbers(intervals: list[Interval]) -> dict[str, float | None]:
    """Ratios over the intervals that have a width: a single component's may have none."""
    error = np.array([one.error for one in intervals])
    width = np.array([one.half_width for one in intervals])
    wide = width > _NO_WIDTH
    result: dict[str, float | None] = {
        "rms_error": round(float(np.sqrt(np.mean(error**2))), 6),
        "without_width": float((~wide).mean()),
        "error_against_sd": None,
        "to_multiply_by": None,
    }
    if wide.any():
        error, width = error[wide], width[wide]
        rms, rms_width = np.sqrt(np.mean(error**2)), np.sqrt(np.mean(width**2))
        result["error_against_sd"] = round(float(_NINETY_PERCENT * rms / rms_width), 4)
        result["to_multiply_by"] = round(float(np.quantile(np.abs(error) / width, 0.9)), 4)
    return result


def _grouped(intervals: Iterable[Interval], cut: Cut) -> dict[str, list[Interval]]:
    groups: dict[str, list[Interval]] = {}
    for one in intervals:
        groups.setdefault(cut(one), []).append(one)
    return groups


def to_json(intervals: list[Interval], cut: Cut) -> dict[str, Any]:
    return {
        name: {"held": held(part).to_json(), **numbers(part)}
        for name, part in _grouped(intervals, cut).items()
    }
