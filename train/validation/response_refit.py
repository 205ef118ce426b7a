"""From usable mixtures to new response factors, judged by mixtures that did not take part.

A mixture that contradicts the others is left out and named: a wrong row of the table, or a vial
that was mixed up. Each remaining one is then answered with factors made without it.
Next: `response_tables.py`, what a trainer reads; `bundle/reissue.py`, which writes the bundle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from device.inference.manifest import Compound
from device.inference.manifest_reader import MAX_RELATIVE_UNCERTAINTY
from device.verdict.amounts import volume_fractions
from firmware_bridge.errors import CallerError
from train.library.log_ratios import residuals
from train.network.evaluate import Proportion
from train.validation.response_data import Unused, Usable, groups_of, log_signals
from train.validation.response_fit import Fitted, Prior, chi2_point, fit_response

# One wrong mixture among four is outvoted by three that agree; among three it cannot be told which.
FEWEST_MIXTURES: Final = 4
# Of a table without a fault, a row is called contradicting in one of so many tables.
_FALSE_ALARM: Final = 0.01
# A factor is never taken as known better than this before: a prior of 0 would have infinite weight.
_SMALLEST_PRIOR_SD: Final = 0.01
_NINETY_PERCENT = 1.645


class NotEnoughMixtures(CallerError):
    """The mixtures do not decide the factors."""

    code = "not_enough_mixtures"
    default_remedy = (
        "Measure more mixtures that the product names exactly, and let them share compounds."
    )


@dataclass(frozen=True)
class Factor:
    """One compound before and after; uncertainties are relative. None: there is no factor."""

    name: str
    before: float | None
    before_sd: float | None
    after: float | None
    standard_error: float | None  # None: no mixture says anything, the factor stays
    after_sd: float | None  # root of the squares of standard error and scatter
    mixtures: int


@dataclass(frozen=True)
class Compared:
    """Volume fractions of one mixture by the factors of before, and by those of the others alone.

    Mean absolute errors and how many 90% intervals hold the truth; None: no fractions.
    """

    row: int
    file: str
    compounds: int
    before: float | None
    before_held: int
    after: float | None
    after_held: int


@dataclass(frozen=True, eq=False)
class Refit:
    """New factors for a bundle, and how good they are."""

    factors: tuple[Factor, ...]
    compared: tuple[Compared, ...]
    contradicting: tuple[Unused, ...]
    scatter: float  # relative, of a response from mixture to mixture
    prior_error: float  # relative, of the factors of before beyond their uncertainties

    @property
    def changed(self) -> dict[str, tuple[float, float]]:
        """By name: the new factor and its standard uncertainty, in the factor's unit."""
        return {
            one.name: (one.after, one.after * one.after_sd)
            for one in self.factors
            if one.standard_error is not None and one.after is not None and one.after_sd is not None
        }

    def held(self, *, after: bool) -> Proportion:
        """90% intervals that hold the truth, of the mixtures that can be compared."""
        both = [one for one in self.compared if one.before is not None and one.after is not None]
        hits = sum(one.after_held if after else one.before_held for one in both)
        return Proportion(hits, sum(one.compounds for one in both))


def refit(mixtures: Sequence[Usable], compounds: Sequence[Compound]) -> Refit:
    """Solve for the factors of all compounds that the mixtures hold.

    Raises:
        NotEnoughMixtures: fewer than FEWEST_MIXTURES, or no chain of mixtures joins all their
            compounds, or joins them to the factors that the bundle has.
    """
    prior = _prior(compounds)
    kept, contradicting = list(mixtures), list[Unused]()
    while True:
        _require_enough(kept, compounds, prior, len(contradicting))
        fitted = fit_response(log_signals(kept), prior)
        point = chi2_point(1.0 - _FALSE_ALARM / len(mixtures), log_signals(kept).free)
        excess = fitted.distance2 / point
        worst = int(excess.argmax())
        if excess[worst] <= 1.0:
            break
        contradicting.append(_contradicting(kept[worst], fitted, compounds))
        del kept[worst]
    new = _with_factors(kept, fitted, compounds)
    factors = tuple(_factor(index, kept, fitted, compounds, new) for index in range(len(compounds)))
    compared = tuple(_compared(number, kept, prior, compounds) for number in range(len(kept)))
    contradicting.sort(key=lambda one: one.row)
    return Refit(factors, compared, tuple(contradicting), fitted.scatter, fitted.prior_error)


