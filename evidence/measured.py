"""Measured spectra nobody trained on: mixtures of one instrument, pure compounds of another.

Every disagreement is drawn with its residual, for either side may be wrong: most labels were
inferred by least squares. Next: `measured_tables.py`, how they are counted.
"""

from time import perf_counter

import numpy as np

from device.answer.identifier import Identifier
from device.show.plot import plot
from device.spectra.spectrum import to_grid
from evidence.asked import DERIVATIVE, LEAST_SQUARES, product_of
from evidence.figure import Context, NothingToShow, Result
from evidence.measured_tables import (
    MeasuredAnswer,
    agreement_table,
    components_table,
    disagreements_table,
    instrument_table,
    mixture_groups,
)
from evidence.rivals import LeastSquares
from train.library.measured import NOT_IN_LIBRARY, MeasuredSpectrum
from train.pages.table import Table


def make(context: Context) -> Result:
    identifiers, spectra = context.identifiers(), context.development()
    if not spectra:
        return NothingToShow(why="There are no measured spectra besides the references.")
    if context.size.value == "tiny":
        spectra = (*spectra[:4], *spectra[-3:])
    outcomes: dict[str, list[MeasuredAnswer]] = {}
    done = iter(range(1, len(spectra) * (len(identifiers) + 2) + 1))
    of_all = len(spectra) * (len(identifiers) + 2)
    for label, identifier in identifiers.items():
        of_method = outcomes.setdefault(product_of(label), [])
        for spectrum in spectra:
            of_method.append(_by_product(context, label, identifier, spectrum))
            context.progress(next(done), of_all)
    references = context.references().inside
    names = np.array(context.manifest().compound_names)
    for name, derivative in ((LEAST_SQUARES, False), (DERIVATIVE, True)):
        method = LeastSquares(references, derivative=derivative)
        of_method = outcomes.setdefault(name, [])
        for spectrum in spectra:
            start = perf_counter()
            named = method.answer(to_grid(spectrum.spectrum)).named
            seconds = perf_counter() - start
            of_method.append(MeasuredAnswer(spectrum, frozenset(names[named]), "", seconds))
            context.progress(next(done), of_all)
    mixtures = (agreement_table(outcomes), components_table(outcomes))
    tables = (
        *(mixtures if mixture_groups(outcomes) else ()),
        instrument_table(outcomes),
        disagreements_table(outcomes),
    )
    pictures = tuple(o.picture for found in outcomes.values() for o in found if o.picture)
    return Result(tables, pictures, _data(outcomes), (_times(outcomes),))


def _by_product(
    context: Context, label: str, identifier: Identifier, spectrum: MeasuredSpectrum
) -> MeasuredAnswer:
    start = perf_counter()
    answer = identifier.identify(spectrum.spectrum)
    seconds = perf_counter() - start
    found = answer.identification
    named = frozenset(component.name for component in found.components)
    outcome = MeasuredAnswer(spectrum, named, str(found.verdict), seconds)
    foreign = spectrum.group == NOT_IN_LIBRARY
    if (not named and found.verdict != "IDENTIFIED") if foreign else outcome.agrees:
        return outcome
    stem = "".join(c if c.isalnum() else "-" for c in f"{label}-{spectrum.name}")
    picture = context.out / f"measured-{stem}.png"
    plot(answer, identifier.bundle, picture)
    return MeasuredAnswer(spectrum, named, str(found.verdict), seconds, picture)


def _times(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
    return Table(
        "Time a spectrum",
        ("method", "median / ms"),
        tuple(
            (method, f"{1e3 * float(np.median([o.seconds for o in found])):.1f}")
            for method, found in outcomes.items()
        ),
        ("This machine, this run: compare within the table only.",),
    )


def _data(outcomes: dict[str, list[MeasuredAnswer]]) -> dict[str, object]:
    return {
        method: [
            {
                "spectrum": o.spectrum.name,
                "group": o.spectrum.group,
                "expected": sorted(o.spectrum.expected),
                "named": sorted(o.named),
                "verdict": o.verdict,
                "agrees": o.agrees,
            }
            for o in found
        ]
        for method, found in outcomes.items()
    }
