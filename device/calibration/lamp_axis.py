"""A lamp's frame becomes an axis, or a reason why it does not.

Next: `lamp_match.py` for the names of the lines, `axis_fit.py` for the polynomial.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from device.calibration.axis_fit import AxisFit, fit_axis
from device.calibration.lamp_blends import pulls_cm1
from device.calibration.lamp_match import Match, matches
from device.calibration.lamp_peaks import lamp_peaks
from device.calibration.line_fit import Line
from device.calibration.refused import (
    AMBIGUOUS,
    MIRRORED,
    NO_MATCH,
    POOR,
    SHIFTED,
    TOO_FEW_LINES,
    CalibrationRefused,
)
from device.spectra.noise import median
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.lamp_lines import ARGON_AIR_NM, NEON_AIR_NM, vacuum_from_air_nm

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LAMPS: Final = {"neon": NEON_AIR_NM, "argon": ARGON_AIR_NM}

WORST_RMS_CM1: Final = 0.5
# Between the old page's axis and the lines: 30 pixels of a mount that moved, and a page in air.
FURTHEST_PIXELS: Final = 35.0
# The axis must be known so well where fingerprints are: 400 to 1,800 cm-1 with a laser of 785 nm.
WORST_ERROR_CM1: Final = 0.5
_FINGERPRINT_NM: Final = (810.0, 914.0)
_LEAST_EXPLAINED: Final = 0.7  # of the peaks
_SECOND_AT_MOST: Final = 0.7  # of the best solution's score
_FEWEST_FITTED: Final = 6
# A line whose neighbours in the list pull its centre by more has no part in the polynomial. The
# list's intensities, on which this stands, hold to a factor of two.
_LARGEST_PULL_CM1: Final = 0.2
# Nor has one that is so faint that its centre is not known to this standard error.
_LARGEST_SIGMA_CM1: Final = 0.4


@dataclass(frozen=True)
class NamedLine:
    """A line of the lamp on the detector; `residual_nm` is the list's wavelength less the axis'."""

    line_nm: float  # vacuum
    center_pixel: float
    sigma_pixel: float
    residual_nm: float
    fitted: bool  # False where it has no part in the polynomial

    @property
    def residual_cm1(self) -> float:
        return self.residual_nm * 1e7 / self.line_nm**2


@dataclass(frozen=True, eq=False)
class LampAxis:
    """The axis that a lamp's frame shows.

    resolution_cm1: median full width at half maximum of its lines.
    """

    lamp: str
    axis: AxisFit
    lines: tuple[NamedLine, ...]
    unnamed_pixels: tuple[float, ...]  # peaks that no line explains
    resolution_cm1: float

    @property
    def rms_cm1(self) -> float:
        fitted = [line.residual_cm1 for line in self.lines if line.fitted]
        free = max(len(fitted) - self.axis.degree - 1, 1)
        return float(np.sqrt(np.square(fitted).sum() / free))

    @property
    def standard_error_cm1(self) -> float:
        """The axis' largest one from 810 to 914 nm, as far as the detector reaches."""
        pixel = np.arange(self.axis.pixel_count, dtype=np.float64)
        nm = self.axis.wavelength_nm(pixel)
        inside = (nm >= _FINGERPRINT_NM[0]) & (nm <= _FINGERPRINT_NM[1])
        error_cm1 = self.axis.standard_error_nm(pixel) * 1e7 / np.square(nm)
        return float(error_cm1[inside].max(initial=0.0))


def lamp_axis(
    counts: Floats,
    lamp: str,
    *,
    saturated: Bools | None = None,
    dead: Bools | None = None,
    page: CalibrationPage | None = None,
) -> LampAxis:
    """The axis of the detector whose lamp frame this is.

    Args:
        counts: [n], dark-subtracted where there is a dark frame; saturated, dead: bool[n].
        lamp: one of `LAMPS`.
        page: the old one. The search does not use it; the result must lie within
            `FURTHEST_PIXELS` of it. Without a page any axis that the lines decide is accepted.

    Raises:
        CalibrationRefused: with the reason.
    """
    peaks = lamp_peaks(counts, saturated, dead)
    line_nm = np.array([vacuum_from_air_nm(air_nm) for air_nm, _ in LAMPS[lamp]])
    strength = np.array([part for _, part in LAMPS[lamp]])
    match = _decided(peaks, line_nm, strength, len(counts), lamp)
    found = _fitted([peaks[i] for i in match.peaks], line_nm, strength, match, len(counts), lamp)
    named = set(match.peaks.tolist())
    result = LampAxis(
        lamp=lamp,
        axis=found[0],
        lines=found[1],
        unnamed_pixels=tuple(
            peak.center_pixel for index, peak in enumerate(peaks) if index not in named
        ),
        resolution_cm1=found[2],
    )
    _check(result, page)
    return result


