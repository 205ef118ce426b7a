"""Cosmic rays in a spectrum of a single frame: taken out before anything looks at it.

Left in, a ray misleads the network and poses as a line of whatever compound has one there. It is
known by its shape: no optics of this resolution draws a feature that narrow. Rays that hide on
the flank of a line stay; the fit looks for these in its residual (`answers/spikes.py`).
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
    """The spectrum with straight lines where rays struck, and their height as doubt there.

    Files of steps coarser than a pixel show rays as wide as lines: nothing is taken out there.
    """
    struck = cosmic_rays(spectrum)
    if not struck.any():
        return spectrum
    kept = np.flatnonzero(~struck)
    everywhere = np.arange(len(struck))
    intensity = np.interp(everywhere, kept, spectrum.intensity[kept])
    doubt = np.square(spectrum.intensity - intensity)  # zero where nothing struck
    return replace(spectrum, intensity=intensity, variance=spectrum.variance + doubt)


def cosmic_rays(spectrum: GridSpectrum) -> Bools:
    """bool[G]: points that a ray struck."""
    intensity, points = spectrum.intensity, len(spectrum.intensity)
    struck = np.zeros(points, dtype=np.bool_)
    if points <= 2 * _CHORD_CM1:
        return struck
    tops = np.arange(_CHORD_CM1, points - _CHORD_CM1)
    left, right = intensity[tops - _CHORD_CM1], intensity[tops + _CHORD_CM1]
    middle, slope = 0.5 * (left + right), (right - left) / (2 * _CHORD_CM1)
    height = intensity[tops] - middle
    found = height > _SIGMAS * np.sqrt(1.5 * spectrum.variance[tops])
    found &= height > _SMALLEST_PART * float(height.max())
    for foot in (*_FEET_CM1, *(-foot for foot in _FEET_CM1)):
        left_over = np.abs(intensity[tops + foot] - (middle + foot * slope))
        found &= left_over < _LEFT_AT_FOOT * height
    found &= spectrum.valid[tops - _CHORD_CM1] & spectrum.valid[tops + _CHORD_CM1]
    for top in tops[found]:
        struck[top - _FEET_CM1[0] + 1 : top + _FEET_CM1[0]] = True
    return struck
