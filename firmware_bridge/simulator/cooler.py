"""The detector's thermoelectric cooler: temperature creeps to its target exponentially.

Next: `detector.py`, where temperature becomes dark current.
"""

import math
from typing import Final

# Dark current changes by 6% within this band: a dark frame taken inside it still fits.
LOCK_BAND_C: Final = 0.5
# One that does not hold: 1 to 3 degrees above its target, around in half a minute. Assumed.
_WANDERS_C: Final = 1.0
_WANDERS_S: Final = 5.0


class Cooler:
    """First-order thermal model over explicit time."""

    def __init__(
        self,
        *,
        setpoint_c: float,
        ambient_c: float,
        time_constant_s: float,
        enabled: bool = True,
        holds: bool = True,
    ) -> None:
        """Starts as one that has been running for long: already at its target.

        One that does not hold wanders above its target and never counts as locked.
        """
        self.setpoint_c = setpoint_c
        self.enabled = enabled
        self._holds = holds
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
        wandering_c = 0.0
        if self.enabled and not self._holds:
            wandering_c = _WANDERS_C * (2.0 + math.sin(now_s / _WANDERS_S))
        return self._target_c + (self._from_c - self._target_c) * decay + wandering_c

    def is_locked(self, now_s: float) -> bool:
        return self.enabled and abs(self.temperature_c(now_s) - self.setpoint_c) <= LOCK_BAND_C

    @property
    def _target_c(self) -> float:
        return self.setpoint_c if self.enabled else self._ambient_c
