"""Non-negative least squares from the normal equations, for a few to a few hundred columns.

The active-set method of Lawson & Hanson (Solving Least Squares Problems, 1974, chapter 23) on
Gram matrices, which the library fit has at hand; a good starting set saves most of the work.
Next: `library.py`, its only user.
"""

import ctypes

import numpy as np
import numpy.typing as npt

from device.native.library import address, kernel

Floats = npt.NDArray[np.float64]


def tolerance() -> float:
    """A gradient below this part of a column's norm is rounding, no reason to let the column in."""
    return float(np.sqrt(np.finfo(np.float64).eps))


def solve_nonnegative(gram: Floats, projection: Floats, start: Floats | None = None) -> Floats:
    """Minimise x' gram x - 2 projection' x over x >= 0.

    Args:
        gram: float64[C, C], symmetric; columns that are all zero are left out of the answer.
        projection: float64[C].
        start: a solution of a similar problem; its positive entries are tried first.

    Returns:
        float64[C], none negative.
    """
    compiled = kernel()
    if compiled is not None:
        solution = np.zeros(len(projection)) if start is None else start.copy()
        _in_c(compiled, gram, projection[None], solution)
        return solution
    size = len(projection)
    solution = np.zeros(size) if start is None else start
    passive = solution > 0
    if passive.any():
        solution = _shrink_to_feasible(gram, projection, solution, passive)
    for _ in range(3 * size):
        gradient = projection - gram @ solution
        gradient[passive] = -np.inf
        if not gradient.max() > 0:
            break
        gradient -= roundings(gram, projection)
        entering = int(gradient.argmax())
        if not gradient[entering] > 0:
            break
        passive[entering] = True
        solution = _shrink_to_feasible(gram, projection, solution, passive)
    return solution


def roundings(gram: Floats, projection: Floats) -> Floats:
    """[C], gradients that are no reason to let a column in."""
    energy = np.maximum(gram.diagonal(), 0.0)
    scale = float(energy.max(initial=0.0))
    largest = float(np.abs(projection).max(initial=0.0))
    result: Floats = tolerance() * np.sqrt(energy) * (largest / np.sqrt(scale) if scale > 0 else 0)
    return result


def solve_series(gram: Floats, projections: Floats, start: Floats) -> list[float]:
    """What so many solutions explain: 2 projection' x - x' gram x of each row of `projections`.

    Every fit starts from the one before; the last stands in `start` [C] afterwards.
    """
    compiled = kernel()
    if compiled is None:
        fitted = []
        for projection in projections:
            start[:] = solution = solve_nonnegative(gram, projection, start)
            fitted.append(float(2 * projection @ solution - solution @ (gram @ solution)))
        return fitted
    return _in_c(compiled, gram, projections, start)


def _in_c(compiled: ctypes.CDLL, gram: Floats, projections: Floats, start: Floats) -> list[float]:
    """`solve_series` by `device/native/nonnegative.c`."""
    gram, projections = np.ascontiguousarray(gram), np.ascontiguousarray(projections)
    explained = np.empty(len(projections))
    compiled.ramix_nonnegative(
        len(start),
        address(gram),
        len(projections),
        address(projections),
        tolerance(),
        address(start),
        address(explained),
    )
    return [float(one) for one in explained]


def _shrink_to_feasible(
    gram: Floats, projection: Floats, solution: Floats, passive: npt.NDArray[np.bool_]
) -> Floats:
    """Solve on the passive set; step back and drop columns until none of them is negative."""
    while True:
        chosen = passive.nonzero()[0]
        result = np.zeros(len(solution))
        if not len(chosen):
            return result
        candidate = _solve(gram.take(chosen, 0).take(chosen, 1), projection.take(chosen))
        falling = candidate <= 0
        if not falling.any():
            result[chosen] = candidate
            return result
        current = solution.take(chosen)
        step = float(np.min(current[falling] / (current[falling] - candidate[falling] + 1e-300)))
        moved = current + step * (candidate - current)
        dropped = falling & (moved <= 1e-12 * max(1.0, float(np.abs(current).max())))
        dropped[falling.nonzero()[0][np.argmin(moved[falling])]] = True
        passive[chosen[dropped]] = False
        solution = result
        solution[chosen[~dropped]] = np.maximum(moved[~dropped], 0.0)


def _solve(matrix: Floats, right_hand_side: Floats) -> Floats:
    try:
        return np.linalg.solve(matrix, right_hand_side)
    except np.linalg.LinAlgError:  # two references alike to the last bit
        result: Floats = np.linalg.lstsq(matrix, right_hand_side, rcond=None)[0]
        return result
