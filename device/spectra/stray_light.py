"""The shape of a measurement's own dark frame: known from it, while how much is left of it is not.

Lit minus dark takes away what both frames saw. Where the probe was open for one of them alone, or
the light changed in between (daylight, a lamp, hot pixels that warmed up), some of it is left, of
either sign: the fit is given the shape and finds how much (`device/fit/nuisances.py`). The shape is
the dark frame without its noise, so that no noise is fitted; a dark frame that is noise and slow
drift alone gives none.
Next: `device/answer/identifier.py`, which asks for it.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.spectra.noise import MAD_TO_SIGMA, median
from device.spectra.resampling import WavenumberGrid, resampler_for
from device.spectra.spectrum import GridSpectrum, Nuisance, Spectrum

Floats = npt.NDArray[np.float64]

DARK_FRAME = "dark frame"
# All of the light is left where one frame alone saw it, so the usual parts are -1 to 1.
_PART_SIGMA = 1.0

# A bend of the means of pixels so many times its noise is needed for a shape at all. Of 3,000 dark
# frames of noise the largest has 5.2; those of data/solvents13 and data/charisma785 taken in the
# dark reach 4.4, the one taken in daylight 37, those with hot pixels four wide 150.
_SEEN_SIGMAS = 6.0
# Details shrink by the part of their energy nearby that this many times the noise's would be. Of a
# neon lamp in noise 1.5 to 2.5 leave half of the noise's error; smaller numbers leave more noise.
_DOUBTED = 2.0
# Details of 1, 2, 4, 8 and 16 pixels; what is coarser is kept whole. Their standard deviations in
# white noise of 1, for the spline of `_smoothed` (a test measures them).
_DETAIL_SIGMAS = (0.725, 0.286, 0.178, 0.122, 0.086)
_SPLINE = (0.375, 0.25, 0.0625)  # cubic: the middle, those beside it, those beyond
_FEWEST_PIXELS = 64  # three means of 16, and what the coarsest spline reaches
_BEND_VARIANCE = 1.5  # of a value less the mean of those beside it, in units of one's
_SMALLEST_SQUARE = 1e-30  # of a detail, in counts squared: what 0 / 0 is made of
_BEYOND_CM1 = 60.0  # so much beyond the grid, so that reflected ends stay outside


def with_dark_frame(gridded: GridSpectrum, spectrum: Spectrum) -> GridSpectrum:
    """`gridded` with the shape of its own dark frame as a nuisance, where there is one."""
    if spectrum.dark_counts is None:
        return gridded
    axis = spectrum.wavenumber_cm1
    part = _seen_by(gridded.grid, axis)
    shape = dark_shape(spectrum.dark_counts[part])
    if shape is None:
        return gridded
    everywhere = np.zeros(len(axis))
    everywhere[part] = shape
    values = resampler_for(axis, gridded.grid).apply(everywhere)
    return replace(gridded, nuisances=(Nuisance(DARK_FRAME, values, _PART_SIGMA),))


def without_nuisances(gridded: GridSpectrum, parts: Floats) -> GridSpectrum:
    """What is left once such parts [N] of the nuisances are taken out, and none to fit."""
    found = sum(part * one.values for part, one in zip(parts, gridded.nuisances, strict=True))
    return replace(gridded, intensity=gridded.intensity - found, nuisances=())


def dark_shape(counts: Floats) -> Floats | None:
    """[n], what is more than noise in neighbouring pixels' counts [n]; None where nothing is.

    An undecimated wavelet transform; details shrink where they are no larger than noise. Its lowest
    point is 0: what lies below may be the detector's offset.
    """
    if len(counts) < _FEWEST_PIXELS:
        return None
    bends = np.abs(_bends(counts))
    variance = (MAD_TO_SIGMA * median(bends)) ** 2 / _BEND_VARIANCE
    if not _stands_out(counts, variance):
        return None
    smooth, result = counts, np.zeros(len(counts))
    for scale, sigma in enumerate(_DETAIL_SIGMAS):
        coarser = _smoothed(smooth, 2**scale)
        detail = smooth - coarser
        energy = np.maximum(_smoothed(np.square(detail), 2**scale), _SMALLEST_SQUARE)
        detail *= np.maximum(1.0 - (_DOUBTED * variance * sigma**2) / energy, 0.0)
        result += detail
        smooth = coarser
    result += smooth
    return result - float(result.min())


def _stands_out(counts: Floats, variance: float) -> bool:
    """Is any bend of the means of 2, 4, 8 and 16 pixels more than such noise makes?"""
    means, needed = counts, _SEEN_SIGMAS**2 * _BEND_VARIANCE * variance
    for _ in range(len(_DETAIL_SIGMAS) - 1):
        pairs = len(means) // 2
        means, needed = 0.5 * (means[: 2 * pairs : 2] + means[1 : 2 * pairs : 2]), 0.5 * needed
        bends = _bends(means)
        if max(-float(bends.min()), float(bends.max())) ** 2 > needed:
            return True
    return False


def _bends(values: Floats) -> Floats:
    result: Floats = values[1:-1] - 0.5 * (values[:-2] + values[2:])
    return result


def _seen_by(grid: WavenumberGrid, axis: Floats) -> slice:
    first, last = grid.first_cm1 - _BEYOND_CM1, grid.last_cm1 + _BEYOND_CM1
    return slice(*np.searchsorted(axis, (first, last)).tolist())


def _smoothed(values: Floats, step: int) -> Floats:
    """With so many points between the knots of the spline; reflected at the ends."""
    points, (middle, beside, beyond) = len(values), _SPLINE
    ends = values[2 * step : 0 : -1], values[-2 : -2 * step - 2 : -1]
    padded = np.concatenate([ends[0], values, ends[1]])
    result: Floats = middle * values
    result += beside * (padded[step : step + points] + padded[3 * step : 3 * step + points])
    result += beyond * (padded[:points] + padded[4 * step :])
    return result
