"""Second step of the library fit: amounts, with each component free to sit a little aside.

Bands move by a few cm-1 when liquids mix, and every instrument has its own response curve
(ASTM E2911); a fit that cannot follow takes the misfit for traces of other compounds. Each point
is weighted by the inverse of what may be wrong there: detector noise, and a part of whatever signal
stands nearby, as large as the fit so far shows. So evidence for a weak component counts only where
it has lines of its own.
Next: `device/native/fit.c`, the same in C; `library.py`, which joins both steps.
"""

from functools import cached_property

import numpy as np

from device.fit.derivative import LINE_CM1, noise_correlation
from device.fit.left_out import rises_without
from device.fit.nonnegative import solve_nonnegative
from device.fit.nuisances import WeightedNuisances
from device.fit.residual import NEARBY_FLOOR, NEARBY_POINTS, Residual, squares_nearby
from device.fit.reweighted import Bools, Floats, Question, Singles, rounding_variance

_OWN_SHIFT_SIGMA_CM1 = 1.0  # prior of a component's shift in a mixture
# Axes of two calibrations are shifted, and drift apart towards their ends: prior of what the search
# left of the shift, and of the drift there.
AXIS_SIGMA_CM1 = 1.0
OWN_SHIFT_LIMIT_CM1 = 3.0  # of a component's own, and of either of the axis's
_OWN_WIDTH_SIGMA_CM2 = 6.0  # prior of a component's extra line variance
# Model error, of the signal nearby; dominates noise near strong lines.
SMALLEST_MODEL_ERROR = 0.01
LARGEST_MODEL_ERROR = 0.20
# How many times more neighbours carry one piece of evidence where noise rules than an ideal line
# says (`noise_correlation`).
_CORRELATED_NOISE = 1.29
_REWEIGHTINGS = 5
# So many of the largest components have shifts and widths of their own, a bound on time: one
# mixture holds a dozen at most (Mozaffari & Tay 2021), and what else a library of hundreds finds in
# noise tells less of a shift than its prior does. Shares move by less than 0.001.
_MOST_BENT = 24
# Evidence and deviation are found for components from this share of all amounts on: none smaller
# is ever named (`verdict/limits.py`), and in noise a large library has dozens of them.
EVIDENCE_FROM_SHARE = 0.005
_RESPONSE_SIGMA = 0.10  # prior of each cosine of the response (`windowed.py`)


def correlated_noise(smoothing_cm1: float) -> float:
    """Points of noise smoothed by this sigma that weigh as much as an independent one."""
    return _CORRELATED_NOISE * noise_correlation(smoothing_cm1)


