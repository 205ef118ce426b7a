"""Response factors from mixtures of known parts: robust, with the factors of before as prior.

A ratio's variance is what the product states for the two shares, plus s^2, which holds pipetting
and whatever makes a response differ from mixture to mixture. s is the smallest for which the
residuals are no larger than they should be (Paule and Mandel, J. Res. NBS 1982, 87, 377), and for
which at most a quarter of all ratios is doubted: up to so many may be wrong. A mixture at a
distance d^2 beyond the 99% point q of chi squared counts with q / d^2, and so does a prior: least
squares again and again with these weights, until nothing moves.
Next: `response_refit.py`, which leaves out mixtures that contradict the others.
"""

from bisect import bisect_left
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


@dataclass(frozen=True, eq=False)
class Prior:
    """Log factors [C] and their variances; infinite where there is no factor yet."""

    logs: Floats
    variance: Floats

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        result: npt.NDArray[np.bool_] = np.isfinite(self.variance)
        return result

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
    distance2: Floats  # [M]: squares of each mixture's residuals, chi squared with `free` of it


def fit_response(signals: LogSignals, prior: Prior) -> Fitted:
    """Solve for all C compounds; those in no mixture come out at their prior.

    Each mixture has two compounds or more.
    """

    def enough(step: int) -> bool:
        return _at(signals, prior, _SCATTERS[step])[1]

    steps = range(len(_SCATTERS) - 1)  # the last one is taken where none before is enough
    first = 0 if enough(0) else bisect_left(steps, True, key=enough)
    return _at(signals, prior, _SCATTERS[first])[0]


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


def _at(stated: LogSignals, prior: Prior, scatter: float) -> tuple[Fitted, bool]:
    """The solution at one scatter, and whether that scatter is large enough."""
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
    distance2 = _distance2(signals, solution)
    information = prior.information(of_prior)
    covariance = inverse(equations.information + np.diag(information))
    decided = float(np.trace(covariance @ equations.information))  # parameters taken from the data
    counted = float((weights * signals.free).sum())
    enough = counted >= (1.0 - LARGEST_WRONG_PART) * float(signals.free.sum())
    spread = float((weights**2 * distance2).sum())
    enough = enough and spread <= max(counted - decided, 0.0) + _NO_FREEDOM
    errors = _standard_errors(covariance, signals.seen.any(axis=0))
    return Fitted(solution, errors, scatter, distance2), enough


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
