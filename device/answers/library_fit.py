"""How much of each reference explains the spectrum, and what is left that none explains.

The fit works on smoothed first derivatives, where baselines vanish. It lets the axis be off by a
common shift, the lines be wider or narrower than the references', and every component sit up to
3 cm-1 beside its pure position, as bands do when liquids mix. It is weighted by what may be
wrong: detector noise, and a tenth of whatever signal stands nearby, because strong lines never
fit to better than that on another instrument. So evidence for a weak component counts only where
that component has lines of its own.

Next: `identification.py`, which turns fit and network into a verdict; `fit_curves.py` draws it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.answers.nonnegative import solve_nonnegative
from device.spectra.spectrum import GridSpectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Sigma of the derivative kernel, cm-1. Wider smears neighbouring lines, narrower lets noise in.
SMOOTHING_CM1 = 3.0
SHIFT_LIMIT_CM1 = 6  # a larger offset is an axis out of calibration, not a shift
_OWN_SHIFT_SIGMA_CM1 = 1.0  # prior of a component's shift in a mixture
_OWN_SHIFT_LIMIT_CM1 = 3.0
_OWN_WIDTH_SIGMA_CM2 = 6.0  # prior of a component's extra line variance
_OWN_WIDTH_LIMITS_CM2 = (-8.0, 12.0)
# Extra variance (sigma squared, cm-2) of the measured lines over the references': from lines of
# 5 cm-1 full width to lines of 14 beside references of 8.5.
_WIDTH_LADDER_CM2 = (-12.0, -9.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 9.0, 13.0, 18.0, 24.0)
_MODEL_ERROR = 0.10  # of the signal nearby; dominates noise near strong lines
_MODEL_ERROR_FLOOR = 0.004  # of the largest derivative, everywhere
_NEARBY_POINTS = 25
_CORRELATED_POINTS = 8.0  # neighbours in the smoothed derivative that carry one piece of evidence
_REWEIGHTINGS = 5
_MARGIN_CM1 = 10  # beside an end of the measured range the kernel sees padding

# What counts as foreign: residual beyond this part of the signal nearby and this part of the
# largest derivative. Mixing and another instrument stay below, a foreign line does not.
_FOREIGN_NEARBY = 0.30
_FOREIGN_FLOOR = 0.03
_FOREIGN_POINTS = 31
# A component is supported where its own lines are, if the residual there stays under this part
# of the fitted signal.
_SUPPORT_RESIDUAL = 0.40
_SUPPORT_FIT_POINTS = 9


@dataclass(frozen=True, eq=False)
class LibraryFit:
    """The answer for one spectrum; arrays have one entry per reference, C in all."""

    coefficients: Floats  # of references scaled to unit maximum, in the spectrum's unit
    coefficient_sd: Floats
    evidence: Floats  # rise of chi squared when the component is left out
    support: Floats  # 0-1: part of the component's own lines that the spectrum really has
    own_shift_cm1: Floats
    own_width_cm2: Floats
    shift_cm1: float  # measured axis minus reference axis
    width_cm2: float  # extra variance of the measured lines; negative: narrower
    explained: float  # part of the derivative's energy; may be negative for nonsense
    unexplained: float  # 0-1: foreign amplitude against all amplitude
    residual: Floats  # [G], smoothed derivative domain; zero where not fitted
    foreign: Floats  # [G], the part of the residual that counts as foreign


class Library:
    """References prepared for fitting; build once per model.

    Args:
        references: [C, G] on the model grid at 1 cm-1, unit maximum.
    """

    def __init__(self, references: npt.NDArray[np.floating]) -> None:
        self.references: Floats = np.asarray(references, dtype=np.float64)
        self._points = self.references.shape[1]
        self._derivative = {
            width: smoothed_derivative(self.references, SMOOTHING_CM1**2 + max(width, 0.0))
            for width in _WIDTH_LADDER_CM2
        }

    def fit(self, spectrum: GridSpectrum) -> LibraryFit:
        """Fit all references to `spectrum`; never fails on a finite spectrum."""
        window = _fitted_window(spectrum.valid)
        scale = float(np.abs(spectrum.intensity).max())
        if not window.any() or scale <= 0:
            return self._nothing()
        shift, width = self._shift_and_width(spectrum.intensity / scale, window)
        everything = np.ones(len(self.references), dtype=np.bool_)
        return self._fit_at(spectrum, shift, width, everything)

    def refit(self, spectrum: GridSpectrum, fit: LibraryFit, only: Bools) -> LibraryFit:
        """Fit again with the components `only`, at the shift and width already found."""
        return self._fit_at(spectrum, fit.shift_cm1, fit.width_cm2, only)

    def _fit_at(
        self, spectrum: GridSpectrum, shift: float, width: float, only: Bools
    ) -> LibraryFit:
        window = _fitted_window(spectrum.valid)
        scale = float(np.abs(spectrum.intensity).max())
        intensity = spectrum.intensity / scale

        data_variance = SMOOTHING_CM1**2 + max(-width, 0.0)
        data = _shifted(smoothed_derivative(intensity[None], data_variance)[0], shift)[window]
        if not data.any():
            return self._nothing()
        noise = _noise_of_derivative(spectrum.variance / scale**2, data_variance)[window]
        columns = self._derivative[width][:, window] * only[:, None]
        flexible = _FlexibleFit(columns, data, noise)
        flexible.run()
        residual, foreign = np.zeros(self._points), np.zeros(self._points)
        residual[window] = flexible.residual
        foreign[window] = flexible.foreign()
        return LibraryFit(
            coefficients=flexible.coefficients * scale,
            coefficient_sd=flexible.standard_deviation() * scale,
            evidence=flexible.evidence(),
            support=flexible.support(),
            own_shift_cm1=flexible.own_shift,
            own_width_cm2=flexible.own_width,
            shift_cm1=shift,
            width_cm2=width,
            explained=flexible.explained(),
            unexplained=flexible.unexplained(),
            residual=residual * scale,
            foreign=foreign * scale,
        )

    def _nothing(self) -> LibraryFit:
        count = len(self.references)
        none = np.zeros(count)
        flat = np.zeros(self._points)
        return LibraryFit(none, none, none, none, none, none, 0.0, 0.0, 0.0, 1.0, flat, flat)

    def _shift_and_width(self, intensity: Floats, window: Bools) -> tuple[float, float]:
        """Coordinate search: whole shifts, line widths, then the shift to a fraction."""
        search = _ShiftWidthSearch(self._derivative, intensity, window)
        whole = range(-SHIFT_LIMIT_CM1, SHIFT_LIMIT_CM1 + 1)
        shift = max(whole, key=lambda candidate: search.explained(0.0, candidate))
        width = max(_WIDTH_LADDER_CM2, key=lambda candidate: search.explained(candidate, shift))
        around = [shift + step for step in (-2, -1, 0, 1, 2) if abs(shift + step) <= 8]
        shift = max(around, key=lambda candidate: search.explained(width, candidate))
        width = max(_WIDTH_LADDER_CM2, key=lambda candidate: search.explained(candidate, shift))
        below, at, above = (search.explained(width, shift + step) for step in (-1, 0, 1))
        curvature = below - 2 * at + above
        fraction = 0.5 * (below - above) / curvature if curvature < 0 else 0.0
        return shift + float(np.clip(fraction, -0.5, 0.5)), width


class _ShiftWidthSearch:
    """Unweighted explained energy of the fit, for whole shifts and widths of the ladder."""

    def __init__(self, derivative: dict[float, Floats], intensity: Floats, window: Bools) -> None:
        self._derivative = derivative
        self._intensity = intensity
        self._window = window
        self._known: dict[tuple[float, int], float] = {}
        self._gram: dict[float, tuple[Floats, Floats]] = {}
        self._data: dict[float, Floats] = {}
        self._start: Floats | None = None

    def explained(self, width: float, shift: int) -> float:
        key = (width, shift)
        if key not in self._known:
            self._known[key] = self._evaluate(width, shift)
        return self._known[key]

    def _evaluate(self, width: float, shift: int) -> float:
        if width not in self._gram:
            columns = self._derivative[width] * self._window
            self._gram[width] = columns, columns @ columns.T
        narrowed = max(-width, 0.0)
        if narrowed not in self._data:
            self._data[narrowed] = smoothed_derivative(
                self._intensity[None], SMOOTHING_CM1**2 + narrowed
            )[0]
        columns, gram = self._gram[width]
        data = np.roll(self._data[narrowed], -shift) * self._window
        energy = float(data @ data)
        if energy <= 0:
            return 0.0
        projection = columns @ data
        solution = solve_nonnegative(gram, projection, self._start)
        self._start = solution
        return float(2 * projection @ solution - solution @ gram @ solution) / energy


class _FlexibleFit:
    """Alternates non-negative coefficients with each component's own small shift and width."""

    def __init__(self, columns: Floats, data: Floats, noise_variance: Floats) -> None:
        self._pure = columns
        self._slope = np.gradient(columns, axis=1)
        self._curve = np.gradient(self._slope, axis=1)
        self._data = data
        self._noise = noise_variance + (_MODEL_ERROR_FLOOR * np.abs(data).max()) ** 2
        self._columns = columns
        self.own_shift = np.zeros(len(columns))
        self.own_width = np.zeros(len(columns))
        self.coefficients = solve_nonnegative(columns @ columns.T, columns @ data)
        self._update()

    def run(self) -> None:
        for _ in range(_REWEIGHTINGS):
            present = np.flatnonzero(self.coefficients > 0)
            if not len(present):
                return
            self._bend(present)
            self._update(refit=True)

    def _bend(self, present: npt.NDArray[np.intp]) -> None:
        """Own shift and width of the present components: ridge regression towards zero."""
        amount = self.coefficients[present, None]
        basis = np.vstack([-amount * self._slope[present], 0.5 * amount * self._curve[present]])
        rest = self._data - self.coefficients[present] @ self._pure[present]
        prior = np.repeat([_OWN_SHIFT_SIGMA_CM1**-2, _OWN_WIDTH_SIGMA_CM2**-2], len(present))
        normal = (basis * self._weight) @ basis.T + np.diag(prior)
        shift, width = np.split(np.linalg.solve(normal, basis @ (self._weight * rest)), 2)
        self.own_shift[:] = 0.0
        self.own_width[:] = 0.0
        self.own_shift[present] = np.clip(shift, -_OWN_SHIFT_LIMIT_CM1, _OWN_SHIFT_LIMIT_CM1)
        self.own_width[present] = np.clip(width, *_OWN_WIDTH_LIMITS_CM2)
        self._columns = (
            self._pure
            - self.own_shift[:, None] * self._slope
            + 0.5 * self.own_width[:, None] * self._curve
        )

    def _update(self, refit: bool = False) -> None:
        if refit:
            weighted = self._columns * self._weight
            self.coefficients = solve_nonnegative(
                weighted @ self._columns.T, weighted @ self._data, self.coefficients
            )
        self._model = self.coefficients @ self._columns
        self.residual = self._data - self._model
        nearby = _moving_average(self._model**2, _NEARBY_POINTS)
        self._weight = 1.0 / (self._noise + _MODEL_ERROR**2 * nearby) / _CORRELATED_POINTS

    def _normal(self) -> tuple[Floats, Floats]:
        weighted = self._columns * self._weight
        return weighted @ self._columns.T, weighted @ self._data

    def _misfit(self) -> float:
        """Chi squared per independent point, at least 1."""
        reduced = float(np.mean(self.residual**2 * self._weight)) * _CORRELATED_POINTS
        return max(1.0, reduced)

    def evidence(self) -> Floats:
        gram, projection = self._normal()
        # the weights moved once more after the coefficients were found
        optimum = solve_nonnegative(gram, projection, self.coefficients)
        best = _chi_squared(gram, projection, optimum)
        result = np.zeros(len(self.coefficients))
        for index in np.flatnonzero(self.coefficients > 0):
            others = np.delete(np.arange(len(result)), index)
            without = solve_nonnegative(
                gram[np.ix_(others, others)], projection[others], self.coefficients[others]
            )
            worse = _chi_squared(gram[np.ix_(others, others)], projection[others], without)
            result[index] = worse - best
        return result / self._misfit()

    def standard_deviation(self) -> Floats:
        present = np.flatnonzero(self.coefficients > 0)
        result = np.zeros(len(self.coefficients))
        if len(present):
            gram = self._normal()[0][np.ix_(present, present)]
            variance = np.linalg.pinv(gram).diagonal() * self._misfit()
            result[present] = np.sqrt(np.maximum(variance, 0.0))
        return result

    def support(self) -> Floats:
        tolerated = _SUPPORT_RESIDUAL**2 * _moving_average(self._model**2, _SUPPORT_FIT_POINTS)
        supported = _moving_average(self.residual**2, _SUPPORT_FIT_POINTS) < tolerated
        energy = self._columns**2
        total = energy.sum(axis=1)
        return np.divide(energy @ supported, total, out=np.zeros(len(total)), where=total > 0)

    def foreign(self) -> Floats:
        nearby = np.sqrt(_moving_average(self._model**2, _FOREIGN_POINTS))
        tolerated = _FOREIGN_NEARBY * nearby + _FOREIGN_FLOOR * np.abs(self._data).max()
        excess = np.maximum(np.abs(self.residual) - tolerated, 0.0)
        result: Floats = np.copysign(excess, self.residual)
        return result

    def explained(self) -> float:
        return 1.0 - float(self.residual @ self.residual) / float(self._data @ self._data)

    def unexplained(self) -> float:
        foreign = float(np.linalg.norm(self.foreign()))
        model = float(np.linalg.norm(self._model))
        return foreign / (foreign + model) if model > 0 else 1.0


