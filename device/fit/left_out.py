"""By how much chi squared rises when a component is left out; of the numpy fit.

Next: `flexible.py`, which asks; `device/native/conclude.c`, the same in C.
"""

import numpy as np
import numpy.typing as npt

from device.fit.nonnegative import roundings, solve_nonnegative

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def rises_without(
    gram: Floats, projection: Floats, optimum: Floats, start: Floats, asked: Bools
) -> Floats:
    """[K]; 0 of those not `asked` for.

    Where the others only take over what the left-out one had, its amount squared over its variance;
    else the rise of chi squared with amounts found anew.

    Args:
        gram: [K, K], projection: [K], optimum: [K]: the normal equations and their solution.
        start: [K], non-negative amounts near it.
    """
    present = np.flatnonzero(optimum > 0)
    amounts, result = optimum[present], np.zeros(len(optimum))
    try:
        covariance = np.linalg.inv(gram[np.ix_(present, present)])
    except np.linalg.LinAlgError:  # two references alike to the last bit
        covariance = np.zeros((len(present), len(present)))
    variance = np.maximum(covariance.diagonal(), 1e-300)
    result[present] = amounts**2 / variance
    without = amounts[:, None] - covariance * (amounts / variance)
    gradient = projection[:, None] - gram[:, present] @ without
    gradient[present] = -np.inf
    np.fill_diagonal(without, 0.0)
    simple = (without >= 0).all(axis=0)
    simple &= (gradient <= roundings(gram, projection)[:, None]).all(axis=0)
    best = _chi_squared(gram, projection, optimum)
    for index in present[~simple & asked[present]]:
        others = np.delete(np.arange(len(result)), index)
        among = gram[np.ix_(others, others)]
        anew = solve_nonnegative(among, projection[others], start[others])
        result[index] = _chi_squared(among, projection[others], anew) - best
    result[~asked] = 0.0
    return result


def _chi_squared(gram: Floats, projection: Floats, solution: Floats) -> float:
    """Up to the constant of the data alone."""
    return float(solution @ (gram @ solution) - 2 * projection @ solution)
