"""A measured pure compound -> its reference: peaks as they are, nothing that is not Raman signal.

The one routine for references that networks are trained on and for those measured in the field,
so that the library fit gets both alike. `similarities` measures how much two references have in
common. Next: `device/field_library/store.py`, which keeps the field's.
"""

import numpy as np
import numpy.typing as npt

from device.spectra.noise import noise_variance
from device.spectra.resampling import Resampler, WavenumberGrid
from device.spectra.response import said_corrected, silicon_response
from device.spectra.spectrum import Spectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Asymmetric least squares (Eilers & Boelens 2005) on every fourth point. Stiff on purpose: with
# 1e5 the baseline follows fluorescence several hundred cm-1 wide and passes under Raman bands
# without rising into them (1e4 already lifts it by 5% of a weak band).
_BASELINE_STEP = 4
_BASELINE_STIFFNESS = 1e5
_BASELINE_ASYMMETRY = 1e-3
_BASELINE_ROUNDS = 20

# A reference whose noise exceeds this fraction of its maximum is smoothed (Savitzky-Golay,
# quadratic, 9 points). A line 8.5 cm-1 wide loses about 3% of its height by that, so clean
# references are left alone; the noisy ones here have bands of 15 cm-1 and more and lose none.
_VISIBLE_NOISE = 0.003
_SMOOTHING_POINTS = 9

# Two references of one compound from two instruments: axes differ by up to so much, and widths,
# which this smoothing (sigma) makes less of.
_SIMILAR_SHIFT_CM1 = 6
_SIMILAR_SIGMA_CM1 = 6.0
# Between them: nine solvents measured on two instruments reach 0.96 to 0.998 with themselves,
# different compounds at most 0.85 (n-heptanol beside n-nonane).
NEARLY_IDENTICAL = 0.92


def reference_of(
    spectrum: Spectrum, grid: WavenumberGrid, seen: WavenumberGrid | None = None
) -> tuple[Floats, Bools]:
    """(reference, valid), [G] each: the spectrum's own unit, without baseline, non-negative.

    One whose header says that it is corrected to relative intensity (ASTM E2911) is weighed as a
    silicon detector sees it, so that all references of a library are taken alike (`response.py`).
    Where nothing was measured the reference is zero and `valid` false. `spectrum` covers at least
    part of the grid. `seen`: the range that models see, where `grid` is wider than that; its
    maximum is what noise is compared with.
    """
    resampler = Resampler(spectrum.wavenumber_cm1, grid)
    measured = np.flatnonzero(resampler.valid)
    stretch = slice(int(measured[0]), int(measured[-1]) + 1)
    counts = resampler.apply(spectrum.intensity)[stretch]
    response = silicon_response(grid)[stretch] if said_corrected(spectrum) else 1.0
    inside = _within(grid, seen or grid)[stretch]
    noise = float(np.sqrt(noise_variance(spectrum.wavenumber_cm1, spectrum.intensity)))
    if noise > _VISIBLE_NOISE * float(counts[inside].max()):
        counts = savitzky_golay(counts, _SMOOTHING_POINTS)
    reference = np.zeros(grid.size)
    reference[stretch] = np.maximum(counts - asymmetric_baseline(counts), 0.0) * response
    return reference, resampler.valid


def _within(grid: WavenumberGrid, seen: WavenumberGrid) -> Bools:
    axis = grid.wavenumber_cm1
    result: Bools = (axis >= seen.first_cm1) & (axis <= seen.last_cm1)
    return result


def asymmetric_baseline(intensity: Floats) -> Floats:
    """The smooth curve under the bands: points above it count _BASELINE_ASYMMETRY."""
    coarse = intensity[::_BASELINE_STEP]
    second_difference = np.diff(np.eye(len(coarse)), n=2, axis=0)
    penalty = _BASELINE_STIFFNESS * second_difference.T @ second_difference
    weight = np.ones(len(coarse))
    baseline = coarse
    for _ in range(_BASELINE_ROUNDS):
        baseline = np.linalg.solve(np.diag(weight) + penalty, weight * coarse)
        updated = np.where(coarse > baseline, _BASELINE_ASYMMETRY, 1 - _BASELINE_ASYMMETRY)
        if np.array_equal(updated, weight):
            break
        weight = updated
    every = np.arange(len(intensity))
    return np.interp(every, every[::_BASELINE_STEP], baseline)


def savitzky_golay(intensity: Floats, points: int) -> Floats:
    """Local quadratic fit over an odd number of points; the ends repeat the last value."""
    half = points // 2
    offsets = np.arange(-half, half + 1)
    kernel = np.linalg.pinv(np.vander(offsets, 3))[2]  # row of the constant term
    padded = np.pad(intensity, half, mode="edge")
    return np.convolve(padded, kernel[::-1], mode="valid")


def similarities(references: Floats, others: Floats) -> Floats:
    """[M, N]: how alike the lines of references [M, G] and others [N, G] are; 1: the same.

    The cosine of smoothed derivatives at the best common shift: what is broad, how strong and
    how wide does not count. Grid step 1 cm-1.
    """
    here = np.stack([_line_shape(reference) for reference in references])
    there = np.stack([_line_shape(other) for other in others])
    size = here.shape[1]
    best = np.full((len(here), len(there)), -1.0)
    for shift in range(-_SIMILAR_SHIFT_CM1, _SIMILAR_SHIFT_CM1 + 1):
        left = here[:, max(0, shift) : size + min(0, shift)]
        right = there[:, max(0, -shift) : size + min(0, -shift)]
        np.maximum(best, left @ right.T, out=best)
    return best


def _line_shape(reference: Floats) -> Floats:
    reach = int(4 * _SIMILAR_SIGMA_CM1)
    position = np.arange(-reach, reach + 1) / _SIMILAR_SIGMA_CM1
    kernel = -position * np.exp(-0.5 * position**2)
    padded = np.pad(np.asarray(reference, dtype=np.float64), reach, mode="edge")
    derivative = np.convolve(padded, kernel, mode="valid")
    return derivative / max(float(np.linalg.norm(derivative)), 1e-300)
