"""Few rows of numbers, sorted at every place: for medians of frames and of neighbours.

Next: `device/driver/averaging.py`, which averages frames.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def in_order(rows: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """Few rows, sorted place by place by odd-even exchanges: faster than a sort of each place."""
    ordered = list(rows)
    for begin in range(len(ordered)):
        for at in range(begin % 2, len(ordered) - 1, 2):
            low, high = ordered[at], ordered[at + 1]
            ordered[at], ordered[at + 1] = np.minimum(low, high), np.maximum(low, high)
    return ordered


def median_nearby(values: npt.NDArray[Any], points: int) -> Floats:
    """[n], of so many neighbours, an odd number; mirrored at the ends."""
    held = np.pad(values, points // 2, mode="reflect")
    ordered = in_order([held[k : k + len(values)] for k in range(points)])
    return np.asarray(ordered[points // 2], np.float64)
