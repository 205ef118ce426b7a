"""Pixels that were full: their counts say "or more", and a line's centre with them is wrong.

Next: `lamp_peaks.py`, which refuses them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from device.spectra.noise import MAD_TO_SIGMA

_REPEATED: Final = 3  # equal highest counts: noise makes lines' tops differ
_SIGMAS: Final = 20.0  # above the median: equal counts of noise alone are no level


def full_pixels(counts: npt.NDArray[np.float64], full_counts: float) -> npt.NDArray[np.bool_]:
    """bool[n]: counts[n] of the raw frame that reach the camera's end or a level of their own.

    A camera of fewer bits, or whose well ends before its converter, clips below `full_counts`: a
    highest count that `_REPEATED` pixels share is taken for that level.
    """
    highest, usual = counts.max(), np.median(counts)
    noise = MAD_TO_SIGMA * np.median(np.abs(counts - usual))
    is_light = highest > usual + _SIGMAS * noise
    repeated = is_light and np.count_nonzero(counts == highest) >= _REPEATED
    full: npt.NDArray[np.bool_] = counts >= (min(highest, full_counts) if repeated else full_counts)
    return full