def smoothed_derivative(rows: Floats, variance_cm2: float) -> Floats:
    """First derivative of each row [N, G] after smoothing with a Gaussian; ends are held."""
    kernel = _derivative_kernel(variance_cm2)
    reach = len(kernel) // 2
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="edge")
    result = np.empty_like(rows)
    for row, out in zip(padded, result, strict=True):
        out[:] = np.convolve(row, kernel, mode="valid")
    return result


def _derivative_kernel(variance_cm2: float) -> Floats:
    reach = int(np.ceil(4.0 * np.sqrt(variance_cm2)))
    position = np.arange(-reach, reach + 1, dtype=np.float64)
    gaussian = np.exp(-0.5 * position**2 / variance_cm2)
    result: Floats = -position / variance_cm2 * gaussian / gaussian.sum()
    return result


def _noise_of_derivative(variance: Floats, variance_cm2: float) -> Floats:
    squared = _derivative_kernel(variance_cm2) ** 2
    reach = len(squared) // 2
    return np.convolve(np.pad(variance, reach, mode="edge"), squared, mode="valid")


def _shifted(values: Floats, shift_cm1: float) -> Floats:
    """values(x + shift) by linear interpolation, ends held; the grid step is 1 cm-1."""
    position = np.arange(len(values), dtype=np.float64)
    return np.interp(position + shift_cm1, position, values)


def _moving_average(values: Floats, points: int) -> Floats:
    half = points // 2
    cumulative = np.concatenate([np.zeros(half + 1), np.cumsum(values), np.zeros(half)])
    cumulative[len(cumulative) - half :] = cumulative[len(cumulative) - half - 1]
    result: Floats = np.maximum(cumulative[points:] - cumulative[:-points], 0.0) / points
    return result


def _fitted_window(valid: Bools) -> Bools:
    """Valid points away from the ends of each measured stretch."""
    blocked = np.convolve(~valid, np.ones(2 * _MARGIN_CM1 + 1), mode="same") > 0
    window = ~blocked
    window[:_MARGIN_CM1] = False
    window[-_MARGIN_CM1:] = False
    return window


def _chi_squared(gram: Floats, projection: Floats, solution: Floats) -> float:
    """Up to the constant of the data alone."""
    return float(solution @ gram @ solution - 2 * projection @ solution)