def _prior(compounds: Sequence[Compound]) -> Prior:
    logs, variance = np.zeros(len(compounds)), np.full(len(compounds), np.inf)
    for index, one in enumerate(compounds):
        if one.response_factor is not None:
            relative = (one.response_factor_uncertainty or 0.0) / one.response_factor
            logs[index] = np.log(one.response_factor)
            variance[index] = max(relative, _SMALLEST_PRIOR_SD) ** 2
    return Prior(logs, variance)


def _require_enough(
    mixtures: Sequence[Usable], compounds: Sequence[Compound], prior: Prior, left_out: int
) -> None:
    beside = f", beside {left_out} that contradict them" if left_out else ""
    if len(mixtures) < FEWEST_MIXTURES:
        raise NotEnoughMixtures(
            f"{len(mixtures)} of the mixtures can be used{beside}; response factors need "
            f"{FEWEST_MIXTURES}."
        )
    groups = groups_of(mixtures, len(compounds))
    if len(groups) > 1:
        names = "; ".join(
            ", ".join(compounds[index].name for index in sorted(group)) for group in groups
        )
        raise NotEnoughMixtures(f"No chain of mixtures joins these groups{beside}: {names}.")
    known = prior.known
    if known.any() and not known[sorted(groups[0])].any():
        raise NotEnoughMixtures(
            "No compound of the mixtures has a response factor, and others of the bundle have: "
            "one mixture must hold both."
        )


def _contradicting(mixture: Usable, fitted: Fitted, compounds: Sequence[Compound]) -> Unused:
    left = residuals(log_signals([mixture]), fitted.log_factors)[0]
    high, low = int(left.argmax()), int(left.argmin())
    times = float(np.exp(left[high] - left[low]))
    return Unused(
        mixture.row,
        mixture.file,
        f"contradicts the others: {compounds[high].name} against {compounds[low].name} comes out "
        f"{times:.2g} times as much as the table says",
    )


def _with_factors(
    mixtures: Sequence[Usable], fitted: Fitted, compounds: Sequence[Compound]
) -> list[Compound]:
    """The compounds with what the fit found; the others, and what it knows too badly, as before."""
    in_mixtures = np.any([one.known for one in mixtures], axis=0)
    sd = np.hypot(fitted.standard_errors, fitted.scatter)
    logs = fitted.log_factors
    if all(one.response_factor is None for one in compounds):
        logs = logs - logs[in_mixtures].max()  # relative to the strongest, as `solve_response` is
    return [
        replace(
            one,
            response_factor=_rounded(float(np.exp(logs[index]))),
            response_factor_uncertainty=_rounded(float(np.exp(logs[index]) * sd[index])),
        )
        if in_mixtures[index] and sd[index] <= MAX_RELATIVE_UNCERTAINTY
        else one
        for index, one in enumerate(compounds)
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def _factor(
    index: int,
    mixtures: Sequence[Usable],
    fitted: Fitted,
    compounds: Sequence[Compound],
    new: Sequence[Compound],
) -> Factor:
    changed = new[index] is not compounds[index]
    return Factor(
        compounds[index].name,
        compounds[index].response_factor,
        _relative(compounds[index]),
        new[index].response_factor,
        float(fitted.standard_errors[index]) if changed else None,
        _relative(new[index]),
        sum(bool(one.known[index]) for one in mixtures),
    )


def _relative(compound: Compound) -> float | None:
    if compound.response_factor is None:
        return None
    return (compound.response_factor_uncertainty or 0.0) / compound.response_factor


def _compared(
    number: int, mixtures: Sequence[Usable], prior: Prior, compounds: Sequence[Compound]
) -> Compared:
    own = mixtures[number]
    others = [*mixtures[:number], *mixtures[number + 1 :]]
    before, before_held = _error(own, compounds)
    after, after_held = None, 0
    groups = groups_of(others, len(compounds), np.flatnonzero(prior.known).tolist())
    if any(set(np.flatnonzero(own.known).tolist()) <= group for group in groups):
        fitted = fit_response(log_signals(others), prior)
        after, after_held = _error(own, _with_factors(others, fitted, compounds))
    count = int(own.known.sum())
    return Compared(own.row, own.file, count, before, before_held, after, after_held)


def _error(mixture: Usable, compounds: Sequence[Compound]) -> tuple[float | None, int]:
    """Mean absolute error of the volume fractions, and how many intervals hold the truth."""
    found, sd = volume_fractions(mixture.shares, mixture.share_sd, mixture.known, compounds)
    if found is None or sd is None:
        return None, 0
    errors = np.abs(found - mixture.volumes)[mixture.known]
    return float(errors.mean()), int((errors <= _NINETY_PERCENT * sd[mixture.known]).sum())
