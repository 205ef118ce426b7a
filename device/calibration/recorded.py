"""What one recorded frame would give: the same steps as over an analyzer, nothing written.

Next: `round.py`, those steps.
"""

from pathlib import Path

from device.calibration.full_pixels import full_pixels
from device.calibration.lamp_axis import lamp_axis
from device.calibration.laser_wavelength import check_calcite, laser_wavelength
from device.calibration.new_page import page_from_lamp, page_with_laser, page_with_response
from device.calibration.recorded_frame import FULL_COUNTS, read_frame
from device.calibration.response_curve import read_curve
from device.calibration.response_fit import response_of
from device.calibration.round import Calibrated
from device.spectra.files.bwtek import read_bwtek


def response_from_file(frame: Path, curve: Path) -> Calibrated:
    """What a recorded frame of a standard would make of its own page's response.

    Raises:
        SpectrumFileError, CurveFileError: a file cannot be read.
        CalibrationRefused: with the reason.
    """
    seen, reference = read_frame(frame), read_curve(curve)
    found = response_of(seen.counts, reference, seen.page, saturated=seen.saturated)
    return Calibrated(seen.page, page_with_response(seen.page, found), response=found)


def from_file(path: Path, *, lamp: str | None, polystyrene: bool) -> Calibrated:
    """The frame in a native file: of `lamp` where one is named, else of polystyrene, else calcite.

    Raises:
        SpectrumFileError: the file cannot be read.
        CalibrationRefused: with the reason.
    """
    file = read_bwtek(path)
    counts, old = file.raw_counts - file.dark_counts, file.calibration
    full = full_pixels(file.raw_counts, FULL_COUNTS)
    if lamp is not None:
        found = lamp_axis(counts, lamp, saturated=full, page=old)
        return Calibrated(old, page_from_lamp(old, found), lamp=found)
    if polystyrene:
        laser = laser_wavelength(counts, old, saturated=full)
        return Calibrated(old, page_with_laser(old, laser.excitation_nm), laser=laser)
    return Calibrated(old, old, calcite=check_calcite(counts, old, saturated=full))
