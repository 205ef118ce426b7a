"""How much of the range must be measured for an identification.

Next: `quality.py`, which asks.
"""

import numpy as np

from device.spectra.reason import Reason
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Floats, GridSpectrum, Spectrum

# The fingerprint region every compound of the libraries needs to be told from the others.
NEEDED_CM1 = (500.0, 1800.0)
# Part of a library's lines, mean of its compounds, that a spectrum must show. The decision's
# numbers are fitted on scenes that show so much and more (`train/decision/scenes.py`).
NEEDED_LINES = 0.75
# Grid points that may be missing there: a file cropped to 500-1800 begins and ends up to a pixel
# (2.5 cm-1) inside.
_MISSING_POINTS_ALLOWED = 4


def range_missing(spectrum: Spectrum, grid_spectrum: GridSpectrum) -> Reason | None:
    first_cm1, last_cm1 = needed_cm1(grid_spectrum.grid)
    grid_cm1 = grid_spectrum.grid.wavenumber_cm1
    present = grid_spectrum.valid[(grid_cm1 >= first_cm1) & (grid_cm1 <= last_cm1)]
    if len(present) - int(np.count_nonzero(present)) <= _MISSING_POINTS_ALLOWED:
        return None
    axis = spectrum.wavenumber_cm1
    text = f"The spectrum covers {axis[0]:.0f} to {axis[-1]:.0f} cm-1"
    if axis[0] <= first_cm1 and axis[-1] >= last_cm1:
        text += " with gaps"
    return Reason(
        "range",
        f"{text}; an identification needs {first_cm1:.0f} to {last_cm1:.0f} cm-1.",
        "Measure or export the whole range.",
    )


def lines_missing(spectrum: Spectrum, grid_spectrum: GridSpectrum, lines: Floats) -> Reason | None:
    """Whether enough of the library's lines was measured."""
    part = float(lines @ grid_spectrum.valid)
    if part >= NEEDED_LINES:
        return None
    axis = spectrum.wavenumber_cm1
    return Reason(
        "range",
        f"The spectrum covers {axis[0]:.0f} to {axis[-1]:.0f} cm-1, which shows {part:.0%} of the "
        f"library's lines; an identification needs {NEEDED_LINES:.0%}.",
        "Measure or export the whole range.",
    )


def needed_cm1(grid: WavenumberGrid) -> tuple[float, float]:
    """What a spectrum must cover for a model on `grid`: `NEEDED_CM1` as far as the grid has it,
    the whole grid where it has none of it."""
    first, last = max(NEEDED_CM1[0], grid.first_cm1), min(NEEDED_CM1[1], grid.last_cm1)
    return (first, last) if first < last else (grid.first_cm1, grid.last_cm1)
