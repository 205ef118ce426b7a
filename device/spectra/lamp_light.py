"""Light of lamps in the room, which a covered probe would not see: where its lines stand is known.

A lamp that shines on the lit frame alone is in no dark frame (`stray_light.py`). Its lines lie at
wavelengths of their own, so the fit is offered all lines of one lamp at once, where most of them
are there, and takes them where they explain enough (`device/fit/first_look.py`). Only counts of a
known laser have wavelengths.
Next: `device/answer/identifier.py`, which asks for it.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import GridSpectrum, Nuisance, Spectrum
from firmware_bridge.lamp_lines import ARGON_AIR_NM, NEON_AIR_NM, vacuum_from_air_nm

Floats = npt.NDArray[np.float64]

_LAMPS = {"neon lamp": NEON_AIR_NM, "argon lamp": ARGON_AIR_NM}
_FWHM_TO_SIGMA = 0.42466
_PART_SIGMA = 1.0  # of the spectrum's range: no line of a lamp is much higher

# A line's contrast is its height over the mean of the points this far on both sides. Lines below
# this part of the lamp's strongest are not asked for, nor is a lamp of which the grid has few.
_CONTRAST_POINTS = 12
_SMALLEST_LINE = 0.08
_FEWEST_LINES = 5
# A lamp is offered to the fit where this part of its lines rises above their noise, and all without
# the strongest by this many times the noise of their sum: one line alone is a substance's
# (cyclohexane's strongest stands where neon's does).
_THERE = 0.5
_THERE_SIGMAS = 1.0
_SUM_SIGMAS = 5.0


@dataclass(frozen=True, eq=False)
class _Lamp:
    """One lamp as one laser and one grid see it."""

    name: str
    shape: Floats  # [G], the strongest line 1 high
    places: npt.NDArray[np.intp]  # [K], of lines that are asked for, the strongest first
    contrasts: Floats  # [K], of the shape there


def with_lamps(gridded: GridSpectrum, spectrum: Spectrum) -> GridSpectrum:
    """`gridded` with the lines of lamps that may be in it as nuisances."""
    if spectrum.raw is None:
        return gridded
    page = spectrum.raw.calibration
    found: dict[str, tuple[float, _Lamp]] = {}
    for lamp in _lamps(page.excitation_nm, page.resolution_cm1, gridded.grid):
        sure = _sureness(lamp, gridded)
        if sure > found.get(lamp.name, (_SUM_SIGMAS,))[0]:
            found[lamp.name] = (sure, lamp)
    if not found:
        return gridded
    height = float(np.ptp(gridded.intensity))
    offered = [
        Nuisance(lamp.name, height * lamp.shape, _PART_SIGMA, sought=True)
        for _, lamp in found.values()
    ]
    return replace(gridded, nuisances=(*gridded.nuisances, *offered))


def _sureness(lamp: _Lamp, gridded: GridSpectrum) -> float:
    """Sum of the lines without the strongest, in sigmas; 0 where too few are there."""
    seen = _contrasts(gridded.intensity, lamp.places)
    sigma = np.sqrt(1.5 * gridded.variance[lamp.places])
    if np.count_nonzero(seen > _THERE_SIGMAS * sigma) < _THERE * len(seen):
        return 0.0
    others = lamp.contrasts[1:]
    noise = float(np.linalg.norm(others * sigma[1:]))
    return float(others @ seen[1:]) / max(noise, 1e-300)


def _contrasts(values: Floats, places: npt.NDArray[np.intp]) -> Floats:
    beside = values[places - _CONTRAST_POINTS] + values[places + _CONTRAST_POINTS]
    result: Floats = values[places] - 0.5 * beside
    return result


@lru_cache(maxsize=8)
def _lamps(excitation_nm: float, resolution_cm1: float, grid: WavenumberGrid) -> tuple[_Lamp, ...]:
    """Pages of this protocol state wavelengths in vacuum; those of some files are in air, and a
    lamp's lines then stand 3 cm-1 beside: each lamp is looked for in both places."""
    axis, sigma = grid.wavenumber_cm1, _FWHM_TO_SIGMA * resolution_cm1
    result = []
    for name, lines in _LAMPS.items():
        for in_air in (False, True):
            seen_nm = np.array([nm if in_air else vacuum_from_air_nm(nm) for nm, _ in lines])
            places_cm1 = 1e7 / excitation_nm - 1e7 / seen_nm
            heights = np.array([height for _, height in lines])
            apart = (axis - places_cm1[:, None]) / sigma
            shape = heights @ np.exp(-0.5 * np.square(apart))
            places = np.rint((places_cm1 - grid.first_cm1) / grid.step_cm1).astype(np.intp)
            inside = (places >= _CONTRAST_POINTS) & (places < grid.size - _CONTRAST_POINTS)
            places = places[inside]
            contrasts = _contrasts(shape, places)
            asked = np.argsort(-contrasts)[: np.count_nonzero(contrasts > _SMALLEST_LINE)]
            if len(asked) >= _FEWEST_LINES:
                result.append(_Lamp(name, shape, places[asked], contrasts[asked]))
    return tuple(result)
