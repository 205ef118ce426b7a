"""The detector's thermoelectric cooler: temperature creeps to its target exponentially.

Next: `detector.py`, where temperature becomes dark current.
"""

import math
from typing import Final

# Dark current changes by 6% within this band: a dark frame taken inside it still fits.
LOCK_BAND_C: Final = 0.5


class Cooler:
    """First-order thermal model over explicit time."""

    def __init__(
        self, *, setpoint_c: float, ambient_c: float, time_constant_s: float, enabled: bool = True
    ) -> None:
        """Starts as one that has been running for long: already at its target."""
        self.setpoint_c = setpoint_c
        self.enabled = enabled
        self._ambient_c = ambient_c
        self._time_constant_s = time_constant_s
        self._from_c = self._target_c
        self._from_s = 0.0

    def set(self, now_s: float, *, enabled: bool, setpoint_c: float) -> None:
        self._from_c = self.temperature_c(now_s)
        self._from_s = now_s
        self.enabled = enabled
        self.setpoint_c = setpoint_c

    def temperature_c(self, now_s: float) -> float:
        decay = math.exp(-max(0.0, now_s - self._from_s) / self._time_constant_s)
        return self._target_c + (self._from_c - self._target_c) * decay

    def is_locked(self, now_s: float) -> bool:
        return self.enabled and abs(self.temperature_c(now_s) - self.setpoint_c) <= LOCK_BAND_C

    @property
    def _target_c(self) -> float:
        return self.setpoint_c if self.enabled else self._ambient_c
