"""Cosmic rays and hot pixels in a fit's residual: features narrower than any Raman line.

In the smoothed derivative a spike of one pixel is the smoothing kernel itself, nearly to the last
percent, and a line is the kernel of a larger variance. Smoothing makes both alike, so a spike is
what the first of the two explains better.
Next: `library.py`, which takes spikes out and fits again.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.derivative import derivative_kernel

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

_NARROWEST_CM1 = 5.5  # full width at half maximum of the finest line, as in `cosmic_rays.py`
_UNLIKE = 0.03  # part of a spike's local energy that the kernel may leave over
_LARGE_ENOUGH = 0.10  # of the largest derivative; smaller ones change no verdict


def spikes_in(residual: Reals, kernel: Floats, largest: float) -> Reals:
    """The part of `residual` [n] that consists of spikes; zeros where there are none.

    Args:
        residual: of the fit, in the domain of smoothed derivatives.
        kernel: the derivative kernel, odd length.
        largest: largest magnitude of the fitted data.
    """
    energy = float(kernel @ kernel)
    # The height of a spike is the residual's projection on the kernel, at most so much larger than
    # the largest residual: most spectra need no closer look.
    factor = float(np.abs(kernel).sum()) * float(np.abs(kernel).max()) / energy
    found = np.zeros_like(residual)
    if not factor * float(np.abs(residual).max()) > _LARGE_ENOUGH * largest:
        return found
    line = derivative_kernel(_variance_cm2(energy) + _NARROWEST_CM1**2 / (8.0 * np.log(2.0)))
    line = line[len(line) // 2 - len(kernel) // 2 :][: len(kernel)]
    rest = residual.copy()
    reach = len(kernel) // 2
    open_for_search = np.ones(len(residual), dtype=np.bool_)
    height = _heights(rest, kernel)
    while True:
        at = int(np.argmax(np.abs(height) * open_for_search))
        low, high = max(at - reach, 0), min(at + reach + 1, len(residual))
        shape = (height[at] * kernel[low - at + reach : high - at + reach]).astype(rest.dtype)
        if not open_for_search[at] or np.abs(shape).max() <= _LARGE_ENOUGH * largest:
            return found
        open_for_search[low:high] = False
        near, taps = rest[low:high], slice(low - at + reach, high - at + reach)
        left = _left(near, kernel[taps])
        if left <= _UNLIKE * float(near @ near) and left < _left(near, line[taps]):
            found[low:high] += shape
            rest[low:high] -= shape
            height = _heights(rest, kernel)


def _variance_cm2(energy: float) -> float:
    """Of a Gaussian whose derivative has this energy: 1 / (4 sqrt(pi) variance^1.5)."""
    return float((4.0 * np.sqrt(np.pi) * energy) ** (-2.0 / 3.0))


def _left(values: Reals, shape: Floats) -> float:
    """Energy of `values` [n] that the best multiple of `shape` [n] leaves over."""
    part = float(values @ shape)
    return float(values @ values) - part * part / float(shape @ shape)


def _heights(rest: Reals, kernel: Floats) -> Floats:
    """[n], of the spike at each point that leaves the least."""
    result: Floats = np.convolve(rest, kernel[::-1], mode="same") / float(kernel @ kernel)
    return result
