"""Lines of a lamp on one frame: found above their surroundings, with sub-pixel centres.

Next: `line_fit.py`, where a centre comes from; `lamp_match.py`, which gives the lines their names.
"""

import numpy as np
import numpy.typing as npt

from device.calibration.line_fit import Line, fit_line
from device.calibration.refused import NO_LAMP, SATURATED, TOO_FEW_LINES, CalibrationRefused
from device.spectra.noise import MAD_TO_SIGMA, median

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FEWEST_LINES = 8  # a cubic has four numbers; the others show whether it fits
_SIGMAS = 8.0  # of a pixel's noise above its surroundings
_SURROUNDINGS_PIXELS = 101  # running median: no line is half as wide
_SMALLEST_PART = 2e-3  # of the strongest line: below lie its wings and ghosts
_WINDOW_FWHM = 1.0  # on each side of the top: further out stand the neighbours
_WIDTH_SPREAD = 1.6  # a lone line is at most this much wider or narrower than the median
# A hot pixel or a cosmic ray has no neighbours: a line lights the larger of its two by this part.
_NEIGHBOUR_PART = 0.08


def lamp_peaks(
    counts: Floats, saturated: Bools | None = None, dead: Bools | None = None
) -> list[Line]:
    """The lines on a lamp's frame, by pixel; blended ones are left out.

    Args:
        counts: [n], dark-subtracted where there is a dark frame.
        saturated: [n], True where the detector or its converter was full.
        dead: [n], True where a pixel must not be used; the straight line bridges it.

    Raises:
        CalibrationRefused: no lamp shines, a line is saturated, or few lines are seen.
    """
    if saturated is not None and saturated.any():
        raise CalibrationRefused(
            SATURATED, f"The lamp's lines are saturated at {np.count_nonzero(saturated)} pixels."
        )
    above, noise = above_surroundings(bridged(counts, dead))
    tops = _tops(above, noise)
    if not tops:
        raise CalibrationRefused(NO_LAMP, "No line stands above the noise: no lamp shines.")
    width = median(np.array([_half_width(above, top) for top in tops]))
    reach = max(3, round(_WINDOW_FWHM * width + 1.0))
    lines = [fit_line(above, top - reach, top + reach, width, noise) for top in tops]
    seen = [line for line in lines if line is not None]
    seen = _one_each(seen)
    if seen:
        usual = median(np.array([line.fwhm_pixel for line in seen]))
        seen = [
            line
            for line in seen
            if usual / _WIDTH_SPREAD <= line.fwhm_pixel <= usual * _WIDTH_SPREAD
        ]
    if len(seen) < FEWEST_LINES:
        reason = NO_LAMP if len(seen) < 3 else TOO_FEW_LINES
        raise CalibrationRefused(
            reason, f"{len(seen)} lines of a lamp are seen, {FEWEST_LINES} are needed."
        )
    return seen


def bridged(counts: Floats, dead: Bools | None) -> Floats:
    if dead is None or not dead.any() or dead.all():
        return counts.astype(np.float64)
    at = np.arange(len(counts))
    return np.interp(at, at[~dead], counts[~dead])


def above_surroundings(counts: Floats) -> tuple[Floats, float]:
    """Counts above the running median, and one pixel's noise."""
    half = _SURROUNDINGS_PIXELS // 2
    held = np.pad(counts, half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(held, 2 * half + 1)
    above = counts - np.median(windows, axis=1)
    # MAD of the whole: lines fill a small part of the pixels
    return above, max(MAD_TO_SIGMA * median(np.abs(above)), 0.5)


def _tops(above: Floats, noise: float) -> list[int]:
    """Pixels higher than their neighbours, and lit beside the top as well."""
    least = max(_SIGMAS * noise, _SMALLEST_PART * float(above.max()))
    inner = above[2:-2]
    is_top = (inner >= above[1:-3]) & (inner > above[3:-1]) & (inner >= least)
    tops = [int(pixel) + 2 for pixel in np.flatnonzero(is_top)]
    return [
        top
        for top in tops
        if max(above[top - 1], above[top + 1]) >= max(_NEIGHBOUR_PART * above[top], 2.0 * noise)
    ]


def _half_width(above: Floats, top: int) -> float:
    """Full width at half maximum in pixels, by straight lines between pixels."""
    half, left, right = 0.5 * above[top], top, top
    while left > 0 and above[left] > half:
        left -= 1
    while right < len(above) - 1 and above[right] > half:
        right += 1
    rise = (half - above[left]) / max(above[left + 1] - above[left], 1e-9)
    fall = (half - above[right]) / max(above[right - 1] - above[right], 1e-9)
    return float(max((right - fall) - (left + rise), 1.0))


def _one_each(lines: list[Line]) -> list[Line]:
    """Two tops of one line end at one centre: the higher is kept."""
    kept: list[Line] = []
    for line in sorted(lines, key=lambda one: -one.height_counts):
        if all(abs(line.center_pixel - other.center_pixel) > 1.0 for other in kept):
            kept.append(line)
    return sorted(kept, key=lambda one: one.center_pixel)
