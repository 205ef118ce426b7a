"""The difference of two proportions counted on the same spectra, with its interval.

Two forms of one network agree on nearly every spectrum: comparing their separate intervals would
drown the few on which they differ. Next: `int8.py`.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.network.evaluate import Proportion

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Gap:
    """`value` is the first proportion less the second, with its 95% interval."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """In percentage points."""
        return f"{100 * self.value:+.2f} ({100 * self.low:+.2f} to {100 * self.high:+.2f})"

    def to_json(self) -> dict[str, Any]:
        return {key: round(getattr(self, key), 5) for key in ("value", "low", "high")} | {
            "n": self.n
        }


def paired_gap(first: Bools, second: Bools) -> Gap:
    """Newcombe 1998 (Statistics in Medicine 17, 2635), method 10: Wilson's intervals of both
    proportions, joined with their correlation. `first` and `second` [n] tell hits, spectrum by
    spectrum.
    """
    n = len(first)
    both, neither = int((first & second).sum()), int((~first & ~second).sum())
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    one, two = Proportion(both + only_first, n), Proportion(both + only_second, n)
    (low_1, high_1), (low_2, high_2) = one.interval, two.interval
    agreement = float(both * neither - only_first * only_second)
    if agreement > 0:  # continuity
        agreement = max(agreement - n / 2, 0.0)
    spread = one.hits * (n - one.hits) * two.hits * (n - two.hits)
    phi = agreement / math.sqrt(spread) if spread else 0.0
    value = one.value - two.value
    below = _joined(one.value - low_1, high_2 - two.value, phi)
    above = _joined(two.value - low_2, high_1 - one.value, phi)
    return Gap(value, value - below, value + above, n)


def _joined(one: float, two: float, phi: float) -> float:
    return math.sqrt(max(one**2 - 2.0 * phi * one * two + two**2, 0.0))
