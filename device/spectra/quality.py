"""The quality gate: typed reasons why a spectrum must not be identified.

It refuses spectra whose lines are not the sample's or not all there (clipped lines, laser off, no
signal, too little of the range) and nothing else: a weak spectrum of something real goes on to the
fit, where UNKNOWN is possible.
Next: `preprocessing.py` for what passes.
"""

import numpy as np

from device.spectra.flat_top import has_flat_top, longest_run, within
from device.spectra.needed_range import lines_missing, range_missing
from device.spectra.reason import Reason
from device.spectra.spectrum import (
    LASER_DROPPED,
    LASER_OFF,
    Floats,
    GridSpectrum,
    Spectrum,
)

# One clipped pixel between unclipped neighbours lost little, or was hit by a cosmic ray; two
# neighbours mean a line without its top.
_SATURATED_PIXELS = 2

# Contrast of a line: its height over the mean of the points this far on both sides. The first
# suits lines up to the analyzer's 12 cm-1, the second broad bands.
_CONTRAST_CM1 = (12, 40)
_PLAINLY_THERE = 50.0  # contrast over noise, from which nothing else is computed
# Lowest contrast of the smoothed spectrum over the noise of one point. Pure noise reaches 2, and 3
# in files that were interpolated; a line of signal-to-noise ratio 5 reaches 4.
_LOWEST_CONTRAST = 3.5
_SMOOTHING_CM1 = 7
_ROUNDING = 1e-9  # of the largest intensity: what arithmetic alone may leave of a constant

# Without lines, and with counts whose zero is the dark frame: a level this high above the noise is
# fluorescence, one this low is an empty vial.
_GLOW_SIGMAS = 30.0
_NOTHING_SIGMAS = 3.0

# The reason that `identifier.py` tells beside an answer where the fit explains the rest.
DARK = "dark"
# A dark frame may exceed the lit one by drift, but not by more than this.
_DARK_EXCESS_SIGMAS = 3.0
_DARK_EXCESS_FRACTION = 0.05


def check(
    spectrum: Spectrum, grid_spectrum: GridSpectrum, lines: Floats | None = None
) -> tuple[Reason, ...]:
    """Every reason against identifying this spectrum; none means it may be identified.

    Args:
        spectrum: as measured or read.
        grid_spectrum: the same on the grid of the model that is to answer.
        lines: [G], each point's part of the library's lines, which sum to 1; they say what must be
            measured. None: there is no library, and the range of `needed_cm1` must be.
    """
    found = (
        range_missing(spectrum, grid_spectrum)
        if lines is None
        else lines_missing(spectrum, grid_spectrum, lines),
        _laser(spectrum),
        _saturation(spectrum, grid_spectrum),
        _dark(spectrum, grid_spectrum),
        _signal(spectrum, grid_spectrum),
    )
    return tuple(reason for reason in found if reason is not None)


def only_cosmic_rays() -> Reason:
    """Nothing is left once they are taken out."""
    return Reason(
        "cosmic_ray",
        "All that stands out of the noise is a spike of one or two pixels.",
        "Measure again, with three frames or more.",
    )


def _laser(spectrum: Spectrum) -> Reason | None:
    if LASER_DROPPED in spectrum.flags:
        return Reason(
            LASER_DROPPED,
            "The laser went off during the measurement.",
            "Check the interlock and the battery, then measure again.",
        )
    if LASER_OFF in spectrum.flags:
        return Reason(
            LASER_OFF,
            "The laser was off during the measurement.",
            "Close the interlock, then measure again.",
        )
    return None


def _saturation(spectrum: Spectrum, grid_spectrum: GridSpectrum) -> Reason | None:
    if spectrum.saturated is None:
        if not has_flat_top(spectrum, grid_spectrum.grid):
            return None
        return Reason(
            "saturated",
            "The strongest line has a flat top: the detector was probably saturated.",
            "Measure again with a shorter integration time or less laser power.",
        )
    if not grid_spectrum.saturated.any():
        return None
    axis = spectrum.wavenumber_cm1
    inside = spectrum.saturated & within(axis, grid_spectrum.grid)
    if longest_run(inside)[1] < _SATURATED_PIXELS:
        return None
    where = axis[inside]
    return Reason(
        "saturated",
        f"The detector is saturated in {len(where)} pixels, first at {where[0]:.0f} cm-1.",
        "Measure again with a shorter integration time or less laser power.",
    )


