"""What a fit leaves over, and how much of it is foreign.

Mixing, another instrument and noise leave misfits where the fit has lines; a foreign line stands
out of them. All in the smoothed derivative domain (`derivative.py`).
Next: `flexible.py`, whose amounts a foreign line must not bend.
"""

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.derivative import LINE_CM1, moving_maximum
from device.spectra.noise import MAD_TO_SIGMA, median

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

# By this part of their height lines of one compound may differ between its reference and a mixture,
# or between two instruments, and those of one kind of lamp between two lamps. A residual beyond it
# and beyond noise is foreign; a component is supported where the residual stays below.
HEIGHT_DOUBT = 0.40
# Signal within so many points is nearby (31 to 41 give the same verdicts), and
# everywhere at least this part of the largest derivative.
NEARBY_POINTS = 37
NEARBY_FLOOR = 0.05
# So many sigmas are more than chance, at a point, in the mean over a line and in a whole spectrum.
# With 4 at lone lines 10 of 360 simulated mixtures are PARTIAL that are IDENTIFIED with 5.
NOISE_SIGMAS = 5.0
_SUPPORT_NOISE = 3.0  # variances of noise that a supported line may be off by


class Residual:
    """Data less model; what several answers share is computed once.

    Args:
        data, model: [points].
        noise_variance: [points], of the data.
        known: [points], 1 where this variance is noise, 0 where it is doubt about what a cosmic
            ray hid. Only where it is 1 a misfit can be told from noise.
    """

    def __init__(
        self, data: Reals, model: Reals, noise_variance: Reals, known: Reals | Bools
    ) -> None:
        self._data = data
        self._model = model
        self._noise = noise_variance
        self._known = known
        self.values: Reals = data - model

    @cached_property
    def doubt(self) -> Reals:
        """Weight of each point, 0-1: less than 1 where a foreign line stands."""
        tolerated, square = self._tolerated_squared, np.square(self.values)
        result: Reals = np.divide(
            tolerated, square, out=np.ones_like(tolerated), where=square > tolerated
        )
        return result

    @cached_property
    def foreign(self) -> Reals:
        """[points], the part of the residual that counts as foreign."""
        tolerated = np.minimum(np.sqrt(self._tolerated_squared), self._tolerated_alone)
        excess = np.maximum(np.abs(self.values) - tolerated, 0.0)
        result: Reals = np.copysign(excess, self.values)
        return result

    def explained(self) -> float:
        """Part of the data's energy; may be negative for nonsense."""
        return 1.0 - float(self.values @ self.values) / float(self._data @ self._data)

    def worst_line(self) -> float:
        """0-1: largest misfit over the points of one line, beyond noise, against the strongest
        line of the fit; where a compound's own lines have other strengths, too."""
        strongest = squares_nearby(self.summed_squares, LINE_CM1).max()
        if not strongest > 0:
            return 1.0
        misfit = squares_nearby(summed_squares(self.values), LINE_CM1)
        noise = squares_nearby(summed_squares(np.sqrt(self._noise)), LINE_CM1)
        beyond = float(((misfit - NOISE_SIGMAS**2 * noise) * self._known).max())
        return min(float(np.sqrt(max(beyond, 0.0) / strongest)), 1.0)

    def model_error(self) -> float:
        """Misfit beyond noise, where nothing is foreign: an amplitude, of the model's."""
        energy = float(np.square(self._model) @ self._known)
        if energy <= 0:
            return np.inf
        beyond_noise = (np.square(self.values) - self._noise) * self._known
        return float(np.sqrt(max(float(self.doubt @ beyond_noise), 0.0) / energy))

    def lone_line(self) -> float:
        """0-1: strongest foreign line where the fit has none nearby, against the strongest line."""
        excess: Reals = np.maximum(np.abs(self.values) - self._tolerated_alone, 0.0)
        if not excess.any():
            return 0.0
        line = np.sqrt(squares_nearby(summed_squares(excess), LINE_CM1).max())
        return float(line / np.abs(self._data).max())

    def unexplained(self) -> float:
        """0-1: foreign amplitude against all amplitude."""
        foreign = float(np.linalg.norm(self.foreign))
        model = float(np.linalg.norm(self._model))
        return foreign / (foreign + model) if model > 0 else 1.0

    def support(self, columns: Reals) -> Floats:
        """[C], 0-1: part of each column's lines [C, points] that the data really have."""
        signal = squares_nearby(self.summed_squares, LINE_CM1)
        tolerated = HEIGHT_DOUBT**2 * signal + _SUPPORT_NOISE * self._noise
        misfit = squares_nearby(summed_squares(self.values), LINE_CM1)
        supported = (misfit < tolerated).astype(columns.dtype)
        energy = np.square(columns)
        total = energy.sum(axis=1, dtype=np.float64)
        return np.divide(energy @ supported, total, out=np.zeros(len(total)), where=total > 0)

    @cached_property
    def summed_squares(self) -> Floats:
        """Of the model (`summed_squares`)."""
        return summed_squares(self._model)

    @cached_property
    def _tolerated_squared(self) -> Reals:
        nearby = np.sqrt(squares_nearby(self.summed_squares, NEARBY_POINTS))
        everywhere = NEARBY_FLOOR * float(np.abs(self._data).max())
        square = np.square(HEIGHT_DOUBT * (nearby + everywhere))
        result: Reals = (square + NOISE_SIGMAS**2 * self._noise).astype(self._data.dtype)
        return result

    @cached_property
    def _tolerated_alone(self) -> Reals:
        """Beyond the steepest slope nearby: a line in the wrong place leaves less. There misfit is
        no excuse, and noise is what this residual itself shows, at least."""
        nearby = moving_maximum(np.abs(self._model), LINE_CM1)
        shown = MAD_TO_SIGMA * median(np.abs(self.values))
        noise = np.maximum(self._noise, shown**2)
        result: Reals = np.sqrt(np.square(nearby) + NOISE_SIGMAS**2 * noise)
        return result


def summed_squares(values: Reals) -> Floats:
    """Cumulative sums of squares in double, held beyond both ends as far as anything is nearby."""
    beside = NEARBY_POINTS // 2
    result = np.zeros(len(values) + 2 * beside + 1)
    end = beside + 1 + len(values)
    np.cumsum(np.square(values), dtype=np.float64, out=result[beside + 1 : end])
    result[end:] = result[end - 1]
    return result


def squares_nearby(summed: Floats, points: int) -> Floats:
    """Mean square over so many points around each, an odd number up to NEARBY_POINTS; nothing
    stands beyond the ends.

    Args:
        summed: by `summed_squares`.
    """
    half, beside = points // 2, NEARBY_POINTS // 2
    upper = summed[beside + half + 1 : len(summed) - beside + half]
    return (upper - summed[beside - half : len(summed) - beside - 1 - half]) / points
