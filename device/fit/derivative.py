"""The domain the library fit works in: smoothed first derivatives without slow baselines.

Next: `search.py` and `flexible.py`, the two steps of the fit.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from device.native.library import address, kernel

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

# Sigma of the derivative kernel, cm-1. Wider smears neighbouring lines, narrower lets noise in.
SMOOTHING_CM1 = 3.0
# From the steepest point of a line to that on its other side, two sigmas of a Gaussian: lines of
# liquids on handhelds are 10.6 cm-1 wide at half their height. Over so many points one line is
# judged, a misfit is one piece of evidence, and at the ends of a range no line is whole.
LINE_CM1 = 9

# Polynomials over the measured range that a baseline's derivative may consist of. Nine turn eight
# times in 2,200 cm-1, far slower than the widest band of a liquid.
_BASELINE_TERMS = 9


def kernel_variances(smoothing_cm1: float, width_cm2: float) -> tuple[float, float]:
    """(cm-2 for references, for data) of the kernels that give both one line width.

    Args:
        width_cm2: extra variance of the measured lines. Narrower ones than the references' (below
            0) are met by smoothing the data more.
    """
    smoothing = smoothing_cm1**2
    return smoothing + max(width_cm2, 0.0), smoothing + max(-width_cm2, 0.0)


def smoothed_derivative(rows: Floats, variance_cm2: float) -> Floats:
    """First derivative of each row [N, G] after smoothing with a Gaussian; ends are held."""
    taps = derivative_kernel(variance_cm2)
    return np.stack([convolved(row, taps) for row in rows])


def convolved(values: Floats, taps: Floats) -> Floats:
    """`values` [G] by an odd number of taps; ends are held."""
    compiled = kernel()
    if compiled is None:
        return np.convolve(held(values, len(taps) // 2), taps, mode="valid")
    values, result = np.ascontiguousarray(values), np.empty(len(values))
    compiled.ramix_convolved(
        len(values), address(values), len(taps), address(taps), address(result)
    )
    return result


@lru_cache(maxsize=32)
def derivative_kernel(variance_cm2: float) -> Floats:
    """Read-only."""
    reach = int(np.ceil(4.0 * np.sqrt(variance_cm2)))
    position = np.arange(-reach, reach + 1, dtype=np.float64)
    gaussian = np.exp(-0.5 * position**2 / variance_cm2)
    result: Floats = -position / variance_cm2 * gaussian / gaussian.sum()
    result.flags.writeable = False
    return result


def noise_of_derivative(variance: Floats, variance_cm2: float) -> Floats:
    return convolved(variance, np.square(derivative_kernel(variance_cm2)))


def noise_correlation(smoothing_cm1: float) -> float:
    """Neighbouring points of smoothed noise that tell of a line as much as one independent point.

    The variance of a matched line's amount in noise smoothed by this sigma, against that in
    independent noise of the same variance: the ratio of integrals over the spectra of line and
    noise, both Gaussian.
    """
    line, noise = (LINE_CM1 / 2) ** 2 + smoothing_cm1**2, smoothing_cm1**2
    ratio = 6.0 * np.sqrt(np.pi) * (line * noise) ** 1.5 / (line + noise) ** 2.5
    return float(ratio)


def shifted(values: Floats, shift_cm1: float, stretch_cm1: float = 0.0) -> Floats:
    """values(x + shift + stretch * ramp(x)) by linear interpolation, ends held; steps of 1 cm-1."""
    compiled = kernel()
    if compiled is None:
        position = np.arange(len(values), dtype=np.float64)
        aside = shift_cm1 + stretch_cm1 * ramp_of(len(values))
        return np.interp(position + aside, position, values)
    result = np.empty(len(values))
    compiled.ramix_shifted(len(values), address(values), shift_cm1, stretch_cm1, address(result))
    return result


@lru_cache(maxsize=8)
def ramp_of(points: int) -> Floats:
    """[points], -1 to 1: how much of a stretch of the axis shows at each; read-only."""
    result: Floats = np.linspace(-1.0, 1.0, points)
    result.flags.writeable = False
    return result


def moving_maximum(values: Reals, points: int) -> Reals:
    """Over an odd number of points, as many on either side; ends are held."""
    result = held(values, points // 2)
    reached = 1  # points that each maximum so far is of
    while reached < points:
        step = min(reached, points - reached)
        result = np.maximum(result[:-step], result[step:])
        reached += step
    return result


def held(values: Reals, points: int) -> Reals:
    """`values` with their ends repeated so many times beyond each."""
    result = np.empty(len(values) + 2 * points, dtype=values.dtype)
    result[:points] = values[0]
    result[points : points + len(values)] = values
    result[points + len(values) :] = values[-1]
    return result


def away_from(points: Bools, reach_cm1: float) -> Bools:
    """Points farther than this from all of `points`."""
    if not points.any():
        return ~points
    reach = int(np.ceil(reach_cm1))
    counted = np.zeros(len(points) + 2 * reach + 1, dtype=np.int32)
    counted[reach + 1 : reach + 1 + len(points)] = points
    np.cumsum(counted, out=counted)
    result: Bools = counted[2 * reach + 1 :] == counted[: -2 * reach - 1]
    return result


def fitted_window(valid: Bools) -> Bools:
    """Valid points away from the ends of each measured stretch."""
    window = away_from(~valid, LINE_CM1)
    window[:LINE_CM1] = False
    window[-LINE_CM1:] = False
    return window


@lru_cache(maxsize=8)
def baseline_basis(count: int) -> Floats:
    """[terms, count]: orthonormal polynomials that a slow baseline's derivative is made of.

    Data and references lose the same part (`without_baseline`), so that a baseline a hundred
    times the Raman signal is as harmless as none.
    """
    angle = np.arccos(np.linspace(-1.0, 1.0, count))
    chebyshev = np.cos(angle[:, None] * np.arange(_BASELINE_TERMS))
    result: Floats = np.ascontiguousarray(np.linalg.qr(chebyshev)[0].T)
    result.flags.writeable = False
    return result


def without_baseline(rows: Floats) -> Floats:
    """Rows [..., count] less their part in the baseline's space."""
    basis = baseline_basis(rows.shape[-1])
    result: Floats = rows - (rows @ basis.T) @ basis
    return result
