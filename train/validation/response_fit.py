"""Response factors from mixtures of known parts: robust, with the factors of before as prior.

A ratio's variance is what the product states for the two shares, plus s^2, which holds pipetting
and whatever makes a response differ from mixture to mixture. s is the smallest for which the
residuals are no larger than they should be (Paule and Mandel, J. Res. NBS 1982, 87, 377), and for
which at most a quarter of all ratios is doubted: up to so many may be wrong. It is not more than
the mixtures show among themselves; what then contradicts the factors of before is their error u,
found by the same rule and added to their uncertainties. A mixture at a distance d^2 beyond the 99%
point q of chi squared counts with q / d^2, and so does a prior: least squares again and again with
these weights, until nothing moves.
Next: `response_refit.py`, which leaves out mixtures that contradict the others.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from train.library.log_ratios import LogSignals, inverse, normal_equations, residuals

Floats = npt.NDArray[np.float64]

LARGEST_WRONG_PART: Final = 0.25
_DOUBTED_FROM = 0.99  # of the chi squared distribution: 1 in 100 good mixtures is doubted
_STEPS = 60  # mixtures of a handful of compounds settle within 30
# s is tried on this ladder: finer than the 1 / sqrt(2 n) by which n ratios know it
_SCATTERS = (0.0, *(0.005 * 1.1**step for step in range(68)))  # up to 3, a factor of 20
_NO_FREEDOM = 1e-6
# Ratios beyond those that the factors take, for a scatter without priors: with three the chance of
# finding less than a quarter of it is 2% (chi squared below 3 / 16).
_FEWEST_SPARE = 3.0


@dataclass(frozen=True, eq=False)
class Prior:
    """Log factors [C] and their variances; infinite where there is no factor yet."""

    logs: Floats
    variance: Floats

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        result: npt.NDArray[np.bool_] = np.isfinite(self.variance)
        return result

    def weaker(self, by: float) -> "Prior":
        """The same with a relative error `by` added to every uncertainty."""
        return Prior(self.logs, self.variance + by**2)

    def information(self, weights: Floats) -> Floats:
        return np.where(self.known, weights / self.variance, 0.0)

    def distance2(self, log_factors: Floats) -> Floats:
        """Of each factor from its prior, in variances; 0 where there is none."""
        left = np.where(self.known, log_factors - self.logs, 0.0)
        result: Floats = left**2 / self.variance
        return result


@dataclass(frozen=True, eq=False)
class Fitted:
    """Log factors with what is known about them."""

    log_factors: Floats  # [C]
    standard_errors: Floats  # [C], relative; see `_standard_errors`
    scatter: float  # s: relative, of one compound in one mixture beyond what the shares state
    prior_error: float  # u: relative, of the factors of before beyond their uncertainties
    distance2: Floats  # [M]: squares of each mixture's residuals, chi squared with `free` of it


def fit_response(signals: LogSignals, prior: Prior) -> Fitted:
    """Solve for all C compounds; those in no mixture come out at their prior.

    Each mixture has two compounds or more.
    """
    nothing = Prior(prior.logs, np.full(len(prior.logs), np.inf))
    scatter = _smallest(lambda tried: _at(signals, prior, tried).scatter_enough)
    if scatter > 0.0 and _at(signals, nothing, 0.0).spare >= _FEWEST_SPARE:
        alone = _smallest(lambda tried: _at(signals, nothing, tried).scatter_enough)
        scatter = min(scatter, alone)
    error = _smallest(lambda tried: _at(signals, prior.weaker(tried), scatter).prior_enough)
    found = _at(signals, prior.weaker(error), scatter)
    errors = _standard_errors(found.covariance, signals.seen.any(axis=0))
    return Fitted(found.log_factors, errors, scatter, error, found.distance2)


def _smallest(enough: Callable[[float], bool]) -> float:
    """The first step of the ladder that is enough, or the last."""
    steps = range(len(_SCATTERS) - 1)
    first = 0 if enough(0.0) else bisect_left(steps, True, key=lambda step: enough(_SCATTERS[step]))
    return _SCATTERS[first]


def chi2_point(probability: float, freedom: npt.ArrayLike) -> Floats:
    """Quantile of chi squared by Wilson and Hilferty (PNAS 1931, 17, 684), within 3% here."""
    k = np.maximum(np.asarray(freedom, dtype=np.float64), _NO_FREEDOM)
    z = NormalDist().inv_cdf(probability)
    result: Floats = k * np.maximum(1.0 - 2.0 / (9.0 * k) + z * np.sqrt(2.0 / (9.0 * k)), 0.0) ** 3
    return result


def _distance2(signals: LogSignals, log_factors: Floats) -> Floats:
    left = residuals(signals, log_factors)
    squared = np.where(signals.seen, left**2 / signals.variance, 0.0)
    result: Floats = squared.sum(axis=1)
    return result


@dataclass(frozen=True, eq=False)
class _Solution:
    """The factors at one scatter, and whether it and the priors' uncertainties are large enough."""

    log_factors: Floats
    covariance: Floats
    distance2: Floats
    spare: float  # ratios beyond the parameters that they decide
    scatter_enough: bool
    prior_enough: bool


