"""Non-negative least squares: the conditions of the optimum, on any problem."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from device.fit.nonnegative import solve_nonnegative

Floats = npt.NDArray[np.float64]

elements = st.floats(-5.0, 5.0, allow_nan=False)


@given(arrays(np.float64, (12, 5), elements=elements), arrays(np.float64, 12, elements=elements))
def test_no_entry_is_negative_and_no_step_improves(columns: Floats, data: Floats) -> None:
    gram, projection = columns.T @ columns, columns.T @ data
    solution = solve_nonnegative(gram, projection)
    gradient = projection - gram @ solution  # downhill direction of the misfit
    scale = 1e-6 * (1.0 + np.abs(projection).max() + np.abs(gram).max())
    assert (solution >= 0).all()
    assert (gradient <= scale).all()
    assert (np.abs(gradient[solution > 0]) <= scale * (1.0 + solution.max())).all()


@given(arrays(np.float64, (12, 5), elements=elements), arrays(np.float64, 12, elements=elements))
def test_a_starting_point_does_not_change_the_misfit(columns: Floats, data: Floats) -> None:
    gram, projection = columns.T @ columns, columns.T @ data

    def misfit(solution: Floats) -> float:
        return float(np.sum((columns @ solution - data) ** 2))

    cold = solve_nonnegative(gram, projection)
    warm = solve_nonnegative(gram, projection, start=np.array([1.0, 0.0, 2.0, 0.0, 3.0]))
    assert abs(misfit(cold) - misfit(warm)) <= 1e-6 * (1.0 + float(data @ data))


def test_recovers_a_mixture_and_leaves_the_absent_at_zero() -> None:
    rng = np.random.default_rng(1)
    columns = rng.uniform(size=(40, 6))
    truth = np.array([0.0, 2.0, 0.0, 0.5, 0.0, 1.0])
    solution = solve_nonnegative(columns.T @ columns, columns.T @ (columns @ truth))
    np.testing.assert_allclose(solution, truth, atol=1e-9)


def test_a_column_of_zeros_gets_nothing() -> None:
    columns = np.array([[1.0, 0.0], [2.0, 0.0]])
    solution = solve_nonnegative(columns.T @ columns, columns.T @ np.array([1.0, 2.0]))
    np.testing.assert_allclose(solution, [1.0, 0.0])


def test_two_columns_alike_do_not_fail() -> None:
    column = np.array([1.0, 2.0, 3.0])
    columns = np.stack([column, column], axis=1)
    solution = solve_nonnegative(columns.T @ columns, columns.T @ (2.0 * column))
    assert abs(solution.sum() - 2.0) < 1e-9
