"""Cost and accuracy by number of compounds: tables with log-log slopes, and a picture.

Next: `scaling.py`, which measures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evidence.tallies import Tally, percent
from notebook.scaling_trial import Latency, Trial
from train.pages.drawing import COLOURS, canvas, save
from train.pages.table import Table

_NOTES = (
    "1-5 components of at least 5% (share of unit-maximum references), SNR 100, axis shift within "
    "+-1 cm-1, each compound moved by up to 0.5 cm-1 of its own and its intensities by up to 5%, "
    "cubic baseline up to half the Raman height. The scenes are made apart from training "
    "(`evidence/scenes.py`), but of the library's own references: invented compounds have no "
    "second measurement.",
    "F1 counts every compound of every scene: 2 TP / (2 TP + FP + FN). In brackets: 95% Wilson "
    "interval and n.",
    "13 solvents of one instrument, 37 compounds of two; from there on synthetic line spectra, "
    "which are no chemistry.",
)


@dataclass(frozen=True)
class Costs:
    """One size: what its short training and its answers took."""

    trial: Trial
    latency: Latency


# (heading, value): of what depends on nothing but the sizes, and of what was measured
_Column = tuple[str, Callable[[Costs], float]]
SIZES: tuple[_Column, ...] = (
    ("parameters", lambda one: one.trial.parameters),
    ("int8 file / bytes", lambda one: len(one.trial.model)),
)
MEASURED: tuple[_Column, ...] = (
    ("step / ms", lambda one: 1e3 * one.trial.step_s),
    ("step / CPU ms", lambda one: 1e3 * one.trial.step_cpu_s),
    ("generator, one batch / CPU ms", lambda one: 1e3 * one.trial.generator_cpu_s),
    ("peak memory / MB", lambda one: 1e-6 * one.trial.peak_bytes),
    ("invoke / CPU ms", lambda one: 1e3 * one.latency.invoke_s),
    ("library fit / CPU ms", lambda one: 1e3 * one.latency.fit_s),
    ("verdict / CPU ms", lambda one: 1e3 * one.latency.verdict_s),
)


def f1(found: Tally) -> float:
    wrong = found.present - found.present_named + found.absent_named
    return round(2 * found.present_named / max(1, 2 * found.present_named + wrong), 4)


def accuracy_table(accuracy: dict[int, dict[str, Tally]], count: int) -> Table:
    return Table(
        f"Accuracy, {count} mixtures for each size",
        ("compounds", "method", "exact", "F1", "recall", "false positives"),
        tuple(
            (
                str(compounds),
                method,
                percent(found.exact_match),
                f"{f1(found):.4f}",
                percent(found.recall),
                percent(found.false_positives),
            )
            for compounds, tallies in accuracy.items()
            for method, found in tallies.items()
        ),
        _NOTES,
    )


def slope(compounds: list[int], values: list[float]) -> float:
    """Of ln(value) against ln(compounds), by least squares."""
    return float(np.polyfit(np.log(compounds), np.log(np.maximum(values, 1e-12)), 1)[0])


def costs_table(
    title: str, costs: list[Costs], columns: tuple[_Column, ...], notes: tuple[str, ...] = ()
) -> Table:
    sizes = [one.trial.compounds for one in costs]
    slopes = [slope(sizes, [value(one) for one in costs]) for _, value in columns]
    return Table(
        f"{title} against the number of compounds",
        ("compounds", *(heading for heading, _ in columns)),
        (
            *(
                (str(one.trial.compounds), *(_digits(value(one)) for _, value in columns))
                for one in costs
            ),
            ("log-log slope", *(f"{value:.2f}" for value in slopes)),
        ),
        notes,
    )


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def measured_notes(costs: list[Costs]) -> tuple[str, ...]:
    grown = max(one.trial.grown_bytes for one in costs)
    shares = ", ".join(
        f"{one.trial.compounds}: {one.trial.generator_cpu_s / one.trial.step_cpu_s:.0%}"
        for one in costs
    )
    return (
        "This machine, this run: compare within the table. A step is 256 spectra, made by one "
        "thread while the network learns on the others; CPU is the sum over all threads.",
        f"Generator's part of all processor time, by compounds: {shares}.",
        f"Memory grew by at most {1e-6 * grown:.1f} MB in the second half of the steps.",
        "Peak memory is that of the whole process, TensorFlow and its graph included.",
    )


def draw(costs: list[Costs], path: Path) -> Path:
    figure = canvas(height_inches=5.5)
    sizes = [one.trial.compounds for one in costs]
    panels = figure.subplots(1, 2)
    for axes, columns in zip(panels, (MEASURED, SIZES), strict=True):
        drawn: list[float] = []
        for colour, (heading, value) in zip((*COLOURS, "black"), columns, strict=False):
            values = [value(one) for one in costs]
            label = f"{heading}, slope {slope(sizes, values):.2f}"
            axes.loglog(sizes, values, "o-", color=colour, label=label)
            drawn += values
        axes.minorticks_off()
        axes.set_xticks(sizes, [str(size) for size in sizes])
        decades = np.log10(drawn)  # a tick at least above and below
        axes.set_ylim(10 ** np.floor(decades.min()), 10 ** np.ceil(decades.max()))
        axes.set_xlabel("compounds")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), fontsize="small")
        axes.grid(alpha=0.3)
    return save(figure, path)
