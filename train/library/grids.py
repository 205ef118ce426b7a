"""The grid of a library: the range that its networks see, and the margin that training needs.

Next: `references.py`, which puts spectra on it.
"""

from device.spectra.needed_range import NEEDED_CM1
from device.spectra.resampling import WavenumberGrid
from train.recipe import RecipeError

# Points beyond both ends of the grid, so that a shifted training spectrum has real signal at its
# ends and not a repeated last value.
MARGIN = 40
INSIDE = slice(MARGIN, -MARGIN)  # of a wide spectrum: the grid itself

# Training moves foreign compounds by up to 120 cm-1 and the golden spectra need room for six lines
# 60 cm-1 apart: a narrower range has none. No Raman shift is beyond the upper limit.
_NARROWEST_CM1 = 400.0
_HIGHEST_CM1 = 5000.0
# References are compared on what two ranges share if that is at least half of the fingerprint
# region: of the 666 pairs of the 37 measured compounds 3 at most look nearly identical in such a
# window, and 27 do where it begins above 1,300 cm-1, in the bands that all alkyl chains have.
_COMPARED_PART = 0.5


def grid_of(range_cm1: tuple[float, ...]) -> WavenumberGrid:
    """Steps of 1 cm-1 from the first to the last of two numbers.

    Raises:
        RecipeError: not two whole numbers in ascending order, or a range no network can use.
    """
    if len(range_cm1) != 2 or any(end != round(end) for end in range_cm1):
        raise RecipeError("range_cm1 must be two whole numbers, for example [400, 1800]")
    first, last = range_cm1
    if not 0 <= first < last <= _HIGHEST_CM1:
        raise RecipeError(
            f"range_cm1 = [{first:g}, {last:g}] must rise, and lie between 0 and {_HIGHEST_CM1:g}"
        )
    if last - first < _NARROWEST_CM1:
        raise RecipeError(
            f"range_cm1 = [{first:g}, {last:g}] is too narrow: {_NARROWEST_CM1:g} cm-1 at least"
        )
    return WavenumberGrid(first, last)


def wide_grid(grid: WavenumberGrid) -> WavenumberGrid:
    """The grid and MARGIN more points on both sides."""
    return WavenumberGrid(grid.first_cm1 - MARGIN, grid.last_cm1 + MARGIN)


def common_part(one: WavenumberGrid, other: WavenumberGrid) -> tuple[slice, slice] | None:
    """Where both have the same points; None if that is too little to compare references on."""
    first = max(one.first_cm1, other.first_cm1)
    last = min(one.last_cm1, other.last_cm1)
    shared_cm1 = min(last, NEEDED_CM1[1]) - max(first, NEEDED_CM1[0])
    if shared_cm1 < _COMPARED_PART * (NEEDED_CM1[1] - NEEDED_CM1[0]):
        return None
    points = round(last - first) + 1
    starts = (round(first - one.first_cm1), round(first - other.first_cm1))
    return slice(starts[0], starts[0] + points), slice(starts[1], starts[1] + points)
