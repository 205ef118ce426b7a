"""Not detected above: the detection limits of an answer, each with its compound's name.

Next: `device/verdict/limits.py`, which computes them; `device/show/card.py`, which prints them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.inference.manifest import Compound

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DetectionLimit:
    """One compound that is not named; None where its information in this spectrum is zero."""

    name: str
    cas: str
    signal_share: float | None


def detection_limits(
    shares: Floats, named: Bools, compounds: Sequence[Compound]
) -> tuple[DetectionLimit, ...]:
    """Limits of all compounds not `named` [C], smallest first; `shares`: see `limiting_shares`."""
    limits = [
        DetectionLimit(one.name, one.cas, float(share) if np.isfinite(share) else None)
        for one, share, present in zip(compounds, shares, named, strict=True)
        if not present
    ]
    return tuple(sorted(limits, key=lambda limit: limit.signal_share or np.inf))
