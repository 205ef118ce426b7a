"""Daylight, where no dark frame of the measurement's own says what of it is left.

A file of two columns has lost its dark frame (`stray_light.py`). Daylight that one of the two
frames saw leaves the solar and telluric lines (Ca II at 849.8, 854.2 and 866.2 nm; water vapour
near 823 and 900 to 980 nm), upwards or downwards. The fit is offered their shape in both signs and
takes it where it explains enough (`device/fit/first_look.py`).
Next: `device/answer/identifier.py`, which asks for it.
"""

from dataclasses import replace
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from device.spectra.resampling import WavenumberGrid
from device.spectra.response import EXCITATION_NM
from device.spectra.spectrum import GridSpectrum, Nuisance, Spectrum

Floats = npt.NDArray[np.float64]

DAYLIGHT = "daylight"
DAYLIGHT_IN_THE_DARK = "daylight in the dark frame"
_PART_SIGMA = 1.0  # of the spectrum's range: lines of daylight are no higher


def with_daylight(gridded: GridSpectrum, spectrum: Spectrum) -> GridSpectrum:
    """`gridded` with daylight of either sign as nuisances that may be absent, unless its own dark
    frame is at hand. Its axis is believed to be of the references' laser."""
    if spectrum.dark_counts is not None or spectrum.raw is not None:
        return gridded
    values = float(np.ptp(gridded.intensity)) * daylight(gridded.grid)
    offered = [
        Nuisance(name, sign * values, _PART_SIGMA, sought=True)
        for name, sign in ((DAYLIGHT, 1.0), (DAYLIGHT_IN_THE_DARK, -1.0))
    ]
    return replace(gridded, nuisances=(*gridded.nuisances, *offered))


@lru_cache(maxsize=8)
def daylight(grid: WavenumberGrid) -> Floats:
    """[G], as a silicon detector counts it, 1 high; read-only. Beyond the table it stays level."""
    table = resources.files("device.spectra").joinpath("daylight.csv").read_text()
    rows = [line.split(",") for line in table.splitlines() if line[:1].isdigit()]
    wavelength_nm, counts = np.array(rows, dtype=np.float64).T
    seen_nm = 1e7 / (1e7 / EXCITATION_NM - grid.wavenumber_cm1)
    values: Floats = np.interp(seen_nm, wavelength_nm, counts)
    values -= values.min()
    values /= values.max()
    values.flags.writeable = False
    return values
