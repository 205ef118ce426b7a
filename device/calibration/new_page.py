"""The calibration page that the frames give: the old one with what was measured in its place.

Next: `firmware_bridge/calibration.py`, the page itself.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from device.calibration.lamp_axis import LampAxis
from device.calibration.refused import POOR, CalibrationRefused
from device.calibration.response_fit import Response
from firmware_bridge.calibration import CalibrationError, CalibrationPage

# Beyond the last lines the polynomial is extrapolated; the pixels where its standard error is more
# leave the valid range. The fit of an identification follows an axis as far as this.
WORST_ERROR_CM1: Final = 2.0


def page_from_lamp(old: CalibrationPage, lamp: LampAxis) -> CalibrationPage:
    """`old` with the lamp's axis and resolution; its valid range never grows.

    Dead pixels, serial number, response and laser wavelength stay, the response only where the
    valid range that it is spread over stays.

    Raises:
        CalibrationRefused: such a page cannot be, with the reason.
    """
    old.check_frame(lamp.axis.pixel_count)
    first, last = _sure_range(lamp)
    first, last = max(first, old.first_valid_pixel), min(last, old.last_valid_pixel)
    kept = (first, last) == (old.first_valid_pixel, old.last_valid_pixel)
    try:
        return replace(
            old,
            wavelength_coefficients_nm=lamp.axis.coefficients_nm,
            resolution_cm1=lamp.resolution_cm1,
            first_valid_pixel=first,
            last_valid_pixel=last,
            response=old.response if kept else _response(old, first, last),
        )
    except CalibrationError as error:
        raise CalibrationRefused(POOR, error.text) from error


def page_with_laser(old: CalibrationPage, excitation_nm: float) -> CalibrationPage:
    """`old` with another laser wavelength, in vacuum."""
    return replace(old, excitation_nm=excitation_nm)


def page_with_response(old: CalibrationPage, response: Response) -> CalibrationPage:
    """`old` with another relative response."""
    return replace(old, response=response.relative)


def page_to_begin(
    pixel_count: int, lamp: LampAxis, excitation_nm: float, serial: str = ""
) -> CalibrationPage:
    """A page for an analyzer that has none.

    Raises:
        CalibrationRefused: as `page_from_lamp`.
    """
    first, last = _sure_range(lamp)
    try:
        return CalibrationPage(
            wavelength_coefficients_nm=lamp.axis.coefficients_nm,
            excitation_nm=excitation_nm,
            first_valid_pixel=first,
            last_valid_pixel=last,
            pixel_count=pixel_count,
            resolution_cm1=lamp.resolution_cm1,
            serial=serial,
        )
    except CalibrationError as error:
        raise CalibrationRefused(POOR, error.text) from error


def _sure_range(lamp: LampAxis) -> tuple[int, int]:
    """First and last pixel around the lines where the axis is sure and rises."""
    pixel = np.arange(lamp.axis.pixel_count, dtype=np.float64)
    wavelength_nm = lamp.axis.wavelength_nm(pixel)
    error_cm1 = lamp.axis.standard_error_nm(pixel) * 1e7 / np.square(wavelength_nm)
    wrong = (error_cm1 > WORST_ERROR_CM1) | (np.gradient(wavelength_nm) <= 0)
    left, right = int(lamp.lines[0].center_pixel), int(lamp.lines[-1].center_pixel)
    before, after = np.flatnonzero(wrong[:left]), np.flatnonzero(wrong[right:])
    first = int(before[-1]) + 1 if len(before) else 0
    last = right + int(after[0]) - 1 if len(after) else lamp.axis.pixel_count - 1
    return first, last


def _response(old: CalibrationPage, first: int, last: int) -> tuple[float, ...]:
    """The old response at points spread over the new valid range."""
    known = old.relative_response()
    if known is None:
        return ()
    at = np.linspace(first, last, len(old.response))
    values = np.interp(at, np.arange(old.pixel_count), known)
    return tuple(float(value) for value in values)
