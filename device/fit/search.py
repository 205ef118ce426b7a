"""First step of the library fit: by how much is the axis off, and how wide are the lines?

Every candidate is an unweighted fit of all references; Gram matrices are shared by all shifts of
one line width and every fit starts from the one before, so that fifty of them stay cheap.
Next: `flexible.py`, the second step.
"""

import numpy as np
import numpy.typing as npt

from device.fit.derivative import (
    SMOOTHING_CM1,
    baseline_basis,
    kernel_variances,
    noise_of_derivative,
    smoothed_derivative,
)
from device.fit.nonnegative import solve_nonnegative

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SHIFT_LIMIT_CM1 = 6  # a larger offset is an axis out of calibration, not a shift
_FAR_SHIFT_CM1 = 20  # how far an axis out of calibration is looked for
_SHIFT_SLACK_CM1 = 1  # how far beyond it a second look may go

# Extra variance (sigma squared, cm-2) of the measured lines over the references': from lines of
# 5 cm-1 full width to lines of 14 beside references of 8.5.
WIDTH_LADDER_CM2 = (-12.0, -9.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 9.0, 13.0, 18.0, 24.0)
_UNCHANGED = WIDTH_LADDER_CM2.index(0.0)

_SMALLEST_SIGNAL = 0.05  # of the energy is signal at least, however noisy a spectrum seems

_STRIDE = 2  # the smoothed derivative holds nothing finer


class ShiftSearch:
    """Explained energy over whole shifts and the ladder of widths, each computed once.

    Args:
        derivative: smoothed derivatives of the references, [C, G] by the kernel's variance in cm-2.
        intensity: [G], scaled to about 1.
        variance: [G], of each intensity.
        window: [G], the points to fit.
    """

    def __init__(
        self, derivative: dict[float, Floats], intensity: Floats, variance: Floats, window: Bools
    ) -> None:
        self._derivative = derivative
        self._intensity = intensity
        self._variance = variance
        self._noise: dict[float, float] = {}
        self._points = np.flatnonzero(window)[::_STRIDE]
        self._basis = baseline_basis(len(self._points))
        self._known: dict[tuple[int, int], float] = {}
        self._columns: dict[int, tuple[Floats, Floats, Floats]] = {}
        self._data: dict[float, Floats] = {}
        self._start: Floats | None = None

    def run(self) -> tuple[float, float]:
        """(shift_cm1, width_cm2): whole shifts, widths, both again nearby, then the fraction."""
        shift = max(
            range(-SHIFT_LIMIT_CM1, SHIFT_LIMIT_CM1 + 1),
            key=lambda candidate: self._explained(_UNCHANGED, candidate),
        )
        width = self._climb(_UNCHANGED, shift)
        limit = SHIFT_LIMIT_CM1 + _SHIFT_SLACK_CM1
        nearby = range(max(shift - 2, -limit), min(shift + 2, limit) + 1)
        shift = max(nearby, key=lambda candidate: self._explained(width, candidate))
        width = self._climb(width, shift)
        below, at, above = (self._explained(width, shift + step) for step in (-1, 0, 1))
        curvature = below - 2 * at + above
        fraction = 0.5 * (below - above) / curvature if curvature < 0 else 0.0
        return shift + float(np.clip(fraction, -0.5, 0.5)), WIDTH_LADDER_CM2[width]

    def far_away(self) -> tuple[float, float]:
        """(shift_cm1, explained) at the best shift too large to be one."""
        shifts = range(SHIFT_LIMIT_CM1 + _SHIFT_SLACK_CM1 + 1, _FAR_SHIFT_CM1 + 1)
        best = max(
            (sign * shift for shift in shifts for sign in (-1, 1)),
            key=lambda candidate: self._explained(_UNCHANGED, candidate),
        )
        width = self._climb(_UNCHANGED, best)
        return float(best), self._explained(width, best)

    def _climb(self, width: int, shift: int) -> int:
        """The best rung of the ladder, by steps uphill: energy against width has one top."""
        for step in (-1, 1):
            while 0 <= width + step < len(WIDTH_LADDER_CM2) and (
                self._explained(width + step, shift) > self._explained(width, shift)
            ):
                width += step
        return width

    def _explained(self, width: int, shift: int) -> float:
        key = (width, shift)
        if key not in self._known:
            self._known[key] = self._evaluate(width, shift)
        return self._known[key]

    def _evaluate(self, width: int, shift: int) -> float:
        columns, slow, gram = self._columns_at(width)
        data = self._data_at(width)[np.clip(self._points + shift, 0, len(self._intensity) - 1)]
        slow_data = self._basis @ data
        energy = float(data @ data - slow_data @ slow_data)
        if energy <= 0:
            return 0.0
        projection = columns @ data - slow @ slow_data
        solution = solve_nonnegative(gram, projection, self._start)
        self._start = solution
        explained = float(2 * projection @ solution - solution @ gram @ solution)
        # without the noise: smoothing the data for narrower lines removes it, and explains nothing
        return explained / max(energy - self._noise_at(width), _SMALLEST_SIGNAL * energy)

    def _noise_at(self, width: int) -> float:
        """Expected energy of the noise among the points of the search."""
        variance = kernel_variances(SMOOTHING_CM1, WIDTH_LADDER_CM2[width])[1]
        if variance not in self._noise:
            noise = noise_of_derivative(self._variance, variance)
            self._noise[variance] = float(noise[self._points].sum())
        return self._noise[variance]

    def _columns_at(self, width: int) -> tuple[Floats, Floats, Floats]:
        if width not in self._columns:
            variance = kernel_variances(SMOOTHING_CM1, WIDTH_LADDER_CM2[width])[0]
            columns = self._derivative[variance][:, self._points]
            slow = columns @ self._basis.T
            self._columns[width] = columns, slow, columns @ columns.T - slow @ slow.T
        return self._columns[width]

    def _data_at(self, width: int) -> Floats:
        variance = kernel_variances(SMOOTHING_CM1, WIDTH_LADDER_CM2[width])[1]
        if variance not in self._data:
            self._data[variance] = smoothed_derivative(self._intensity[None], variance)[0]
        return self._data[variance]
