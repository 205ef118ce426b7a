"""Have the lines moved or widened since a first frame? Least squares against their derivatives.

later - early = a s - d s' + v/2 s'' + a smooth background; s is a frame apart from both, so that no
noise is in it and in their difference. Pixels are weighted by the noise that s shows of itself.

Next: `heating.py`, which asks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.in_order import median_nearby
from device.spectra.noise import fine_structure

Floats = npt.NDArray[np.float64]

# Cosmic rays hit a pixel and its neighbour: the median of five forgets both.
_SPIKE_PIXELS = 5
# Derivatives of a spectrum smoothed over this part of a line's width are still the line's.
_SMOOTHED_PART = 0.5
# A background that fades or rises is smooth: a polynomial of this degree over the range.
_DEGREE = 5
_FWHM_PER_SIGMA = float(np.sqrt(8.0 * np.log(2.0)))


@dataclass(frozen=True)
class Moved:
    """Displacement of all lines together, above 0 to larger shifts, and growth of the square of
    their full width at half maximum; standard errors beside each."""

    shift_cm1: float
    shift_error_cm1: float
    width2_cm2: float
    width2_error_cm2: float


class LinePositions:
    """Compares spectra [n] with the lines of `template` [n] on one axis [n], increasing."""

    def __init__(self, axis_cm1: Floats, template: Floats, resolution_cm1: float) -> None:
        noise = fine_structure(template, axis_cm1).variance(template)
        self._weight = 1.0 / np.sqrt(2.0 * np.maximum(noise, np.finfo(float).tiny))
        spacing_cm1 = float(np.median(np.diff(axis_cm1)))
        smooth = _smoothed(template, _SMOOTHED_PART * resolution_cm1 / spacing_cm1)
        slope = np.gradient(smooth, axis_cm1)
        bend = np.gradient(slope, axis_cm1)
        at = np.linspace(-1.0, 1.0, len(axis_cm1))
        background = np.vander(at, _DEGREE + 1)
        design = np.column_stack([-slope, 0.5 * bend, smooth, background])
        self._scale = np.linalg.norm(design, axis=0)
        self._scale[self._scale == 0.0] = 1.0
        weighted = (design / self._scale) * self._weight[:, None]
        self._solve = np.linalg.pinv(weighted)
        self._errors = np.sqrt(np.sum(self._solve**2, axis=1)) / self._scale

    def compared(self, early: Floats, later: Floats) -> Moved:
        """What happened between two spectra of the same exposure and power as the template."""
        change = median_nearby(later - early, _SPIKE_PIXELS) * self._weight
        parts = (self._solve @ change) / self._scale
        per_variance = _FWHM_PER_SIGMA**2
        shift_cm1 = float(parts[0])
        return Moved(
            shift_cm1,
            float(self._errors[0]),
            per_variance * (float(parts[1]) - shift_cm1**2),  # s(x - d) has a bend, too
            per_variance * float(self._errors[1]),
        )


def _smoothed(values: Floats, fwhm_pixels: float) -> Floats:
    sigma = max(fwhm_pixels / _FWHM_PER_SIGMA, 0.5)
    reach = max(1, int(np.ceil(4.0 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    held = np.pad(values, reach, mode="edge")
    result: Floats = np.convolve(held, kernel / kernel.sum(), mode="valid")
    return result
