"""A whole calibration over one analyzer: lamp, polystyrene, calcite, then the page is written.

Nothing is written until every frame that was asked for agreed; the old page lies in a file by then.

Next: `lamp_axis.py` and `laser_wavelength.py`, which judge the frames.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from device.calibration.kept_page import keep
from device.calibration.lamp_axis import LampAxis, lamp_axis
from device.calibration.laser_wavelength import (
    LaserWavelength,
    StandardLine,
    check_calcite,
    laser_wavelength,
)
from device.calibration.new_page import (
    page_from_lamp,
    page_to_begin,
    page_with_laser,
    page_with_response,
)
from device.calibration.recorded_frame import RecordedFrame
from device.calibration.response_curve import ReferenceCurve
from device.calibration.response_fit import Response, response_of
from device.calibration.well_exposed import (
    Bools,
    Exposed,
    Floats,
    Tell,
    lamp_frame,
    raman_frame,
    with_dark,
)
from device.driver.analyzer import Analyzer
from firmware_bridge.calibration import CalibrationError, CalibrationPage
from firmware_bridge.errors import CallerError
from firmware_bridge.messages import ReadCalibration

Ask = Callable[[str], None]

# Where polystyrene is looked for when the analyzer has no page that names its laser.
NOMINAL_EXCITATION_NM: Final = 785.0
_RAMAN_WITHIN_CM1: Final = (500.0, 1800.0)


@dataclass(frozen=True)
class Plan:
    """What to measure, in this order; `laser_power_mw` None is the analyzer's highest.

    Raises `CallerError` when it is nothing.
    """

    lamp: str | None = "neon"
    polystyrene: bool = False
    calcite: bool = False
    laser_power_mw: int | None = None
    response: ReferenceCurve | None = None  # of the standard or lamp that is placed for it
    response_frame: RecordedFrame | None = None  # instead of measuring it now

    def __post_init__(self) -> None:
        measured = (self.lamp, self.polystyrene, self.calcite, self.response)
        if not any(one is not None and one is not False for one in measured):
            raise CallerError("Nothing is to be measured.")


@dataclass(frozen=True)
class Calibrated:
    """What was found; a part that was not measured is None.

    sequence: the number under which the analyzer keeps `page`, None where nothing was written.
    kept: the file with the old page; None also where the analyzer had none.
    """

    old: CalibrationPage | None
    page: CalibrationPage
    lamp: LampAxis | None = None
    laser: LaserWavelength | None = None
    calcite: StandardLine | None = None
    response: Response | None = None
    sequence: int | None = None
    kept: Path | None = None


def calibrate(
    analyzer: Analyzer, plan: Plan, *, keep_in: Path | None, ask: Ask, tell: Tell
) -> Calibrated:
    """Measure and write the page.

    Args:
        keep_in: the folder for the old page; None writes nothing.
        ask: is called with one sentence about what to put before the probe, and returns when it
            is there.
        tell: is called with one short line about each step.

    Raises:
        CalibrationRefused: with the reason; nothing is written then.
        CallerError: without a page in the analyzer, lamp and polystyrene are both needed.
        PageNotKept: the old page cannot be kept; nothing is written then.
        CalibrationError, InstrumentError, LinkError, ProtocolError: as the driver does.
    """
    old = _old_page(analyzer, plan)
    page, lamp = old, None
    if plan.lamp is not None:
        ask(f"Put the {plan.lamp} lamp before the probe and light it. The laser stays off.")
        page, lamp = _by_lamp(analyzer, plan.lamp, old, tell)
    if page is None:  # `_old_page` has refused this
        raise CallerError("The analyzer has no calibration page, and no lamp gives one.")
    laser = None
    if plan.polystyrene:
        ask("Put polystyrene before the probe and cover it. THE LASER WILL SHINE.")
        seen = _raman(analyzer, page, plan, tell)
        laser = laser_wavelength(seen.counts, page, saturated=seen.full)
        page = page_with_laser(page, laser.excitation_nm)
    response = None
    if plan.response is not None:
        counts, full = _broad_light(analyzer, page, plan, plan.response, ask, tell)
        response = response_of(counts, plan.response, page, saturated=full)
        page = page_with_response(page, response)
    calcite = None
    if plan.calcite:
        ask("Put calcite before the probe and cover it. THE LASER WILL SHINE.")
        seen = _raman(analyzer, page, plan, tell)
        calcite = check_calcite(seen.counts, page, saturated=seen.full)
    if keep_in is None or page == old:
        return Calibrated(old, page, lamp, laser, calcite, response)
    kept = keep(analyzer.call(ReadCalibration()).page, analyzer.info.serial, keep_in)
    tell("writing the page")
    sequence = analyzer.write_calibration(page)
    return Calibrated(old, page, lamp, laser, calcite, response, sequence, kept)


def restore(analyzer: Analyzer, page: CalibrationPage, keep_in: Path) -> Calibrated:
    """Write a page that was kept; the one that it replaces is kept as well.

    Raises:
        PageNotKept: as above; and as `Analyzer.write_calibration`.
    """
    present = analyzer.call(ReadCalibration()).page
    kept = keep(present, analyzer.info.serial, keep_in)
    return Calibrated(None, page, sequence=analyzer.write_calibration(page), kept=kept)


def _old_page(analyzer: Analyzer, plan: Plan) -> CalibrationPage | None:
    """The analyzer's page, None where it has no good one and does not need it."""
    try:
        page = analyzer.calibration()
    except CalibrationError as error:
        if plan.lamp is None:
            raise
        if not plan.polystyrene:
            raise CallerError(
                f"{error.text.rstrip('.')}, so its laser's wavelength is not known.",
                remedy="Calibrate with the lamp and polystyrene together: add --polystyrene.",
            ) from error
        return None
    page.check_frame(analyzer.capabilities.pixel_count)
    return page


