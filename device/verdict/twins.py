"""A or B: compounds whose spectra are so alike that this one cannot tell them apart.

The fit gives every component a shift of its own, so of two near-identical references noise decides
which gets the amount and its evidence. Where the library holds such pairs, each of the two is
fitted in turn without the other; if chi squared differs by less than a threshold, neither is named.
Next: `identification.py`, which makes a reason of it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.fit.library import Library, LibraryFit
from device.inference.decision_numbers import DecisionNumbers
from device.spectra.spectrum import GridSpectrum
from device.verdict.scores import compound_terms, total

Bools = npt.NDArray[np.bool_]

SURE_LEAD = 2.0 * float(np.log(0.95 / 0.05))  # difference of chi squared: 95% for one of the two


@dataclass(frozen=True)
class Twins:
    """Indices of two compounds; the first fits a little better."""

    chosen: int
    other: int


def resolve_twins(
    spectrum: GridSpectrum,
    library: Library,
    fit: LibraryFit,
    asserted: Bools,
    numbers: DecisionNumbers,
) -> tuple[Bools, tuple[Twins, ...]]:
    """Compounds asserted after the look-alikes were compared, and the pairs that stay open.

    Args:
        fit: of the whole library to `spectrum`.
        asserted: bool[C], by that fit.
    """
    nobody = np.zeros(0)
    resolved = asserted.copy()
    open_pairs: list[Twins] = []
    for first, second in library.look_alikes:
        pair = [first, second]
        if not (fit.evidence[pair] > 0).any() and not resolved[pair].any():
            continue
        neither = resolved.copy()
        neither[pair] = False
        one, other = (_refit(spectrum, library, fit, neither, index) for index in pair)
        lead = _chi_squared(other, one.weight) - _chi_squared(one, one.weight)
        better, worse = pair if lead >= 0 else (second, first)
        best = one if lead >= 0 else other
        if not total(compound_terms(best, nobody, numbers))[better] > numbers.named_from:
            continue  # neither is needed
        resolved[worse] = False
        if abs(lead) >= SURE_LEAD:
            resolved[better] = True
        else:
            resolved[better] = False
            open_pairs.append(Twins(better, worse))
    return resolved, tuple(open_pairs)


def _refit(
    spectrum: GridSpectrum, library: Library, fit: LibraryFit, beside: Bools, index: int
) -> LibraryFit:
    only = beside.copy()
    only[index] = True
    return library.refit(spectrum, fit, only)


def _chi_squared(fit: LibraryFit, weight: npt.NDArray[np.float64]) -> float:
    """Under one weight for both fits: each fit's own weight falls with its own model error."""
    return float(weight @ np.square(fit.residual))
