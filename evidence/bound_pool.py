"""Mixtures pooled: scatter, bias and efficiency of a method against the photon-limited bound.

By the mean variance, so that hard mixtures count as much as easy ones. Next: `bound_tables.py`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evidence.photon_bound import Unknown
from train.network.evaluate import Proportion

Floats = npt.NDArray[np.float64]

BOUND = str(Unknown.COMMON)
_Z_95 = 1.959964
_LEAST_NAMED = 0.5  # of the repeats, or a mixture is left out of a method's scatter


@dataclass(frozen=True, eq=False)
class Cell:
    """One component of one mixture at one number of photons."""

    mixture: int
    compound: str
    electrons: float
    snr: float
    share: float
    bounds: dict[str, float]  # standard deviation by what is unknown
    answers: dict[str, Floats]  # [repeats] shares by method; NaN where it was not named
    exact: dict[str, Proportion]  # of the repeats: exactly the right compounds named


@dataclass(frozen=True)
class Pooled:
    """One method over the mixtures in which it names the component."""

    mixtures: int
    sd: float
    bound: float  # root mean square over the same mixtures
    efficiency: float  # variance of the bound over variance of the answers
    interval: tuple[float, float]  # 95%, of the efficiency
    bias: float  # root mean square over mixtures
    error: float  # root mean square of everything


def pool(cells: list[Cell], method: str) -> Pooled | None:
    """None when the component is hardly ever named."""
    kept = [(cell, cell.answers[method][~np.isnan(cell.answers[method])]) for cell in cells]
    kept = [
        (cell, named)
        for cell, named in kept
        if len(named) >= max(2.0, _LEAST_NAMED * len(cell.answers[method]))
    ]
    if not kept:
        return None
    variances = np.array([named.var(ddof=1) for _, named in kept])
    freedom = np.array([len(named) - 1 for _, named in kept])
    biases = np.array([named.mean() - cell.share for cell, named in kept])
    variance = float(variances.mean())
    bound = float(np.mean([cell.bounds[BOUND] ** 2 for cell, _ in kept]))
    error = float(np.sqrt(variance + np.mean(biases**2)))
    efficiency, interval = np.inf, (np.inf, np.inf)
    if variance > 0:  # int8 outputs can be the same every time
        efficiency = bound / variance
        # variances that differ between mixtures are worth fewer repeats (Satterthwaite 1946)
        worth = float(variances.sum() ** 2 / np.sum(variances**2 / freedom))
        low, high = (_chi_squared(worth, z) / worth for z in (-_Z_95, _Z_95))
        interval = efficiency * low, efficiency * high
    return Pooled(
        mixtures=len(kept),
        sd=float(np.sqrt(variance)),
        bound=float(np.sqrt(bound)),
        efficiency=efficiency,
        interval=interval,
        bias=float(np.sqrt(np.mean(biases**2))),
        error=error,
    )


def _chi_squared(freedom: float, z: float) -> float:
    """Quantile of chi squared at the normal quantile `z` (Wilson and Hilferty 1931)."""
    small = 2.0 / (9.0 * freedom)
    return float(freedom * max(0.0, 1.0 - small + z * np.sqrt(small)) ** 3)
