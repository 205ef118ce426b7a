"""The cooler, and how warm laser, board and battery are.

Next: `golden.py`, the model.
"""

from collections.abc import Iterator
from typing import Final

from device.calibration.well_exposed import Tell
from device.driver.analyzer import Analyzer
from device.driver.prepared import COOLER_SETPOINT_C, prepared
from device.selftest.bounds import COOLER_C, HOT_C, HOT_SOURCE_C, TOO_HOT_BEYOND_C
from device.selftest.check import Bounds, Check, Outcome, judged, not_checked

COOLER: Final = "cooler"
_SETTLING_S: Final = 60.0  # a cooler that does not reach its setpoint by then will not
_LOOK_S: Final = 1.0
_NEXT_TIME: Final = "Nothing can be done about it."


def settled(analyzer: Analyzer, tell: Tell) -> None:
    """Switch the cooler on and wait until it holds its setpoint, a minute at most.

    A press of the trigger meanwhile is taken and ignored.

    Raises:
        InstrumentError, LinkError, ProtocolError: as the driver does.
    """
    prepared(analyzer, None)
    if not analyzer.capabilities.has_tec:
        return
    began_s = analyzer.now_s()
    while not analyzer.state().tec_locked and analyzer.now_s() - began_s < _SETTLING_S:
        tell("waiting for the detector's cooler")
        analyzer.wait_trigger(_LOOK_S)


def cooler(analyzer: Analyzer) -> Check:
    """How far the detector is from the temperature that it is cooled to."""
    limits, state = analyzer.capabilities, analyzer.state()
    if not limits.has_tec:
        return not_checked(COOLER, "The analyzer has no detector cooler.", _NEXT_TIME)
    if not limits.has_thermometer:
        told = "holds" if state.tec_locked else "does not hold"
        outcome = Outcome.OK if state.tec_locked else Outcome.FAILED
        remedy = "" if state.tec_locked else _REMEDY
        return Check(COOLER, outcome, f"By its own word the cooler {told} its setpoint.", remedy)
    at_c = state.detector_temperature_c
    off_c = at_c - COOLER_SETPOINT_C
    told = f"The detector is at {at_c:.1f} C, set to {COOLER_SETPOINT_C:g} C"
    if state.tec_locked and COOLER_C.outcome_of(off_c) is Outcome.FAILED:
        # a cooler of another reach keeps its own setpoint, which the wire does not tell
        return Check(COOLER, Outcome.OK, f"{told}; the cooler holds a setpoint of its own.")
    lock = "" if state.tec_locked else ", and the cooler does not hold it"
    return judged(COOLER, off_c, "C", COOLER_C, f"{told}{lock}.", _REMEDY)


def temperatures(analyzer: Analyzer) -> Iterator[Check]:
    """One check for each temperature that is measured."""
    power = analyzer.power()
    measured_c = (power.laser_temperature_c, power.board_temperature_c, power.battery_temperature_c)
    for (which, rated_c), at_c in zip(HOT_C.items(), measured_c, strict=True):
        if power.known & which:
            name = str(which.name).lower()
            bounds = Bounds((None, rated_c), (None, rated_c + TOO_HOT_BEYOND_C), HOT_SOURCE_C)
            told = f"The {name} is at {at_c:.0f} C, rated to {rated_c:.0f} C."
            yield judged(f"{name} temperature", at_c, "C", bounds, told, "Let it cool down.")


_REMEDY: Final = "Wait a minute and repeat; the surroundings may be too warm, or the cooler broken."
