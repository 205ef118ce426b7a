"""How a silicon detector sees Raman lines: their relative heights depend on who measured them.

References are counts of a silicon detector behind a 785 nm laser, which sees less and less towards
1,000 nm. A spectrum corrected to relative Raman intensity (ASTM E2911), or one taken with a shorter
wavelength, has its lines beyond 2,000 cm-1 several times as high. Weighed with this curve it is as
the references are. Where no header says that it is corrected, both are tried.
Next: `device/fit/library.py`, which tries them.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import GridSpectrum, Spectrum

Floats = npt.NDArray[np.float64]

EXCITATION_NM = 785.0  # of the references
# Absorption of silicon at 300 K (Green, Sol. Energy Mater. Sol. Cells 2008, 92, 1305), per cm.
_WAVELENGTH_NM: tuple[float, ...] = (
    780.0,
    800.0,
    820.0,
    840.0,
    860.0,
    880.0,
    900.0,
    920.0,
    940.0,
    960.0,
    980.0,
)
_WAVELENGTH_NM += (1000.0, 1020.0, 1040.0, 1060.0)
_ABSORPTION_PER_CM: tuple[float, ...] = (
    981.0,
    850.0,
    707.0,
    591.0,
    480.0,
    383.0,
    306.0,
    240.0,
    183.0,
    134.0,
    95.9,
)
_ABSORPTION_PER_CM += (64.0, 39.9, 22.6, 11.1)
_THICKNESS_CM = 15e-4  # of the layer that a back-thinned CCD has: 10 to 20 um (maker's notes)


@lru_cache(maxsize=8)
def silicon_response(grid: WavenumberGrid) -> Floats:
    """[G], part of the light that such a layer absorbs, relative to its best; read-only."""
    wavelength_nm = 1e7 / (1e7 / EXCITATION_NM - grid.wavenumber_cm1)
    absorption = np.interp(wavelength_nm, _WAVELENGTH_NM, _ABSORPTION_PER_CM)
    seen = 1.0 - np.exp(-absorption * _THICKNESS_CM)
    result: Floats = seen / seen.max()
    result.flags.writeable = False
    return result


def said_corrected(spectrum: Spectrum) -> bool | None:
    """Whether its file's header says that the intensities are corrected, or the calibration page of
    its analyzer corrected them; None: neither says anything.

    Counts may come from another detector than the references' all the same, such as a
    deep-depletion CCD, which sees as much at 1,000 nm as a corrected spectrum shows.
    """
    if spectrum.raw is not None and spectrum.raw.calibration.response:
        return True
    return None if spectrum.taken is None else spectrum.taken.intensity_corrected


def weighed(gridded: GridSpectrum) -> GridSpectrum:
    """A corrected spectrum as a silicon detector sees it, with all that is known beside it."""
    response = silicon_response(gridded.grid)
    return replace(
        gridded,
        intensity=gridded.intensity * response,
        variance=gridded.variance * response**2,
        white_variance=gridded.white_variance * response**2,
        nuisances=tuple(replace(one, values=one.values * response) for one in gridded.nuisances),
        weighed=True,
    )
