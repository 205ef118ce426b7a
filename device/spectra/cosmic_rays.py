"""Cosmic rays in a spectrum of a single frame: taken out before network and fit.

Left in, a ray changes the network's input and adds to the amount of any compound with a line there.
It is found by its width: optics of this resolution give no feature that narrow. Rays on the flank
of a line stay; the fit finds these in its residual (`fit/spikes.py`).
Next: `preprocessing.py`, for what is left.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import GridSpectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A ray of one to three pixels is over within 4 cm-1 of its top: from there the spectrum lies on the
# chord between the points at _CHORD_CM1. A line of 5.5 cm-1 (the finest of these instruments) still
# has 0.23 of its height there.
_FEET_CM1, _CHORD_CM1 = (4, 6), 8
_LEFT_AT_FOOT = 0.15  # of the height
_SIGMAS = 8.0
_SMALLEST_PART = 0.04  # of the highest feature over such a chord; lower rays change no answer


def without_cosmic_rays(spectrum: GridSpectrum) -> GridSpectrum:
    """The spectrum with straight lines where rays struck, and their height squared as variance.

    Files of steps coarser than a pixel show rays as wide as lines: nothing is taken out there.
    """
    struck = cosmic_rays(spectrum)
    if not struck.any():
        return spectrum
    kept = np.flatnonzero(~struck)
    everywhere = np.arange(len(struck))
    intensity = np.interp(everywhere, kept, spectrum.intensity[kept])
    removed = np.square(spectrum.intensity - intensity)  # zero where nothing struck
    return replace(
        spectrum,
        intensity=intensity,
        variance=spectrum.variance + removed,
        white_variance=spectrum.white_variance + removed,
        struck=struck,
    )


def cosmic_rays(spectrum: GridSpectrum) -> Bools:
    """bool[G]: points that a ray struck."""
    struck = np.zeros(len(spectrum.intensity), dtype=np.bool_)
    measured = np.flatnonzero(spectrum.valid)
    if len(measured) <= 2 * _CHORD_CM1:
        return struck
    first, last = int(measured[0]), int(measured[-1]) + 1
    intensity, valid = _beyond_the_ends(spectrum.intensity, spectrum.valid, first, last)
    tops = np.arange(first, last)
    at = tops - first + _CHORD_CM1
    left, right = intensity[at - _CHORD_CM1], intensity[at + _CHORD_CM1]
    middle, slope = 0.5 * (left + right), (right - left) / (2 * _CHORD_CM1)
    height = intensity[at] - middle
    found = height > _SIGMAS * np.sqrt(1.5 * spectrum.variance[tops])
    found &= height > _SMALLEST_PART * float(height.max())
    for foot in (*_FEET_CM1, *(-foot for foot in _FEET_CM1)):
        # the flank of a line that an end cuts has no foot there: it rises to the very end
        inside = np.clip(at + foot, _CHORD_CM1, len(intensity) - _CHORD_CM1 - 1)
        left_over = np.abs(intensity[inside] - (middle + foot * slope))
        found &= left_over < _LEFT_AT_FOOT * height
    found &= valid[at - _CHORD_CM1] & valid[at + _CHORD_CM1]
    for top in tops[found]:
        struck[max(top - _FEET_CM1[0] + 1, first) : min(top + _FEET_CM1[0], last)] = True
    return struck


def _beyond_the_ends(
    intensity: Floats, valid: Bools, first: int, last: int
) -> tuple[Floats, Bools]:
    """What was measured, continued far enough for a chord, level with the medians there: a ray
    near an end has no other points to be compared with."""
    near = 2 * _CHORD_CM1 + 1
    inside = intensity[first:last]
    ends = (float(np.median(inside[:near])), float(np.median(inside[-near:])))
    continued = np.pad(inside, _CHORD_CM1, constant_values=ends)
    return continued, np.pad(valid[first:last], _CHORD_CM1, constant_values=True)
