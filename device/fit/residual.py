"""What a fit leaves over, and how much of it is foreign.

Mixing, another instrument and noise leave misfits where the fit has lines; a foreign line stands
out of them. All in the smoothed derivative domain (`derivative.py`).
Next: `flexible.py`, whose amounts a foreign line must not bend.
"""

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.derivative import moving_maximum
from device.spectra.noise import MAD_TO_SIGMA, median

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

# What counts as foreign: residual beyond this part of the signal nearby and this part of the
# largest derivative, and beyond noise. Mixing and another instrument stay below, a foreign line
# does not.
_FOREIGN_NEARBY = 0.30
_FOREIGN_FLOOR = 0.03
_FOREIGN_SIGMAS = 4.0
_FOREIGN_POINTS = 31
# Where the fit has no line nearby, misfit can be no excuse, and a much smaller line is foreign: one
# beyond this part of the strongest slope nearby (a line in the wrong place leaves less) and beyond
# noise, as this residual itself shows it, at least. Judged over the points of one line.
_LONE_NEARBY = 0.8
_LONE_NEARBY_POINTS = 15
_LONE_SIGMAS = 5.0
_LONE_LINE_POINTS = 9
# Root mean square over one line that noise alone does not leave: the largest in a spectrum reaches
# 2.4 to 2.8 of the noise's in half of all noise.
_WORST_SIGMAS = 3.0
# A component is supported where its own lines are, if the residual there stays under this part
# of the fitted signal plus so many noise variances.
_SUPPORT_RESIDUAL = 0.40
_SUPPORT_NOISE = 3.0
_SUPPORT_FIT_POINTS = 9

_WIDEST = 64  # points beside one that any mean here may reach to


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
        strongest = squares_nearby(self.summed_squares, _LONE_LINE_POINTS).max()
        if not strongest > 0:
            return 1.0
        misfit = squares_nearby(summed_squares(self.values), _LONE_LINE_POINTS)
        noise = squares_nearby(summed_squares(np.sqrt(self._noise)), _LONE_LINE_POINTS)
        beyond = float(((misfit - _WORST_SIGMAS**2 * noise) * self._known).max())
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
        line = np.sqrt(squares_nearby(summed_squares(excess), _LONE_LINE_POINTS).max())
        return float(line / np.abs(self._data).max())

    def unexplained(self) -> float:
        """0-1: foreign amplitude against all amplitude."""
        foreign = float(np.linalg.norm(self.foreign))
        model = float(np.linalg.norm(self._model))
        return foreign / (foreign + model) if model > 0 else 1.0

    def support(self, columns: Reals) -> Floats:
        """[C], 0-1: part of each column's lines [C, points] that the data really have."""
        signal = squares_nearby(self.summed_squares, _SUPPORT_FIT_POINTS)
        tolerated = _SUPPORT_RESIDUAL**2 * signal + _SUPPORT_NOISE * self._noise
        misfit = squares_nearby(summed_squares(self.values), _SUPPORT_FIT_POINTS)
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
        nearby = np.sqrt(squares_nearby(self.summed_squares, _FOREIGN_POINTS))
        floor = _FOREIGN_FLOOR * float(np.abs(self._data).max())
        square = np.square(_FOREIGN_NEARBY * nearby + floor)
        result: Reals = (square + _FOREIGN_SIGMAS**2 * self._noise).astype(self._data.dtype)
        return result

    @cached_property
    def _tolerated_alone(self) -> Reals:
        nearby = moving_maximum(np.abs(self._model), _LONE_NEARBY_POINTS)
        shown = MAD_TO_SIGMA * median(np.abs(self.values))
        noise = np.maximum(self._noise, shown**2)
        result: Reals = np.sqrt(np.square(_LONE_NEARBY * nearby) + _LONE_SIGMAS**2 * noise)
        return result


def summed_squares(values: Reals) -> Floats:
    """[points + 2 _WIDEST + 1]: cumulative sums of squares in double, held beyond both ends."""
    result = np.zeros(len(values) + 2 * _WIDEST + 1)
    end = _WIDEST + 1 + len(values)
    np.cumsum(np.square(values), dtype=np.float64, out=result[_WIDEST + 1 : end])
    result[end:] = result[end - 1]
    return result


def squares_nearby(summed: Floats, points: int) -> Floats:
    """Mean square over so many points around each, an odd number; nothing stands beyond the ends.

    Args:
        summed: by `summed_squares`.
    """
    half = points // 2
    upper = summed[_WIDEST + half + 1 : len(summed) - _WIDEST + half]
    return (upper - summed[_WIDEST - half : len(summed) - _WIDEST - 1 - half]) / points
