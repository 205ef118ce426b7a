"""Scenes whose answers are certain: a pure compound, mixtures, lines of no compound, and both.

Next: `golden_spectra.py`, which keeps those that nothing can flip.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from device.inference.bundle import Bundle
from device.spectra.resampling import WavenumberGrid
from device.verdict.identification import Verdict

_FOREIGN_LINES: Final = 6
_FOREIGN_FWHM_CM1: Final = 12.0
_FOREIGN_SPACING_CM1: Final = 60.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scene:
    """Signal of unit maximum [G] and what makes a measurement of it."""

    verdict: Verdict
    names: frozenset[str]
    signal: Floats
    snr: float  # maximum of the signal over the noise of one point
    baseline: float  # its height at the first point, against the maximum of the signal


def _pure(bundle: Bundle, rng: np.random.Generator) -> Scene | None:
    return _mixture(bundle, rng, (1.0,), snr=300.0, baseline=0.1)


def _equal_parts(bundle: Bundle, rng: np.random.Generator) -> Scene | None:
    return _mixture(bundle, rng, (1.0, 1.0), snr=300.0, baseline=0.1)


def _unequal(bundle: Bundle, rng: np.random.Generator) -> Scene | None:
    return _mixture(bundle, rng, (1.0, 0.5, 0.25), snr=100.0, baseline=1.0)


def _foreign(bundle: Bundle, rng: np.random.Generator) -> Scene | None:
    lines = _foreign_lines(bundle, rng)
    return Scene(Verdict.UNKNOWN, frozenset(), lines, snr=300.0, baseline=0.1)


def _known_and_foreign(bundle: Bundle, rng: np.random.Generator) -> Scene | None:
    known = _pure(bundle, rng)
    if known is None:
        return None
    signal = known.signal + 0.6 * _foreign_lines(bundle, rng)
    return Scene(Verdict.PARTIAL, known.names, signal / signal.max(), snr=300.0, baseline=0.1)


def _mixture(
    bundle: Bundle,
    rng: np.random.Generator,
    parts: tuple[float, ...],
    snr: float,
    baseline: float,
) -> Scene | None:
    """Such parts of any compounds; None if the library has too few."""
    if len(parts) > len(bundle.references):
        return None
    chosen = rng.choice(len(bundle.references), len(parts), replace=False)
    signal = np.array(parts) @ bundle.references[chosen].astype(np.float64)
    names = frozenset(bundle.manifest.compound_names[index] for index in chosen)
    return Scene(Verdict.IDENTIFIED, names, signal / signal.max(), snr, baseline)


def _foreign_lines(bundle: Bundle, rng: np.random.Generator) -> Floats:
    """Lorentzian lines of unlike heights, where the references have least."""
    grid: WavenumberGrid = bundle.manifest.grid
    axis = grid.wavenumber_cm1
    highest = bundle.references.max(axis=0)
    margin = 2.0 * _FOREIGN_FWHM_CM1
    drawn = rng.uniform(grid.first_cm1 + margin, grid.last_cm1 - margin, 100)
    by_neighbours = sorted(
        drawn, key=lambda at: float(highest[np.abs(axis - at) < _FOREIGN_FWHM_CM1].max())
    )
    places: list[float] = []
    for at in by_neighbours:
        if all(abs(at - other) > _FOREIGN_SPACING_CM1 for other in places):
            places.append(float(at))
        if len(places) == _FOREIGN_LINES:
            break
    signal = np.zeros(grid.size)
    for at in places:
        distance = (axis - at) / (0.5 * _FOREIGN_FWHM_CM1)
        signal += rng.uniform(0.4, 1.0) / (1.0 + distance**2)
    result: Floats = signal / signal.max()
    return result


KINDS: Final = (_pure, _equal_parts, _unequal, _foreign, _known_and_foreign)
