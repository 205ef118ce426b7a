"""Mixing for a large library, of which every spectrum holds a few compounds only.

`ReferenceBank` multiplies by every compound in all its directions; beyond some dozen of compounds
nearly all of that is multiplication by zero. Here the present ones alone are bent and added up:
time follows the components of a spectrum, not the library, and a quarter of the memory does.
Next: `generator.py`, which chooses.
"""

import numpy as np

from train.library.references import Singles, TrainingLibrary
from train.recipe import DistortionSettings, MixtureSettings
from train.spectra.distortions import (
    LARGEST_COMPOUND_SHIFT_CM1,
    line_widths,
    smooth_windows,
)

_ROWS = 32  # mixed at once: their components stay in the processor's cache
_WORTHWHILE = 6  # compounds of the library for every component of the fullest spectrum


def worthwhile(compound_count: int, settings: MixtureSettings) -> bool:
    """Whether few enough compounds take part in a spectrum."""
    return compound_count >= _WORTHWHILE * len(settings.component_count_weights)


class SparseBank:
    """The same distortions as `ReferenceBank`, from a stream of its own."""

    def __init__(self, library: TrainingLibrary, settings: DistortionSettings) -> None:
        self.settings = settings
        # [levels, C, G + 2 * MARGIN] each
        self._references = np.stack(list(line_widths(library, settings)))
        self._slope = np.gradient(self._references, axis=2)
        self._curve = np.gradient(self._slope, axis=2)
        self._windows = smooth_windows(library.wide.shape[1])

    def mix(self, rng: np.random.Generator, shares: Singles) -> Singles:
        """float32[N, C] shares -> float32[N, G + 2 * MARGIN] mixtures; see `ReferenceBank.mix`."""
        row, compound = np.nonzero(shares)
        settings = self.settings
        shift = rng.normal(0.0, settings.compound_shift_cm1, (len(row), 1)).astype(np.float32)
        shift = np.clip(shift, -LARGEST_COMPOUND_SHIFT_CM1, LARGEST_COMPOUND_SHIFT_CM1)
        bend = rng.normal(0.0, settings.intensity_jitter, (len(row), len(self._windows))).astype(
            np.float32
        )
        bend = np.clip(bend, -0.5, 0.5)
        level = rng.integers(len(self._references), size=len(shares))[row]
        share = shares[row, compound][:, None]
        mixed = np.zeros((len(shares), self._references.shape[2]), dtype=np.float32)
        for start in range(0, len(shares), _ROWS):
            part = slice(*np.searchsorted(row, (start, start + _ROWS)))
            which = level[part], compound[part]
            component = (1 + bend[part] @ self._windows) * self._references[which]
            component -= shift[part] * self._slope[which]
            component += 0.5 * shift[part] ** 2 * self._curve[which]
            component *= share[part]
            present, first = np.unique(row[part], return_index=True)
            if len(present):
                mixed[present] = np.add.reduceat(component, first, axis=0)
        return np.maximum(mixed, 0, out=mixed)
