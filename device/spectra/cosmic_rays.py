"""Cosmic rays in a spectrum of a single frame: taken out before network and fit.

Left in, a ray changes the network's input and adds to the amount of any compound with a line there.
It is found by its width: optics of this resolution give no feature that narrow. Rays on the flank
of a line stay; the fit finds these in its residual (`fit/spikes.py`).
Next: `preprocessing.py`, for what is left.
"""

import ctypes
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.native.library import address, kernel
from device.spectra.noise import median
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
    measured = spectrum.valid.nonzero()[0]
    if len(measured) <= 2 * _CHORD_CM1:
        return struck
    part = slice(int(measured[0]), int(measured[-1]) + 1)
    within = (spectrum.intensity[part], spectrum.valid[part], spectrum.variance[part])
    compiled = kernel()
    if compiled is None:
        _mark(*within, struck[part])
    else:
        _mark_in_c(compiled, *within, struck[part])
    return struck


def _mark(intensity: Floats, valid: Bools, variance: Floats, struck: Bools) -> None:
    """Set `struck` where a ray was; all arrays from the first to the last measured point."""
    before, after = _beyond_the_ends(intensity)
    continued = np.pad(intensity, _CHORD_CM1, constant_values=(before, after))
    left, right = continued[: -2 * _CHORD_CM1], continued[2 * _CHORD_CM1 :]
    height = intensity - 0.5 * (left + right)
    found = height > _SMALLEST_PART * float(height.max())
    found &= height > _SIGMAS * np.sqrt(1.5 * variance)
    measured = np.pad(valid, _CHORD_CM1, constant_values=True)
    found &= measured[: -2 * _CHORD_CM1] & measured[2 * _CHORD_CM1 :]
    tops = found.nonzero()[0]
    middle, slope = 0.5 * (left + right), (right - left) / (2 * _CHORD_CM1)
    for foot in (*_FEET_CM1, *(-foot for foot in _FEET_CM1)):
        # the flank of a line that an end cuts has no foot there: it rises to the very end
        inside = np.clip(tops + foot, 0, len(intensity) - 1)
        left_over = np.abs(intensity[inside] - (middle[tops] + foot * slope[tops]))
        tops = tops[left_over < _LEFT_AT_FOOT * height[tops]]
    for top in tops:
        struck[max(top - _FEET_CM1[0] + 1, 0) : top + _FEET_CM1[0]] = True


def _mark_in_c(
    compiled: ctypes.CDLL, intensity: Floats, valid: Bools, variance: Floats, struck: Bools
) -> None:
    """The same by `device/native/spectrum.c`."""
    before, after = _beyond_the_ends(intensity)
    intensity, valid = np.ascontiguousarray(intensity), np.ascontiguousarray(valid)
    variance = np.ascontiguousarray(variance)
    measured = _Range(
        points=len(intensity),
        intensity=address(intensity),
        variance=address(variance),
        valid=address(valid),
        before=before,
        after=after,
        chord=_CHORD_CM1,
        feet=_FEET_CM1,
        left_at_foot=_LEFT_AT_FOOT,
        sigmas=_SIGMAS,
        smallest_part=_SMALLEST_PART,
    )
    compiled.ramix_cosmic_rays(ctypes.byref(measured), address(struck))


class _Range(ctypes.Structure):
    """`ramix_range`"""

    _fields_ = (
        ("points", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("intensity", "variance", "valid")),
        ("before", ctypes.c_double),
        ("after", ctypes.c_double),
        ("chord", ctypes.c_int32),
        ("feet", ctypes.c_int32 * 2),
        *((name, ctypes.c_double) for name in ("left_at_foot", "sigmas", "smallest_part")),
    )


def _beyond_the_ends(intensity: Floats) -> tuple[float, float]:
    """The level at which what was measured is continued far enough for a chord: the medians near
    the ends, for a ray there has no other points to be compared with."""
    near = 2 * _CHORD_CM1 + 1
    return median(intensity[:near]), median(intensity[-near:])
