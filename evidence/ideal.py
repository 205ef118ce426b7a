"""What physics allows: a detector with every reference as it was measured, and with the noise.

It tries every subset of the references with a free cubic baseline and takes the one of highest
likelihood, each component paying ln(points) (BIC, Schwarz 1978). It has neither shift nor width
because its scenes have none: a bound for those, not a method.
"""

from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


# Every subset is tried on every spectrum: beyond so many it takes hours and gigabytes.
_MOST_SUBSETS = 100_000
NO_IDEAL = "No ideal detector: the subsets of so many compounds are too many to try them all."


def ideal_detector(pures: Floats, largest: int, smallest_share: float) -> "IdealDetector | None":
    """The detector of these pures [C, G]; None where there are too many subsets of them."""
    subsets = sum(comb(len(pures), size) for size in range(1, largest + 1))
    return IdealDetector(pures, largest, smallest_share) if subsets <= _MOST_SUBSETS else None


class IdealDetector:
    """Best subset of up to `largest` components.

    Args:
        pures: [C, G], as the scenes are made of.
        smallest_share: the scenes' own: a subset in which a component would have less than half
            of it is left out, for the ideal detector knows that too.
    """

    def __init__(self, pures: Floats, largest: int, smallest_share: float) -> None:
        count, points = pures.shape
        self._cubic = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, points), 4))[0]
        self._columns = pures - (pures @ self._cubic) @ self._cubic.T
        self._half_share = 0.5 * smallest_share
        self._penalty = float(np.log(points))
        gram = self._columns @ self._columns.T
        self._subsets = []
        for size in range(1, min(largest, count) + 1):
            members = np.array(list(combinations(range(count), size)))
            inverse = np.linalg.inv(gram[members[:, :, None], members[:, None, :]])
            self._subsets.append((members, inverse))

    def named(self, intensity: Floats, noise_sd: float) -> Bools:
        """bool[C] for one spectrum [G]."""
        projection = self._columns @ intensity
        best, chosen = -np.inf, np.zeros(len(projection), dtype=np.bool_)
        for members, inverse in self._subsets:
            local = projection[members]
            amounts = np.einsum("sij,sj->si", inverse, local)
            gain = np.einsum("si,si->s", amounts, local) / noise_sd**2
            gain -= members.shape[1] * self._penalty
            share = amounts / np.maximum(np.abs(amounts).sum(axis=1, keepdims=True), 1e-300)
            gain[(share < self._half_share).any(axis=1)] = -np.inf
            at = int(gain.argmax())
            if gain[at] > best:
                best = float(gain[at])
                chosen = np.zeros(len(projection), dtype=np.bool_)
                chosen[members[at]] = True
        return chosen
