"""Second step of the library fit: amounts, with each component free to sit a little aside.

Bands move by a few cm-1 when liquids mix, and every instrument has its own response curve
(ASTM E2911); a fit that cannot follow takes the misfit for traces of other compounds. The fit is
weighted by what may be wrong: detector noise, and a part of whatever signal stands nearby, as
large as the fit so far shows. So evidence for a weak component counts only where it has lines of
its own.
Next: `library.py`, which joins both steps.
"""

from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from device.fit.derivative import moving_average, noise_correlation
from device.fit.nonnegative import solve_nonnegative
from device.fit.residual import Residual

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_OWN_SHIFT_SIGMA_CM1 = 1.0  # prior of a component's shift in a mixture
OWN_SHIFT_LIMIT_CM1 = 3.0
# Axes of two calibrations are shifted, and drift apart towards their ends: priors of what the
# search left of the shift, and of the drift there.
_AXIS_SIGMA_CM1 = (0.5, 1.0)
_AXIS_LIMIT_CM1 = 4.0
_OWN_WIDTH_SIGMA_CM2 = 6.0  # prior of a component's extra line variance
_OWN_WIDTH_LIMITS_CM2 = (-8.0, 12.0)
# Model error, of the signal nearby; dominates noise near strong lines.
SMALLEST_MODEL_ERROR = 0.01
LARGEST_MODEL_ERROR = 0.20
_LARGEST_NEARBY = 0.05  # of the largest derivative counts as standing nearby, everywhere
_NEARBY_POINTS = 41
# Neighbours in the smoothed derivative that carry one piece of evidence where model error rules,
# and how many times more than an ideal line says (`noise_correlation`) where noise does.
_CORRELATED_NOISE = 1.29
_CORRELATED_ERROR = 8.0
_REWEIGHTINGS = 5

# The response of this instrument against the one of the references: 1 + a few cosines over the
# fitted range, each with this prior.
_RESPONSE_TERMS = 4
_RESPONSE_SIGMA = 0.10


