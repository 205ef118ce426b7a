"""Logistic regression with standard errors, and cuts whose error rate is bounded.

Next: `decide.py`, which uses both.
"""

from dataclasses import dataclass
from math import exp, lgamma, log

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_RIDGE = 1e-3  # of each weight: keeps separable examples finite
_STEPS, _CLOSE = 100, 1e-9
_CONFIDENCE = 0.95
_RESAMPLED = 200


class TooFewExamples(ValueError):
    """No cut bounds an error rate with so few scenes."""


@dataclass(frozen=True, eq=False)
class Fitted:
    weights: Floats  # [F]
    errors: Floats  # [F], standard
    log_likelihood: float


def logistic(columns: Floats, labels: Floats, offset: Floats | float = 0.0) -> Fitted:
    """Maximum likelihood of weights for `columns` [N, F], by Newton's method.

    Args:
        labels: [N], 0 or 1.
        offset: log odds that are known already.
    """
    weights = np.zeros(columns.shape[1])
    best = _penalized(columns, labels, offset, weights)
    for _ in range(_STEPS):
        chance = _chance(columns @ weights + offset)
        hessian = (columns * (chance * (1.0 - chance))[:, None]).T @ columns
        hessian += _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(hessian, columns.T @ (labels - chance) - _RIDGE * weights)
        while (found := _penalized(columns, labels, offset, weights + step)) < best:
            step *= 0.5  # far from the maximum a whole step may lead away from it
            if float(np.abs(step).max()) < _CLOSE:
                break
        weights, best = weights + step, found
        if float(np.abs(step).max()) < _CLOSE:
            break
    return Fitted(weights, np.sqrt(np.linalg.inv(hessian).diagonal()), best)


def _penalized(columns: Floats, labels: Floats, offset: Floats | float, weights: Floats) -> float:
    """Log likelihood less the ridge's part."""
    odds = columns @ weights + offset
    likelihood = -np.logaddexp(0.0, np.where(labels > 0, -odds, odds)).sum()
    return float(likelihood - 0.5 * _RIDGE * weights @ weights)


def cut_above(worst: Floats, rate: float, rng: np.random.Generator) -> tuple[float, float]:
    """(cut, standard error): scenes whose `worst` [N] exceeds it are at most `rate` of all with
    95% confidence (Clopper & Pearson, Biometrika 1934, 26, 404), the error by resampling.

    Raises:
        TooFewExamples: not even a cut that none exceeds would show that.
    """
    allowed = allowed_exceedances(len(worst), rate)
    resampled = [
        _cut(worst[rng.integers(len(worst), size=len(worst))], allowed) for _ in range(_RESAMPLED)
    ]
    return _cut(worst, allowed), float(np.std(resampled))


def allowed_exceedances(n: int, rate: float) -> int:
    """The most among n at which the upper 95% bound of their rate stays within `rate`."""
    below, allowed = 0.0, -1
    for k in range(n):
        ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        below += exp(ways + k * log(rate) + (n - k) * log(1.0 - rate))
        if below > 1.0 - _CONFIDENCE:
            break
        allowed = k
    if allowed < 0:
        raise TooFewExamples(f"{n} scenes cannot show a rate of {rate:g}")
    return allowed


def _cut(worst: Floats, allowed: int) -> float:
    """Between the last that may exceed it and the next."""
    ordered = np.sort(worst)[::-1]
    return float(0.5 * (ordered[allowed] + ordered[max(allowed - 1, 0)]))


def _chance(log_odds: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0)))
    return result
