"""Measured spectra nobody trained on: mixtures of one instrument, pure compounds of another.

Every disagreement is drawn with its residual, for either side may be wrong: most labels were
inferred by least squares. Next: `../development.py`, where the files and their labels are read.
"""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from device.show.plot import plot
from device.spectra.spectrum import to_grid
from device.verdict.identifier import Identifier
from evidence.figure import Context, Result
from evidence.rivals import LeastSquares
from evidence.tallies import percent
from train.library.measured import (
    DATA,
    IN_LIBRARY,
    LABELLED_EQUAL,
    NOT_IN_LIBRARY,
    MeasuredSpectrum,
    measured_spectra,
)
from train.network.evaluate import Proportion
from train.pages.table import Table

LIBRARY = "solvents13"
_NOT_ACCURACY = (
    "Agreement with inferred labels is not accuracy: nobody published these compositions. They "
    "were inferred by a least-squares fit of the same pures, so the rivals' rows are no score, and "
    "stand in brackets. Their 3% rule cannot see weak ones among eight components and more."
)


@dataclass(frozen=True)
class MeasuredAnswer:
    spectrum: MeasuredSpectrum
    named: frozenset[str]
    verdict: str  # "" for methods without one
    seconds: float
    picture: Path | None = None

    @property
    def agrees(self) -> bool:
        return self.named == self.spectrum.expected and self.verdict in {"", "IDENTIFIED"}


def make(context: Context) -> Result:
    identifiers = context.identifiers(LIBRARY)
    manifest = next(iter(identifiers.values())).bundle.manifest
    spectra = measured_spectra(manifest, DATA)
    if context.size.value == "tiny":
        spectra = [*spectra[:4], *spectra[-3:]]
    outcomes: dict[str, list[MeasuredAnswer]] = {}
    done = iter(range(1, len(spectra) * (len(identifiers) + 2) + 1))
    of_all = len(spectra) * (len(identifiers) + 2)
    for label, identifier in identifiers.items():
        of_method = outcomes.setdefault(f"RaMixNet {label} and library fit", [])
        for spectrum in spectra:
            of_method.append(_by_product(context, label, identifier, spectrum))
            context.progress(next(done), of_all)
    references = next(iter(identifiers.values())).library.references
    names = np.array(manifest.compound_names)
    for name, derivative in (("least squares, 3%", False), ("first derivative, 3%", True)):
        method = LeastSquares(references, derivative=derivative)
        of_method = outcomes.setdefault(name, [])
        for spectrum in spectra:
            start = perf_counter()
            named = method.answer(to_grid(spectrum.spectrum)).named
            seconds = perf_counter() - start
            of_method.append(MeasuredAnswer(spectrum, frozenset(names[named]), "", seconds))
            context.progress(next(done), of_all)
    tables = (
        _agreement(outcomes),
        _by_components(outcomes),
        _other_instrument(outcomes),
        _disagreements(outcomes),
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
    stem = "".join(c if c.isalnum() else "-" for c in spectrum.name)
    picture = context.out / f"measured-{label}-{stem}.png"
    plot(answer, identifier.bundle, picture)
    return MeasuredAnswer(spectrum, named, str(found.verdict), seconds, picture)


def _groups(outcomes: dict[str, list[MeasuredAnswer]]) -> list[str]:
    first = next(iter(outcomes.values()))
    return [g for g in dict.fromkeys(o.spectrum.group for o in first) if "instrument" not in g]


def _agreement(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
    groups = _groups(outcomes)
    rows = []
    for method, found in outcomes.items():
        cells = []
        for group in groups:
            part = [o.agrees for o in found if o.spectrum.group == group]
            unscored = "inferred" in group and not found[0].verdict
            agreement = percent(Proportion(sum(part), len(part)))
            cells.append(f"[{sum(part)} of {len(part)}]" if unscored else agreement)
        rows.append((method, *cells))
    return Table(
        "Mixtures: all components named, nothing else",
        ("method", *groups),
        tuple(rows),
        (
            _NOT_ACCURACY,
            "For the product the verdict must be IDENTIFIED besides. The published mixtures are "
            "the only ones whose makers said what is in them; their resampled copies count again.",
            "In brackets: 95% Wilson interval and n.",
        ),
    )


def _by_components(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
    inferred = {
        method: [o for o in found if o.spectrum.group == LABELLED_EQUAL]
        for method, found in outcomes.items()
    }
    counts = sorted({len(o.spectrum.expected) for found in inferred.values() for o in found})
    rows = []
    for method, found in inferred.items():
        cells = []
        for count in counts:
            part = [o.agrees for o in found if len(o.spectrum.expected) == count]
            cell = f"{sum(part)}/{len(part)}"
            cells.append(cell if not found or found[0].verdict else f"[{cell}]")
        rows.append((method, *cells))
    return Table(
        "Agreement with `inferred_equal` labels by number of components",
        ("method", *(str(count) for count in counts)),
        tuple(rows),
        (_NOT_ACCURACY,),
    )


def _other_instrument(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
    rows = []
    for method, found in outcomes.items():
        own = [o.agrees for o in found if o.spectrum.group == IN_LIBRARY]
        foreign = [o for o in found if o.spectrum.group == NOT_IN_LIBRARY]
        identified = sum(o.verdict == "IDENTIFIED" for o in foreign)
        rows.append(
            (
                method,
                percent(Proportion(sum(own), len(own))),
                percent(Proportion(identified, len(foreign)))
                if foreign[:1] and (foreign[0].verdict)
                else "-",
                percent(Proportion(sum(bool(o.named) for o in foreign), len(foreign))),
                "; ".join(
                    f"{o.spectrum.name}: {', '.join(sorted(o.named))}" for o in foreign if o.named
                )
                or "none",
            )
        )
    return Table(
        "Pure compounds of another instrument",
        (
            "method",
            "in library: right name alone",
            "not in library: IDENTIFIED",
            "not in library: given any name",
            "names given",
        ),
        tuple(rows),
        ("In brackets: 95% Wilson interval and n.",),
    )


def _disagreements(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
    rows = []
    for method, found in outcomes.items():
        for o in found:
            if o.agrees or (o.spectrum.group == NOT_IN_LIBRARY and not o.named):
                continue
            rows.append(
                (
                    o.spectrum.name,
                    o.spectrum.group,
                    method,
                    o.verdict or "-",
                    ", ".join(sorted(o.spectrum.expected - o.named)) or "none",
                    ", ".join(sorted(o.named - o.spectrum.expected)) or "none",
                    f"[residual]({o.picture.name})" if o.picture else "-",
                )
            )
    return Table(
        "Every disagreement",
        ("spectrum", "label", "method", "verdict", "label has more", "answer has more", "picture"),
        tuple(sorted(rows)),
        ("Look before you judge: either side may be wrong.",),
    )


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
