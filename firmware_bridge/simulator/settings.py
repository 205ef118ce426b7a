"""The settings of the simulated analyzer, within its limits, and the epoch that counts changes.

Next: `instrument.py`, which exposes with them.
"""

import random
from typing import Final

from firmware_bridge.messages import SettingsApplied, Status
from firmware_bridge.simulator.cooler import Cooler
from firmware_bridge.simulator.detector import DetectorModel
from firmware_bridge.simulator.laser import Laser
from firmware_bridge.simulator.refused import Refused

# The cooler's reach: below, the heat cannot be carried off; above, the window would not stay dry.
TEC_SETPOINT_MIN_C: Final = -30.0
TEC_SETPOINT_MAX_C: Final = 20.0
_U16: Final = 0x1_0000


class Settings:
    """Integration time, and the settings of laser and cooler; each change begins a new epoch.

    The setters raise `Refused` outside the limits of `model`.
    """

    def __init__(
        self,
        model: DetectorModel,
        laser: Laser,
        cooler: Cooler,
        *,
        integration_time_us: int,
        first_epoch: int,
    ) -> None:
        self.integration_time_us = integration_time_us
        self.epoch = first_epoch
        self._model = model
        self._laser = laser
        self._cooler = cooler

    def set_integration_time(self, wanted_us: int) -> SettingsApplied:
        model = self._model
        if not model.min_integration_time_ms <= wanted_us / 1e3 <= model.max_integration_time_ms:
            raise Refused(
                Status.OUT_OF_RANGE,
                f"integration time is {model.min_integration_time_ms:g} to "
                f"{model.max_integration_time_ms:g} ms",
            )
        self.integration_time_us = wanted_us
        return self._applied()

    def set_laser_power(self, wanted_mw: int) -> SettingsApplied:
        full_mw = self._model.full_laser_power_mw
        if wanted_mw > full_mw:
            raise Refused(Status.OUT_OF_RANGE, f"laser power is 0 to {full_mw} mW")
        self._laser.power_mw = wanted_mw
        return self._applied()

    def set_tec(self, now_s: float, enabled: bool, setpoint_c: float) -> SettingsApplied:
        if not TEC_SETPOINT_MIN_C <= setpoint_c <= TEC_SETPOINT_MAX_C:
            raise Refused(
                Status.OUT_OF_RANGE,
                f"the cooler reaches {TEC_SETPOINT_MIN_C:g} to {TEC_SETPOINT_MAX_C:g} C",
            )
        self._cooler.set(now_s, enabled=enabled, setpoint_c=setpoint_c)
        return self._applied()

    def _applied(self) -> SettingsApplied:
        self.epoch = (self.epoch + 1) % _U16
        return SettingsApplied(self.epoch)


def random_epoch(rng: random.Random) -> int:
    """Where a fresh start begins to count settings.

    At random, so that after an unnoticed restart the host's old epoch does not fit by chance.
    """
    return rng.randrange(_U16)
