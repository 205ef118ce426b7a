"""What more compounds cost: accuracy, memory, size and time from 13 to 200, with log-log slopes.

Cost comes from short trainings of equal length made here, accuracy from whole trainings as far as
their bundles are in the models' folder (`ramix-train build filled200 --out FOLDER`). Where there
is no bundle, the shipped model's numbers decide.
Next: `scaling_trial.py`, one size; `scaling_tables.py`.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np

from device.answer.identifier import Identifier
from device.fit.library import Library
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.spectra.spectrum import Spectrum, to_grid
from device.verdict.identification import identify
from evidence.figure import Context, Result, Size
from evidence.tallies import (
    Method,
    Said,
    network,
    product,
    said_of,
    tally,
)
from evidence.under_test import FiguresNeedModels
from notebook.scaling_tables import (
    MEASURED,
    SIZES,
    Costs,
    accuracy_table,
    costs_table,
    draw,
    f1,
    measured_notes,
)
from notebook.scaling_trial import (
    LIBRARIES,
    Trial,
    latency,
    library_of,
    scenes_of,
    train,
)
from notebook.shipped import identifiers_of, shipped_numbers
from train.library.references import TrainingLibrary
from train.pages.table import Table

_STREAM = 21
STEPS = 100
FIT_ALONE, NETWORK, PRODUCT = (
    "library fit alone",
    "RaMixNet II alone",
    "RaMixNet II and library fit",
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
    plot = draw(costs, context.out / "scaling-slopes.png")
    return Result(
        (accuracy_table(accuracy, counted), costs_table("Size", costs, SIZES)),
        (plot,),
        {
            "accuracy": {
                str(c): {m: t.to_json(names[c]) | {"f1": f1(t)} for m, t in by_method.items()}
                for c, by_method in accuracy.items()
            },
            "size": {str(c.trial.compounds): [f(c) for _, f in SIZES] for c in costs},
        },
        times=(
            costs_table(
                f"Time and memory, {steps} steps each", costs, MEASURED, measured_notes(costs)
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
    silent, numbers = Prediction(np.zeros(0, dtype=np.float32), None), shipped_numbers()

    def answer(spectrum: Spectrum) -> Said:
        found = identify(to_grid(spectrum), silent, fitter, compounds, numbers)
        return said_of(found, names)

    return answer


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
