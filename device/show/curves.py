"""The fit as curves over the measured spectrum, for plots and reports.

The fit itself works on derivatives and never needs these; they are drawn on demand.
Next: `plot.py`, which puts them on paper.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from device.fit.library import LibraryFit
from device.spectra.noise import MAD_TO_SIGMA
from device.spectra.spectrum import GridSpectrum

if TYPE_CHECKING:
    from device.answer.answer import Answer
    from device.field_library.compound import FieldCompound
    from device.inference.bundle import Bundle

Floats = npt.NDArray[np.float64]

_BASELINE_TERMS = 9  # cosines over the measured range
_BASELINE_ROUNDS = 8


@dataclass(frozen=True, eq=False)
class FitCurves:
    """All curves float64[G] in the unit of the measurement; NaN where nothing was measured.

    measured = baseline + sum of nuisances + sum of components + residual.
    """

    wavenumber_cm1: Floats
    measured: Floats
    baseline: Floats
    components: dict[str, Floats]  # without baseline, in the order of `names`
    nuisances: dict[str, Floats]
    residual: Floats

    def explained(self, names: Iterable[str]) -> Floats:
        """[G], what these components add up to; what is not asserted stays in the residual."""
        total = np.zeros_like(self.measured)
        for name in names:
            total += self.components[name]
        return total

    @property
    def ground(self) -> Floats:
        """[G], what the components stand on: baseline and nuisances."""
        result: Floats = np.sum([self.baseline, *self.nuisances.values()], axis=0)
        return result


def curves_of(
    answer: "Answer", bundle: "Bundle", field_compounds: "Sequence[FieldCompound]" = ()
) -> FitCurves | None:
    """The curves of an answer; None where nothing is asserted: a curve would name it after all.

    `bundle` is the one that answered, with `field_compounds` beside its own.
    """
    fit = answer.identification.fit
    if fit is None or not answer.identification.components:
        return None
    names = [*bundle.manifest.compound_names, *(entry.name for entry in field_compounds)]
    grid = bundle.manifest.grid
    extra = [entry.reference_on(grid)[None] for entry in field_compounds]
    references = np.concatenate([bundle.references, *extra]).astype(np.float64)
    return fit_curves(answer.gridded, fit, references, names)


def fit_curves(
    spectrum: GridSpectrum, fit: LibraryFit, references: Floats, names: list[str]
) -> FitCurves:
    """Curves of the components with a coefficient; references [C, G], names [C]."""
    components = {
        names[i]: fit.coefficients[i]
        * fit.response
        * _moved(
            references[i],
            fit.axis_error_cm1 + fit.own_shift_cm1[i],
            fit.width_cm2 + fit.own_width_cm2[i],
        )
        for i in np.argsort(-fit.coefficients)
        if fit.coefficients[i] > 0
    }
    nuisances: dict[str, Floats] = {}
    for one, part in zip(spectrum.nuisances, fit.nuisance_parts, strict=False):
        if part:
            nuisances[one.name] = nuisances.get(one.name, 0.0) + part * one.values
    drawn = [*components.values(), *nuisances.values()]
    total = np.sum(drawn, axis=0) if drawn else 0.0
    baseline = _baseline(spectrum.intensity - total, spectrum.valid)
    missing = np.where(spectrum.valid, 0.0, np.nan)
    return FitCurves(
        wavenumber_cm1=spectrum.grid.wavenumber_cm1,
        measured=spectrum.intensity + missing,
        baseline=baseline + missing,
        components=components,
        nuisances=nuisances,
        residual=spectrum.intensity - total - baseline + missing,
    )


def _moved(reference: Floats, shift_cm1: Floats, variance_cm2: float) -> Floats:
    """A reference where and as wide as the fit saw it; it cannot be made narrower than it is."""
    position = np.arange(len(reference), dtype=np.float64)
    moved = np.interp(position - shift_cm1, position, reference)
    if variance_cm2 <= 0.25:  # a kernel narrower than half a grid step does nothing
        return moved
    reach = int(np.ceil(4.0 * np.sqrt(variance_cm2)))
    kernel = np.exp(-0.5 * np.arange(-reach, reach + 1) ** 2 / variance_cm2)
    padded = np.pad(moved, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _baseline(rest: Floats, valid: npt.NDArray[np.bool_]) -> Floats:
    """A smooth curve under what the components leave, pulled up little by lines nobody named."""
    angle = np.linspace(0.0, np.pi, len(rest))
    basis = np.cos(np.arange(_BASELINE_TERMS)[:, None] * angle)
    weight = valid.astype(np.float64)
    curve = np.zeros_like(rest)
    for _ in range(_BASELINE_ROUNDS):
        weighted = basis * weight
        curve = np.linalg.solve(weighted @ basis.T, weighted @ rest) @ basis
        above = rest - curve
        spread = MAD_TO_SIGMA * float(np.median(np.abs(above[valid]))) + 1e-300
        distance = above / np.where(above > 0, 2.0 * spread, 4.0 * spread)
        weight = valid / (1.0 + distance**2)
    return curve
