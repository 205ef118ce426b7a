"""A self-test as lines for people, and its trend as a table with sparklines and as a picture.

Next: `picture.py`, the picture's file.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from device.show.picture import empty_figure, require_plotting, write_picture
from device.show.style import CardStyle

if TYPE_CHECKING:
    from device.selftest.check import Bounds, Check
    from device.selftest.report import SelfTestReport
    from device.selftest.trend import Series

_BARS: Final = "▁▂▃▄▅▆▇█"
_PLAIN_BARS: Final = "_.-=^"
OUTCOME_WIDTH: Final = 12
_NAME_WIDTH, _VALUE_WIDTH = 20, 22
_COLUMNS, _WIDTH_INCHES, _ROW_INCHES = 3, 11.0, 1.7
_VALUE, _OK, _FAILED = "#0072B2", "#E69F00", "#D55E00"


def check_lines(check: "Check", style: CardStyle) -> list[str]:
    """Name and value, the sentence beside them where it fits, else below.

    The outcome stands before the first line, in `OUTCOME_WIDTH` columns.
    """
    value = "" if check.value is None else _short(check.value, check.unit)
    head = f"{check.name:<{_NAME_WIDTH}} {value:>{_VALUE_WIDTH}}"
    whole = f"{head}  {check.text}"
    if OUTCOME_WIDTH + len(whole) <= style.width:
        return [whole]
    return [head.rstrip(), *style.wrap(check.text, " " * OUTCOME_WIDTH)]


def bounds_line(bounds: "Bounds") -> str:
    """What is ok, what fails, and who says so."""
    return f"ok {_range(bounds.ok)}, failed beyond {_range(bounds.allowed)} - {bounds.source}"


def summary(report: "SelfTestReport") -> str:
    """The last line."""
    from device.selftest.check import Outcome

    counts = {outcome: report.count(outcome) for outcome in Outcome}
    verdict = "PASSED" if report.passed else "FAILED"
    failing, not_checked = len(report.failing), counts[Outcome.NOT_CHECKED]
    return (
        f"Self-test {verdict}: {counts[Outcome.OK]} ok, {counts[Outcome.WARNING]} warnings, "
        f"{failing} failed, {not_checked} not checked."
    )


def trend_lines(series: Sequence["Series"], *, unicode: bool) -> Iterator[str]:
    """A table: quantity, how many, newest, smallest, largest, and a sparkline."""
    yield f"{'quantity':<{_NAME_WIDTH}} {'n':>3} {'newest':>10} {'smallest':>10} {'largest':>10}"
    for one in series:
        newest, low, high = one.values[-1], min(one.values), max(one.values)
        yield (
            f"{one.name:<{_NAME_WIDTH}} {len(one.points):>3} {newest:>10.4g} {low:>10.4g} "
            f"{high:>10.4g}  {sparkline(one.values, unicode=unicode)}  {one.unit}"
        )


def sparkline(values: Sequence[float], *, unicode: bool = True) -> str:
    """One sign for each value, from the smallest to the largest; equal values lie in the middle."""
    bars = _BARS if unicode else _PLAIN_BARS
    low, high = min(values), max(values)
    if not high > low:
        return bars[len(bars) // 2] * len(values)
    steps = len(bars) - 1
    return "".join(bars[round(steps * (value - low) / (high - low))] for value in values)


def plot_trend(series: Sequence["Series"], serial: str, path: Path) -> None:
    """One small diagram for each quantity, its bounds as lines.

    Raises:
        PlotUnavailable: matplotlib is not installed.
        PlotNotWritten: `path` cannot be written.
    """
    require_plotting(path)
    rows = -(-max(len(series), 1) // _COLUMNS)
    figure = empty_figure(_WIDTH_INCHES, 0.7 + _ROW_INCHES * rows)
    every = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    figure.suptitle(f"Self-tests of analyzer {serial}, the newest at the right")
    for axes in every[len(series) :]:
        axes.set_axis_off()
    for axes, one in zip(every, series, strict=False):
        axes.plot(range(1, len(one.points) + 1), one.values, ".-", color=_VALUE)
        first, last = one.points[0].utc, one.points[-1].utc
        axes.set_title(f"{one.name}, {one.unit}", fontsize=9, loc="left")
        axes.set_xlabel(f"{first:%Y-%m-%d} to {last:%Y-%m-%d}", fontsize=7)
        axes.tick_params(labelsize=7)
        axes.xaxis.get_major_locator().set_params(integer=True)
        if one.bounds is None:
            continue
        for limits, colour in ((one.bounds.ok, _OK), (one.bounds.allowed, _FAILED)):
            for limit in limits:
                if limit is not None:
                    axes.axhline(limit, color=colour, linewidth=0.8, linestyle="--")
    write_picture(figure, path)


def _short(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".rstrip()


def _range(limits: tuple[float | None, float | None]) -> str:
    low, high = limits
    if low is None:
        return "any" if high is None else f"to {high:.4g}"
    return f"from {low:.4g}" if high is None else f"{low:.4g} to {high:.4g}"
