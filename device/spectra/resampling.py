"""From any axis onto the models' grid: one sparse operator, computed once per axis.

Two neighbours and two weights for every grid point: `intensity[left] * w + intensity[right] * v`.
Next: `preprocessing.py`, which turns the gridded intensity into the networks' input.
"""

import ctypes
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from device.native.library import address, kernel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A hole in the axis is bridged up to this many times the usual spacing of its points, or up to
# this width: beyond it a Raman line could hide there, so the grid points inside count as missing.
_BRIDGED_SPACINGS = 4.0
_BRIDGED_CM1 = 12.0

_CACHED_AXES = 8


@dataclass(frozen=True)
class WavenumberGrid:
    """Evenly spaced Raman shifts; the last point is included when the step reaches it."""

    first_cm1: float = 300.0
    last_cm1: float = 2500.0
    step_cm1: float = 1.0

    def __post_init__(self) -> None:
        numbers = (self.first_cm1, self.last_cm1, self.step_cm1)
        if not np.isfinite(numbers).all() or self.step_cm1 <= 0 or self.last_cm1 <= self.first_cm1:
            raise ValueError(f"not a wavenumber grid: {numbers}")

    @cached_property
    def wavenumber_cm1(self) -> Floats:
        """float64[size], read-only."""
        count = int(np.floor((self.last_cm1 - self.first_cm1) / self.step_cm1 + 1e-9)) + 1
        axis = self.first_cm1 + self.step_cm1 * np.arange(count, dtype=np.float64)
        axis.flags.writeable = False
        return axis

    @property
    def size(self) -> int:
        return len(self.wavenumber_cm1)


MODEL_GRID = WavenumberGrid()  # the window of the paper; 2201 points


class _Grid(ctypes.Structure):
    """`ramix_grid` of `device/native/kernel.h`"""

    _fields_ = (
        ("points", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("left", "weight_left", "weight_right", "sharing")),
    )


class Resampler:
    """Linear interpolation from one axis to one grid.

    `valid[G]` is False for grid points outside the axis or inside a hole of it; these repeat the
    nearest measured point (weights are clipped at the ends, nothing is extrapolated). `sharing[G]`
    is how many grid points share the noise of one measured point, at least 1.

    Raises:
        ValueError: the axis is not finite and strictly increasing, or has fewer than two points.
    """

    def __init__(self, axis_cm1: Floats, grid: WavenumberGrid = MODEL_GRID) -> None:
        axis = np.asarray(axis_cm1, dtype=np.float64)
        if axis.ndim != 1 or len(axis) < 2:
            raise ValueError("an axis needs at least two points")
        spacing = np.diff(axis)
        if not np.isfinite(axis).all() or not (spacing > 0).all():
            raise ValueError("the axis is not strictly increasing")
        self.axis_cm1 = axis
        self.grid = grid

        target = grid.wavenumber_cm1
        left = np.clip(np.searchsorted(axis, target, side="right") - 1, 0, len(axis) - 2)
        weight = np.clip((target - axis[left]) / spacing[left], 0.0, 1.0)

        bridged = max(_BRIDGED_CM1, _BRIDGED_SPACINGS * float(np.median(spacing)))
        in_hole = (spacing[left] > bridged) & (weight > 0.0) & (weight < 1.0)
        weight = np.where(in_hole, np.round(weight), weight)
        self.valid: Bools = (target >= axis[0]) & (target <= axis[-1]) & ~in_hole

        self._left = left.astype(np.int64)
        self._right = left + 1
        self._weight_right = weight
        self._weight_left = 1.0 - weight
        between = np.minimum(spacing[left], bridged)
        self.sharing: Floats = np.maximum(between / grid.step_cm1, 1.0)
        self._nothing = np.zeros(grid.size, dtype=np.bool_)
        for array in (self.valid, self.sharing, self._nothing):
            array.flags.writeable = False

    def apply(self, intensity: Floats) -> Floats:
        """float64[n] on the axis -> float64[G] on the grid."""
        # mode="clip" skips the check of each index; they are inside by construction
        result: Floats = intensity.take(self._left, mode="clip")
        result *= self._weight_left
        right = intensity.take(self._right, mode="clip")
        right *= self._weight_right
        result += right
        return result

    def apply_variance(self, variance: Floats) -> Floats:
        """Variance of `apply`'s result when the points of the axis are independent."""
        result: Floats = variance.take(self._left, mode="clip")
        result *= self._weight_left**2
        right = variance.take(self._right, mode="clip")
        right *= self._weight_right**2
        result += right
        return result

    def apply_both(self, intensity: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
        """(intensity, its variance, the variance of independent points that would be as noisy once
        smoothed), each float64[G]."""
        compiled = kernel()
        if compiled is None:
            white = self.apply(variance) * self.sharing
            return self.apply(intensity), self.apply_variance(variance), white
        values, spread = (
            np.ascontiguousarray(one, dtype=np.float64) for one in (intensity, variance)
        )
        if values.shape != self.axis_cm1.shape or spread.shape != self.axis_cm1.shape:
            raise ValueError(f"not one value for each of {len(self.axis_cm1)} points")
        result = np.empty((3, self.grid.size))
        compiled.ramix_gridded(
            ctypes.byref(self._in_c), address(values), address(spread), address(result)
        )
        gridded, noise, white = result
        return gridded, noise, white

    @cached_property
    def _in_c(self) -> "_Grid":
        """The kernel's view of this object, which keeps the arrays alive."""
        return _Grid(
            points=self.grid.size,
            left=address(self._left),
            weight_left=address(self._weight_left),
            weight_right=address(self._weight_right),
            sharing=address(self.sharing),
        )

    def apply_mask(self, mask: Bools | None) -> Bools:
        """True where a marked point has a part in the result; None means nothing is marked."""
        if mask is None or not mask.any():
            return self._nothing
        marked: Bools = (mask[self._left] & (self._weight_left > 0)) | (
            mask[self._right] & (self._weight_right > 0)
        )
        return marked & self.valid


_cache: OrderedDict[tuple[int, WavenumberGrid], Resampler] = OrderedDict()


def resampler_for(axis_cm1: Floats, grid: WavenumberGrid = MODEL_GRID) -> Resampler:
    """The Resampler of an axis, remembered if the axis array is read-only.

    Identity is enough as a key: the cached Resampler holds the axis, so its id cannot be reused,
    and a read-only array does not change. Building one costs about twenty times as much as using
    it.
    """
    if axis_cm1.flags.writeable:
        return Resampler(axis_cm1, grid)
    key = (id(axis_cm1), grid)
    found = _cache.get(key)
    if found is None or found.axis_cm1 is not axis_cm1:
        found = _cache[key] = Resampler(axis_cm1, grid)
        if len(_cache) > _CACHED_AXES:
            _cache.popitem(last=False)
    return found