def _dark(spectrum: Spectrum, grid_spectrum: GridSpectrum) -> Reason | None:
    if spectrum.dark_counts is None:
        return None
    mean = float(grid_spectrum.intensity.sum()) / grid_spectrum.grid.size
    if mean >= 0:
        return None
    sigma = float(np.sqrt(grid_spectrum.variance.mean()))
    dark = float(spectrum.dark_counts.mean())
    if -mean <= max(_DARK_EXCESS_SIGMAS * sigma, _DARK_EXCESS_FRACTION * dark):
        return None
    return Reason(
        DARK,
        f"The dark frame is brighter than the measurement, by {-mean:.0f} counts on average.",
        "Keep light out of the probe while the dark frame is taken, then measure again.",
    )


def _signal(spectrum: Spectrum, grid_spectrum: GridSpectrum) -> Reason | None:
    intensity = grid_spectrum.intensity
    if _is_plain(grid_spectrum, int(intensity.argmax())):
        return None  # the brightest point is a line: true of most spectra
    contrast = _contrast(intensity, _CONTRAST_CM1[0])
    if _is_plain(grid_spectrum, int(contrast.argmax()) + _CONTRAST_CM1[0]):
        return None
    if _signal_to_noise(grid_spectrum) > _LOWEST_CONTRAST:
        return None
    level = float(np.median(intensity))
    noise = float(np.sqrt(np.median(grid_spectrum.variance)))
    if spectrum.dark_counts is not None and level > _GLOW_SIGMAS * noise:
        return Reason(
            "fluorescence",
            "The sample glows, and no Raman line stands out of that glow.",
            "Keep the laser on it for a minute until the glow fades, or try another spot.",
        )
    if spectrum.dark_counts is not None and level < _NOTHING_SIGMAS * noise:
        return Reason(
            "no_sample",
            "No light comes back: there is no sample, or it is far out of focus.",
            "Put the sample in front of the probe and measure again.",
        )
    return Reason(
        "no_signal",
        "No Raman line stands out of the noise.",
        "Bring the sample into focus, or measure longer.",
    )


def _is_plain(grid_spectrum: GridSpectrum, at: int) -> bool:
    """Does this one point stand high above its surroundings and above all noise?"""
    intensity, lag = grid_spectrum.intensity, _CONTRAST_CM1[0]
    if not lag <= at < len(intensity) - lag:
        return False
    height = intensity[at] - 0.5 * (intensity[at - lag] + intensity[at + lag])
    noise = np.sqrt(grid_spectrum.variance[at]) + _ROUNDING * abs(intensity[at])
    return bool(height > _PLAINLY_THERE * noise)


def _signal_to_noise(grid_spectrum: GridSpectrum) -> float:
    """Best contrast of the smoothed spectrum over the noise of one point."""
    valid = np.flatnonzero(grid_spectrum.valid)
    if len(valid) < 2 * max(_CONTRAST_CM1) + _SMOOTHING_CM1:
        return np.inf  # too short to judge; `range` has refused it already
    part = slice(int(valid[0]), int(valid[-1]) + 1)
    intensity = grid_spectrum.intensity[part]
    kernel = np.full(_SMOOTHING_CM1, 1.0 / _SMOOTHING_CM1)
    smooth = np.convolve(intensity, kernel, "valid")
    rounding = _ROUNDING * float(np.abs(intensity).max())
    variance = np.maximum(grid_spectrum.variance[part], rounding**2)
    best = 0.0
    for lag in _CONTRAST_CM1:
        skip = lag + _SMOOTHING_CM1 // 2
        height = _contrast(smooth, lag)
        sigma = np.sqrt(variance[skip : skip + len(height)])
        if rounding > 0:
            best = max(best, float((height / sigma).max()))
    return best


def _contrast(intensity: Floats, lag: int) -> Floats:
    """Height over the mean of both sides; the result is 2 * lag points shorter."""
    sides: Floats = intensity[: -2 * lag] + intensity[2 * lag :]
    sides *= -0.5
    sides += intensity[lag:-lag]
    return sides
