"""Measured spectra added together: what the product and its network name in them.

The spectra are development data, on which the kinds of scenes were thought out: a check on measured
lines, no test. Next: `sum_cases.py`, which adds them.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from device.verdict.identification import Verdict
from evidence.asked import methods
from evidence.figure import Context, NothingToShow, Result
from evidence.foreign_cases import Case
from evidence.sum_cases import (
    MIXTURES,
    SMALLEST_BESIDE_FOREIGN,
    SMALLEST_LIQUID,
    possible_kinds,
    sum_cases,
)
from evidence.tallies import percent
from train.library.measured import IN_LIBRARY, LABELLED_EQUAL, NOT_IN_LIBRARY
from train.network.evaluate import Proportion
from train.pages.table import Table

_STREAM = 12


@dataclass(frozen=True)
class SumAnswer:
    case: Case
    named: frozenset[str]
    verdict: str  # "" for methods without one

    @property
    def exact(self) -> bool:
        return self.named == self.case.present

    @property
    def false_names(self) -> frozenset[str]:
        return self.named - self.case.present

    @property
    def missed(self) -> int:
        return len(self.case.present - self.named)


def make(context: Context) -> Result:
    names, measured = np.array(context.manifest().compound_names), context.development()
    kinds = possible_kinds(measured)
    if not kinds:
        return NothingToShow(why="There are no measured spectra of this library to be added.")
    rng = np.random.default_rng([context.seed, _STREAM])
    cases = list(sum_cases(rng, measured, kinds, context.count(2, 150)))
    asked = methods(context)
    done = iter(range(1, len(cases) * len(asked) + 1))
    outcomes: dict[str, list[SumAnswer]] = {}
    for label, method in asked.items():
        of_method = outcomes.setdefault(label, [])
        for case in cases:
            said = method(case.spectrum)
            of_method.append(SumAnswer(case, frozenset(names[said.named].tolist()), said.verdict))
            context.progress(next(done), len(cases) * len(asked))
    groups = Counter(one.group for one in measured)
    spectra = (
        f"{groups[LABELLED_EQUAL]} mixtures, {groups[IN_LIBRARY]} liquids and "
        f"{groups[NOT_IN_LIBRARY]} foreign spectra"
    )
    tables = (_answers(outcomes, kinds, spectra), _false_names(outcomes))
    return Result(tables, data=_data(outcomes))


def _mixtures_are(kinds: tuple[str, ...]) -> str:
    if MIXTURES not in kinds:
        return ""
    return (
        "Two mixtures: 30-70% each, so that components of crowded ones fall below 1%; their labels "
        "were inferred. "
    )


def _answers(outcomes: dict[str, list[SumAnswer]], kinds: tuple[str, ...], spectra: str) -> Table:
    rows = []
    for kind in kinds:
        for label, found in outcomes.items():
            part = [one for one in found if one.case.kind == kind]
            verdicts = Counter(one.verdict for one in part)
            present = sum(len(one.case.present) for one in part)
            rows.append(
                (
                    kind,
                    label,
                    *("-" if "" in verdicts else str(verdicts[verdict]) for verdict in Verdict),
                    percent(Proportion(sum(one.exact for one in part), len(part))),
                    percent(Proportion(sum(bool(one.false_names) for one in part), len(part))),
                    percent(Proportion(sum(one.missed for one in part), present)),
                )
            )
    return Table(
        "Sums of measured spectra",
        (
            "what",
            "method",
            *map(str, Verdict),
            "all components and nothing else",
            "given a false name",
            "components missed",
        ),
        tuple(rows),
        (
            f"Shares are of Raman heights above the baseline. {_mixtures_are(kinds)}Liquids: "
            f"{SMALLEST_LIQUID:.0%} and more each, or {SMALLEST_BESIDE_FOREIGN:.0%} of their part "
            "beside something foreign.",
            "Added spectra keep their lines, where liquids that mix move each other's.",
            "Development data: a check, no test. In brackets: 95% "
            f"Wilson interval and n; the sums share {spectra}, so that for other substances it is "
            "wider.",
        ),
    )


def _false_names(outcomes: dict[str, list[SumAnswer]]) -> Table:
    rows = []
    for label, found in outcomes.items():
        if not any(one.verdict for one in found):
            continue  # for the product alone
        counted = Counter(
            (one.case.kind, name, one.case.foreign) for one in found for name in one.false_names
        )
        # names of a set come in another order in every process: settle ties
        for (kind, name, foreign), times in sorted(counted.items(), key=lambda i: (-i[1], i[0])):
            rows.append((label, kind, name, foreign or "-", str(times)))
    return Table(
        "What was named and is not there",
        ("method", "what", "named", "foreign spectrum", "times"),
        tuple(rows),
    )


def _data(outcomes: dict[str, list[SumAnswer]]) -> dict[str, Any]:
    return {
        label: [
            {
                "kind": one.case.kind,
                "foreign": one.case.foreign,
                "present": sorted(one.case.present),
                "named": sorted(one.named),
                "verdict": one.verdict,
            }
            for one in found
        ]
        for label, found in outcomes.items()
    }