class FlexibleFit:
    """Alternates non-negative coefficients with own small shifts and widths of the largest ones.

    Answers are those of the end of the reweighting (`reweighted.Reweighted`), each computed when
    first asked for.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._points, rows = question.points, question.rows
        columns, n = question.columns, question.points
        everything = len(rows) == len(columns.pure)
        self._pure, self._slope, self._curve = (
            part if everything else part[rows]
            for part in (columns.pure, columns.slope, columns.curve)
        )
        self._ramp, self._cosines = question.ramp, question.cosines
        self._noise = question.noise[:n]
        self._known = question.known[:n]
        self._correlated_noise = correlated_noise(question.smoothing_cm1) * self._noise
        self._columns = self._pure
        self._bent = np.empty(self._pure.shape, dtype=np.float32)
        self._scratch = np.empty(self._pure.shape, dtype=np.float32)
        self.axis_error_cm1 = np.zeros(2)  # shift, stretch
        self.response_parts: Floats = np.zeros(len(self._cosines))
        self.own_shift_cm1 = np.zeros(len(rows))
        self.own_width_cm2 = np.zeros(len(rows))
        # of equal weights: one over the mean variance of the noise
        ones = (np.arange(len(question.data)) < n).astype(np.float32)
        self._beside = WeightedNuisances(question, ones, float(self._noise.mean()))
        gram = columns.gram[np.ix_(rows, rows)]
        projection = (self._pure @ question.data).astype(np.float64)
        self.coefficients = solve_nonnegative(
            *self._beside.taken_out(gram, projection, self._pure, question.data)
        )
        self._weigh()
        for _ in range(_REWEIGHTINGS):
            present = np.flatnonzero(self.coefficients > 0)
            if not len(present):
                break
            order = np.argsort(-self.coefficients, kind="stable")
            self._bend(np.sort(order[: min(len(present), _MOST_BENT)]))
            self.coefficients = solve_nonnegative(*self._weighted_normal(), self.coefficients)
            self._weigh()

    def _bend(self, present: np.ndarray[tuple[int], np.dtype[np.intp]]) -> None:
        """Shift and stretch of the axis, own shifts and widths of the present components, and the
        response: ridge regression."""
        count, terms = len(present), len(self._cosines)
        nuisances = len(self._question.nuisances)
        amounts = self.coefficients.astype(np.float32)
        amount = amounts[present, None]
        straight = 2 + 2 * count + terms  # from here on rows bend nothing
        basis = np.empty((straight + nuisances, len(self._ramp)), dtype=np.float32)
        pure = amounts @ self._pure
        np.negative(amounts @ self._slope, out=basis[0])
        np.multiply(basis[0], self._ramp, out=basis[1])
        for part, first, factor in ((self._slope, 2, -1.0), (self._curve, 2 + count, 0.5)):
            rows = basis[first : first + count]
            part.take(present, axis=0, out=rows, mode="clip")
            rows *= np.float32(factor) * amount
        np.multiply(pure, self._cosines, out=basis[2 + 2 * count : straight])
        basis[straight:] = self._question.nuisances
        sigmas = np.empty(len(basis))
        sigmas[:2] = AXIS_SIGMA_CM1
        sigmas[2 : 2 + count] = _OWN_SHIFT_SIGMA_CM1
        sigmas[2 + count : 2 + 2 * count] = _OWN_WIDTH_SIGMA_CM2
        sigmas[2 + 2 * count : straight] = _RESPONSE_SIGMA
        sigmas[straight:] = self._question.nuisance_precision**-0.5
        basis *= self._root
        normal = (basis @ basis.T).astype(np.float64)
        normal.flat[:: len(normal) + 1] += sigmas**-2.0
        rest = basis @ (self._root * (self._question.data - pure))
        bend = np.linalg.solve(normal, rest.astype(np.float64))
        shift, width = bend[2 : 2 + count], bend[2 + count : 2 + 2 * count]
        response = bend[2 + 2 * count : straight]
        self.axis_error_cm1 = bend[:2].clip(-OWN_SHIFT_LIMIT_CM1, OWN_SHIFT_LIMIT_CM1)
        self.own_shift_cm1[:] = 0.0
        self.own_width_cm2[:] = 0.0
        self.own_shift_cm1[present] = shift.clip(-OWN_SHIFT_LIMIT_CM1, OWN_SHIFT_LIMIT_CM1)
        self.own_width_cm2[present] = width
        self.response_parts = response
        moved = self.axis_error_cm1.astype(np.float32)
        columns = np.multiply(moved[0] + moved[1] * self._ramp, self._slope, out=self._bent)
        np.subtract(self._pure, columns, out=columns)
        own = self.own_shift_cm1.astype(np.float32)
        wider = (0.5 * self.own_width_cm2).astype(np.float32)
        for k in present:
            columns[k] -= own[k] * self._slope[k]
            columns[k] += wider[k] * self._curve[k]
        columns *= np.float32(1.0) + response.astype(np.float32) @ self._cosines
        self._columns = columns

    def _weighted_normal(self) -> tuple[Floats, Floats]:
        weighted = np.multiply(self._columns, self._root, out=self._scratch)
        gram = weighted @ weighted.T  # the same array twice: BLAS computes half of it
        data = self._root * self._question.data
        projection = weighted @ data
        return self._beside.taken_out(
            gram.astype(np.float64), projection.astype(np.float64), weighted, data
        )

    def _weigh(self) -> None:
        modelled = self.coefficients.astype(np.float32) @ self._columns
        self.model: Singles = modelled[: self._points]
        self.nuisance_parts = self._beside.parts(self._question.data - modelled)
        data = self._question.without_nuisances(self.nuisance_parts)[: self._points]
        left = self.residual = Residual(data, self.model, self._noise, self._known)
        error = left.model_error()
        self.model_error = min(max(error, SMALLEST_MODEL_ERROR), LARGEST_MODEL_ERROR)
        everywhere = (NEARBY_FLOOR * float(np.abs(data).max())) ** 2
        nearby = everywhere + squares_nearby(left.summed_squares, NEARBY_POINTS)
        variance = self._correlated_noise + (LINE_CM1 * self.model_error**2) * nearby
        self._variance: Singles = np.maximum(variance, rounding_variance()).astype(np.float32)
        self._weight: Singles = np.zeros(len(modelled), dtype=np.float32)
        # a foreign line must not change the amounts around it
        np.divide(left.doubt, self._variance, out=self._weight[: self._points])
        self._root = np.sqrt(self._weight)
        self._beside = WeightedNuisances(self._question, self._root)

    @cached_property
    def _normal(self) -> tuple[Floats, Floats]:
        return self._weighted_normal()

    @cached_property
    def _optimum(self) -> Floats:
        """The weights moved once more after the coefficients were found; these follow them."""
        return solve_nonnegative(*self._normal, self.coefficients)

    @cached_property
    def misfit(self) -> float:
        """Chi squared per independent point, at least 1."""
        squares = float(np.square(self.residual.values) @ self._weight[: self._points])
        return max(1.0, LINE_CM1 * squares / self._points)

    @cached_property
    def noise_part(self) -> float:
        energy = np.square(self.model)
        noise = self._correlated_noise / self._variance
        return float(energy @ noise) / max(float(energy.sum()), 1e-300)

    @cached_property
    def evidence(self) -> Floats:
        rises = rises_without(*self._normal, self._optimum, self.coefficients, ~self._small)
        return rises / self.misfit

    @cached_property
    def _small(self) -> Bools:
        smallest = EVIDENCE_FROM_SHARE * float(self.coefficients.sum())
        return (self.coefficients < smallest) | (self.coefficients <= 0)

    @cached_property
    def deviation(self) -> Floats:
        present = np.flatnonzero(self.coefficients > 0)
        result = np.zeros(len(self.coefficients))
        if len(present):
            variance = np.linalg.pinv(self.precision[np.ix_(present, present)]).diagonal()
            result[present] = np.sqrt(np.maximum(variance, 0.0))
        result[self._small] = 0.0
        return result

    @cached_property
    def precision(self) -> Floats:
        return self._normal[0] / self.misfit

    @cached_property
    def weight(self) -> Singles:
        result: Singles = self._weight[: self._points] / np.float32(self.misfit)
        return result

    @cached_property
    def pull(self) -> Floats:
        gram, projection = self._normal
        result: Floats = (projection - gram @ self._optimum) / self.misfit
        return result

    @cached_property
    def support(self) -> Floats:
        return self.residual.support(self._columns[:, : self._points])
