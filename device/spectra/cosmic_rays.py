"""Cosmic rays in a spectrum of a single frame: taken out before network and fit.

Left in, a ray changes the network's input and adds to the amount of any compound with a line there.
It is found by its width in the measurement's own pixels: it takes one to three, and the next ones
on either side are on the ground, where the optics spread every line over more. What of rays stays,
as on a steep flank, the fit finds in its residual (`fit/spikes.py`).
Next: `preprocessing.py`, for what is left.
"""

import ctypes
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from device.native.library import address, kernel
from device.spectra.noise import evenly_spaced, median
from device.spectra.resampling import MODEL_GRID, WavenumberGrid, resampler_for
from device.spectra.spectrum import GridSpectrum, Spectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A ray's pixels. Beside them two on either side, its feet, are on the chord between the third ones.
# A Gaussian line stands above _LEFT_AT_FOOT over 1.65 of its full width at half maximum: one of 2.4
# pixels or more reaches a foot, and optics that give less cannot be told from rays.
_LONGEST = 3
_LEFT_AT_FOOT = 0.15  # of the height
# Where pixels are coarse the first feet must not be farther apart: a line of 5.5 cm-1, the finest
# of these instruments, stands above _LEFT_AT_FOOT over 9.1 cm-1. With 8.25 neon's lines, two pixels
# of 2 cm-1 wide, would go. Of steps wider than half of this nothing is taken out.
_BETWEEN_FEET_CM1 = 8.0
_SIGMAS = 8.0
_SMALLEST_PART = 0.04  # of the highest feature over such a chord; lower rays change no answer


def without_cosmic_rays(gridded: GridSpectrum, spectrum: Spectrum) -> GridSpectrum:
    """`gridded` with straight lines where rays struck, and their height squared as variance.

    Args:
        gridded: [G], `spectrum` on a grid.
        spectrum: [n], as measured or read.
    """
    pixels = cosmic_rays(spectrum, gridded.grid)
    if not pixels.any():
        return gridded
    struck = resampler_for(spectrum.wavenumber_cm1, gridded.grid).apply_mask(pixels)
    kept = np.flatnonzero(~struck)
    everywhere = np.arange(len(struck))
    intensity = np.interp(everywhere, kept, gridded.intensity[kept])
    removed = np.square(gridded.intensity - intensity)  # zero where nothing struck
    return replace(
        gridded,
        intensity=intensity,
        variance=gridded.variance + removed,
        white_variance=gridded.white_variance + removed,
        struck=struck,
    )


def cosmic_rays(spectrum: Spectrum, grid: WavenumberGrid = MODEL_GRID) -> Bools:
    """bool[n]: points of the spectrum, within the grid, that a ray struck."""
    axis_cm1 = spectrum.wavenumber_cm1
    struck = np.zeros(len(axis_cm1), dtype=np.bool_)
    first = max(int(np.searchsorted(axis_cm1, grid.first_cm1, side="right")) - 1, 0)
    part = slice(first, int(np.searchsorted(axis_cm1, grid.last_cm1)) + 1)
    points = len(axis_cm1[part])
    if points < 2:
        return struck
    pixels = _Pixels.of(axis_cm1[part], grid)
    if points <= pixels.near:
        return struck
    compiled = kernel()
    within = (pixels, spectrum.intensity[part], spectrum.noise_variance[part], struck[part])
    if compiled is None:
        _mark(*within)
    else:
        _mark_in_c(compiled, *within)
    return struck


@dataclass(frozen=True, eq=False)
class _Pixels:
    """The points of a measurement, n in all, as pixels."""

    axis_cm1: Floats  # [n], increasing
    holes: Bools  # [n], pixels are missing between this point and the next
    each: int  # points that are one pixel
    longest: int  # of a ray, pixels

    @property
    def chord(self) -> int:
        """Points from a ray to either end of its chord."""
        return 3 * self.each

    @property
    def near(self) -> int:
        """Points whose median is the level at which an end is continued."""
        return 4 * self.chord + 1

    @classmethod
    def of(cls, axis_cm1: Floats, grid: WavenumberGrid) -> "_Pixels":
        """Even steps up to the grid's come from interpolation: finer ones are parts of a pixel, and
        what a ray gives is spread over a neighbour on either side."""
        steps = np.diff(axis_cm1, append=axis_cm1[-1])
        pitch_cm1 = median(steps[:-1])
        holes = steps > np.sqrt(2.0) * pitch_cm1  # nearer to two pixels than to one
        each = int(grid.step_cm1 / pitch_cm1 + 1e-6)
        if each and evenly_spaced(axis_cm1):
            return cls(axis_cm1, holes, each, _LONGEST + 2)
        return cls(axis_cm1, holes, 1, _LONGEST)


