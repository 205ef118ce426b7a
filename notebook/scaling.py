"""What more compounds cost: accuracy, memory, size and time from 13 to 200, with log-log slopes.

Cost comes from short trainings of equal length made here, accuracy from whole trainings as far as
their bundles are in the models' folder (`ramix-train build filled200 --out FOLDER`).
Next: `scaling_trial.py`, one size.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from device.fit.library import Library
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.spectra.spectrum import Spectrum, to_grid
from device.verdict.identification import identify
from device.verdict.identifier import Identifier
from device.verdict.thresholds import FitThresholds
from evidence.figure import Context, Result, Size
from evidence.tallies import (
    Method,
    Said,
    Tally,
    network,
    percent,
    product,
    said_of,
    tally,
)
from evidence.under_test import FiguresNeedModels
from notebook.scaling_trial import (
    LIBRARIES,
    Latency,
    Trial,
    latency,
    library_of,
    scenes_of,
    train,
)
from notebook.shipped import identifiers_of
from train.library.references import TrainingLibrary
from train.pages.drawing import COLOURS, canvas, save
from train.pages.table import Table

_STREAM = 21
STEPS = 100
FIT_ALONE, NETWORK, PRODUCT = (
    "library fit alone",
    "RaMixNet II alone",
    "RaMixNet II and library fit",
)
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
_SIZES: tuple[_Column, ...] = (
    ("parameters", lambda one: one.trial.parameters),
    ("int8 file / bytes", lambda one: len(one.trial.model)),
)
_MEASURED: tuple[_Column, ...] = (
    ("step / ms", lambda one: 1e3 * one.trial.step_s),
    ("step / CPU ms", lambda one: 1e3 * one.trial.step_cpu_s),
    ("generator, one batch / CPU ms", lambda one: 1e3 * one.trial.generator_cpu_s),
    ("peak memory / MB", lambda one: 1e-6 * one.trial.peak_bytes),
    ("invoke / CPU ms", lambda one: 1e3 * one.latency.invoke_s),
    ("library fit / CPU ms", lambda one: 1e3 * one.latency.fit_s),
    ("verdict / CPU ms", lambda one: 1e3 * one.latency.verdict_s),
)


def make(context: Context) -> Result:
    tiny = context.size is Size.TINY
    sizes = (4, 8) if tiny else (13, 37, 100, 200)
    steps = 6 if tiny else STEPS
    timed, counted = context.part(2, 20), context.count(tiny=2, full=200)
    of_all = len(sizes) * (1 + counted)
    costs, accuracy = [], {}
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        context.progress(done, of_all)

    for compounds in sizes:
        library = library_of(compounds)
        trial = train(compounds, steps) if tiny else _apart(compounds, steps)
        timing = scenes_of(library, timed, (context.seed, _STREAM, compounds, 0))
        costs.append(Costs(trial, latency(trial, library, timing)))
        step()
        scenes = scenes_of(library, counted, (context.seed, _STREAM, compounds, 1))
        accuracy[compounds] = tally(scenes, _methods(context, library), step)
    names = {compounds: library_of(compounds).names for compounds in sizes}
    plot = _draw(costs, context.out / "scaling-slopes.png")
    return Result(
        (_accuracy_table(accuracy, counted), _table("Size", costs, _SIZES)),
        (plot,),
        {
            "accuracy": {
                str(c): {m: t.to_json(names[c]) | {"f1": _f1(t)} for m, t in by_method.items()}
                for c, by_method in accuracy.items()
            },
            "size": {str(c.trial.compounds): [f(c) for _, f in _SIZES] for c in costs},
        },
        times=(
            _table(
                f"Time and memory, {steps} steps each", costs, _MEASURED, _measured_notes(costs)
            ),
            *_training_tables(context, costs),
        ),
    )


def _apart(compounds: int, steps: int) -> Trial:
    """In a new process: memory that a smaller library left behind must not count here."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(train, compounds, steps).result()


def _methods(context: Context, library: TrainingLibrary) -> dict[str, Method]:
    methods = {FIT_ALONE: _fit_alone(library)}
    identifier = _trained(context, len(library.names))
    if identifier is not None:
        methods |= {NETWORK: network(identifier), PRODUCT: product(identifier)}
    return methods


def _trained(context: Context, compounds: int) -> Identifier | None:
    """The whole training of a library of that size, if its bundle is there."""
    try:
        return identifiers_of(context, LIBRARIES[compounds]).get("II")
    except (KeyError, FiguresNeedModels):
        return None


def _fit_alone(library: TrainingLibrary) -> Method:
    """The product without a network: compounds as if measured in the field."""
    fitter = Library(library.references)
    names = list(library.names)
    compounds = [Compound(name, "", (), "", None, None, "") for name in names]
    silent, no_limits = Prediction(np.zeros(0, dtype=np.float32), None), np.zeros(0)

    def answer(spectrum: Spectrum) -> Said:
        found = identify(to_grid(spectrum), silent, fitter, compounds, no_limits, FitThresholds())
        return said_of(found, names)

    return answer


def _f1(found: Tally) -> float:
    wrong = found.present - found.present_named + found.absent_named
    return round(2 * found.present_named / max(1, 2 * found.present_named + wrong), 4)


def _accuracy_table(accuracy: dict[int, dict[str, Tally]], count: int) -> Table:
    return Table(
        f"Accuracy, {count} mixtures for each size",
        ("compounds", "method", "exact", "F1", "recall", "false positives"),
        tuple(
            (
                str(compounds),
                method,
                percent(found.exact_match),
                f"{_f1(found):.4f}",
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


def _table(
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


def _measured_notes(costs: list[Costs]) -> tuple[str, ...]:
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


def _training_tables(context: Context, costs: list[Costs]) -> tuple[Table, ...]:
    rows = []
    for one in costs:
        identifier = _trained(context, one.trial.compounds)
        if identifier is None:
            continue
        recipe: Any = identifier.bundle.manifest.provenance.get("recipe", {})
        training = recipe.get("training", {})
        steps, batch = int(training.get("steps", 0)), int(training.get("batch", 0))
        minutes = steps * batch / one.trial.batch * one.trial.step_s / 60
        size = f"{len(identifier.bundle.model):,}"
        rows.append((str(one.trial.compounds), f"{steps}", f"{batch}", f"{minutes:.0f}", size))
    table = Table(
        "Whole trainings",
        (
            "compounds",
            "steps at most",
            "batch",
            "minutes at most, at this pace",
            "int8 file / bytes",
        ),
        tuple(rows),
        ("Patience may have ended them earlier.",),
    )
    return (table,) if rows else ()


def _draw(costs: list[Costs], path: Path) -> Path:
    figure = canvas(height_inches=5.5)
    sizes = [one.trial.compounds for one in costs]
    panels = figure.subplots(1, 2)
    for axes, columns in zip(panels, (_MEASURED, _SIZES), strict=True):
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
