"""Which mixtures say something about response factors, and what: signal per volume.

Used are those that the product answered with IDENTIFIED and exactly the right names, with the
amounts of two compounds or more. A substance from outside the library does no harm there: it has
no signal, or the answer were another.
Next: `response_refit.py`, which solves for the factors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.inference.manifest import Compound
from device.verdict.identification import Component, Verdict
from train.library.log_ratios import LogSignals
from train.validation.outcomes import Outcome
from train.validation.score_tables import said_wrong

Floats = npt.NDArray[np.float64]

_SD_OF_90_PERCENT = 1.0 / 1.645  # standard deviation of a normal distribution's half-width


@dataclass(frozen=True, eq=False)
class Usable:
    """One mixture, [C] each: signal shares with standard deviations, and volume fractions among
    the compounds whose amount is known; 0 elsewhere."""

    row: int
    file: str
    shares: Floats
    share_sd: Floats
    volumes: Floats

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        result: npt.NDArray[np.bool_] = self.volumes > 0.0
        return result


@dataclass(frozen=True)
class Unused:
    """A mixture that says nothing about the factors, and why."""

    row: int
    file: str
    why: str


def usable_of(
    outcome: Outcome, components: Sequence[Component], compounds: Sequence[Compound]
) -> Usable | Unused:
    """What one answer says; `components` are those that were named."""
    mixture = outcome.mixture
    known = {name: part for name, part in mixture.parts.items() if part is not None}
    why = ""
    if not outcome.exact or outcome.verdict != Verdict.IDENTIFIED:
        wrong = said_wrong(outcome)
        why = f"{outcome.verdict}{', ' if wrong else ''}{wrong}"
    elif len(known) < 2:
        why = "the amounts of fewer than two compounds are known"
    if why:
        return Unused(mixture.row, mixture.file, why)
    named = {one.name: one for one in components}
    shares, sd, volumes = (np.zeros(len(compounds)) for _ in range(3))
    total = sum(known.values())
    for index, compound in enumerate(compounds):
        if compound.name in known:
            one = named[compound.name]
            shares[index] = one.signal_share
            sd[index] = _SD_OF_90_PERCENT * one.signal_share_uncertainty
            volumes[index] = known[compound.name] / total
    return Usable(mixture.row, mixture.file, shares, sd, volumes)


def log_signals(mixtures: Sequence[Usable]) -> LogSignals:
    """[M, C]: log of share over volume, and the relative variance of the share."""
    shares = np.array([one.shares for one in mixtures])
    volumes = np.array([one.volumes for one in mixtures])
    sd = np.array([one.share_sd for one in mixtures])
    seen = volumes > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(seen, np.log(shares / volumes), np.nan)
        variance = np.where(seen, (sd / shares) ** 2, 1.0)
    return LogSignals(logs, variance)


def groups_of(mixtures: Sequence[Usable], count: int, prior: Sequence[int] = ()) -> list[set[int]]:
    """Compounds [0, count) that mixtures join, group by group; those in none are left out.

    `prior`: compounds that have a factor already, which joins them as a mixture would.
    """
    joined = [set(np.flatnonzero(one.known).tolist()) for one in mixtures]
    if prior:
        joined.append(set(prior))
    groups: list[set[int]] = []
    for one in joined:
        touching = [group for group in groups if group & one]
        groups = [group for group in groups if not group & one]
        groups.append(one.union(*touching))
    return [group for group in groups if max(group) < count]
