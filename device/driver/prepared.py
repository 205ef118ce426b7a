"""Laser power and cooler as a measurement needs them, whatever an earlier one left behind.

Next: `growing.py` and `acquisition.py`, which set the integration time.
"""

from device.driver.spectrometer import Spectrometer
from firmware_bridge.errors import InstrumentError
from firmware_bridge.messages import Status

# Dark current halves with each five to seven degrees of silicon; below, windows collect moisture.
COOLER_SETPOINT_C = -20.0


def prepared(analyzer: Spectrometer, laser_power_mw: int | None) -> int:
    """Set power and cooler; returns the power in mW. Nothing is armed.

    Args:
        laser_power_mw: None takes the analyzer's maximum.

    Raises:
        CallerError: the analyzer's laser does not go so high.
        InstrumentError: the analyzer refused.
    """
    limits = analyzer.capabilities
    power_mw = limits.max_laser_power_mw if laser_power_mw is None else laser_power_mw
    if power_mw or limits.max_laser_power_mw:  # else there is nothing to set
        analyzer.set_laser_power_mw(power_mw)
    if limits.has_tec:
        try:
            analyzer.set_tec(True, COOLER_SETPOINT_C)
        except InstrumentError as refused:  # a cooler of another reach keeps its own setpoint
            if refused.status != Status.OUT_OF_RANGE:
                raise
    return power_mw
