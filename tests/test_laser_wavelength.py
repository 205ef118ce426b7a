"""Recorded polystyrene gives the laser, recorded calcite agrees; other substances are refused.

The neon frame is of March 2022, polystyrene and calcite of October 2021, all of one spectrometer
by the serial code and the coefficients in the files.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from device.calibration import refused
from device.calibration.full_pixels import full_pixels
from device.calibration.lamp_axis import lamp_axis
from device.calibration.laser_wavelength import (
    FURTHEST_LASER_CM1,
    LaserWavelength,
    check_calcite,
    laser_wavelength,
)
from device.calibration.new_page import page_from_lamp, page_with_laser
from device.calibration.raman_standard import POLYSTYRENE_CM1
from device.calibration.refused import CalibrationRefused
from device.spectra.files.bwtek import BwtekFile, read_bwtek
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CalibrationMismatch
from tests.clipped import DATA

CHARISMA = DATA / "charisma785"
CALCITE = CHARISMA / "nCAL02_iRPlus785_Z020_100_1100ms.txt"


@pytest.fixture(scope="module")
def polystyrene() -> BwtekFile:
    return read_bwtek(CHARISMA / "PST02_iRPlus785_Z020_100_1300ms.txt")


@pytest.fixture(scope="module")
def page() -> CalibrationPage:
    """The axis of the neon lamp, the laser as the file has it (in air)."""
    neon = read_bwtek(CHARISMA / "Ne_785nm_x20_50ms.txt")
    return page_from_lamp(neon.calibration, lamp_axis(neon.raw_counts, "neon"))


def found_in(file: BwtekFile, page: CalibrationPage) -> LaserWavelength:
    full = full_pixels(file.raw_counts, 65_535.0)
    return laser_wavelength(file.raw_counts - file.dark_counts, page, saturated=full)


def reason(file: BwtekFile, page: CalibrationPage) -> str:
    with pytest.raises(CalibrationRefused) as caught:
        found_in(file, page)
    return caught.value.reason


def test_the_lines_are_those_of_e1840() -> None:
    table = json.loads((DATA / "wasatch785" / "ASTM-E1840-96.json").read_text())
    assert set(POLYSTYRENE_CM1) <= {float(cm1) for cm1 in table["Compounds"]["Polystyrene"]}


def test_real_polystyrene_within_1_5_cm1_of_e1840(
    polystyrene: BwtekFile, page: CalibrationPage
) -> None:
    found = found_in(polystyrene, page)
    assert len(found.lines) == 6
    assert max(abs(line.residual_cm1) for line in found.lines) <= 1.5  # measured: 0.67
    assert max(abs(line.residual_cm1) for line in found.lines) < 0.8
    # the file's 784.82 nm are in air, 785.04 in vacuum
    assert found.excitation_nm == pytest.approx(785.0, abs=0.06)


def test_real_calcite_within_1_cm1(polystyrene: BwtekFile, page: CalibrationPage) -> None:
    calcite = read_bwtek(CALCITE)
    counts = calcite.raw_counts - calcite.dark_counts
    finished = page_with_laser(page, found_in(polystyrene, page).excitation_nm)
    assert abs(check_calcite(counts, finished).residual_cm1) <= 1.0  # measured: 0.76
    with pytest.raises(CalibrationRefused, match=r"1085\.6 cm-1 is seen at 1089\."):
        check_calcite(counts, page)  # the negative control: the laser as it was


@pytest.mark.parametrize("off_cm1", [-50.0, -5.0, 5.0, 50.0])
def test_where_the_laser_was_thought_to_be_does_not_matter(
    polystyrene: BwtekFile, page: CalibrationPage, off_cm1: float
) -> None:
    off = page_with_laser(page, 1e7 / (1e7 / page.excitation_nm + off_cm1))
    again = found_in(polystyrene, off).excitation_nm
    assert again == pytest.approx(found_in(polystyrene, page).excitation_nm, abs=1e-6)


def test_a_laser_too_far_off_is_refused(polystyrene: BwtekFile, page: CalibrationPage) -> None:
    off = page_with_laser(page, 1e7 / (1e7 / page.excitation_nm + FURTHEST_LASER_CM1 + 5.0))
    assert reason(polystyrene, off) == refused.NO_POLYSTYRENE


def test_an_axis_stretched_by_a_hundredth_is_refused(
    polystyrene: BwtekFile, page: CalibrationPage
) -> None:
    first, slope, *others = page.wavelength_coefficients_nm
    bent = replace(page, wavelength_coefficients_nm=(first, 1.01 * slope, *others))
    assert reason(polystyrene, bent) == refused.POOR


OTHERS = [CALCITE, *sorted((DATA / "solvents13" / "components").glob("*.txt"))]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_other_substances_are_refused(path: object) -> None:
    """Toluene has five of the six lines nearly there: it is refused by where they stand."""
    file = read_bwtek(str(path))
    assert reason(file, file.calibration) in {refused.NO_POLYSTYRENE, refused.POOR}


def test_empty_saturated_and_foreign_frames_are_refused(
    polystyrene: BwtekFile, page: CalibrationPage
) -> None:
    dark = polystyrene.dark_counts
    assert reason(replace(polystyrene, raw_counts=dark), page) == refused.NO_POLYSTYRENE
    clipped = np.minimum(polystyrene.raw_counts, 20_000.0)
    assert reason(replace(polystyrene, raw_counts=clipped), page) == refused.SATURATED
    with pytest.raises(CalibrationMismatch):
        laser_wavelength(np.zeros(1024), page)
