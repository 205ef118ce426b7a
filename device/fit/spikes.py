"""Cosmic rays and hot pixels in a fit's residual: features narrower than any Raman line.

In the smoothed derivative a spike of one pixel is the smoothing kernel itself, nearly to the last
percent; the narrowest Raman line, 5 cm-1 wide, differs from it by 6% of its energy.
Next: `library.py`, which takes spikes out and fits again.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

_MOST_SPIKES = 8
_UNLIKE = 0.03  # part of a spike's local energy that the kernel may leave over
_LARGE_ENOUGH = 0.10  # of the largest derivative; smaller ones change no verdict


def spikes_in(residual: Reals, kernel: Floats, largest: float) -> Reals:
    """The part of `residual` that consists of spikes; zeros where there are none.

    Args:
        residual: of the fit, in the domain of smoothed derivatives.
        kernel: the derivative kernel, odd length.
        largest: largest magnitude of the fitted data.
    """
    energy = float(kernel @ kernel)
    # The height of a spike is the residual's projection on the kernel, at most so much larger than
    # the largest residual: most spectra need no closer look.
    factor = float(np.abs(kernel).sum()) * float(np.abs(kernel).max()) / energy
    if factor * float(np.abs(residual).max()) < _LARGE_ENOUGH * largest:
        return np.zeros_like(residual)
    found = np.zeros_like(residual)
    rest = residual.copy()
    reach = len(kernel) // 2
    open_for_search = np.ones(len(residual), dtype=np.bool_)
    for _ in range(_MOST_SPIKES):
        height = np.convolve(rest, kernel[::-1], mode="same") / energy
        at = int(np.argmax(np.abs(height) * open_for_search))
        shape = np.zeros_like(residual)
        low, high = max(at - reach, 0), min(at + reach + 1, len(residual))
        shape[low:high] = height[at] * kernel[low - at + reach : high - at + reach]
        if np.abs(shape).max() < _LARGE_ENOUGH * largest:
            break
        open_for_search[low:high] = False
        near = slice(max(at - reach, 0), at + reach + 1)
        left = float(np.sum(np.square(rest[near] - shape[near])))
        if left <= _UNLIKE * float(np.sum(np.square(rest[near]))):
            found += shape
            rest -= shape
    return found
