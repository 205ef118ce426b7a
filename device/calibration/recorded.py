"""What one recorded frame would give: the same steps as over an analyzer, nothing written.

Next: `round.py`, those steps.
"""

from pathlib import Path

from device.calibration.full_pixels import full_pixels
from device.calibration.lamp_axis import lamp_axis
from device.calibration.laser_wavelength import check_calcite, laser_wavelength
from device.calibration.new_page import page_from_lamp, page_with_laser
from device.calibration.round import Calibrated
from device.spectra.files.bwtek import read_bwtek

_FULL_COUNTS = 65_535.0  # of the 16 bits that such files have


def from_file(path: Path, *, lamp: str | None, polystyrene: bool) -> Calibrated:
    """The frame in a native file: of `lamp` where one is named, else of polystyrene, else calcite.

    Raises:
        SpectrumFileError: the file cannot be read.
        CalibrationRefused: with the reason.
    """
    file = read_bwtek(path)
    counts, old = file.raw_counts - file.dark_counts, file.calibration
    full = full_pixels(file.raw_counts, _FULL_COUNTS)
    if lamp is not None:
        found = lamp_axis(counts, lamp, saturated=full, page=old)
        return Calibrated(old, page_from_lamp(old, found), lamp=found)
    if polystyrene:
        laser = laser_wavelength(counts, old, saturated=full)
        return Calibrated(old, page_with_laser(old, laser.excitation_nm), laser=laser)
    return Calibrated(old, old, calcite=check_calcite(counts, old, saturated=full))
