"""Response factors from mixtures taken as equal parts: thirteen scalars and nothing else.

A pure's height tells its response only if cell, focus and laser were the same for all pures; for
two of the solvents they were not. In a mixture all components share them. With equal volumes the
amount that the library fit finds of a component is its factor times a number of the mixture:
log amount = log factor + log mixture, solved by least squares over all mixtures. That the parts
are equal is an assumption (`data/README.md`), so each factor carries the scatter it shows.
Next: `libraries/solvents13.toml`, where the factors stand; `validation/response_fit.py`, factors
from mixtures of any known parts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.fit.library import Library
from device.inference.bundle import Bundle
from device.spectra.spectrum import to_grid
from train.library.log_ratios import LogSignals, normal_equations, residuals
from train.library.measured import EQUAL_PARTS, MeasuredSpectrum, measured_spectra

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Amounts:
    """What the fit found in one mixture of equal parts."""

    mixture: str
    components: npt.NDArray[np.intp]  # indices into the library
    coefficients: Floats  # of unit-maximum references, one for each of `components`


@dataclass(frozen=True, eq=False)
class Response:
    """[C] each; NaN for compounds that no mixture holds."""

    factors: Floats  # relative to the largest
    relative_sd: Floats  # scatter of single mixtures around the factor


def amounts_in(bundle: Bundle) -> list[Amounts]:
    """Fit the labelled components, and only these, to every mixture of equal parts."""
    library = Library(bundle.references)
    names = [compound.name for compound in bundle.manifest.compounds]
    return [
        _amounts(measured, library, names, bundle)
        for measured in measured_spectra(bundle.manifest)
        if measured.group in EQUAL_PARTS and len(measured.expected) > 1
    ]


def _amounts(
    measured: MeasuredSpectrum, library: Library, names: list[str], bundle: Bundle
) -> Amounts:
    spectrum = to_grid(measured.spectrum, bundle.manifest.grid)
    only = np.array([name in measured.expected for name in names])
    fit = library.refit(spectrum, library.fit(spectrum), only)
    found = np.flatnonzero(only & (fit.coefficients > 0))
    return Amounts(measured.name, found, fit.coefficients[found])


def solve_response(mixtures: list[Amounts], count: int) -> Response:
    """Least squares on logarithms; at least one mixture for every compound that is to be known."""
    logs = np.full((len(mixtures), count), np.nan)
    for row, mixture in zip(logs, mixtures, strict=True):
        row[mixture.components] = np.log(mixture.coefficients)
    signals = LogSignals(logs, np.ones_like(logs))
    nothing = np.zeros(count)
    solution = normal_equations(signals, np.ones(len(mixtures))).solve(nothing, nothing)
    left, seen = residuals(signals, solution), signals.seen
    known = seen.any(axis=0)
    scatter = np.sqrt((left**2).sum(axis=0) / np.maximum(seen.sum(axis=0), 1))
    factors = np.exp(solution - solution[known].max())
    return Response(np.where(known, factors, np.nan), np.where(known, scatter, np.nan))


def leave_one_out_errors(mixtures: list[Amounts], count: int) -> Floats:
    """Mean absolute error of volume fraction in each mixture, by factors made without it.

    Against 1/n, which a constant answer would meet as well: it judges the factors, not the rule.
    """
    errors = []
    for number, mixture in enumerate(mixtures):
        others = mixtures[:number] + mixtures[number + 1 :]
        factors = solve_response(others, count).factors[mixture.components]
        volumes = mixture.coefficients / factors
        errors.append(np.abs(volumes / volumes.sum() - 1.0 / len(volumes)).mean())
    return np.array(errors)
