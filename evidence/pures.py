"""Pure compounds as test scenes see them: made apart from the references that models are built on.

The measured ones are read from the native files with a baseline of their own (SNIP: Ryan et al.
1988, clipping against the mean of both sides over growing windows) and a low-pass in Fourier space
at the resolution of their instrument, where the models' references have a local polynomial.
Next: `scenes.py`, which mixes them.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from device.spectra.files.reading import read_spectrum
from train.library.file import LIBRARY_FOLDER
from train.library.references import TrainingLibrary, load_library
from train.recipe import read_toml

Floats = npt.NDArray[np.float64]

FIRST_CM1, LAST_CM1 = 300.0, 2500.0  # unit maximum is meant over this range
MARGIN_CM1 = 60.0  # known beyond it, so that a shifted axis shows what was measured there
AXIS_CM1: Floats = np.arange(FIRST_CM1 - MARGIN_CM1, LAST_CM1 + MARGIN_CM1 + 1.0)
_INSIDE = (AXIS_CM1 >= FIRST_CM1) & (AXIS_CM1 <= LAST_CM1)
_SNIP_SMOOTHING_POINTS = 11
_SNIP_WINDOW_CM1 = 100  # wider than crowded bands, narrower than fluorescence
# Lines 8.5 cm-1 wide hold next to nothing above this; what is there is noise of weak pures.
_PASSED, _STOPPED = 0.08, 0.14  # cycles per cm-1


@dataclass(frozen=True, eq=False)
class Pures:
    """Unit-maximum spectra [C, len(AXIS_CM1)] of the compounds `names`."""

    names: tuple[str, ...]
    spectra: Floats

    @property
    def inside(self) -> Floats:
        """[C, 2201], the part that models see."""
        return self.spectra[:, _INSIDE]


@lru_cache(maxsize=2)
def measured_pures(library: str) -> Pures:
    """The native files of a measured library; raises RecipeError, SpectrumFileError."""
    table = read_toml(LIBRARY_FOLDER / f"{library}.toml")
    names = tuple(str(entry["name"]) for entry in table["compound"])
    rows = []
    for name in names:
        spectrum = read_spectrum(LIBRARY_FOLDER / table["folder"] / f"{name}.txt")
        counts = np.interp(AXIS_CM1, spectrum.wavenumber_cm1, spectrum.intensity)
        rows.append(np.maximum(low_pass(counts - snip(counts)), 0.0))
    return Pures(names, unit_maximum(np.stack(rows)))


def library_references(library: str) -> Pures:
    """The references as models have them, ends held: where a rival knows the very spectra."""
    return references_of(load_library(library))


def references_of(loaded: TrainingLibrary) -> Pures:
    """The same of a library that was read already."""
    held = int(MARGIN_CM1)
    spectra = np.pad(loaded.references.astype(np.float64), ((0, 0), (held, held)), mode="edge")
    return Pures(loaded.names, spectra)


def low_pass(counts: Floats) -> Floats:
    """Nothing finer than the optics; the curve is taken to go on as its mirror image."""
    mirrored = np.concatenate([counts, counts[::-1]])
    place = (np.fft.rfftfreq(len(mirrored)) - _PASSED) / (_STOPPED - _PASSED)
    kept = 0.5 + 0.5 * np.cos(np.pi * np.clip(place, 0.0, 1.0))
    return np.fft.irfft(np.fft.rfft(mirrored) * kept, len(mirrored))[: len(counts)]


def unit_maximum(spectra: Floats) -> Floats:
    result: Floats = spectra / spectra[:, _INSIDE].max(axis=1, keepdims=True)
    return result


def snip(counts: Floats, window: int = _SNIP_WINDOW_CM1) -> Floats:
    """The baseline under `counts`, at steps of 1 cm-1; smoothed first, or noise pulls it down."""
    kernel = np.full(_SNIP_SMOOTHING_POINTS, 1.0 / _SNIP_SMOOTHING_POINTS)
    padded = np.pad(counts, _SNIP_SMOOTHING_POINTS // 2, mode="edge")
    baseline = np.convolve(padded, kernel, mode="valid")
    for reach in range(window, 0, -1):
        sides = 0.5 * (baseline[: -2 * reach] + baseline[2 * reach :])
        baseline[reach:-reach] = np.minimum(baseline[reach:-reach], sides)
    return baseline
