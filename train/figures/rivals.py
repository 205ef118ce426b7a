"""The classical answers that RaMixNet and the library fit have to beat, in numpy.

(a) Least squares: non-negative amounts of all references and a free cubic baseline, over a grid of
    axis shifts and line widths; named is what has at least 3% of the signal.
(b) The 3% rule on first derivatives: the same grid, on smoothed first derivatives, no baseline.
Both answer "unknown" below one limit of explained energy. They do not see the network and share
no code with the product. Next: `ideal.py`, what no linear method can beat.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import GridSpectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SMALLEST_SHARE = 0.03
# Pure solvents of another instrument reach 0.9 and more in derivatives, other liquids at most 0.6.
_LEAST_EXPLAINED = 0.75
_COARSE_SHIFTS_CM1 = np.arange(-6.0, 7.0, 2.0)
_WIDTHS_CM1 = (-3.5, -2.5, 0.0, 2.5, 3.5, 4.5)  # sigma; negative: the data are widened instead
_UNCHANGED = _WIDTHS_CM1.index(0.0)
_DERIVATIVE_SIGMA_CM1 = 3.0
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
        self._references = np.asarray(references, dtype=np.float64)
        self._widened = {
            w: self._domain(blurred(self._references, max(w, 0.0))) for w in _WIDTHS_CM1
        }

    def answer(self, spectrum: GridSpectrum) -> RivalAnswer:
        """The best of all shifts and widths: coarse shifts, widths, then shifts down to 0.25."""
        window = np.convolve(~spectrum.valid, np.ones(2 * _EDGE + 1), mode="same") == 0
        window[:_EDGE] = window[-_EDGE:] = False
        points = np.flatnonzero(window)
        data = {w: self._domain(blurred(spectrum.intensity, max(-w, 0.0))) for w in _WIDTHS_CM1}
        tried: dict[tuple[float, float], tuple[float, Floats]] = {}

        def energy(shift: float, width: float) -> float:
            key = (shift, width)
            if key not in tried:
                tried[key] = self._fit(points, data[width], shift, width)
            return tried[key][0]

        shift = max(_COARSE_SHIFTS_CM1, key=lambda s: energy(s, _WIDTHS_CM1[_UNCHANGED]))
        width = _WIDTHS_CM1[_UNCHANGED]
        for step in (1.0, 0.5, 0.25):
            width = max(_WIDTHS_CM1, key=lambda w: energy(shift, w))
            near = (shift - step, shift, shift + step)
            shift = max(near, key=lambda s: energy(s, width))
        explained, amounts = tried[shift, width]
        named = amounts >= self.smallest_share * max(float(amounts.sum()), 1e-300)
        if explained < _LEAST_EXPLAINED:
            named[:] = False
        kept = np.where(named, amounts, 0.0)
        total = float(kept.sum())
        return RivalAnswer(kept / total if total > 0 else kept, explained)

    def _domain(self, curves: Floats) -> Floats:
        return slope(curves) if self.derivative else curves

    def _fit(
        self, points: npt.NDArray[np.intp], data: Floats, shift: float, width: float
    ) -> tuple[float, Floats]:
        """(explained energy 0-1, amounts [C])."""
        position = points + shift  # the measured axis reads `shift` too much
        y = np.interp(position, np.arange(len(data)), data)
        columns = self._widened[width][:, points]
        if not self.derivative:
            cubic = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, len(points)), 4))[0]
            y = y - cubic @ (cubic.T @ y)
            columns = columns - (columns @ cubic) @ cubic.T
        gram, projection = columns @ columns.T, columns @ y
        amounts = nonnegative(gram, projection)
        total = float(y @ y)
        gain = float(2 * projection @ amounts - amounts @ gram @ amounts)
        return (gain / total if total > 0 else 0.0), amounts


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


def blurred(curves: Floats, sigma_cm1: float) -> Floats:
    """Convolved with a Gaussian; sigma 0 changes nothing."""
    return curves if sigma_cm1 == 0.0 else _convolved(curves, _gaussian(sigma_cm1))


def slope(curves: Floats) -> Floats:
    """First derivative, smoothed."""
    kernel = _gaussian(_DERIVATIVE_SIGMA_CM1)
    reach = len(kernel) // 2
    return _convolved(curves, -np.arange(-reach, reach + 1) * kernel / _DERIVATIVE_SIGMA_CM1**2)


def _gaussian(sigma: float) -> Floats:
    reach = int(np.ceil(4.0 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    result: Floats = kernel / kernel.sum()
    return result


def _convolved(curves: Floats, kernel: Floats) -> Floats:
    reach = len(kernel) // 2
    rows = np.atleast_2d(curves)
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="edge")
    result = np.stack([np.convolve(row, kernel, mode="valid") for row in padded])
    return result[0] if curves.ndim == 1 else result
