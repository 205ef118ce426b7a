"""Saturation of a spectrum without raw counts: the flat top of a clipped line.

Raw counts minus a dark frame are never equal on a clipped top: the dark's own noise and structure
are left there. Such a top is told by its shape. The flattest top that two lines of one width make
is that of two Gaussians 2 sigma apart, whose second derivative is zero in the middle:

    y(u) / y(0) = exp(-u^2 / 2) cosh(u) = 1 - u^4 / 12 + ...,  u = distance from the middle / sigma

If it is flat to within a part e of its height over a half width a, then sigma = a / (12 e)^(1/4),
and the curve says how far it has fallen at most beyond a; a single Gaussian or Lorentzian has
fallen by less. A clipped line has fallen further on both sides, for there its flanks begin at once.
What noise may add is allowed for in e. Next: `quality.py`, which makes a reason of it.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from device.spectra.noise import evenly_spaced, median
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Bools, Floats, Spectrum

# Two points at a real top may be equal by symmetry; of three, the middle one is higher.
_POINTS = 3
# Neighbours on each side, one of which must have fallen too far: the first may lie on the edge of
# the clipped part; those of a file with steps of 1 cm-1 reach as far as one or two pixels.
_SIDE = 3
# Doublets a little further apart have a dip, and are flat to within `e` over more than a: allowed
# for by a larger fall. 10,000 random spectra of doublets 1.6 to 2.5 sigma apart set it
# (tests/measure_flat_tops.py).
_FALL = 1.5

# An even axis has been interpolated, from pixels up to so wide. Between two equal pixels
# interpolation makes a flat top one pixel wide, which is no clipped one.
_WIDEST_PIXEL_CM1 = 2.5
_WIDTH_IF_EVEN_CM1 = 3.0

# How much points on a top may differ: two sigma, which is 1.6 of what the noise makes of the fall
# from the middle of three points to the mean of both ends (1.22 sigma). Not below a thousandth of
# the height: 65 of 65,535 counts, the fixed pattern of a camera's dark frame.
_SIGMAS = 2.0
_LEAST_SPREAD = 1e-3
# A top may be quieter than the noise of the spectrum: the detector clipped that as well. The range
# of n noisy points is below q with probability sqrt(n) (q / (sqrt(2 pi) sigma))^(n - 1), for small
# q. So (probability, sigma by which the points beside the top must have fallen further): unlikely
# by itself, or less so but with kinks that noise does not make. Smaller spreads are tried
# from 13 of 65,535 counts on, each half as large again as the last.
_QUIET = ((1e-5, 0.0), (0.1, 4.0))
_FIRST_SPREAD = 2e-4
_SPREAD_STEP = 1.5


def within(axis_cm1: Floats, grid: WavenumberGrid) -> Bools:
    """Points of an axis within the range of a grid."""
    inside: Bools = (axis_cm1 >= grid.first_cm1) & (axis_cm1 <= grid.last_cm1)
    return inside


def has_flat_top(spectrum: Spectrum, grid: WavenumberGrid) -> bool:
    """Whether one of the strongest lines within the grid ends flat, with kinks on both sides.

    Two clipped pixels are not found: a line that lies evenly between two pixels looks the same.
    """
    inside = within(spectrum.wavenumber_cm1, grid)
    axis, intensity = spectrum.wavenumber_cm1[inside], spectrum.intensity[inside]
    if len(axis) < _POINTS + 2 * _SIDE or intensity.min() == intensity.max():
        return False  # a constant is no line: that is `no_signal`
    even = evenly_spaced(axis)
    sigma = median(spectrum.noise_variance[inside]) ** 0.5
    spread, spreads = _spreads(intensity, sigma)
    widest = list(_tops(axis, intensity, spread, even))
    if any(_has_kinks(axis, intensity, top, spread, spread) for top in widest):
        return True
    return bool(widest) and any(
        _has_kinks(axis, intensity, top, smaller, max(smaller, sigmas * sigma))
        for smaller in spreads
        for top in _tops(axis, intensity, smaller, even)
        for chance, sigmas in _QUIET
        if smaller <= _range_by_chance(chance, _independent(axis, top, even)) * sigma
    )


def _spreads(intensity: Floats, sigma: float) -> tuple[float, npt.NDArray[np.float64]]:
    """What a top of this noise may differ by, and all smaller ones to try."""
    height = float(intensity.max()) - float(np.median(intensity))
    changes = np.abs(np.diff(intensity))
    rounding = float(changes[changes > 0].min())
    spread = max(_SIGMAS * sigma, _LEAST_SPREAD * height, rounding)
    first = max(_FIRST_SPREAD * height, rounding)
    count = max(0, int(np.ceil(np.log(spread / first) / np.log(_SPREAD_STEP))))
    return spread, first * _SPREAD_STEP ** np.arange(count)


def _tops(axis_cm1: Floats, intensity: Floats, spread: float, even: bool) -> Iterator[slice]:
    """Runs of points within `spread` of the maximum that may be clipped lines."""
    for first, length in _runs(intensity >= intensity.max() - spread):
        end = first + length
        wide = not even or axis_cm1[end - 1] - axis_cm1[first] >= _WIDTH_IF_EVEN_CM1
        if length >= _POINTS and wide:
            yield slice(first, end)


def _independent(axis_cm1: Floats, top: slice, even: bool) -> int:
    """Of how many points the noise is independent."""
    points = int(top.stop - top.start)
    if not even:
        return points
    width_cm1 = float(axis_cm1[top.stop - 1] - axis_cm1[top.start])
    return min(points, int(width_cm1 / _WIDEST_PIXEL_CM1) + 1)


def _range_by_chance(chance: float, points: int) -> float:
    """The range, in sigma, within which so many points of noise lie with this probability."""
    if points < _POINTS:
        return 0.0
    return float(np.sqrt(2 * np.pi) * (chance / np.sqrt(points)) ** (1 / (points - 1)))


def _has_kinks(
    axis_cm1: Floats, intensity: Floats, top: slice, spread: float, allowance: float
) -> bool:
    """Does it fall on both sides further than a smooth line that is flat to within `spread`?

    By more than `allowance`, which is what noise may make of a point beside the top. A top at an
    end of the range has no fall there: it is not judged.
    """
    middle = 0.5 * (axis_cm1[top.start] + axis_cm1[top.stop - 1])
    half_width = axis_cm1[top.stop - 1] - middle
    level = float(np.median(intensity[top]))
    height = float(intensity.max() - intensity.min())  # more than the line's: it allows for more
    sigma_cm1 = half_width / (12.0 * spread / height) ** 0.25
    before = slice(max(top.start - _SIDE, 0), top.start)
    for side in (before, slice(top.stop, top.stop + _SIDE)):
        u = (axis_cm1[side] - middle) / sigma_cm1
        # exp(-u^2 / 2) cosh(u), which does not overflow
        left = 0.5 * (np.exp(u * (1 - 0.5 * u)) + np.exp(-u * (1 + 0.5 * u)))
        smooth = allowance + _FALL * height * (1.0 - left)
        if not (level - intensity[side] > smooth).any():
            return False
    return True


def longest_run(mask: Bools) -> tuple[int, int]:
    """Where the longest run of True begins, and its length; (0, 0) if there is none."""
    return max(_runs(mask), key=lambda run: run[1], default=(0, 0))


def _runs(mask: Bools) -> list[tuple[int, int]]:
    """Where each run of True begins, and its length."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2].tolist(), edges[1::2].tolist()
    return [(start, end - start) for start, end in zip(starts, ends, strict=True)]
