"""How well shares can be known at all from so many photons: the Cramer-Rao bound.

No unbiased method can have a smaller variance than the inverse of the Fisher information (Rao
1945; Kay 1993, chapter 3). What is not asked for and not known either costs information: here a
common axis shift, a common extra line width and a baseline of any shape that the library fit lets
through. Beside the bound stands the method that reaches it: weighted least squares that is told
what the mixture is made of. Next: `bound.py`, the figure; `counting.py`, the noise.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from evidence.pures import MARGIN_CM1

Floats = npt.NDArray[np.float64]

# The library fit takes nine polynomials out of the derivative (device/fit/derivative.py): in
# the spectrum itself these are the degrees 1 to 9, and a constant has no derivative.
BASELINE_TERMS = 10
_JOINING_POINTS = 256  # ends are joined smoothly: Fourier space is a circle
_STEPS = 6  # of Gauss and Newton; four are enough
_LARGEST_STEP = 2.0  # of shift / cm-1 and variance / cm-2
_SHIFT_AND_WIDTH = 2


class Unknown(StrEnum):
    """What is not known besides the amounts."""

    NOTHING = "nothing else"
    COMMON = "axis shift, line width, baseline"
    OWN = "each compound's own shift and width, baseline"


@dataclass(frozen=True, eq=False)
class State:
    """One mixture as it is measured: amounts [K] of unit-maximum spectra, and the rest."""

    amounts: Floats
    shift_cm1: float
    variance_cm2: float  # of a Gaussian that widens all lines beyond the references'
    baseline: Floats  # [P], on the axis of the measurement


class MixtureModel:
    """Expected spectra of the components [K, len(AXIS_CM1)], and how they change.

    P points of 1 cm-1 are measured: AXIS_CM1 without its margins.
    """

    def __init__(self, components: Floats) -> None:
        self.count, self._points = components.shape
        joint = np.linspace(components[:, -1], components[:, 0], _JOINING_POINTS, axis=1)
        self._circle = np.fft.rfft(np.concatenate([components, joint], axis=1), axis=1)
        self._frequency = 2j * np.pi * np.fft.rfftfreq(self._points + _JOINING_POINTS)
        self._baseline = baseline_polynomials(self._points - 2 * int(MARGIN_CM1))

    def expected(self, state: State) -> Floats:
        result: Floats = state.amounts @ self._columns(state) + state.baseline
        return result

    def jacobian(self, state: State, unknown: Unknown = Unknown.COMMON) -> Floats:
        """[parameters, P]: derivatives by the K amounts, then by what else is unknown."""
        columns = self._columns(state)
        if unknown is Unknown.NOTHING:
            return columns
        by_shift = -state.amounts[:, None] * self._columns(state, derivative=1)
        by_variance = 0.5 * state.amounts[:, None] * self._columns(state, derivative=2)
        if unknown is Unknown.COMMON:
            by_shift, by_variance = (rows.sum(0, keepdims=True) for rows in (by_shift, by_variance))
        return np.vstack([columns, by_shift, by_variance, self._baseline])

    def solve(self, data: Floats, variance: Floats) -> State:
        """Weighted least squares over everything unknown, from no shift and no extra width."""
        count = self.count
        state = State(np.ones(count), 0.0, 0.0, np.zeros(len(data)))
        for _ in range(_STEPS):
            basis = self.jacobian(state)
            # amounts and baseline enter linearly and are found anew; shift and width are moved
            found = _scaled_solve((basis / variance) @ basis.T, (basis / variance) @ data)
            shift, widening = found[count : count + _SHIFT_AND_WIDTH]
            state = State(
                found[:count],
                state.shift_cm1 + float(np.clip(shift, -_LARGEST_STEP, _LARGEST_STEP)),
                state.variance_cm2 + float(np.clip(widening, -_LARGEST_STEP, _LARGEST_STEP)),
                found[count + _SHIFT_AND_WIDTH :] @ self._baseline,
            )
        return state

    def _columns(self, state: State, derivative: int = 0) -> Floats:
        """[K, P], moved and widened; derivatives along the axis are exact in Fourier space."""
        factor = np.exp(
            -self._frequency * state.shift_cm1 + 0.5 * self._frequency**2 * state.variance_cm2
        )
        factor = factor * self._frequency**derivative
        whole = np.fft.irfft(self._circle * factor, self._points + _JOINING_POINTS, axis=1)
        inside: Floats = whole[:, int(MARGIN_CM1) : self._points - int(MARGIN_CM1)]
        return inside


def shares_of(amounts: Floats) -> Floats:
    result: Floats = amounts / amounts.sum()
    return result


def share_bound(jacobian: Floats, variance: Floats, amounts: Floats) -> Floats:
    """Smallest standard deviations [K] of unbiased shares.

    Args:
        jacobian: [parameters, P], the K amounts first.
        variance: [P], of the noise. How it depends on the parameters adds next to no information
            at more than a few tens of electrons, and is left out.
        amounts: [K], the truth.

    Raises:
        numpy.linalg.LinAlgError: the parameters cannot be told apart at all.
    """
    information = (jacobian / variance) @ jacobian.T
    count = len(amounts)
    to_shares = np.zeros((len(jacobian), count))
    to_shares[:count] = (np.eye(count) - shares_of(amounts)) / amounts.sum()
    of_shares = to_shares.T @ _scaled_solve(information, to_shares)
    result: Floats = np.sqrt(of_shares.diagonal())
    return result


def _scaled_solve(normal: Floats, right: Floats) -> Floats:
    """Amounts in electrons and polynomials of unit norm differ by many orders."""
    scale = 1.0 / np.sqrt(normal.diagonal())
    scaled = (right.T * scale).T
    solved = np.linalg.solve(normal * np.outer(scale, scale), scaled)
    result: Floats = (solved.T * scale).T
    return result


def baseline_polynomials(points: int) -> Floats:
    """[BASELINE_TERMS, points], orthonormal."""
    angle = np.arccos(np.linspace(-1.0, 1.0, points))
    chebyshev = np.cos(angle[:, None] * np.arange(BASELINE_TERMS))
    return np.ascontiguousarray(np.linalg.qr(chebyshev)[0].T)
