"""The noise of a spectrum that comes without a variance, from its second differences.

Only files without raw counts come here: an acquisition brings its own variance.
Next: `quality.py`, which weighs signal against this noise.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Differences are taken between points this far apart. Files are often interpolated from pixels
# about 2 cm-1 wide to steps of 1 or 2 cm-1: neighbours then share their noise, and differences
# between them would find next to none. Two pixels apart they are independent.
_INDEPENDENT_CM1 = 4.0

# No Raman spectrometer measures better than this fraction of its strongest line; a noise-free
# synthetic file must not make everything significant.
_SMALLEST_FRACTION = 1e-3

MAD_TO_SIGMA = 1.4826  # median absolute deviation of a normal distribution -> sigma

# The strongest line is what rises over chords of this half length: no slow baseline does.
_LINE_CM1 = 30.0
_SECOND_DIFFERENCE_VARIANCE = 1.5  # of y[i] - (y[i-k] + y[i+k]) / 2, in units of sigma squared


def noise_variance(
    axis_cm1: Floats,
    intensity: Floats,
    independent_cm1: float = _INDEPENDENT_CM1,
    smallest_fraction: float = _SMALLEST_FRACTION,
) -> float:
    """Variance of one point, from the median absolute second difference.

    Lines are too few to move a median, and a smooth baseline cancels.

    Args:
        axis_cm1: increasing, any spacing.
        intensity: one value per point of the axis.
        independent_cm1: distance at which noise is independent; 0 for native pixels.
        smallest_fraction: of the strongest line: the least sigma that is returned.
    """
    spacing = median(np.diff(axis_cm1))
    bends = np.abs(_second_difference(intensity, independent_cm1 / spacing))
    if not len(bends):
        return (smallest_fraction * float(np.ptp(intensity))) ** 2
    sigma = MAD_TO_SIGMA * median(bends)
    line = float(np.abs(_second_difference(intensity, _LINE_CM1 / spacing)).max())
    return max(sigma**2 / _SECOND_DIFFERENCE_VARIANCE, (smallest_fraction * line) ** 2)


def median(values: npt.NDArray[np.floating[Any]]) -> float:
    """np.median of finite values; without its checks, five times as fast on short arrays."""
    upper = len(values) // 2
    lower = upper if len(values) % 2 else upper - 1
    ordered = np.partition(values, (lower, upper))
    return 0.5 * (float(ordered[lower]) + float(ordered[upper]))


def _second_difference(intensity: Floats, points: float) -> Floats:
    """y[i] - (y[i-k] + y[i+k]) / 2 with k the next whole number of `points`, or what fits."""
    lag = min(max(1, int(np.ceil(points - 1e-9))), (len(intensity) - 1) // 2)
    if lag < 1:
        return np.zeros(0)
    result: Floats = intensity[lag:-lag] - 0.5 * (intensity[: -2 * lag] + intensity[2 * lag :])
    return result