def _mark(pixels: _Pixels, intensity: Floats, variance: Floats, struck: Bools) -> None:
    """Set `struck` [n] where a ray was."""
    count, each, chord = len(intensity), pixels.each, pixels.chord
    before, after = _beyond_the_ends(pixels, intensity)
    middle = chord + pixels.longest * each // 2
    continued = np.pad(intensity, middle, constant_values=(before, after))
    sides = continued[: -2 * middle] + continued[2 * middle :]
    smallest = _SMALLEST_PART * float((intensity - 0.5 * sides).max())
    passed: npt.NDArray[np.int_] = np.cumsum(pixels.holes) - pixels.holes  # holes before each point
    for points in range(each, pixels.longest * each + 1, each):
        start = np.arange(count - points + 1)
        left = continued[start + middle - chord]
        right = continued[start + middle + points - 1 + chord]
        slope = (right - left) / (2 * chord + points - 1)
        ray = range(points)
        height = np.max([intensity[start + k] - (left + slope * (chord + k)) for k in ray], axis=0)
        noise = np.max([variance[start + k] for k in ray], axis=0)
        found = (height > smallest) & (height > _SIGMAS * np.sqrt(1.5 * noise))
        for foot in (-2 * each, -each, points - 1 + each, points - 1 + 2 * each):
            # the flank of a line that an end cuts has no foot there: it rises to the very end
            inside = np.clip(start + foot, 0, count - 1)
            left_over = np.abs(intensity[inside] - (left + slope * (chord + foot)))
            found &= left_over < _LEFT_AT_FOOT * height
        first_foot = np.maximum(start - each, 0)
        last_foot = np.minimum(start + points - 1 + each, count - 1)
        found &= pixels.axis_cm1[last_foot] - pixels.axis_cm1[first_foot] <= _BETWEEN_FEET_CM1
        low = np.maximum(start - chord, 0)
        high = np.minimum(start + points - 1 + chord, count - 1)
        found &= passed[low] == passed[high]
        for at in start[found]:
            struck[at : at + points] = True


def _mark_in_c(
    compiled: ctypes.CDLL, pixels: _Pixels, intensity: Floats, variance: Floats, struck: Bools
) -> None:
    """The same by `device/native/spectrum.c`."""
    before, after = _beyond_the_ends(pixels, intensity)
    axis, holes = np.ascontiguousarray(pixels.axis_cm1), np.ascontiguousarray(pixels.holes)
    intensity, variance = np.ascontiguousarray(intensity), np.ascontiguousarray(variance)
    measured = _Range(
        points=len(intensity),
        axis=address(axis),
        intensity=address(intensity),
        variance=address(variance),
        holes=address(holes),
        before=before,
        after=after,
        each=pixels.each,
        longest=pixels.longest,
        chord=pixels.chord,
        between_feet=_BETWEEN_FEET_CM1,
        left_at_foot=_LEFT_AT_FOOT,
        sigmas=_SIGMAS,
        smallest_part=_SMALLEST_PART,
    )
    compiled.ramix_cosmic_rays(ctypes.byref(measured), address(struck))


class _Range(ctypes.Structure):
    """`ramix_range`"""

    _fields_ = (
        ("points", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("axis", "intensity", "variance", "holes")),
        ("before", ctypes.c_double),
        ("after", ctypes.c_double),
        *((name, ctypes.c_int32) for name in ("each", "longest", "chord")),
        *(
            (name, ctypes.c_double)
            for name in ("between_feet", "left_at_foot", "sigmas", "smallest_part")
        ),
    )


def _beyond_the_ends(pixels: _Pixels, intensity: Floats) -> tuple[float, float]:
    """The level at which what was measured is continued far enough for a chord: the medians near
    the ends, for a ray there has no other points to be compared with."""
    return median(intensity[: pixels.near]), median(intensity[-pixels.near :])
