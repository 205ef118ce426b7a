"""The laser's wavelength, which is where polystyrene's lines must come from; a check on calcite.

The axis is the page's. A line at the shift s that is seen at the wavelength l tells the laser's
1e7 / (s + 1e7 / l); the lines are averaged, each with what is known of it.

Next: `raman_standard.py` for the shifts, `line_fit.py` for the centres.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from device.calibration.lamp_peaks import above_surroundings, bridged
from device.calibration.line_fit import Line, fit_line
from device.calibration.raman_standard import (
    CALCITE_CM1,
    POLYSTYRENE_CM1,
    POLYSTYRENE_CROWDED_CM1,
    POLYSTYRENE_STRONGEST_CM1,
)
from device.calibration.refused import (
    CALCITE_OFF,
    NO_POLYSTYRENE,
    POOR,
    SATURATED,
    CalibrationRefused,
)
from device.spectra.noise import median
from firmware_bridge.calibration import CalibrationPage

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

WORST_POLYSTYRENE_CM1: Final = 1.5
WORST_CALCITE_CM1: Final = 1.0
FURTHEST_LASER_CM1: Final = 60.0  # 3.7 nm at 785 nm; calcite's line stands 84 beside 1001.4
# The strongest line is looked for here: neither the laser's own light nor CH stretches.
_STRONGEST_WITHIN_CM1: Final = (500.0, 1800.0)
_NEAR_CM1: Final = 6.0  # of its place by the strongest line, another is looked for so far
_FEWEST_LINES: Final = 5
_SIGMAS: Final = 8.0
_WINDOW_FWHM: Final = 1.0  # on each side of the top
_CROWDED_ABOVE_CM1: Final = 9.0
# How well the table's own positions are known: its laboratories differ by about half a wavenumber.
_STANDARD_SIGMA_CM1: Final = 0.5


@dataclass(frozen=True)
class StandardLine:
    """A line of a standard: where it should be, and where the page with its laser puts it."""

    standard_cm1: float
    seen_cm1: float
    sigma_cm1: float  # standard error of `seen_cm1`, of noise alone
    fwhm_cm1: float

    @property
    def residual_cm1(self) -> float:
        return self.seen_cm1 - self.standard_cm1


@dataclass(frozen=True)
class LaserWavelength:
    """What a polystyrene frame tells; `lines` are seen with this laser."""

    excitation_nm: float  # vacuum
    standard_error_nm: float
    lines: tuple[StandardLine, ...]

    @property
    def rms_cm1(self) -> float:
        return float(np.sqrt(np.mean([line.residual_cm1**2 for line in self.lines])))


def laser_wavelength(
    counts: Floats,
    page: CalibrationPage,
    *,
    saturated: Bools | None = None,
) -> LaserWavelength:
    """The laser that puts polystyrene's lines where ASTM E1840 has them.

    Args:
        counts: [n], dark-subtracted. saturated: bool[n].
        page: its axis is taken as true, its laser only as near.

    Raises:
        CalibrationMismatch: the page is for another number of pixels.
        CalibrationRefused: no polystyrene is seen, it is saturated, or the lines disagree.
    """
    found = polystyrene_lines(counts, page, saturated=saturated)
    if len(found) < _FEWEST_LINES:
        raise CalibrationRefused(
            NO_POLYSTYRENE,
            f"{len(found)} lines of polystyrene are seen, {_FEWEST_LINES} are needed.",
        )
    apart = np.array([line.residual_cm1 for line in found])
    weight = np.array([1.0 / (line.sigma_cm1**2 + _STANDARD_SIGMA_CM1**2) for line in found])
    moved_cm1 = float(weight @ apart / weight.sum())
    excitation_nm = 1e7 / (1e7 / page.excitation_nm - moved_cm1)
    lines = tuple(replace(line, seen_cm1=line.seen_cm1 - moved_cm1) for line in found)
    worst = max(lines, key=lambda line: abs(line.residual_cm1))
    if not abs(worst.residual_cm1) <= WORST_POLYSTYRENE_CM1:
        raise CalibrationRefused(
            POOR,
            f"Polystyrene's line at {worst.standard_cm1} cm-1 is seen at {worst.seen_cm1:.1f}, "
            f"{WORST_POLYSTYRENE_CM1:g} beside are allowed.",
        )
    error_cm1 = float(weight.sum() ** -0.5)
    return LaserWavelength(excitation_nm, error_cm1 * excitation_nm**2 / 1e7, lines)


def polystyrene_lines(
    counts: Floats, page: CalibrationPage, *, saturated: Bools | None = None
) -> tuple[StandardLine, ...]:
    """The lines of polystyrene that are seen, where the page with its own laser puts them.

    Raises:
        CalibrationMismatch: the page is for another number of pixels.
        CalibrationRefused: no polystyrene is seen, or a line is saturated.
    """
    seen = _Frame(counts, page, saturated)
    off_cm1 = seen.strongest_cm1() - POLYSTYRENE_STRONGEST_CM1
    if not abs(off_cm1) <= FURTHEST_LASER_CM1:
        raise CalibrationRefused(
            NO_POLYSTYRENE,
            f"The strongest line stands {abs(off_cm1):.0f} cm-1 from polystyrene's "
            f"{POLYSTYRENE_STRONGEST_CM1}: it is no polystyrene, or the axis is wrong.",
        )
    wanted = [
        shift
        for shift in POLYSTYRENE_CM1
        if page.resolution_cm1 <= _CROWDED_ABOVE_CM1 or shift != POLYSTYRENE_CROWDED_CM1
    ]
    near = [(shift, seen.line_near(shift + off_cm1)) for shift in wanted]
    return tuple(replace(line, standard_cm1=shift) for shift, line in near if line is not None)


def check_calcite(
    counts: Floats, page: CalibrationPage, *, saturated: Bools | None = None
) -> StandardLine:
    """Calcite's strongest line as the page puts it.

    Raises:
        CalibrationMismatch: the page is for another number of pixels.
        CalibrationRefused: no such line is seen, or it stands beside its place.
    """
    seen = _Frame(counts, page, saturated).line_near(CALCITE_CM1)
    if seen is None:
        raise CalibrationRefused(
            CALCITE_OFF, f"No line is seen within {_NEAR_CM1:g} cm-1 of calcite's {CALCITE_CM1}."
        )
    if not abs(seen.residual_cm1) <= WORST_CALCITE_CM1:
        raise CalibrationRefused(
            CALCITE_OFF,
            f"Calcite's line at {CALCITE_CM1} cm-1 is seen at {seen.seen_cm1:.1f}, "
            f"{WORST_CALCITE_CM1:g} beside is allowed.",
        )
    return seen


class _Frame:
    """A frame with its axis, where single lines are looked for."""

    def __init__(self, counts: Floats, page: CalibrationPage, saturated: Bools | None) -> None:
        page.check_frame(len(counts))
        self._counts = bridged(counts, page.dead_mask())
        self._above, self._noise = above_surroundings(self._counts)
        self._page = page
        self._axis = page.wavenumber_cm1()
        self._usable = np.zeros(len(counts), dtype=np.bool_)
        self._usable[page.valid_range] = True
        self._saturated = saturated

    def strongest_cm1(self) -> float:
        """Of the pixels where it is looked for, the highest above its surroundings."""
        low, high = _STRONGEST_WITHIN_CM1
        inside = np.flatnonzero(self._usable & (self._axis >= low) & (self._axis <= high))
        if not len(inside):
            raise CalibrationRefused(
                NO_POLYSTYRENE, f"The axis has no pixel between {low:g} and {high:g} cm-1."
            )
        top = int(inside[np.argmax(self._above[inside])])
        if not self._above[top] >= _SIGMAS * self._noise:
            raise CalibrationRefused(NO_POLYSTYRENE, "No Raman line stands above the noise.")
        return float(self._axis[top])

    def line_near(self, place_cm1: float) -> StandardLine | None:
        """The line within `_NEAR_CM1` of a place, named by it; None where there is none.

        Raises:
            CalibrationRefused: it is saturated.
        """
        near = np.flatnonzero(self._usable & (np.abs(self._axis - place_cm1) <= _NEAR_CM1))
        if len(near) < 2:
            return None
        top = int(near[np.argmax(self._above[near])])
        per_pixel = float(median(np.diff(self._axis[near])))
        reach = max(5, round(_WINDOW_FWHM * max(self._page.resolution_cm1, 8.0) / per_pixel))
        if self._saturated is not None and self._saturated[top - reach : top + reach + 1].any():
            raise CalibrationRefused(SATURATED, f"The line near {place_cm1:.0f} cm-1 is saturated.")
        start = max(self._page.resolution_cm1, 6.0) / per_pixel
        line = fit_line(self._counts, top - reach, top + reach, start, self._noise)
        if line is None or line.height_counts < _SIGMAS * self._noise:
            return None
        return self._named(line, place_cm1, per_pixel)

    def _named(self, line: Line, place_cm1: float, per_pixel: float) -> StandardLine | None:
        pixel = np.arange(len(self._axis), dtype=np.float64)
        seen_cm1 = float(np.interp(line.center_pixel, pixel, self._axis))
        if abs(seen_cm1 - place_cm1) > _NEAR_CM1:
            return None
        return StandardLine(
            place_cm1, seen_cm1, line.sigma_pixel * per_pixel, line.fwhm_pixel * per_pixel
        )