class FlexibleFit:
    """Alternates non-negative coefficients with each component's own small shift and width.

    The constructor makes the first guess; the answers (`evidence` and what follows) are those of
    the end of `run`, and what they share is computed once.
    """

    def __init__(
        self,
        columns: Floats,
        data: Floats,
        noise_variance: Floats,
        known: Bools,
        smoothing_cm1: float,
        ramp: Floats,
    ) -> None:
        """
        Args:
            noise_variance, known: as in `Residual`.
            ramp: how much of the axis's stretch shows at each point, -1 to 1.
        """
        self._pure = columns
        self._axis = np.stack([np.ones_like(ramp), ramp])
        self._slope = np.gradient(columns, axis=1)
        self._curve = np.gradient(self._slope, axis=1)
        self._data = data
        self._noise = noise_variance
        self._known = known
        self._correlated_noise = _CORRELATED_NOISE * noise_correlation(smoothing_cm1) * self._noise
        self._weight = np.ones(len(data))
        self._everywhere = (_LARGEST_NEARBY * float(np.abs(data).max())) ** 2
        self._columns = columns
        self._cosines = _response_cosines(columns.shape[1])
        self.response: Floats = np.ones(columns.shape[1])
        self.model_error = LARGEST_MODEL_ERROR
        self.axis_error_cm1 = np.zeros(2)  # shift, stretch
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
        """Shift and stretch of the axis, own shifts and widths of the present components, and the
        response: ridge regression."""
        amount = self.coefficients[present, None]
        pure = self.coefficients[present] @ self._pure[present]
        slope = self.coefficients[present] @ self._slope[present]
        basis = np.vstack(
            [
                -self._axis * slope,
                -amount * self._slope[present],
                0.5 * amount * self._curve[present],
                pure * self._cosines,
            ]
        )
        prior = np.concatenate(
            [
                np.array(_AXIS_SIGMA_CM1) ** -2,
                np.full(len(present), _OWN_SHIFT_SIGMA_CM1**-2),
                np.full(len(present), _OWN_WIDTH_SIGMA_CM2**-2),
                np.full(_RESPONSE_TERMS, _RESPONSE_SIGMA**-2),
            ]
        )
        weighted = basis * self._weight
        normal = weighted @ basis.T + np.diag(prior)
        bend = np.linalg.solve(normal, weighted @ (self._data - pure))
        ends = np.cumsum([len(self._axis), len(present), len(present)])
        axis, shift, width, response = np.split(bend, ends)
        self.axis_error_cm1 = np.clip(axis, -_AXIS_LIMIT_CM1, _AXIS_LIMIT_CM1)
        self.own_shift[:] = 0.0
        self.own_width[:] = 0.0
        self.own_shift[present] = np.clip(shift, -OWN_SHIFT_LIMIT_CM1, OWN_SHIFT_LIMIT_CM1)
        self.own_width[present] = np.clip(width, *_OWN_WIDTH_LIMITS_CM2)
        aligned = self._pure - (self.axis_error_cm1 @ self._axis) * self._slope
        bent = (
            aligned[present]
            - self.own_shift[present, None] * self._slope[present]
            + 0.5 * self.own_width[present, None] * self._curve[present]
        )
        self.response = 1.0 + response @ self._cosines
        self._columns = aligned * self.response
        self._columns[present] = bent * self.response

    def _update(self, refit: bool = False) -> None:
        if refit:
            weighted = self._columns * self._weight
            self.coefficients = solve_nonnegative(
                weighted @ self._columns.T, weighted @ self._data, self.coefficients
            )
        self._model = self.coefficients @ self._columns
        self.residual = Residual(self._data, self._model, self._noise, self._known)
        nearby = self._everywhere + moving_average(self._model**2, _NEARBY_POINTS)
        doubt = self.residual.doubt  # a foreign line must not bend the amounts around it
        error = self.residual.model_error()
        self.model_error = float(np.clip(error, SMALLEST_MODEL_ERROR, LARGEST_MODEL_ERROR))
        model_variance = self.model_error**2 * nearby
        variance = self._correlated_noise + _CORRELATED_ERROR * model_variance
        self._variance = np.maximum(variance, 1e-300)
        self._weight = doubt / self._variance

    @cached_property
    def _normal(self) -> tuple[Floats, Floats]:
        weighted = self._columns * self._weight
        return weighted @ self._columns.T, weighted @ self._data

    @cached_property
    def _optimum(self) -> Floats:
        """The weights moved once more after the coefficients were found; these follow them."""
        return solve_nonnegative(*self._normal, self.coefficients)

    @cached_property
    def _misfit(self) -> float:
        """Chi squared per independent point, at least 1."""
        reduced = float(np.mean(self.residual.values**2 * self._weight)) * _CORRELATED_ERROR
        return max(1.0, reduced)

    def noise_part(self) -> float:
        """0-1: how much of what may be wrong where the lines are is noise; the rest is misfit."""
        energy = np.square(self._model)
        noise = self._correlated_noise / self._variance
        return float(energy @ noise) / max(float(energy.sum()), 1e-300)

    def evidence(self) -> Floats:
        gram, projection = self._normal
        best = _chi_squared(gram, projection, self._optimum)
        result = np.zeros(len(self.coefficients))
        for index in np.flatnonzero(self.coefficients > 0):
            others = np.delete(np.arange(len(result)), index)
            among = gram[np.ix_(others, others)]
            without = solve_nonnegative(among, projection[others], self.coefficients[others])
            result[index] = _chi_squared(among, projection[others], without) - best
        return result / self._misfit

    def precision(self) -> Floats:
        """[C, C], inverse covariance of the coefficients."""
        return self._normal[0] / self._misfit

    def weight(self) -> Floats:
        """[points], of each squared residual in chi squared."""
        return self._weight / self._misfit

    def pull(self) -> Floats:
        """[C], by how much the data ask for more of each component; negative for absent ones
        that the residual speaks against, zero for present ones."""
        gram, projection = self._normal
        result: Floats = (projection - gram @ self._optimum) / self._misfit
        return result

    def support(self) -> Floats:
        return self.residual.support(self._columns)

    def standard_deviation(self) -> Floats:
        present = np.flatnonzero(self.coefficients > 0)
        result = np.zeros(len(self.coefficients))
        if len(present):
            precision = self.precision()[np.ix_(present, present)]
            variance = np.linalg.pinv(precision).diagonal()
            result[present] = np.sqrt(np.maximum(variance, 0.0))
        return result


@lru_cache(maxsize=8)
def _response_cosines(count: int) -> Floats:
    position = (np.arange(count) + 0.5) / count
    return np.cos(np.pi * np.arange(1, _RESPONSE_TERMS + 1)[:, None] * position)


def _chi_squared(gram: Floats, projection: Floats, solution: Floats) -> float:
    """Up to the constant of the data alone."""
    return float(solution @ gram @ solution - 2 * projection @ solution)
