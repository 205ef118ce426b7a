"""What each measured quantity may be, and where the number comes from.

A bound has one of four sources, named with it: a standard, the analyzer's specification, the
camera's own figures, or what the decision was shown to tolerate (docs/experiments.md, scenes of
"another instrument" and "lines 50% wider"). What has none of them is called chosen.

Next: `detector.py`, `light.py` and `standard.py`, which measure.
"""

from typing import Final

from device.calibration.laser_wavelength import WORST_POLYSTYRENE_CM1
from device.selftest.check import Bounds
from firmware_bridge.messages import Temperatures

# The specification's full width at half maximum.
RESOLUTION_CM1: Final = 12.0

POSITION_CM1: Final = Bounds(
    (None, WORST_POLYSTYRENE_CM1),
    (None, 3.0),
    "ok: what a calibration may leave, ASTM E1840-96 being known to 0.5; failed: the axis error "
    "of +-3 that the decision was shown to tolerate",
)
LAMP_POSITION_CM1: Final = Bounds(
    POSITION_CM1.ok,
    POSITION_CM1.allowed,
    "lines of the lamp in vacuum (NIST, by air wavelengths); ok and failed as for polystyrene",
)
RESOLUTION: Final = Bounds(
    (None, 1.2 * RESOLUTION_CM1),
    (None, 1.5 * RESOLUTION_CM1),
    "specification 12 cm-1; ok and failed: lines 20% and 50% wider, which the decision was shown "
    "to tolerate",
)
# sigma over the camera's own: 1.25 is what `device/driver/averaging.py` takes figures as credible.
NOISE_RATIO: Final = Bounds(
    (0.8, 1.25),
    (0.3, 2.0),
    "the camera's figures; ok: the factor 1.25 within which they are believed; failed: chosen, "
    "detection limits double, or frames that hardly differ",
)
# Of the converter's range: what the dark takes, light cannot use.
DARK_OF_RANGE: Final = (0.02, 0.10)
DARK_SOURCE: Final = (
    "the camera's offset and dark current; ok: within half of the dark current or 2% of the range; "
    "failed: chosen, a tenth of the range is lost"
)
DARK_SOURCE_UNKNOWN: Final = "the camera tells no figures; chosen: 2% and 10% of the range"
# Part of all pixels: the shipped grid bridges single pixels, and lines are ten pixels wide.
HOT_PIXELS_OF_ALL: Final = (0.005, 0.02)
NEW_HOT_PIXELS_OF_ALL: Final = (0.001, 0.01)
HOT_SOURCE: Final = "chosen: 0.5% and 2% of all pixels"
NEW_HOT_SOURCE: Final = (
    "against the page's dead pixels and the last self-test's list; chosen: 0.1% and 1% of all"
)
POWER_READBACK: Final = Bounds(
    (-1.0, 1.0),
    (-5.0, 5.0),
    "the protocol: a frame tells the power that was set; chosen: 1 mW and 5 mW beside",
)
POWER_LIGHT: Final = Bounds(
    (0.8, 1.25),
    (0.5, 2.0),
    "ok: chosen; failed: a laser that gives half of what is set, as far as the guard against "
    "heating reckons with",
)
# IEC 60825-1, accessible emission of class 1, continuous, 700 to 1050 nm: 0.39 mW times
# C4 = 10^(0.002 (785 - 700)) = 1.479 at 785 nm.
CLASS_1_MW: Final = 0.577
LEAK_MW: Final = Bounds(
    (None, 0.1 * CLASS_1_MW),
    (None, CLASS_1_MW),
    "failed: laser class 1 of IEC 60825-1 at 785 nm, 0.58 mW; ok: a tenth of it",
)
COOLER_C: Final = Bounds(
    (-0.5, 0.5),
    (-2.0, 2.0),
    "ok: 0.5 C, 6% of dark current; failed: chosen, 2 C, a quarter of it",
)
# Ratings that are common: of laser diodes, of electronics, of lithium cells while they charge.
HOT_C: Final = {Temperatures.LASER: 50.0, Temperatures.BOARD: 70.0, Temperatures.BATTERY: 45.0}
HOT_SOURCE_C: Final = "usual ratings of laser diodes, electronics and lithium cells"
TOO_HOT_BEYOND_C: Final = 10.0  # above such a rating: chosen

NOT_CHECKED: Final = "Measure it with a standard: ramix selftest --port PORT --polystyrene"
