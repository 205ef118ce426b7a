"""A frame of a known light over that light: how much each pixel counts of it (ASTM E2911).

The quotient is fitted by straight lines between points spread over the valid range: what the page
keeps. It holds for counts of a pixel per photons of a wavenumber, so the width of pixels is in it.

Next: `new_page.py`, where it goes; `device/spectra/spectrum.py`, which divides by it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from device.calibration.refused import (
    HOLES,
    NO_LIGHT,
    NOT_SMOOTH,
    SATURATED,
    CalibrationRefused,
)
from device.calibration.response_curve import ReferenceCurve
from device.spectra.noise import fine_structure
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import SMALLEST_RESPONSE
from firmware_bridge.calibration import CalibrationPage

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# 16 pixels of 2,048 from one to the next, less than two lines' width: an edge filter's flank fits.
POINTS: Final = 129
# A point is known by the pixels around it; none, and the response there would be made up.
_FEWEST_PIXELS: Final = 0.25  # of those between two points
# Shares are judged to a few percent. What is known worse than this would be seen in them.
WORST_ERROR: Final = 0.01
# What is left beside the straight lines beyond noise: lines of a lamp, or another standard.
WORST_MISFIT: Final = 0.02
WORST_LOCAL_MISFIT: Final = 0.05  # around one point: a single line


@dataclass(frozen=True, eq=False)
class Response:
    """relative: [POINTS], above 0 to 1, evenly spread over the page's valid range.

    standard_error: the largest of one point, relative. misfit: rms beside the straight lines
    beyond what noise explains, relative. covered_cm1: what of the valid range the curve covers.
    """

    relative: tuple[float, ...]
    standard_error: float
    misfit: float
    covered_cm1: tuple[float, float]


def response_of(
    counts: Floats,
    curve: ReferenceCurve,
    page: CalibrationPage,
    *,
    saturated: Bools | None = None,
) -> Response:
    """The relative response over the page's valid range.

    Args:
        counts: [n], of the standard, dark-subtracted. saturated: bool[n].

    Raises:
        CalibrationMismatch: the page is for another number of pixels.
        CalibrationRefused: saturated; no light, or less than none, at some pixels; the curve or
            living pixels are missing somewhere; too noisy; or not as smooth as a response is.
    """
    page.check_frame(len(counts))
    shift = page.wavenumber_cm1()
    valid = np.zeros(len(counts), dtype=np.bool_)
    valid[page.valid_range] = True
    light = np.full(len(counts), np.nan)
    light[valid] = curve.photons_per_cm1(shift[valid], page.excitation_nm)
    _check_covered(light, shift, valid, curve)
    used = valid & np.isfinite(light) & ~page.dead_mask()
    if saturated is not None and (saturated & used).any():
        raise CalibrationRefused(
            SATURATED, f"{np.count_nonzero(saturated & used)} pixels of the standard are saturated."
        )
    quotient = counts[used] / light[used]
    variance = fine_structure(counts[used], shift[used]).variance(counts[used])
    return _fitted(quotient, variance / np.square(light[used]), used, shift, page)


def _check_covered(light: Floats, shift: Floats, valid: Bools, curve: ReferenceCurve) -> None:
    """The range that models see has to be covered; beyond it the last point holds."""
    seen = WavenumberGrid()
    inside = valid & (shift >= seen.first_cm1) & (shift <= seen.last_cm1)
    asked = inside if inside.any() else valid
    missing = asked & ~np.isfinite(light)
    if missing.any():
        raise CalibrationRefused(
            HOLES,
            f"The curve goes from {curve.axis[0]:g} to {curve.axis[-1]:g} ({curve.by}) and leaves "
            f"{shift[missing].min():.0f} to {shift[missing].max():.0f} cm-1 out.",
        )


def _fitted(
    quotient: Floats, variance: Floats, used: Bools, shift: Floats, page: CalibrationPage
) -> Response:
    if not quotient.max(initial=0.0) > 0.0:
        raise CalibrationRefused(NO_LIGHT, "No light of the standard is seen.")
    pixels = np.flatnonzero(used)
    first, last = page.first_valid_pixel, page.last_valid_pixel
    points = min(POINTS, last - first + 1)
    place = (pixels - first) * (points - 1) / (last - first)
    left = np.minimum(place.astype(np.intp), points - 2)
    part = place - left
    rows = np.arange(len(pixels))
    design = np.zeros((len(pixels), points))
    design[rows, left], design[rows, left + 1] = 1.0 - part, part
    known = design.sum(axis=0)
    enough = known >= _FEWEST_PIXELS * (last - first) / (points - 1)
    covered = slice(int(np.argmax(enough)), points - int(np.argmax(enough[::-1])))
    if not enough.any() or not enough[covered].all():
        hole = first + (last - first) * int(np.argmin(enough[covered])) / (points - 1)
        raise CalibrationRefused(HOLES, f"Too few living pixels are left near pixel {hole:.0f}.")
    least = max(float(variance.mean()), 1e-6 * float(quotient.max()) ** 2) * 1e-6
    design, weight = design[:, covered], 1.0 / np.maximum(variance, least)
    normal = design.T @ (weight[:, None] * design)
    found = np.linalg.solve(normal, design.T @ (weight * quotient))
    error = np.sqrt(np.diag(np.linalg.inv(normal)))
    dark = np.flatnonzero(found <= 3.0 * error)
    if len(dark):
        at = first + (last - first) * (covered.start + int(dark[0])) / (points - 1)
        raise CalibrationRefused(NO_LIGHT, f"No light of the standard is seen at pixel {at:.0f}.")
    if found.min() < SMALLEST_RESPONSE * found.max():
        raise CalibrationRefused(
            NO_LIGHT,
            f"Some pixels count less than {SMALLEST_RESPONSE:.0%} of the best: their part of the "
            "valid range cannot be corrected.",
        )
    relative_error = float((error / found).max())
    if not relative_error <= WORST_ERROR:
        raise CalibrationRefused(
            NO_LIGHT,
            f"The response is known to {relative_error:.1%} only, {WORST_ERROR:.0%} is needed.",
        )
    model = design @ found
    beyond = np.square((quotient - model) / model) - variance / np.square(model)
    misfit = float(np.sqrt(max(beyond.mean(), 0.0)))
    local = np.sqrt(np.maximum(design.T @ beyond / design.sum(axis=0), 0.0))
    if not (misfit <= WORST_MISFIT and local.max() <= WORST_LOCAL_MISFIT):
        at = first + (last - first) * (covered.start + int(np.argmax(local))) / (points - 1)
        raise CalibrationRefused(
            NOT_SMOOTH,
            f"The frame over the curve is not smooth: {misfit:.1%} is left of it, and "
            f"{local.max():.1%} near pixel {at:.0f}; {WORST_MISFIT:.0%} and "
            f"{WORST_LOCAL_MISFIT:.0%} are allowed.",
        )
    whole = np.interp(np.arange(points), np.arange(covered.start, covered.stop), found)
    relative = tuple(float(value) for value in whole / whole.max())
    ends = float(shift[pixels[0]]), float(shift[pixels[-1]])
    return Response(relative, relative_error, misfit, ends)
