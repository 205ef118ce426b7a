"""First step of the library fit: by how much is the axis off, and how wide are the lines?

Every candidate is an unweighted fit of all references. Gram matrices are shared by all shifts of
one line width, the projections of all shifts are one product, and every fit starts from the one
before. Next: `flexible.py`, the second step.
"""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from device.fit.derivative import LINE_CM1, SMOOTHING_CM1, kernel_variances
from device.fit.flexible import OWN_SHIFT_LIMIT_CM1
from device.fit.measured import MeasuredDerivatives
from device.fit.nonnegative import solve_series
from device.fit.windowed import WindowedReferences

Floats = npt.NDArray[np.float64]

SHIFT_LIMIT_CM1 = 6  # a larger offset is an axis out of calibration, not a shift
_FAR_SHIFT_CM1 = 20  # how far an axis out of calibration is looked for

# Lines are so many rungs narrower or wider than the references', each by this factor of a line's
# variance: 12 cm-2 less to 27 more.
_RUNGS = 6
_RUNG_FACTOR = 1.15

_SMALLEST_SIGNAL = 0.05  # of the energy is signal at least, however noisy a spectrum seems


def extra_width_cm2(rung: int) -> float:
    """Variance (sigma squared) of the measured lines over the references'."""
    return (LINE_CM1 / 2) ** 2 * (_RUNG_FACTOR**rung - 1.0)


class ShiftSearch:
    """Explained energy over whole shifts and the ladder of widths, each computed once."""

    def __init__(self, references: WindowedReferences, measured: MeasuredDerivatives) -> None:
        self._references = references
        self.measured = measured
        self._known: dict[tuple[int, int], float] = {}
        self._noise: dict[float, float] = {}
        self._start: Floats = np.zeros(len(references.spectra))

    def explained_there(self, other: "ShiftSearch") -> float:
        """Part of the energy that is explained at the best shift and width of `other`."""
        width, shift = other.best
        self._evaluate(width, [shift])
        return self._known[width, shift]

    @cached_property
    def best(self) -> tuple[int, int]:
        """(rung of the ladder, whole shift): whole shifts, widths, both again nearby."""
        limit = SHIFT_LIMIT_CM1
        shift = self._best(0, range(-limit, limit + 1))
        width = self._climb(0, shift)
        shift = self._best(width, range(max(shift - 2, -limit), min(shift + 2, limit) + 1))
        return self._climb(width, shift), shift

    def found(self) -> tuple[float, float]:
        """(shift_cm1, width_cm2) of the best, the shift between whole ones."""
        width, shift = self.best
        self._evaluate(width, [shift - 1, shift, shift + 1])
        below, at, above = (self._known[width, shift + step] for step in (-1, 0, 1))
        curvature = below - 2 * at + above
        fraction = 0.5 * (below - above) / curvature if curvature < 0 else 0.0
        return shift + min(max(fraction, -0.5), 0.5), extra_width_cm2(width)

    def far_away(self) -> tuple[float, float]:
        """(shift_cm1, explained) at the best shift beyond any that the whole fit follows."""
        shifts = range(SHIFT_LIMIT_CM1 + int(OWN_SHIFT_LIMIT_CM1), _FAR_SHIFT_CM1 + 1)
        best = self._best(0, [sign * shift for shift in shifts for sign in (-1, 1)])
        width = self._climb(0, best)
        return float(best), self._known[width, best]

    def _best(self, width: int, shifts: Iterable[int]) -> int:
        candidates = list(shifts)
        self._evaluate(width, candidates)
        return max(candidates, key=lambda shift: self._known[width, shift])

    def _climb(self, width: int, shift: int) -> int:
        """The best rung of the ladder, by steps uphill: energy against width has one top."""
        for step in (-1, 1):
            while abs(width + step) <= _RUNGS:
                self._evaluate(width, [shift])
                self._evaluate(width + step, [shift])
                if not self._known[width + step, shift] > self._known[width, shift]:
                    break
                width += step
        return width

    def _evaluate(self, width: int, shifts: list[int]) -> None:
        """Fill in `_known`: the part of the data's energy that all references explain."""
        asked = [shift for shift in shifts if (width, shift) not in self._known]
        if not asked:
            return
        variance, data_variance = kernel_variances(SMOOTHING_CM1, extra_width_cm2(width))
        columns = self._references.search_columns(variance)
        derivative = self.measured.derivative(data_variance)
        if len(self.measured.first_parts):
            found = self.measured.first_parts @ self.measured.nuisances(data_variance)
            derivative = derivative - found
        data = derivative.take(self._references.searched + np.array(asked)[:, None], mode="clip")
        slow = data @ columns.slow.T
        energies = np.einsum("ij,ij->i", data, data) - np.einsum("ij,ij->i", slow, slow)
        fitted = solve_series(columns.gram, data @ columns.pure.T, self._start)
        # without the noise: smoothing the data for narrower lines removes it, and explains nothing
        noise = self._noise_at(data_variance)
        for shift, energy, part in zip(asked, energies.tolist(), fitted, strict=True):
            whole = max(energy - noise, _SMALLEST_SIGNAL * energy)
            self._known[width, shift] = part / whole if energy > 0 else 0.0

    def _noise_at(self, variance: float) -> float:
        """Expected energy of the noise among the points of the search."""
        if variance not in self._noise:
            noise = self.measured.noise(variance)
            self._noise[variance] = float(noise[self._references.searched].sum())
        return self._noise[variance]
