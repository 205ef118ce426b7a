"""Pure compounds as test scenes see them: made apart from the references that models are built on.

The measured ones are read from the native files with a baseline of their own (SNIP: Ryan et al.
1988, clipping against the mean of both sides over growing windows) and a low-pass in Fourier space
at the resolution of their instrument, where the models' references have a local polynomial.
Next: `natives.py`, where the native files of a bundle are; `scenes.py`, which mixes the pures.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.inference.bundle import Bundle
from device.spectra.spectrum import Spectrum

Floats = npt.NDArray[np.float64]

FIRST_CM1, LAST_CM1 = 300.0, 2500.0  # unit maximum is meant over this range
MARGIN_CM1 = 60.0  # known beyond it, so that a shifted axis shows what was measured there
AXIS_CM1: Floats = np.arange(FIRST_CM1 - MARGIN_CM1, LAST_CM1 + MARGIN_CM1 + 1.0)
_INSIDE = (AXIS_CM1 >= FIRST_CM1) & (AXIS_CM1 <= LAST_CM1)
_SNIP_SMOOTHING_POINTS = 11
_SNIP_WINDOW_CM1 = 100  # wider than crowded bands, narrower than fluorescence
# Lines of this width hold next to nothing above these frequencies; what is there is noise of weak
# pures. Of other widths the frequencies go with the inverse.
_FILTERED_FWHM_CM1 = 8.5
_PASSED, _STOPPED = 0.08, 0.14  # cycles per cm-1


@dataclass(frozen=True, eq=False)
class Pures:
    """Unit-maximum spectra [C, len(AXIS_CM1)] of the compounds `names`."""

    names: tuple[str, ...]
    spectra: Floats
    fwhm_cm1: float  # of a sharp line in them
    from_references: tuple[str, ...] = ()  # those that are the very references of the models

    @property
    def inside(self) -> Floats:
        """[C, 2201], the part that models see."""
        return self.spectra[:, _INSIDE]

    @property
    def apart(self) -> bool:
        """Whether they differ from the references that the fit uses, all of them."""
        return not self.from_references


def pures_of(bundle: Bundle, natives: Mapping[str, Spectrum]) -> Pures:
    """The bundle's compounds: from their native files, or the reference where there is none."""
    references = references_of(
        bundle.manifest.compound_names, bundle.references, bundle.manifest.resolution_cm1
    )
    rows = [
        reference if name not in natives else raman_of(natives[name], references.fwhm_cm1)
        for name, reference in zip(references.names, references.spectra, strict=True)
    ]
    missing = tuple(name for name in references.names if name not in natives)
    return Pures(references.names, unit_maximum(np.stack(rows)), references.fwhm_cm1, missing)


def references_of(names: tuple[str, ...], references: npt.ArrayLike, fwhm_cm1: float) -> Pures:
    """References [C, 2201] as models have them, ends held."""
    held = int(MARGIN_CM1)
    rows = np.asarray(references, dtype=np.float64)
    return Pures(names, np.pad(rows, ((0, 0), (held, held)), mode="edge"), fwhm_cm1, names)


def raman_of(spectrum: Spectrum, fwhm_cm1: float) -> Floats:
    """Without baseline and without what is finer than the lines, on AXIS_CM1."""
    axis = spectrum.wavenumber_cm1
    counts = np.interp(AXIS_CM1, axis, spectrum.intensity)
    raman = np.maximum(low_pass(counts - snip(counts), fwhm_cm1), 0.0)
    # beyond what was measured the last value would be repeated
    result: Floats = np.where((axis[0] <= AXIS_CM1) & (axis[-1] >= AXIS_CM1), raman, 0.0)
    return result


def low_pass(counts: Floats, fwhm_cm1: float) -> Floats:
    """Nothing finer than the optics; the curve is taken to go on as its mirror image."""
    mirrored = np.concatenate([counts, counts[::-1]])
    finer = _FILTERED_FWHM_CM1 / fwhm_cm1
    passed, stopped = finer * _PASSED, finer * _STOPPED
    place = (np.fft.rfftfreq(len(mirrored)) - passed) / (stopped - passed)
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
