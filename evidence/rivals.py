"""The classical methods that RaMixNet and the library fit are compared with, in numpy.

(a) Least squares: non-negative amounts of all references and a free cubic baseline, over a grid of
    axis shifts and line widths; the weakest goes and the rest is fitted again, until all that is
    left has at least 3% of the signal.
(b) The 3% rule on first derivatives: the same grid, on smoothed first derivatives, no baseline.
Both answer "unknown" below one limit of explained energy. They do not use the network and share
no code with the product, and are not tuned for speed.
Next: `ideal.py`, what no linear method can beat.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import GridSpectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SMALLEST_SHARE = 0.03
# Pure solvents of another instrument reach 0.9 and more in derivatives, other liquids at most 0.6.
_LEAST_EXPLAINED = 0.75
_COARSE_SHIFTS_CM1 = np.arange(-6.0, 7.0, 2.0)
# Data are always smoothed alike, and only references move and widen: otherwise the noise that
# smoothing takes away would lower the residual at a wrong shift or width.
_SMOOTHING_CM1 = 2.5  # sigma of (a)
_DERIVATIVE_SMOOTHING_CM1 = 3.0  # ... and of (b)
_WIDTHS_CM2 = (-6.0, -3.0, 0.0, 4.0, 8.0, 13.0, 18.0, 24.0)  # variance beyond the references'
_EDGE = 12  # points beside an end of the range that are not fitted


@dataclass(frozen=True, eq=False)
class RivalAnswer:
    """`shares` [C] sum to 1 over what is named; all zero for "unknown"."""

    shares: Floats
    explained: float  # part of the energy left after the baseline

    @property
    def named(self) -> Bools:
        named: Bools = self.shares > 0
        return named


@dataclass(frozen=True, eq=False)
class _Fit:
    """At one shift and width."""

    explained: float  # part of the energy, 0-1
    amounts: Floats
    gram: Floats
    projection: Floats

    def without_weak(self, smallest_share: float) -> Floats:
        """Amounts [C] after leaving out, one by one, the weakest below this share."""
        kept = np.flatnonzero(self.amounts > 0)
        amounts = self.amounts[kept]
        while len(kept) and amounts.min() < smallest_share * amounts.sum():
            kept = np.delete(kept, int(amounts.argmin()))
            amounts = nonnegative(self.gram[np.ix_(kept, kept)], self.projection[kept])
        result = np.zeros(len(self.amounts))
        result[kept] = amounts
        return result


class LeastSquares:
    """Rival (a), or (b) with `derivative`.

    Args:
        references: [C, G] at 1 cm-1, unit maximum.
        smallest_share: what has less of the signal is not named.
    """

    def __init__(
        self, references: Floats, derivative: bool = False, smallest_share: float = SMALLEST_SHARE
    ) -> None:
        self.derivative = derivative
        self.smallest_share = smallest_share
        self._sigma = _DERIVATIVE_SMOOTHING_CM1 if derivative else _SMOOTHING_CM1
        rows = np.asarray(references, dtype=np.float64)
        self._widened = {w: self._domain(rows, w) for w in _WIDTHS_CM2}

    def answer(self, spectrum: GridSpectrum) -> RivalAnswer:
        """The best of all shifts and widths: coarse shifts, widths, then shifts down to 1/8."""
        window = np.convolve(~spectrum.valid, np.ones(2 * _EDGE + 1), mode="same") == 0
        window[:_EDGE] = window[-_EDGE:] = False
        points = np.flatnonzero(window)
        data = self._domain(spectrum.intensity[None], 0.0)[0, points]
        tried: dict[tuple[float, float], _Fit] = {}

        def energy(shift: float, width: float) -> float:
            key = (shift, width)
            if key not in tried:
                tried[key] = self._fit(points, data, shift, width)
            return tried[key].explained

        shift, width = max(_COARSE_SHIFTS_CM1, key=lambda s: energy(s, 0.0)), 0.0
        for step in (1.0, 0.5, 0.25, 0.125):
            width = max(_WIDTHS_CM2, key=lambda w: energy(shift, w))
            near = (shift - step, shift, shift + step)
            shift = max(near, key=lambda s: energy(s, width))
        fit = tried[shift, width]
        if fit.explained < _LEAST_EXPLAINED:
            return RivalAnswer(np.zeros(len(fit.amounts)), fit.explained)
        kept = fit.without_weak(self.smallest_share)
        return RivalAnswer(kept / max(float(kept.sum()), 1e-300), fit.explained)

    def _domain(self, curves: Floats, width_cm2: float) -> Floats:
        """Smoothed, and widened by this variance besides; first derivatives for rival (b)."""
        sigma = float(np.sqrt(self._sigma**2 + width_cm2))
        smooth = _convolved(curves, _gaussian(sigma))
        result: Floats = np.gradient(smooth, axis=1) if self.derivative else smooth
        return result

    def _fit(
        self, points: npt.NDArray[np.intp], data: Floats, shift: float, width: float
    ) -> "_Fit":
        places = np.arange(self._widened[width].shape[1])
        # the measured axis reads `shift` too much
        columns = np.stack([np.interp(points - shift, places, c) for c in self._widened[width]])
        y = data
        if not self.derivative:
            cubic = _cubic(len(points))
            y = y - cubic @ (cubic.T @ y)
            columns = columns - (columns @ cubic) @ cubic.T
        gram, projection = columns @ columns.T, columns @ y
        amounts = nonnegative(gram, projection)
        total = float(y @ y)
        gain = float(2 * projection @ amounts - amounts @ gram @ amounts)
        return _Fit(gain / total if total > 0 else 0.0, amounts, gram, projection)


def nonnegative(gram: Floats, projection: Floats) -> Floats:
    """min |A x - y| with x >= 0, from A'A and A'y (Lawson and Hanson 1974, active sets)."""
    count = len(projection)
    solution, free = np.zeros(count), np.zeros(count, dtype=np.bool_)
    tolerance = 1e-10 * float(np.abs(projection).max() if count else 0.0)
    for _ in range(10 * count):
        gradient = projection - gram @ solution
        gradient[free] = -np.inf
        best = int(gradient.argmax())
        if gradient[best] <= tolerance:
            break
        free[best] = True
        while True:
            trial = np.zeros(count)
            trial[free] = np.linalg.lstsq(gram[np.ix_(free, free)], projection[free], rcond=None)[0]
            below = free & (trial <= 0)
            if not below.any():
                solution = trial
                break
            fraction = float((solution[below] / (solution[below] - trial[below])).min())
            solution = solution + fraction * (trial - solution)
            free &= solution > 1e-12 * max(float(solution.max()), 1e-300)
            solution[~free] = 0.0
            if not free.any():
                break
    return solution


@lru_cache(maxsize=4)
def _cubic(points: int) -> Floats:
    """[points, 4] orthonormal columns that a cubic is made of."""
    return np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, points), 4))[0]


def _gaussian(sigma: float) -> Floats:
    reach = int(np.ceil(4.0 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    result: Floats = kernel / kernel.sum()
    return result


def _convolved(rows: Floats, kernel: Floats) -> Floats:
    reach = len(kernel) // 2
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="edge")
    return np.stack([np.convolve(row, kernel, mode="valid") for row in padded])
