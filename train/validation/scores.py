"""Counts over all mixtures, each with n and its 95% Wilson interval.

A spectrum without a result names nothing: what is in it counts as missed.
Next: `score_tables.py`, the same for readers; `score_json.py`, for programs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.verdict.identification import Verdict
from train.network.evaluate import Proportion
from train.validation.outcomes import Amount, Outcome


@dataclass(frozen=True)
class AmountScore:
    """Errors of volume fractions, each a part of 1. n: fractions; they come from `mixtures`."""

    n: int
    mixtures: int
    mean_absolute_error: float
    largest_error: float
    bias: float  # mean of found less true; of all compounds together it is 0 by definition
    held: Proportion  # true values inside the 90% intervals


@dataclass(frozen=True)
class CompoundScore:
    """One compound of the library, over all mixtures."""

    name: str
    cas: str
    found: Proportion  # of the mixtures that hold it
    false_names: Proportion  # of the mixtures that do not
    amounts: AmountScore | None


@dataclass(frozen=True)
class OutsideScore:
    """A substance outside the library: what was answered where it is."""

    name: str
    verdicts: dict[str, int]  # IDENTIFIED with it is a wrong answer
    n: int


@dataclass(frozen=True)
class Scores:
    """A mixture is `exact` when the library's compounds in it were named, and no other."""

    exact: Proportion
    exact_identified: Proportion  # and IDENTIFIED; of the mixtures with nothing from outside
    with_false_name: Proportion  # mixtures
    false_names: Proportion  # of all compounds that are not there, mixture by mixture
    missed: Proportion  # of all compounds that are there
    missed_below_limit: Proportion  # of the missed ones whose share and limit are known
    missed_without_limit: int
    verdicts: dict[str, Proportion]
    identified_with_outside: Proportion  # of the mixtures that hold a substance from outside
    amounts: AmountScore | None
    compounds: tuple[CompoundScore, ...]  # of the library's order; those of a mixture or an answer
    outside: tuple[OutsideScore, ...]


def scores_of(outcomes: Sequence[Outcome], compounds: Sequence[tuple[str, str]]) -> Scores:
    """Count; `compounds` are names and CAS numbers of the library."""
    n = len(outcomes)
    missed = [one for outcome in outcomes for one in outcome.missed]
    false_names = sum(len(outcome.false_names) for outcome in outcomes)
    present = sum(len(outcome.mixture.parts) for outcome in outcomes)
    judged = [one.below_limit for one in missed if one.below_limit is not None]
    within = [outcome for outcome in outcomes if not outcome.mixture.outside]
    with_outside = [outcome for outcome in outcomes if outcome.mixture.outside]
    scored = [_compound(name, cas, outcomes) for name, cas in compounds]
    return Scores(
        exact=Proportion(sum(outcome.exact for outcome in outcomes), n),
        exact_identified=Proportion(
            sum(one.exact and one.verdict == Verdict.IDENTIFIED for one in within), len(within)
        ),
        with_false_name=Proportion(sum(bool(one.false_names) for one in outcomes), n),
        false_names=Proportion(false_names, n * len(compounds) - present),
        missed=Proportion(len(missed), present),
        missed_below_limit=Proportion(sum(judged), len(judged)),
        missed_without_limit=len(missed) - len(judged),
        verdicts={
            str(verdict): Proportion(sum(one.verdict == verdict for one in outcomes), n)
            for verdict in Verdict
        },
        identified_with_outside=Proportion(
            sum(one.identified_with_outside for one in with_outside), len(with_outside)
        ),
        amounts=_amounts([outcome.amounts for outcome in outcomes]),
        compounds=tuple(one for one in scored if one.found.n or one.false_names.hits),
        outside=_outside(with_outside),
    )


def _compound(name: str, cas: str, outcomes: Sequence[Outcome]) -> CompoundScore:
    holding = [one for one in outcomes if name in one.mixture.parts]
    others = [one for one in outcomes if name not in one.mixture.parts]
    amounts = [tuple(a for a in outcome.amounts if a.name == name) for outcome in outcomes]
    return CompoundScore(
        name,
        cas,
        Proportion(sum(name in one.named for one in holding), len(holding)),
        Proportion(sum(name in one.named for one in others), len(others)),
        _amounts(amounts),
    )


def _amounts(by_mixture: Sequence[tuple[Amount, ...]]) -> AmountScore | None:
    amounts = [one for mixture in by_mixture for one in mixture]
    if not amounts:
        return None
    errors = np.array([one.error for one in amounts])
    return AmountScore(
        n=len(amounts),
        mixtures=sum(bool(mixture) for mixture in by_mixture),
        mean_absolute_error=float(np.abs(errors).mean()),
        largest_error=float(np.abs(errors).max()),
        bias=float(errors.mean()),
        held=Proportion(sum(one.held for one in amounts), len(amounts)),
    )


def _outside(outcomes: Sequence[Outcome]) -> tuple[OutsideScore, ...]:
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.mixture.outside)
    scores = []
    for name in names:
        holding = [one for one in outcomes if name in one.mixture.outside]
        verdicts = {
            str(verdict): sum(one.verdict == verdict for one in holding) for verdict in Verdict
        }
        scores.append(OutsideScore(name, verdicts, len(holding)))
    return tuple(scores)
