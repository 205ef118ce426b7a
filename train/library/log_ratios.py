"""Least squares on logarithms: response factors of compounds from mixtures of unknown brightness.

In mixture m the signal of compound i over its volume is its factor r_i times a number b_m that all
compounds of the mixture share (cell, focus, laser, exposure): log = log r_i + log b_m. The b_m are
eliminated, so that C equations remain however many mixtures there are.
Next: `response.py`, equal parts; `validation/response_fit.py`, any parts, with priors.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Against the largest eigenvalue: rounding leaves about 1e-15 in directions that nothing decides.
_UNDECIDED = 1e-12


@dataclass(frozen=True, eq=False)
class LogSignals:
    """[M, C] each: log of signal per volume, NaN where a mixture lacks the compound, and variance.

    Every row has at least one number.
    """

    logs: Floats
    variance: Floats  # positive where `logs` is a number; elsewhere anything

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        result: npt.NDArray[np.bool_] = np.isfinite(self.logs)
        return result

    @property
    def free(self) -> npt.NDArray[np.intp]:
        """[M]: ratios in each mixture, one less than its compounds."""
        result: npt.NDArray[np.intp] = self.seen.sum(axis=1) - 1
        return result

    def rows(self, chosen: npt.NDArray[np.bool_]) -> "LogSignals":
        return LogSignals(self.logs[chosen], self.variance[chosen])

    def with_variance(self, more: float) -> "LogSignals":
        """The same with `more` added to every variance."""
        return LogSignals(self.logs, self.variance + more)


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """`information` [C, C] times the log factors is `right` [C]; singular along a common factor."""

    information: Floats
    right: Floats

    def solve(self, prior: Floats, prior_information: Floats) -> Floats:
        """Log factors [C]; `prior_information` is zero where there is none.

        What neither mixtures nor priors decide, such as a common factor, gets the smallest norm.
        """
        matrix = self.information + np.diag(prior_information)
        known = np.where(prior_information > 0.0, prior, 0.0)
        right = self.right + prior_information * known
        result: Floats = inverse(matrix) @ right
        return result


def inverse(matrix: Floats) -> Floats:
    """Of a symmetric [C, C]; directions that nothing decides are left at zero."""
    result: Floats = np.linalg.pinv(matrix, rcond=_UNDECIDED, hermitian=True)
    return result


def normal_equations(signals: LogSignals, weights: Floats) -> NormalEquations:
    """Of all mixtures, each with a weight [M] > 0."""
    inverse = np.where(signals.seen, weights[:, None] / signals.variance, 0.0)
    of_mixture = inverse / inverse.sum(axis=1, keepdims=True)
    logs = np.where(signals.seen, signals.logs, 0.0)
    centred = logs - (of_mixture * logs).sum(axis=1, keepdims=True)
    return NormalEquations(
        np.diag(inverse.sum(axis=0)) - inverse.T @ of_mixture, (inverse * centred).sum(axis=0)
    )


def residuals(signals: LogSignals, log_factors: Floats) -> Floats:
    """[M, C]: what the factors leave, each mixture at its best brightness; 0 where not seen."""
    inverse = np.where(signals.seen, 1.0 / signals.variance, 0.0)
    left = np.where(signals.seen, signals.logs - log_factors, 0.0)
    mean = (inverse * left).sum(axis=1, keepdims=True) / inverse.sum(axis=1, keepdims=True)
    return np.where(signals.seen, left - mean, 0.0)
