"""Answers to measured spectra, counted: agreement with labels, and every disagreement.

Next: `measured.py`, which asks.
"""

from dataclasses import dataclass
from pathlib import Path

from evidence.tallies import percent
from train.library.measured import IN_LIBRARY, LABELLED_EQUAL, NOT_IN_LIBRARY, MeasuredSpectrum
from train.network.evaluate import Proportion
from train.pages.table import Table

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


def mixture_groups(outcomes: dict[str, list[MeasuredAnswer]]) -> list[str]:
    first = next(iter(outcomes.values()))
    return [g for g in dict.fromkeys(o.spectrum.group for o in first) if "instrument" not in g]


def agreement_table(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
    groups = mixture_groups(outcomes)
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


def components_table(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
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


def instrument_table(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
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


def disagreements_table(outcomes: dict[str, list[MeasuredAnswer]]) -> Table:
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
