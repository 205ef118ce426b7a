"""Saturation of a spectrum without raw counts: a flat top.

Next: `quality.py`, which makes a reason of it.
"""

import numpy as np

from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Bools, Floats, Spectrum

# Without raw counts only a flat top shows saturation: equal values this wide at the maximum,
# and beside them a drop of more than a few times the smallest step in the file, since rounding
# alone makes flat tops too, but with edges one step high.
_FLAT_TOP_CM1 = 4.0
_FLAT_TOP_POINTS = 3
_FLAT_TOP_STEPS = 3.0


def within(axis_cm1: Floats, grid: WavenumberGrid) -> Bools:
    """Points of an axis within the range of a grid."""
    inside: Bools = (axis_cm1 >= grid.first_cm1) & (axis_cm1 <= grid.last_cm1)
    return inside


def has_flat_top(spectrum: Spectrum, grid: WavenumberGrid) -> bool:
    """Whether the strongest line within the grid ends in equal values, with steps beside them."""
    axis = spectrum.wavenumber_cm1
    inside = within(axis, grid)
    axis, intensity = axis[inside], spectrum.intensity[inside]
    if len(axis) < _FLAT_TOP_POINTS or intensity.min() == intensity.max():
        return False  # a constant is no line: that is `no_signal`
    first, length = longest_run(intensity == intensity.max())
    width_cm1 = float(axis[first + length - 1] - axis[first])
    if length < _FLAT_TOP_POINTS or width_cm1 < _FLAT_TOP_CM1:
        return False
    steps = np.abs(np.diff(intensity))
    edges = steps[max(first - 1, 0) : first + length]  # zero inside the run
    return bool(edges.max() > _FLAT_TOP_STEPS * steps[steps > 0].min())


def longest_run(mask: Bools) -> tuple[int, int]:
    """Where the longest run of True begins, and its length; (0, 0) if there is none."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest] - starts[longest])
