"""Laser power as a measurement needs it, whatever an earlier one left behind.

Next: `first_light.py`, which begins with it.
"""

from device.driver.spectrometer import Spectrometer


def prepared(analyzer: Spectrometer, laser_power_mw: int | None) -> int:
    """Set the power; returns it in mW. Nothing is armed.

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
    return power_mw
