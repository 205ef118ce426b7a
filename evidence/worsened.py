"""Measured spectra made worse: what is still named, and named right.

The spectra are development data, and some of these conditions chose parts of the fit: a check on
measured lines, no test. Next: `worsening.py`, which makes them worse.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from evidence.asked import methods
from evidence.figure import Context, NothingToShow, Result
from evidence.tallies import percent
from evidence.worsening import CONDITIONS, worsened
from train.library.measured import (
    EQUAL_PARTS,
    IN_LIBRARY,
    LABELLED_EQUAL,
    NOT_IN_LIBRARY,
    PUBLISHED,
    MeasuredSpectrum,
)
from train.network.evaluate import Proportion
from train.pages.table import Table

_STREAM = 13
MIXTURES, LIQUIDS, OUTSIDE = "mixtures", "liquids of another instrument", "outside the library"


@dataclass(frozen=True)
class WorsenedAnswer:
    condition: str
    group: str
    present: frozenset[str]
    named: frozenset[str]
    verdict: str  # "" for methods without one

    @property
    def exact(self) -> bool:
        return self.named == self.present

    @property
    def settled(self) -> bool:
        return self.exact and self.verdict == "IDENTIFIED"


def make(context: Context) -> Result:
    names = np.array(context.manifest().compound_names)
    every = [(_group(one.group), one) for one in context.development()]
    every = [(group, one) for group, one in every if group]
    spectra = every[:: context.part(40, 1)]
    if not any(group in (MIXTURES, LIQUIDS) for group, _ in every):
        return NothingToShow(why="There is no measured spectrum of this library's compounds.")
    rng = np.random.default_rng([context.seed, _STREAM])
    cases = [
        (condition.name, group, one.expected, worsened(rng, one.spectrum, condition))
        for condition in CONDITIONS
        for group, one in spectra
    ]
    asked = methods(context)
    done = iter(range(1, len(cases) * len(asked) + 1))
    outcomes: dict[str, list[WorsenedAnswer]] = {}
    for label, method in asked.items():
        of_method = outcomes.setdefault(label, [])
        for condition, group, present, spectrum in cases:
            said = method(spectrum)
            named = frozenset(names[said.named].tolist())
            of_method.append(WorsenedAnswer(condition, group, present, named, said.verdict))
            context.progress(next(done), len(cases) * len(asked))
    return Result((_answers(outcomes, _mixtures(every)),), data=_data(outcomes))


def _group(label: str) -> str:
    """Nothing for labels that their makers mark as uncertain, and for spectra that come twice."""
    if label in EQUAL_PARTS:
        return MIXTURES
    return {IN_LIBRARY: LIQUIDS, NOT_IN_LIBRARY: OUTSIDE}.get(label, "")


def _of(found: list[WorsenedAnswer], condition: str, group: str) -> list[WorsenedAnswer]:
    return [one for one in found if (one.condition, one.group) == (condition, group)]


def _exact(part: list[WorsenedAnswer]) -> Proportion:
    return Proportion(sum(one.exact for one in part), len(part))


def _falsely_named(part: list[WorsenedAnswer]) -> Proportion:
    return Proportion(sum(bool(one.named - one.present) for one in part), len(part))


def _settled(part: list[WorsenedAnswer]) -> Proportion:
    return Proportion(sum(one.settled for one in part), len(part))


def _mixtures(every: list[tuple[str, MeasuredSpectrum]]) -> tuple[str, ...]:
    """What the mixtures are, if there are any."""
    groups = [one.group for _, one in every]
    sizes = [len(one.expected) for _, one in every if one.group == LABELLED_EQUAL]
    if not sizes:
        return ()
    return (
        f"Mixtures: {groups.count(PUBLISHED)} published and {len(sizes)} of {min(sizes)} to "
        f"{max(sizes)} components whose composition was inferred as equal parts of volume, so "
        "that weak scatterers among many sink in noise.",
    )


def _answers(outcomes: dict[str, list[WorsenedAnswer]], mixtures_are: tuple[str, ...]) -> Table:
    rows = []
    for condition in CONDITIONS:
        for label, found in outcomes.items():
            mixtures, liquids, outside = (
                _of(found, condition.name, group) for group in (MIXTURES, LIQUIDS, OUTSIDE)
            )
            settled = percent(_settled(mixtures)) if any(o.verdict for o in mixtures) else "-"
            rows.append(
                (
                    condition.name,
                    label,
                    percent(_exact(mixtures)),
                    settled,
                    percent(_falsely_named([*mixtures, *liquids])),
                    percent(_exact(liquids)),
                    percent(_falsely_named(outside)),
                )
            )
    return Table(
        "Measured spectra made worse in one way",
        (
            "what",
            "method",
            "mixtures: all components and nothing else",
            "and IDENTIFIED",
            "mixtures and liquids given a false name",
            "liquids of another instrument: exact",
            "outside the library: given a name",
        ),
        tuple(rows),
        (
            " ".join(
                (
                    *mixtures_are,
                    "SNR: highest Raman line over the noise of each point of the file, 2 cm-1 "
                    "apart as a rule.",
                )
            ),
            "These spectra and conditions chose parts of the fit: a check, no test. "
            "In brackets: 95% Wilson interval and n.",
        ),
    )


def _data(outcomes: dict[str, list[WorsenedAnswer]]) -> dict[str, Any]:
    return {
        label: {
            condition.name: {
                "mixtures_exact": _exact(_of(found, condition.name, MIXTURES)).to_json(),
                "mixtures_identified": _settled(_of(found, condition.name, MIXTURES)).to_json(),
                "liquids_exact": _exact(_of(found, condition.name, LIQUIDS)).to_json(),
                "outside_named": _falsely_named(_of(found, condition.name, OUTSIDE)).to_json(),
            }
            for condition in CONDITIONS
        }
        for label, found in outcomes.items()
    }
