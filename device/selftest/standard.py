"""Where a standard's lines stand by the analyzer's own page, and how wide they are.

A lamp's lines are known by wavelength (the NIST list), polystyrene's by shift (ASTM E1840-96). The
page is taken as it is: nothing is fitted to the lines but their own centres.

Next: `round.py`, which asks for the standard.
"""

from typing import Final

import numpy as np

from device.calibration.lamp_axis import LAMPS, lamp_axis
from device.calibration.lamp_peaks import lamp_peaks
from device.calibration.laser_wavelength import polystyrene_lines
from device.calibration.line_fit import Line
from device.calibration.raman_standard import POLYSTYRENE_STRONGEST_CM1
from device.calibration.refused import (
    AMBIGUOUS,
    NO_POLYSTYRENE,
    POOR,
    TOO_FEW_LINES,
    CalibrationRefused,
)
from device.calibration.well_exposed import Exposed
from device.selftest.bounds import (
    LAMP_POSITION_CM1,
    NOT_CHECKED,
    POSITION_CM1,
    RESOLUTION,
)
from device.selftest.check import Check, failed, judged, not_checked
from device.spectra.noise import median
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.lamp_lines import vacuum_from_air_nm

POSITIONS, WIDTH = "line positions", "resolution"
POLYSTYRENE: Final = "polystyrene"
STANDARDS: Final = (POLYSTYRENE, *LAMPS)
# The natural width of the strongest line, as in the simulated standard and the recorded frame of
# data/charisma785; a Voigt profile's widths add by Olivero and Longbothum (JQSRT 1977, 17, 233).
_NATURAL_CM1: Final = 5.0
_CALIBRATE: Final = "Calibrate, then repeat: ramix calibrate --port PORT --polystyrene"
_CALIBRATE_LAMP: Final = "Calibrate, then repeat: ramix calibrate --port PORT --lamp {}"
_FEWEST_LINES: Final = 3
_LARGEST_SIGMA_CM1: Final = 0.4  # as for a lamp's lines: fainter ones say nothing
_TOO_WIDE_FOR_AN_AXIS: Final = (POOR, AMBIGUOUS, TOO_FEW_LINES)
_FOCUS: Final = "Clean the probe's window and repeat; if it stays so, the optics need their maker."


def without_standard() -> tuple[Check, ...]:
    """What is said of lines where no standard was placed."""
    why = "No standard was placed before the probe."
    return not_checked(POSITIONS, why, NOT_CHECKED), not_checked(WIDTH, why, NOT_CHECKED)


def polystyrene_checks(seen: Exposed, page: CalibrationPage) -> tuple[Check, ...]:
    """Positions and resolution by polystyrene's lines."""
    try:
        every = polystyrene_lines(seen.counts, page, saturated=seen.full)
    except CalibrationRefused as refused:
        return _refused(refused)
    lines = [line for line in every if line.sigma_cm1 <= _LARGEST_SIGMA_CM1]
    strongest = next(
        (line for line in lines if line.standard_cm1 == POLYSTYRENE_STRONGEST_CM1), None
    )
    if strongest is None or len(lines) < _FEWEST_LINES:
        text = f"{len(lines)} lines of polystyrene are clear, {_FEWEST_LINES} are needed."
        return _refused(CalibrationRefused(NO_POLYSTYRENE, text))
    worst = max(lines, key=lambda line: abs(line.residual_cm1))
    off_cm1 = worst.residual_cm1
    told = (
        f"{len(lines)} lines of polystyrene; the one farthest off, {worst.standard_cm1} cm-1, is "
        f"{off_cm1:+.2f} cm-1 off."
    )
    positions = judged(POSITIONS, abs(off_cm1), "cm-1", POSITION_CM1, told, _CALIBRATE)
    return positions, _width(instrument_width(strongest.fwhm_cm1), page, "the line at 1001.4 cm-1")


def lamp_checks(seen: Exposed, lamp: str, page: CalibrationPage) -> tuple[Check, ...]:
    """Positions and resolution by a lamp's lines; its laser is not checked by them."""
    dead = page.dead_mask()
    try:
        try:
            found = lamp_axis(seen.counts, lamp, saturated=seen.full, dead=dead, page=page)
        except CalibrationRefused as refused:
            if refused.reason not in _TOO_WIDE_FOR_AN_AXIS:
                raise
            return _by_nearest(lamp_peaks(seen.counts, seen.full, dead), lamp, page)
    except CalibrationRefused as refused:
        return _refused(refused)
    lines = [
        (line.line_nm, line.center_pixel)
        for line in found.lines
        if line.fitted and page.first_valid_pixel <= line.center_pixel <= page.last_valid_pixel
    ]
    off_cm1 = {nm: _off_cm1(pixel, nm, page) for nm, pixel in lines}
    at, worst = max(off_cm1.items(), key=lambda one: abs(one[1]))
    told = (
        f"{len(off_cm1)} lines of {lamp}; the one farthest off, {at:.2f} nm, is {worst:+.2f} cm-1 "
        "off."
    )
    positions = judged(
        POSITIONS, abs(worst), "cm-1", LAMP_POSITION_CM1, told, _CALIBRATE_LAMP.format(lamp)
    )
    return positions, _width(found.resolution_cm1, page, f"lines of {lamp}")


def _by_nearest(peaks: list[Line], lamp: str, page: CalibrationPage) -> tuple[Check, ...]:
    """Lines too wide for an axis of their own: how far the middle one is from its place."""
    places_nm = np.array([vacuum_from_air_nm(air_nm) for air_nm, _ in LAMPS[lamp]])
    wavelength_nm = np.interp(
        [peak.center_pixel for peak in peaks], np.arange(page.pixel_count), page.wavelength_nm()
    )
    nearest = places_nm[np.abs(places_nm - wavelength_nm[:, None]).argmin(axis=1)]
    off_cm1 = median((wavelength_nm - nearest) * 1e7 / np.square(nearest))
    told = f"The middle one of {len(peaks)} lines of {lamp} is {off_cm1:+.2f} cm-1 off."
    positions = judged(
        POSITIONS, abs(off_cm1), "cm-1", LAMP_POSITION_CM1, told, _CALIBRATE_LAMP.format(lamp)
    )
    per_pixel = np.gradient(page.wavenumber_cm1())
    widths = [peak.fwhm_pixel * per_pixel[int(peak.center_pixel)] for peak in peaks]
    return positions, _width(median(np.array(widths)), page, f"lines of {lamp}")


def _off_cm1(pixel: float, line_nm: float, page: CalibrationPage) -> float:
    """By how much the page puts a line at another wavelength."""
    told_nm = float(np.interp(pixel, np.arange(page.pixel_count), page.wavelength_nm()))
    return (told_nm - line_nm) * 1e7 / line_nm**2


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
