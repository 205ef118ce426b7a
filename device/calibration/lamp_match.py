"""Which line of the list is which peak: searched over all plausible axes, nothing assumed.

Three strong peaks taken for three strong lines make a parabola; each that an instrument can have
is judged by how many of all peaks then fall on lines, beyond what chance gives. The best ones are
fitted to all peaks they explain. Heights only choose which peaks and lines begin: a lamp's age and
a detector's response change them. The order is fixed, so the same frame gives the same answer.

Next: `axis_fit.py`, the polynomial through what was matched.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

_STRONG_PEAKS, _STRONG_LINES = 10, 18
# What Raman spectrographs for 785 nm have: the whole detector sees so much, around so much, and
# its curvature is so small a part of its dispersion (0.03 to 0.05 in the instruments at hand).
_SPAN_NM = (80.0, 500.0)
_MIDDLE_NM = (780.0, 1000.0)
_CURVATURE = 0.12
# The parabola through three points misses by a cubic term and by the errors of these points.
_FIRST_TOLERANCE_NM = 0.6
_TOLERANCES_NM = (0.6, 0.35, 0.2)
_KEPT = 150
_CUBIC_FROM = 7  # matched peaks
_SAME_PART = 0.5  # of its peaks that two solutions name alike to be one


@dataclass(frozen=True, eq=False)
class Match:
    """peaks[i] is lines[i], both indices in ascending order; `score` is the logarithm of how much
    less likely chance would have matched so many."""

    peaks: Integers
    lines: Integers
    score: float

    @property
    def pairs(self) -> frozenset[tuple[int, int]]:
        return frozenset(zip(self.peaks.tolist(), self.lines.tolist(), strict=True))


def matches(
    center_pixel: Floats, height: Floats, line_nm: Floats, strength: Floats, pixel_count: int
) -> list[Match]:
    """Solutions that differ, the best first; empty where nothing fits.

    Args:
        center_pixel: [p], ascending, with `height` [p].
        line_nm: [l], ascending, with `strength` [l].
    """
    u = (center_pixel - 0.5 * (pixel_count - 1)) / (0.5 * pixel_count)
    parabolas = _parabolas(u, height, line_nm, strength)
    if not len(parabolas):
        return []
    explained = _explained(parabolas, u, line_nm)
    best = np.argsort(-explained, kind="stable")[:_KEPT]
    refined = [_refined(parabolas[index], u, line_nm) for index in best]
    found: list[Match] = []
    for match in sorted(refined, key=lambda one: -one.score):
        # `found` is ordered: a solution like a better one adds nothing
        if all(
            len(match.pairs & other.pairs) < _SAME_PART * max(len(match.pairs), 1)
            for other in found
        ):
            found.append(match)
    return found


def _parabolas(u: Floats, height: Floats, line_nm: Floats, strength: Floats) -> Floats:
    """[k, 3]: wavelength = a + b u + c u^2 in nm, all that an instrument can have."""
    peaks = np.sort(np.argsort(-height, kind="stable")[:_STRONG_PEAKS])
    lines = np.sort(np.argsort(-strength, kind="stable")[:_STRONG_LINES])
    if len(peaks) < 3 or len(lines) < 3:
        return np.empty((0, 3))
    named = line_nm[np.array(list(combinations(lines.tolist(), 3)))]
    result = []
    for triple in combinations(peaks.tolist(), 3):
        at = u[list(triple)]
        if at[2] - at[0] < 0.1:
            continue  # so near to each other they say nothing about the rest
        powers = np.vander(at, 3, increasing=True)
        result.append(named @ np.linalg.inv(powers).T)
    if not result:
        return np.empty((0, 3))
    found = np.concatenate(result)
    a, b, c = found.T
    possible = (
        (2.0 * b >= _SPAN_NM[0])
        & (2.0 * b <= _SPAN_NM[1])
        & (a >= _MIDDLE_NM[0])
        & (a <= _MIDDLE_NM[1])
        & (np.abs(c) <= _CURVATURE * b)
    )
    kept: Floats = found[possible]
    return kept


def _explained(parabolas: Floats, u: Floats, line_nm: Floats) -> Floats:
    """[k]: how unlikely chance would match as many peaks as each parabola does."""
    seen_nm = parabolas @ np.vander(u, 3, increasing=True).T
    _, off = _nearest(seen_nm, line_nm)
    count = (off < _FIRST_TOLERANCE_NM).sum(axis=1)
    chance = _chance(seen_nm.min(axis=1), seen_nm.max(axis=1), line_nm, _FIRST_TOLERANCE_NM)
    unlikely = -count * np.log(chance) - (len(u) - count) * np.log1p(-chance)
    result: Floats = np.where(count > chance * len(u), unlikely, 0.0)
    return result


def _refined(parabola: Floats, u: Floats, line_nm: Floats) -> Match:
    """Fitted to what it explains, with a tolerance that narrows."""
    numbers = parabola
    peaks = lines = np.empty(0, dtype=np.intp)
    for tolerance_nm in _TOLERANCES_NM:
        for _ in range(2):
            seen_nm = np.vander(u, len(numbers), increasing=True) @ numbers
            peaks, lines = _one_to_one(seen_nm, line_nm, tolerance_nm)
            if len(peaks) < 4:
                return Match(peaks, lines, 0.0)
            terms = 4 if len(peaks) >= _CUBIC_FROM else 3
            powers = np.vander(u[peaks], terms, increasing=True)
            numbers = np.linalg.lstsq(powers, line_nm[lines], rcond=None)[0]
    seen_nm = np.vander(u, len(numbers), increasing=True) @ numbers
    peaks, lines = _one_to_one(seen_nm, line_nm, _TOLERANCES_NM[-1])
    free = len(peaks) - len(numbers)
    if free <= 0 or not (np.diff(seen_nm) > 0).all():
        return Match(peaks, lines, 0.0)
    off_nm = np.abs(seen_nm[peaks] - line_nm[lines])
    chance = _chance(seen_nm.min(), seen_nm.max(), line_nm, np.maximum(off_nm, 0.02))
    # as many matches as there are numbers in the polynomial come for nothing
    return Match(peaks, lines, float(-np.log(chance).sum() * free / len(peaks)))


def _chance(
    first_nm: npt.ArrayLike, last_nm: npt.ArrayLike, line_nm: Floats, tolerance_nm: npt.ArrayLike
) -> Floats:
    """Of a peak at random between these two to be within the tolerance of a line."""
    first, last = np.asarray(first_nm), np.asarray(last_nm)
    inside = np.searchsorted(line_nm, last) - np.searchsorted(line_nm, first)
    per_nm = (inside + 1.0) / np.maximum(last - first, 1.0)
    result: Floats = np.clip(2.0 * np.asarray(tolerance_nm) * per_nm, 1e-3, 0.9)
    return result


def _nearest(seen_nm: Floats, line_nm: Floats) -> tuple[Integers, Floats]:
    """Index of the nearest line and how far it is, in the shape of `seen_nm`."""
    right = np.clip(np.searchsorted(line_nm, seen_nm), 1, len(line_nm) - 1)
    to_left, to_right = np.abs(seen_nm - line_nm[right - 1]), np.abs(line_nm[right] - seen_nm)
    return np.where(to_left <= to_right, right - 1, right), np.minimum(to_left, to_right)


def _one_to_one(seen_nm: Floats, line_nm: Floats, tolerance_nm: float) -> tuple[Integers, Integers]:
    """Peaks with the line nearest to each; of two peaks for one line the nearer has it."""
    line, off = _nearest(seen_nm, line_nm)
    owner: dict[int, int] = {}
    for peak in np.argsort(off, kind="stable").tolist():
        if off[peak] < tolerance_nm:
            owner.setdefault(int(line[peak]), peak)
    pairs = sorted((peak, name) for name, peak in owner.items())
    return (
        np.array([peak for peak, _ in pairs], dtype=np.intp),
        np.array([name for _, name in pairs], dtype=np.intp),
    )
