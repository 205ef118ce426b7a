"""Where a standard's lines stand by the analyzer's own page, and how wide they are.

A lamp's lines are known by wavelength (the NIST list), polystyrene's by shift (ASTM E1840-96). The
page is taken as it is: nothing is fitted to the lines but their own centres.

Next: `round.py`, which asks for the standard.
"""

from typing import Final

import numpy as np

from device.calibration.lamp_axis import LAMPS, lamp_axis
from device.calibration.laser_wavelength import laser_wavelength
from device.calibration.raman_standard import POLYSTYRENE_STRONGEST_CM1
from device.calibration.refused import CalibrationRefused
from device.calibration.well_exposed import Exposed
from device.selftest.bounds import (
    LAMP_POSITION_CM1,
    NOT_CHECKED,
    POSITION_CM1,
    RESOLUTION,
)
from device.selftest.check import Check, failed, judged, not_checked
from firmware_bridge.calibration import CalibrationPage

POSITIONS, WIDTH = "line positions", "resolution"
POLYSTYRENE: Final = "polystyrene"
STANDARDS: Final = (POLYSTYRENE, *LAMPS)
# The natural width of the strongest line, as in the simulated standard and the recorded frame of
# data/charisma785; a Voigt profile's widths add by Olivero and Longbothum (JQSRT 1977, 17, 233).
_NATURAL_CM1: Final = 5.0
_CALIBRATE: Final = "Calibrate, then repeat: ramix calibrate --port PORT --polystyrene"
_FOCUS: Final = "Clean the probe's window and repeat; if it stays so, the optics need their maker."


def without_standard() -> tuple[Check, ...]:
    """What is said of lines where no standard was placed."""
    why = "No standard was placed before the probe."
    return not_checked(POSITIONS, why, NOT_CHECKED), not_checked(WIDTH, why, NOT_CHECKED)


def polystyrene_checks(seen: Exposed, page: CalibrationPage) -> tuple[Check, ...]:
    """Positions and resolution by polystyrene's lines."""
    try:
        found = laser_wavelength(seen.counts, page, saturated=seen.full)
    except CalibrationRefused as refused:
        return _refused(refused)
    # how far all lines stand beside the page's laser; the residuals come on top
    moved_cm1 = 1e7 / page.excitation_nm - 1e7 / found.excitation_nm
    off = {line.standard_cm1: line.residual_cm1 + moved_cm1 for line in found.lines}
    at, worst = max(off.items(), key=lambda one: abs(one[1]))
    told = f"{len(off)} lines of polystyrene; the farthest, {at} cm-1, stands {worst:+.2f} beside."
    positions = judged(POSITIONS, abs(worst), "cm-1", POSITION_CM1, told, _CALIBRATE)
    strongest = min(found.lines, key=lambda one: abs(one.standard_cm1 - POLYSTYRENE_STRONGEST_CM1))
    return positions, _width(instrument_width(strongest.fwhm_cm1), page, "the line at 1001.4 cm-1")


def lamp_checks(seen: Exposed, lamp: str, page: CalibrationPage) -> tuple[Check, ...]:
    """Positions and resolution by a lamp's lines; its laser is not checked by them."""
    try:
        found = lamp_axis(seen.counts, lamp, saturated=seen.full, dead=page.dead_mask(), page=page)
    except CalibrationRefused as refused:
        return _refused(refused)
    pixel, by_page = np.arange(page.pixel_count), page.wavelength_nm()
    inside = [
        line
        for line in found.lines
        if line.fitted and page.first_valid_pixel <= line.center_pixel <= page.last_valid_pixel
    ]
    off = {
        line.line_nm: (float(np.interp(line.center_pixel, pixel, by_page)) - line.line_nm)
        * 1e7
        / line.line_nm**2
        for line in inside
    }
    at, worst = max(off.items(), key=lambda one: abs(one[1]))
    told = (
        f"{len(off)} lines of {lamp}; the farthest, {at:.2f} nm, stands {worst:+.2f} cm-1 beside."
    )
    remedy = f"Calibrate, then repeat: ramix calibrate --port PORT --lamp {lamp}"
    positions = judged(POSITIONS, abs(worst), "cm-1", LAMP_POSITION_CM1, told, remedy)
    return positions, _width(found.resolution_cm1, page, f"lines of {lamp}")


def instrument_width(seen_cm1: float) -> float:
    """Width of a narrow line, where polystyrene's strongest is seen so wide; cm-1."""
    gauss = (seen_cm1 - 0.5346 * _NATURAL_CM1) ** 2 - 0.2166 * _NATURAL_CM1**2
    return float(np.sqrt(max(gauss, 0.0))) if seen_cm1 > 0.5346 * _NATURAL_CM1 else 0.0


def _width(width_cm1: float, page: CalibrationPage, by: str) -> Check:
    told = f"{width_cm1:.1f} cm-1 wide by {by}; the page says {page.resolution_cm1:.1f}."
    return judged(WIDTH, width_cm1, "cm-1", RESOLUTION, told, _FOCUS)


def _refused(refused: CalibrationRefused) -> tuple[Check, ...]:
    """A standard that is not seen as one is a fault: of the analyzer, or of what lies there."""
    remedy = f"{refused.remedy} {_CALIBRATE}."
    return failed(POSITIONS, refused.text, remedy), failed(WIDTH, refused.text, refused.remedy)
