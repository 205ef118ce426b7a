"""One line on few pixels: a Gaussian integrated over each pixel, on a straight background.

Lamp lines of good spectrographs are two pixels wide, so a pixel's count is the mean over it and
not the value at its middle. Next: `lamp_peaks.py` and `raman_standard.py`, which fit with it.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FWHM_PER_SIGMA = 2.3548200450309493
_ROUNDS = 40
_SETTLED_PIXELS = 1e-5
_NARROWEST_SIGMA_PIXELS = 0.3
_LEAST_PIXELS = 6  # five numbers are fitted
_erf = np.vectorize(math.erf, otypes=[np.float64])


@dataclass(frozen=True)
class Line:
    """A line where a frame shows it.

    center_pixel: from 0, the middle of a pixel is its number; sigma_pixel is its standard error.
    height_counts: at the top, above the background. fwhm_pixel: full width at half maximum.
    """

    center_pixel: float
    sigma_pixel: float
    height_counts: float
    fwhm_pixel: float


def fit_line(
    counts: Floats, first: int, last: int, start_fwhm_pixel: float, noise_counts: float
) -> Line | None:
    """Least squares over the pixels `first` to `last`, both included.

    Args:
        counts: [n]. noise_counts: standard deviation of one pixel.

    Returns None where no line is there: the fit leaves its pixels, or turns upside down.
    """
    first, last = max(first, 0), min(last, len(counts) - 1)
    if last - first + 1 < _LEAST_PIXELS:
        return None
    at = np.arange(first, last + 1, dtype=np.float64)
    seen = counts[first : last + 1]
    middle = 0.5 * (first + last)
    floor = float(min(seen[0], seen[-1]))
    top = int(np.argmax(seen))
    height = float(seen[top]) - floor
    if not height > 0:
        return None
    # height, centre, sigma, background in the middle, its slope
    numbers = np.array([height, at[top], start_fwhm_pixel / FWHM_PER_SIGMA, floor, 0.0])
    damping = 1e-3
    shape, jacobian = _model(at, middle, numbers)
    misfit = float(np.square(seen - shape).sum())
    for _ in range(_ROUNDS):
        normal = jacobian.T @ jacobian
        gradient = jacobian.T @ (seen - shape)
        diagonal = np.diag(np.maximum(np.diag(normal), 1e-12))
        step = np.linalg.solve(normal + damping * diagonal, gradient)
        tried = numbers + step
        tried[2] = min(max(abs(tried[2]), _NARROWEST_SIGMA_PIXELS), float(len(at)))
        new_shape, new_jacobian = _model(at, middle, tried)
        new_misfit = float(np.square(seen - new_shape).sum())
        if new_misfit > misfit:
            damping *= 10.0
            if damping > 1e8:
                break
            continue
        settled = abs(tried[1] - numbers[1]) < _SETTLED_PIXELS
        numbers, shape, jacobian, misfit = tried, new_shape, new_jacobian, new_misfit
        damping = max(0.2 * damping, 1e-9)
        if settled:
            break
    height, center, sigma = (float(number) for number in numbers[:3])
    if not (first <= center <= last and height > 0):
        return None
    return Line(
        center, _standard_error(jacobian, misfit, noise_counts), height, sigma * FWHM_PER_SIGMA
    )


def _standard_error(jacobian: Floats, misfit: float, noise_counts: float) -> float:
    """Of the centre; what the shape leaves unexplained counts as noise where it is more."""
    freedom = len(jacobian) - jacobian.shape[1]
    variance = max(noise_counts**2, misfit / freedom)
    scale = np.sqrt(np.maximum(np.square(jacobian).sum(axis=0), 1e-300))
    normal = (jacobian / scale).T @ (jacobian / scale)
    covariance = np.linalg.pinv(normal)
    return float(np.sqrt(max(covariance[1, 1], 0.0) * variance) / scale[1])


def _model(at: Floats, middle: float, numbers: Floats) -> tuple[Floats, Floats]:
    """Counts [k] and their derivatives [k, 5] by the five numbers."""
    height, center, sigma, floor, slope = numbers
    low, high = (at - 0.5 - center) / sigma, (at + 0.5 - center) / sigma
    bell_low, bell_high = np.exp(-0.5 * low**2), np.exp(-0.5 * high**2)
    area = sigma * math.sqrt(math.pi / 2.0) * (_erf(high / math.sqrt(2)) - _erf(low / math.sqrt(2)))
    columns = (
        area,
        height * (bell_low - bell_high),
        height * (area / sigma - (high * bell_high - low * bell_low)),
        np.ones_like(at),
        at - middle,
    )
    return height * area + floor + slope * (at - middle), np.stack(columns, axis=1)