def _decided(
    peaks: list[Line], line_nm: Floats, strength: Floats, pixel_count: int, lamp: str
) -> Match:
    """The one solution that explains the peaks; raises where there is none, or another."""
    center = np.array([peak.center_pixel for peak in peaks])
    height = np.array([peak.height_counts for peak in peaks])
    found = matches(center, height, line_nm, strength, pixel_count)
    mirrored = matches(
        pixel_count - 1.0 - center[::-1], height[::-1], line_nm, strength, pixel_count
    )
    solutions = sorted([*found, *mirrored], key=lambda one: -one.score)
    if not solutions or not _explains(solutions[0], len(peaks)):
        most = len(solutions[0].peaks) if solutions else 0
        raise CalibrationRefused(
            NO_MATCH,
            f"{most} of {len(peaks)} lines fit the {lamp} lamp's at best, "
            f"{_LEAST_EXPLAINED:.0%} are needed.",
        )
    best = solutions[0]
    # the wrong direction counts as well: what fits by chance fits there as often
    if len(solutions) > 1 and solutions[1].score > _SECOND_AT_MOST * best.score:
        raise CalibrationRefused(
            AMBIGUOUS, f"The lines fit the {lamp} lamp's in two ways that are nearly as good."
        )
    if not any(best is one for one in found):
        raise CalibrationRefused(
            MIRRORED,
            f"The {lamp} lines stand in mirrored order: wavelengths fall from pixel to pixel.",
        )
    return best


def _explains(match: Match, peak_count: int) -> bool:
    return len(match.peaks) >= max(_LEAST_EXPLAINED * peak_count, _FEWEST_FITTED)


def _fitted(
    peaks: list[Line],
    line_nm: Floats,
    strength: Floats,
    match: Match,
    pixel_count: int,
    lamp: str,
) -> tuple[AxisFit, tuple[NamedLine, ...], float]:
    """The axis, the lines with their residuals, and the resolution in cm-1."""
    center = np.array([peak.center_pixel for peak in peaks])
    sigma = np.array([peak.sigma_pixel for peak in peaks])
    named_nm = line_nm[match.lines]
    slope_nm = np.gradient(named_nm, center)
    cm1_per_pixel = slope_nm * 1e7 / named_nm**2
    fwhm_cm1 = np.array([peak.fwhm_pixel for peak in peaks]) * cm1_per_pixel
    pull = pulls_cm1(line_nm, strength, median(fwhm_cm1))[match.lines]
    sure = (pull <= _LARGEST_PULL_CM1) & (sigma * cm1_per_pixel <= _LARGEST_SIGMA_CM1)
    axis = fit_axis(center, sigma, named_nm, sure, pixel_count)
    if axis is None or np.count_nonzero(axis.used) < _FEWEST_FITTED:
        raise CalibrationRefused(
            TOO_FEW_LINES,
            f"{np.count_nonzero(sure)} lines of the {lamp} lamp stand alone and are strong enough, "
            f"{_FEWEST_FITTED} are needed.",
        )
    lines = tuple(
        NamedLine(float(nm), peak.center_pixel, peak.sigma_pixel, float(left), bool(used))
        for nm, peak, left, used in zip(named_nm, peaks, axis.residual_nm, axis.used, strict=True)
    )
    width = median(fwhm_cm1[axis.used])
    return axis, lines, width


def _check(found: LampAxis, page: CalibrationPage | None) -> None:
    if found.rms_cm1 > WORST_RMS_CM1:
        raise CalibrationRefused(
            POOR,
            f"The lines lie {found.rms_cm1:.2f} cm-1 rms beside the axis, "
            f"{WORST_RMS_CM1:g} are allowed.",
        )
    if found.standard_error_cm1 > WORST_ERROR_CM1:
        raise CalibrationRefused(
            TOO_FEW_LINES,
            f"The lines leave the axis uncertain by {found.standard_error_cm1:.1f} cm-1 between "
            f"{_FINGERPRINT_NM[0]:.0f} and {_FINGERPRINT_NM[1]:.0f} nm, "
            f"{WORST_ERROR_CM1:g} are allowed.",
        )
    everywhere = found.axis.wavelength_nm(np.arange(found.axis.pixel_count, dtype=np.float64))
    if not (np.diff(everywhere[_between(found)]) > 0).all():
        raise CalibrationRefused(POOR, "The axis through the lines does not rise.")
    if page is None:
        return
    page.check_frame(found.axis.pixel_count)
    at = np.array([line.center_pixel for line in found.lines])
    pixel = np.arange(page.pixel_count, dtype=np.float64)
    old_nm = np.interp(at, pixel, page.wavelength_nm())
    by_pixels = (found.axis.wavelength_nm(at) - old_nm) / np.interp(
        at, pixel, np.gradient(page.wavelength_nm())
    )
    furthest = float(by_pixels[np.argmax(np.abs(by_pixels))])
    if not abs(furthest) <= FURTHEST_PIXELS:
        raise CalibrationRefused(
            SHIFTED,
            f"The lines lie {abs(furthest):.0f} pixels from where the analyzer's page puts them, "
            f"{FURTHEST_PIXELS:.0f} are allowed.",
        )


def _between(found: LampAxis) -> slice:
    """From the first line to the last."""
    return slice(int(found.lines[0].center_pixel), int(found.lines[-1].center_pixel) + 2)
