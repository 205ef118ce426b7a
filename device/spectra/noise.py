"""How noisy is each point? What the spectrum's own fine structure says, and what repeats say.

Neither assumes a camera: the variance of one point is `floor + slope * signal`, the law of photon
transfer (Janesick, Photon Transfer, SPIE 2007), with both numbers found in the counts themselves.
Raman lines are wider than a pixel, noise is not: differences of sixth order keep the noise and
lose the lines. Next: `device/driver/averaging.py` for frames; `quality.py`, which weighs signal
against this noise.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MAD_TO_SIGMA = 1.4826  # median absolute deviation of a normal distribution -> sigma

# Native pixels are unevenly spaced in Raman shift, by a third over the range; files with even steps
# were interpolated, often from pixels about 2 cm-1 wide, and neighbours then share their noise. Two
# pixels apart they are independent.
_INDEPENDENT_CM1 = 4.0
_NATIVE_CM1 = 1.0  # over this distance lines change as little as over a pixel
_QUIET_CM1 = 8.0  # half a chord over which every line of these instruments bends
_QUIET_PART = 0.5
_EVEN = 0.1  # of the mean step: what rounding leaves of an even one

# A binomial difference of order 6 weakens a line of sigma s points to 15 / (30 s^6) of its height,
# 0.3% at the finest sampling in use (s = 2.3), where order 2 leaves 8%.
_BINOMIAL = np.array([1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0])
_DIFFERENCE = _BINOMIAL / np.sqrt(_BINOMIAL @ _BINOMIAL)  # keeps the variance of white noise
_REACH = len(_DIFFERENCE) // 2

_LEVELS = 12  # bins of equal count over the signal's level, for the law's two numbers
_FEWEST_IN_LEVEL = 32
_SMALLEST_PART = 1e-6  # of the largest variance among bins: what a weight may assume at least
_LEVEL_POINTS = 9  # mean over so many: the level must not be the noise that is judged

# The strongest line is what rises over chords of this half length: no slow baseline does.
_LINE_CM1 = 30.0
# Least slope: shot noise of a full well of a million electrons, more than any camera in use holds,
# with the well filled by the strongest line. A noise-free synthetic file must not make everything
# significant.
_FULL_WELL_E = 1e6


@dataclass(frozen=True)
class NoiseLaw:
    """Variance of one point: `floor` in counts squared, `slope` in counts squared per count."""

    floor: float
    slope: float

    def times(self, factor: float) -> "NoiseLaw":
        return NoiseLaw(factor * self.floor, factor * self.slope)

    def variance(self, signal: Floats) -> Floats:
        """Of points with this signal, smoothed a little; below zero it counts as zero."""
        return self.floor + self.slope * np.maximum(_level(signal), 0.0)


def fine_structure(intensity: Floats, axis_cm1: Floats) -> NoiseLaw:
    """The law that a spectrum shows by itself.

    Args:
        intensity: [n], n > 1, dark-subtracted.
        axis_cm1: [n], increasing.
    """
    spacing = median(np.diff(axis_cm1))
    least = _strongest_line(intensity, spacing) / _FULL_WELL_E
    near = _lag(_NATIVE_CM1, spacing, intensity) if evenly_spaced(axis_cm1) else 1
    near = min(near, (len(intensity) - 1) // (2 * _REACH))
    if near < 1:
        return NoiseLaw(0.0, least)
    law = _law(_differences(intensity, near), _level(intensity)[near * _REACH : -near * _REACH])
    if evenly_spaced(axis_cm1):
        law = law.times(_shared(intensity, spacing, near))
    return NoiseLaw(law.floor, max(law.slope, least))


def _shared(intensity: Floats, spacing_cm1: float, near: int) -> float:
    """By how much noise that neighbours share is larger than their differences show, a variance
    ratio: from points as far apart as noise is independent, in the quarter with the least lines."""
    far = _lag(_INDEPENDENT_CM1, spacing_cm1, intensity)
    if far <= near:
        return 1.0
    reach = far * _REACH
    chord = _lag(_QUIET_CM1, spacing_cm1, intensity)
    bend = np.abs(
        intensity[chord:-chord] - 0.5 * (intensity[: -2 * chord] + intensity[2 * chord :])
    )
    activity = np.pad(_mean(bend, 2 * chord + 1), chord, mode="edge")[reach:-reach]
    quiet = activity <= np.quantile(activity, _QUIET_PART)
    apart = _robust_variance(_differences(intensity, far)[quiet])
    aside = (far - near) * _REACH
    beside = _robust_variance(
        _differences(intensity, near)[aside : len(intensity) - 2 * near * _REACH - aside][quiet]
    )
    return max(apart / beside, 1.0) if beside > 0 else 1.0


def _lag(distance_cm1: float, spacing_cm1: float, intensity: Floats) -> int:
    """Whole points over such a distance, as far as the spectrum is long enough."""
    points = max(1, int(np.ceil(distance_cm1 / spacing_cm1 - 1e-9)))
    return min(points, (len(intensity) - 1) // (2 * _REACH))


def evenly_spaced(axis_cm1: Floats) -> bool:
    """Whether the steps of an axis are so equal that it was interpolated."""
    steps = np.diff(axis_cm1)
    return bool(np.ptp(steps) < _EVEN * steps.mean())


def between_frames(frames: Floats, signal: Floats) -> NoiseLaw:
    """The law of one frame [n] among k >= 2 [k, n], from what changes between neighbours in time.

    What changes smoothly along the pixels (a drifting laser, fading fluorescence) is no noise.

    Args:
        signal: [n], the level that the law refers to.
    """
    if frames.shape[1] <= 2 * _REACH:
        return NoiseLaw(float(np.diff(frames, axis=0).var()) / 2.0, 0.0)
    changes = _differences(np.diff(frames, axis=0) / np.sqrt(2.0), 1)
    level = _level(signal)[_REACH:-_REACH]
    repeated = np.tile(level, len(changes))
    return _law(changes.ravel(), repeated, _order_of_repeated(level, len(changes)))


def noise_variance(axis_cm1: Floats, intensity: Floats) -> float:
    """Variance of a point of median signal, by the spectrum's fine structure."""
    return median(fine_structure(intensity, axis_cm1).variance(intensity))


