"""Errors and laser-on time of each rule, as tables and a picture.

Next: `stopping_types.py`, the rules.
"""

from pathlib import Path
from statistics import mean, median

from evidence.stopping_types import (
    FOUND,
    PRODUCT,
    RULES,
    UNTOLD,
    WHOLE,
    Measured,
    Rule,
    no_more_errors,
)
from evidence.tallies import percent
from train.network.evaluate import Proportion
from train.pages.drawing import COLOURS, canvas, save
from train.pages.table import Table


def over_all_table(label: str, found: list[Measured]) -> Table:
    return Table(
        f"Every brightness together, network {label}",
        (
            "measured", "false name", "wrong verdict",
            "laser on to a right verdict: median / s", "mean / s",
        ),
        tuple((name, *_row(found, rule)) for name, rule in RULES.items()),
        (
            "Pure liquids and mixtures of two or three, parts of 3% and more; in one of five "
            "scenes three lines of a stranger, the strongest 5-50% of the strongest line. Right: "
            "IDENTIFIED with just these names; with a stranger PARTIAL or UNKNOWN without a false "
            "name. Exposures are found, 10 s of measuring at most; laser-on time holds the frames "
            "that find them. Pairs are as bright as the camera allows, at most 1 s a frame. The "
            "first two rules and the whole budget see the same frames, whose photons outweigh the "
            "noise of readout. In brackets: 95% Wilson interval and n.",
            *_compared(found),
        ),
    )  # fmt: skip


def _compared(found: list[Measured]) -> tuple[str, ...]:
    """Laser-on time against the shortest fixed measurements that are wrong no more often."""
    told = []
    ours = _right_times(found, RULES[PRODUCT])
    for what, fixed in (("as bright as the camera allows", FOUND), ("of 100 ms", UNTOLD)):
        name = no_more_errors(found, fixed)
        theirs = [] if name is None else _right_times(found, fixed[name])
        if ours and theirs:
            told.append(
                f"Of frames {what}, {name} are the fewest that are wrong no more often. Laser-on "
                f"time against them: {median(ours) / median(theirs):.2f} of the median, "
                f"{mean(ours) / mean(theirs):.2f} of the mean."
            )
        else:
            told.append(f"No number of frames {what} is wrong as seldom.")
    return tuple(told)


def _shown(found: list[Measured]) -> list[str]:
    return list(dict.fromkeys((PRODUCT, no_more_errors(found, FOUND) or WHOLE, WHOLE)))


def by_brightness_table(label: str, found: list[Measured]) -> Table:
    shown = _shown(found)
    rows = []
    for bright in sorted({one.brightness for one in found}):
        part = [one for one in found if one.brightness == bright]
        rows += [(f"{bright:g}", name, *_row(part, RULES[name])) for name in shown]
    return Table(
        f"By brightness, network {label}",
        (
            "brightness", "measured", "false name", "wrong verdict",
            "laser on to a right verdict: median / s", "mean / s",
        ),
        tuple(rows),
        ("Brightness 1: 20,000 counts a second at the highest peak.",),
    )  # fmt: skip


def draw(found: list[Measured], path: Path, label: str) -> Path:
    """Laser-on time to a right verdict over brightness."""
    figure = canvas(3.5)
    axes = figure.subplots()
    levels = sorted({one.brightness for one in found})
    shown = _shown(found)
    for name, colour in zip(shown, COLOURS, strict=False):
        for middle, style in ((median, "o-"), (mean, "x:")):
            points = [
                (bright, middle(times))
                for bright in levels
                if (times := _right_times(_of(found, bright), RULES[name]))
            ]
            told = f"{name}: {'median' if middle is median else 'mean'}"
            axes.plot(
                [at for at, _ in points], [time_s for _, time_s in points], style,
                color=colour, label=told,
            )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("brightness (1: 20,000 counts a second at the highest peak)")
    axes.set_ylabel("laser on to a right verdict / s")
    axes.set_title(f"network {label}", fontsize=9)
    axes.legend(fontsize=8)
    axes.grid(True, color="#e6e6e6")
    return save(figure, path)


def _of(found: list[Measured], bright: float) -> list[Measured]:
    return [one for one in found if one.brightness == bright]


def _right_times(found: list[Measured], rule: Rule) -> list[float]:
    return [rule(one).laser_on_s for one in found if rule(one).right]


def _row(found: list[Measured], rule: Rule) -> tuple[str, ...]:
    n, times = len(found), _right_times(found, rule)
    return (
        percent(Proportion(sum(rule(one).false_name for one in found), n)),
        percent(Proportion(sum(not rule(one).right for one in found), n)),
        f"{median(times):.2f}" if times else "-",
        f"{mean(times):.2f}" if times else "-",
    )
