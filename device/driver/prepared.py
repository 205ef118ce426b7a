"""Laser power and cooler as a measurement needs them, whatever an earlier one left behind.

Next: `first_light.py`, which begins with the power; `../cooling.py`, which waits for the cooler.
"""

from device.driver.spectrometer import Spectrometer
from firmware_bridge.errors import CallerError, InstrumentError
from firmware_bridge.messages import Status

# Where nobody says another: dark current halves with each five to seven degrees of silicon; below,
# windows collect moisture.
COOLER_SETPOINT_C = -20.0


def prepared(
    analyzer: Spectrometer, laser_power_mw: int | None, *, with_cooler: bool = True
) -> int:
    """Set the power, and the cooler to `COOLER_SETPOINT_C`; returns the power in mW. Nothing is
    armed, and the cooler not waited for.

    Args:
        laser_power_mw: None takes the analyzer's maximum.
        with_cooler: False leaves it as it was set.

    Raises:
        CallerError: the analyzer's laser does not go so high.
        InstrumentError: the analyzer refused.
    """
    limits = analyzer.capabilities
    power_mw = limits.max_laser_power_mw if laser_power_mw is None else laser_power_mw
    if power_mw or limits.max_laser_power_mw:  # else there is nothing to set
        analyzer.set_laser_power_mw(power_mw)
    if with_cooler and limits.has_tec:
        set_cooler(analyzer, None)
    return power_mw


def set_cooler(analyzer: Spectrometer, setpoint_c: float | None) -> float | None:
    """Switch the cooler on; returns its setpoint, None where it keeps its maker's.

    Args:
        setpoint_c: None takes `COOLER_SETPOINT_C`, as far as it reaches.

    Raises:
        CallerError: it does not reach the setpoint that was given.
        InstrumentError: the analyzer refused.
    """
    wanted_c = COOLER_SETPOINT_C if setpoint_c is None else setpoint_c
    try:
        analyzer.set_tec(True, wanted_c)
    except InstrumentError as refused:
        if refused.status != Status.OUT_OF_RANGE:
            raise
        if setpoint_c is not None:
            raise CallerError(
                f"The analyzer's cooler does not reach {setpoint_c:g} C.",
                remedy="Give another temperature with --cooler, or none.",
            ) from refused
        return None  # a cooler of another reach keeps its maker's setpoint
    return wanted_c