def _at(stated: LogSignals, prior: Prior, scatter: float) -> _Solution:
    signals = stated.with_variance(scatter**2)
    far, far_prior = chi2_point(_DOUBTED_FROM, signals.free), chi2_point(_DOUBTED_FROM, 1.0)
    weights, of_prior = np.ones(len(far)), np.ones(len(prior.logs))
    equations = normal_equations(signals, weights)
    solution = equations.solve(prior.logs, prior.information(of_prior))
    for _ in range(_STEPS):
        weights = far / np.maximum(_distance2(signals, solution), far)
        of_prior = far_prior / np.maximum(prior.distance2(solution), far_prior)
        equations = normal_equations(signals, weights)
        before, solution = solution, equations.solve(prior.logs, prior.information(of_prior))
        if np.abs(solution - before).max() < 1e-9:
            break
    distance2, free = _distance2(signals, solution), signals.free.astype(np.float64)
    information = np.diag(prior.information(of_prior))
    covariance = inverse(equations.information + information)
    decided = float(np.trace(covariance @ equations.information))  # parameters, by the mixtures
    known = prior.known.astype(np.float64)
    return _Solution(
        solution,
        covariance,
        distance2,
        float(free.sum()) - decided,
        _consistent(weights, distance2, free, decided),
        _consistent(
            of_prior, prior.distance2(solution), known, float(np.trace(covariance @ information))
        ),
    )


def _consistent(weights: Floats, distance2: Floats, free: Floats, decided: float) -> bool:
    """At most a quarter is doubted, and the rest is no farther than its freedom allows."""
    counted = float((weights * free).sum())
    if counted < (1.0 - LARGEST_WRONG_PART) * float(free.sum()):
        return False
    return float((weights**2 * distance2).sum()) <= max(counted - decided, 0.0) + _NO_FREEDOM


def _standard_errors(covariance: Floats, seen: npt.NDArray[np.bool_]) -> Floats:
    """[C]: two of them, squared and added, are the variance of the two factors' ratio.

    A volume fraction depends on ratios alone and adds its compounds' uncertainties like that
    (`device/verdict/amounts.py`). Least squares over all pairs of compounds that were seen; the
    others get 0.
    """
    own = np.diag(covariance)
    of_ratio = np.where(np.outer(seen, seen), own[:, None] + own - 2.0 * covariance, 0.0)
    count, sums = int(seen.sum()), of_ratio.sum(axis=1)
    total = sums.sum() / (2.0 * (count - 1))
    variance = (sums - total) / (count - 2) if count > 2 else sums / 2.0
    result: Floats = np.where(seen, np.sqrt(np.maximum(variance, 0.0)), 0.0)
    return result