def _by_lamp(
    analyzer: Analyzer, lamp: str, old: CalibrationPage | None, tell: Tell
) -> tuple[CalibrationPage, LampAxis]:
    seen = lamp_frame(analyzer, tell)
    dead = None if old is None else old.dead_mask()
    found = lamp_axis(seen.counts, lamp, saturated=seen.full, dead=dead, page=old)
    if old is not None:
        return page_from_lamp(old, found), found
    serial = analyzer.info.serial
    return page_to_begin(len(seen.counts), found, NOMINAL_EXCITATION_NM, serial), found


def _broad_light(
    analyzer: Analyzer,
    page: CalibrationPage,
    plan: Plan,
    curve: ReferenceCurve,
    ask: Ask,
    tell: Tell,
) -> tuple[Floats, Bools]:
    """Counts [n] of the standard that `curve` is of, and where they are saturated, bool[n]."""
    recorded = plan.response_frame
    if recorded is not None:
        return recorded.counts, recorded.saturated
    if curve.needs_laser:
        ask("Put the luminescence standard before the probe and cover it. THE LASER WILL SHINE.")
        seen = _raman(analyzer, page, plan, tell, everywhere=True)
        return seen.counts, seen.full
    ask("Put the lamp of the curve before the probe and light it. The laser stays off.")
    lit = lamp_frame(analyzer, tell)
    ask("Cover the probe. The laser stays off.")
    seen = with_dark(analyzer, lit, tell)
    return seen.counts, seen.full


def _raman(
    analyzer: Analyzer, page: CalibrationPage, plan: Plan, tell: Tell, *, everywhere: bool = False
) -> Exposed:
    low, high = _RAMAN_WITHIN_CM1
    axis = page.wavenumber_cm1()
    where = (axis >= low) & (axis <= high) & ~page.dead_mask()
    if everywhere:
        where = ~page.dead_mask()
        where[: page.first_valid_pixel] = where[page.last_valid_pixel + 1 :] = False
    most = analyzer.capabilities.max_laser_power_mw
    power_mw = most if plan.laser_power_mw is None else plan.laser_power_mw
    return raman_frame(analyzer, np.asarray(where), power_mw, tell)
