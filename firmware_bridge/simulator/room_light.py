"""Light of the room that reaches the detector from the side, lit frame or dark.

Next: `scenes.py`, the scenes that it falls into.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.errors import CallerError

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RoomLight:
    """A continuous spectrum that does not depend on the laser.

    intensity: vacuum wavelength_nm[k] -> relative intensity[k], its highest 1.
    counts_per_s: what intensity 1 gives.
    flicker: relative standard deviation of its brightness from one frame to the next (0-1).

    Raises `CallerError` for a negative number, or a flicker above 1.
    """

    intensity: Callable[[FloatArray], FloatArray]
    counts_per_s: float
    flicker: float = 0.0

    def __post_init__(self) -> None:
        if not self.counts_per_s >= 0 or not 0 <= self.flicker <= 1:
            raise CallerError("Room light is not below 0, and flickers by 0 to 1 of itself.")

    def brightness(self, shots: np.random.Generator) -> float:
        """The factor of one frame, 1 on average; draws nothing where nothing flickers."""
        return max(0.0, float(shots.normal(1.0, self.flicker))) if self.flicker else 1.0