def median(values: npt.NDArray[np.floating[Any]]) -> float:
    """np.median of finite values; without its checks, five times as fast on short arrays."""
    return _middle(np.partition(values, ((len(values) - 1) // 2, len(values) // 2)))


def _middle(ordered: npt.NDArray[np.floating[Any]]) -> float:
    """The median of values of which those in the middle stand in order."""
    lower, upper = (len(ordered) - 1) // 2, len(ordered) // 2
    return 0.5 * (float(ordered[lower]) + float(ordered[upper]))


def _order_of_repeated(level: Floats, times: int) -> npt.NDArray[np.intp]:
    """The stable argsort of `level` [n] repeated so many times, at the cost of sorting it once."""
    order = np.argsort(level, kind="stable")
    if times == 1:
        return order
    ranked = level[order]
    begins = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    sizes = np.diff(np.append(begins, len(level)))  # of the groups that are equal
    begin, size = np.repeat(begins, sizes), np.repeat(sizes, sizes)
    within = np.arange(len(level)) - begin
    repeat = np.arange(times)[:, None]
    result = np.empty(times * len(level), np.intp)
    result[times * begin + repeat * size + within] = repeat * len(level) + order
    return result


def _law(noise: Floats, level: Floats, order: npt.NDArray[np.intp] | None = None) -> NoiseLaw:
    """Both numbers from samples of noise and the signal's level at each; `order` sorts by level.

    Least squares of the robust variance in each bin against its median level, each weighted by the
    inverse square of what the law says; neither number is negative.
    """
    bins = min(_LEVELS, len(noise) // _FEWEST_IN_LEVEL)
    if bins < 2:
        return NoiseLaw(_robust_variance(noise), 0.0)
    order = np.argsort(level, kind="stable") if order is None else order
    size, level = np.abs(noise)[order], level[order]
    each, more = divmod(len(noise), bins)  # the first bins hold one more
    ends = [k * each + min(k, more) for k in range(bins + 1)]
    parts = [slice(*pair) for pair in pairwise(ends)]
    variance = np.array([(MAD_TO_SIGMA * median(size[part])) ** 2 for part in parts])
    middle = np.maximum([_middle(level[part]) for part in parts], 0.0)
    floor, slope = _robust_variance(noise), 0.0
    smallest = _SMALLEST_PART * float(variance.max())
    if not smallest > 0:
        return NoiseLaw(0.0, 0.0)
    for _ in range(3):
        weight = 1.0 / np.maximum(floor + slope * middle, smallest)
        floor, slope = _line(middle, variance, weight)
    return NoiseLaw(floor, slope)


def _line(x: Floats, y: Floats, weight: Floats) -> tuple[float, float]:
    """Weighted least squares of y = floor + slope x with neither below zero."""
    weight = weight / weight.sum()
    x_mean, y_mean = float(weight @ x), float(weight @ y)
    spread = float(weight @ np.square(x - x_mean))
    slope = float(weight @ ((x - x_mean) * (y - y_mean))) / spread if spread > 0 else 0.0
    floor = y_mean - slope * x_mean
    if slope < 0:
        return y_mean, 0.0
    if floor < 0:
        return 0.0, float(weight @ (x * y)) / float(weight @ np.square(x))
    return floor, slope


def _robust_variance(noise: Floats) -> float:
    return (MAD_TO_SIGMA * median(np.abs(noise))) ** 2


def _differences(values: Floats, lag: int) -> Floats:
    """Binomial differences over points `lag` apart along the last axis, as noisy as one point."""
    size = values.shape[-1] - 2 * _REACH * lag
    result = np.zeros((*values.shape[:-1], size))
    term = np.empty_like(result)
    for index, factor in enumerate(_DIFFERENCE):
        result += np.multiply(factor, values[..., index * lag : index * lag + size], out=term)
    return result


def _level(signal: Floats) -> Floats:
    return _mean(signal, _LEVEL_POINTS)


def _mean(values: Floats, points: int) -> Floats:
    """Over so many neighbours; ends are held."""
    points = min(points, len(values))
    held = np.pad(values, (points // 2, points - 1 - points // 2), mode="edge")
    result: Floats = np.convolve(held, np.full(points, 1.0 / points), mode="valid")
    return result


def _strongest_line(intensity: Floats, spacing_cm1: float) -> float:
    """Height over the chord of `_LINE_CM1` on either side."""
    lag = min(int(np.ceil(_LINE_CM1 / spacing_cm1)), (len(intensity) - 1) // 2)
    if lag < 1:
        return float(np.ptp(intensity))
    chord = 0.5 * (intensity[: -2 * lag] + intensity[2 * lag :])
    return max(float((intensity[lag:-lag] - chord).max()), 0.0)
