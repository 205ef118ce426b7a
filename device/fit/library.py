"""How much of each reference explains the spectrum, and what is left that none explains.

Two steps: a common shift and line width (`search.py`), then amounts with a little freedom
for each component (`flexible.py`), both on derivatives without baseline (`derivative.py`).
Next: `verdict/identification.py`, which turns fit and network into a verdict; `show/curves.py`
draws it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.derivative import (
    SMOOTHING_CM1,
    away_from,
    derivative_kernel,
    fitted_window,
    kernel_variances,
    noise_of_derivative,
    shifted,
    smoothed_derivative,
    without_baseline,
)
from device.fit.flexible import LARGEST_MODEL_ERROR, FlexibleFit
from device.fit.reference_lines import Derivatives, line_parts, look_alikes
from device.fit.search import ShiftSearch
from device.fit.spikes import spikes_in
from device.spectra.spectrum import GridSpectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A larger error of the axis is worth a second fit that starts from it: lines move too far for one.
_ALIGNED_CM1 = 0.5

# Where noise hides how lines differ from the references', nothing is lost by smoothing more, and
# weak components stand out: a line of 12 cm-1 shows best in noise smoothed by its own width.
_SMOOTHING_IN_NOISE_CM1 = 5.0
_NOISE_RULES = 0.5  # from this `noise_part` on, where the fit matches better than this:
_MATCHED_MODEL_ERROR = 0.05

# So far a smoothed derivative shows what a cosmic ray hid, in sigmas of its kernel.
_HIDDEN_SIGMAS = 2.0

_FLAT = 1e-9  # a derivative below this part of the intensity is rounding


@dataclass(frozen=True, eq=False)
class LibraryFit:
    """The answer for one spectrum; arrays have one entry per reference, C in all."""

    coefficients: Floats  # of references scaled to unit maximum, in the spectrum's unit
    coefficient_sd: Floats
    precision: Floats  # [C, C], inverse covariance of the coefficients, absent ones included
    pull: Floats  # by how much the data ask for more of it; negative: they speak against it
    evidence: Floats  # rise of chi squared when the component is left out
    visible: Floats  # 0-1: part of the component's lines within what was measured
    support: Floats  # 0-1: part of the component's own lines that the spectrum really has
    own_shift_cm1: Floats
    own_width_cm2: Floats
    shift_cm1: float  # measured axis minus reference axis
    stretch_cm1: float  # beyond the shift at the last grid point; its negative at the first
    width_cm2: float  # extra variance of the measured lines; negative: narrower
    smoothing_cm1: float  # sigma of the kernel that data and references were smoothed with
    noise_part: float  # 0-1 of what may be wrong where the lines are; the rest is misfit
    spike_part: float  # of the derivative's energy that was spikes, taken out before
    model_error: float  # misfit beyond noise, of the signal; see residual.py
    explained: float  # part of the derivative's energy; may be negative for nonsense
    misfit: float  # 0-1: part of the derivative's energy left over beyond noise
    unexplained: float  # 0-1: foreign amplitude against all amplitude
    lone_line: float  # 0-1: foreign line away from all others, against the strongest of all
    response: Floats  # [G], of this instrument against that of the references; 1 where not fitted
    weight: Floats  # [G], of each point's squared residual in chi squared; zero where not fitted
    residual: Floats  # [G], smoothed derivative domain; zero where not fitted
    foreign: Floats  # [G], the part of the residual that counts as foreign

    @property
    def shares(self) -> Floats:
        """[C], 0-1 of all amounts; zeros where nothing was found."""
        return self.coefficients / max(float(self.coefficients.sum()), 1e-300)

    @property
    def axis_error_cm1(self) -> Floats:
        """[G], measured axis minus reference axis."""
        return self.shift_cm1 + self.stretch_cm1 * _ramp(len(self.residual))

    @property
    def bent_cm1(self) -> float:
        """How far the components sit from their references' places: root mean square own shift,
        by amount. Liquids that interact, or a mixture on another instrument, reach 0.3 and more.
        """
        total = float(self.coefficients.sum())
        if total <= 0:
            return 0.0
        return float(np.sqrt(self.coefficients @ np.square(self.own_shift_cm1) / total))


class Library:
    """References prepared for fitting; build once per model.

    Args:
        references: [C, G] on the model grid at 1 cm-1, unit maximum.
    """

    def __init__(self, references: npt.NDArray[np.floating[Any]]) -> None:
        self.references: Floats = np.asarray(references, dtype=np.float64)
        self._points = self.references.shape[1]
        self._derivative = Derivatives(self.references)
        narrowest = self._derivative[SMOOTHING_CM1**2]
        self.look_alikes = look_alikes(narrowest)
        self._lines = line_parts(np.square(narrowest))

    def fit(self, spectrum: GridSpectrum) -> LibraryFit:
        """Fit all references to `spectrum`; never fails on a finite spectrum."""
        window = fitted_window(spectrum.valid)
        scale = float(np.abs(spectrum.intensity).max())
        if not window.any() or scale <= 0:
            return self._nothing()
        shift, width = self._search(spectrum, window, scale).run()
        everything = np.ones(len(self.references), dtype=np.bool_)
        fit = self._fit_at(spectrum, shift, 0.0, width, SMOOTHING_CM1, everything)
        if abs(fit.shift_cm1 - shift) + abs(fit.stretch_cm1) > _ALIGNED_CM1:
            fit = self.refit(spectrum, fit, everything)
        if fit.noise_part > _NOISE_RULES and fit.model_error < _MATCHED_MODEL_ERROR:
            fit = self.refit(spectrum, fit, everything, _SMOOTHING_IN_NOISE_CM1)
        return fit

    def far_shift(self, spectrum: GridSpectrum) -> tuple[float, float]:
        """Best shift beyond the one that `fit` looks for, and the part of the energy explained."""
        window = fitted_window(spectrum.valid)
        scale = float(np.abs(spectrum.intensity).max())
        if not window.any() or scale <= 0:
            return 0.0, 0.0
        return self._search(spectrum, window, scale).far_away()

    def refit(
        self,
        spectrum: GridSpectrum,
        fit: LibraryFit,
        only: Bools,
        smoothing_cm1: float | None = None,
    ) -> LibraryFit:
        """Fit again with the components `only`, on the axis, at the width and, unless told
        otherwise, with the smoothing already found."""
        smoothing = fit.smoothing_cm1 if smoothing_cm1 is None else smoothing_cm1
        return self._fit_at(
            spectrum, fit.shift_cm1, fit.stretch_cm1, fit.width_cm2, smoothing, only
        )

    def _search(self, spectrum: GridSpectrum, window: Bools, scale: float) -> ShiftSearch:
        variance = spectrum.white_variance / scale**2
        return ShiftSearch(self._derivative, spectrum.intensity / scale, variance, window)

    def _fit_at(
        self,
        spectrum: GridSpectrum,
        shift: float,
        stretch: float,
        width: float,
        smoothing: float,
        only: Bools,
    ) -> LibraryFit:
        """Shift and stretch are where to start from: the fit finds what is left of them."""
        window = fitted_window(spectrum.valid)
        scale = float(np.abs(spectrum.intensity).max())
        intensity = spectrum.intensity / scale

        variance, data_variance = kernel_variances(smoothing, width)
        data = smoothed_derivative(intensity[None], data_variance)[0]
        ramp = _ramp(self._points)
        aside = shift + stretch * ramp
        data = without_baseline(shifted(data, aside)[window])
        if np.abs(data).max() < _FLAT:
            return self._nothing()
        noise = noise_of_derivative(spectrum.white_variance / scale**2, data_variance)
        noise = shifted(noise, aside)[window]
        known = away_from(spectrum.struck, _HIDDEN_SIGMAS * np.sqrt(data_variance))
        known = shifted(known.astype(np.float64), aside)[window] == 1.0
        columns = without_baseline(self._derivative[variance][:, window] * only[:, None])
        flexible = FlexibleFit(columns, data, noise, known, smoothing, ramp[window])
        flexible.run()
        kernel = derivative_kernel(data_variance)
        spikes = spikes_in(flexible.residual.values, kernel, float(np.abs(data).max()))
        if spikes.any():
            flexible = FlexibleFit(columns, data - spikes, noise, known, smoothing, ramp[window])
            flexible.run()
        left = flexible.residual
        residual, foreign = np.zeros(self._points), np.zeros(self._points)
        response = np.ones(self._points)
        response[window] = flexible.response
        weight = np.zeros(self._points)
        weight[window] = flexible.weight()
        residual[window] = left.values
        foreign[window] = left.foreign
        return LibraryFit(
            coefficients=flexible.coefficients * scale,
            coefficient_sd=flexible.standard_deviation() * scale,
            precision=flexible.precision() / scale**2,
            pull=flexible.pull() / scale,
            evidence=flexible.evidence(),
            visible=self._lines @ window,
            support=flexible.support(),
            own_shift_cm1=flexible.own_shift,
            own_width_cm2=flexible.own_width,
            shift_cm1=shift + float(flexible.axis_error_cm1[0]),
            stretch_cm1=stretch + float(flexible.axis_error_cm1[1]),
            width_cm2=width,
            smoothing_cm1=smoothing,
            noise_part=flexible.noise_part(),
            spike_part=float(spikes @ spikes) / float(data @ data),
            model_error=flexible.model_error,
            explained=left.explained(),
            misfit=left.misfit(),
            unexplained=left.unexplained(),
            lone_line=left.lone_line(),
            response=response,
            weight=weight / scale**2,
            residual=residual * scale,
            foreign=foreign * scale,
        )

    def _nothing(self) -> LibraryFit:
        none = np.zeros(len(self.references))
        flat = np.zeros(self._points)
        return LibraryFit(
            coefficients=none,
            coefficient_sd=none,
            precision=np.zeros((len(none), len(none))),
            pull=none,
            evidence=none,
            visible=none,
            support=none,
            own_shift_cm1=none,
            own_width_cm2=none,
            shift_cm1=0.0,
            stretch_cm1=0.0,
            width_cm2=0.0,
            smoothing_cm1=SMOOTHING_CM1,
            noise_part=0.0,
            spike_part=0.0,
            model_error=LARGEST_MODEL_ERROR,
            explained=0.0,
            misfit=1.0,
            unexplained=1.0,
            lone_line=0.0,
            response=np.ones(self._points),
            weight=flat,
            residual=flat,
            foreign=flat,
        )


@lru_cache(maxsize=8)
def _ramp(points: int) -> Floats:
    result = np.linspace(-1.0, 1.0, points)
    result.flags.writeable = False
    return result
