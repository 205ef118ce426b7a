"""Errors of dosages: MSE, MAE, R2, with a bootstrap interval, before and after rescaling."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_BOOTSTRAPS = 500


@dataclass(frozen=True)
class Errors:
    mse: float
    mae: float
    r2: float
    r2_interval: tuple[float, float]  # 95%, over frames
    r2_by_compound: tuple[float, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "mse": round(self.mse, 5),
            "mae": round(self.mae, 5),
            "r2": round(self.r2, 4),
            "r2_interval": [round(edge, 4) for edge in self.r2_interval],
            "r2_by_compound": [round(value, 4) for value in self.r2_by_compound],
        }


def errors(found: Floats, truth: Floats, seed: int = 0) -> Errors:
    """Of ratios [n, C] against the truth [n, C]."""
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(_BOOTSTRAPS):
        rows = rng.integers(len(truth), size=len(truth))
        draws.append(r_squared(found[rows], truth[rows]))
    low, high = np.percentile(draws, [2.5, 97.5])
    columns = range(truth.shape[1])
    return Errors(
        mse=float(np.mean((found - truth) ** 2)),
        mae=float(np.mean(np.abs(found - truth))),
        r2=r_squared(found, truth),
        r2_interval=(float(low), float(high)),
        r2_by_compound=tuple(r_squared(found[:, c], truth[:, c]) for c in columns),
    )


def r_squared(found: Floats, truth: Floats) -> float:
    """1 - residual / total sum of squares; 0 where the truth does not vary."""
    total = float(np.sum((truth - truth.mean()) ** 2))
    return 1.0 - float(np.sum((found - truth) ** 2)) / total if total > 0 else 0.0


def rescaled(ratios: Floats) -> Floats:
    """Each row divided by its own largest value: what remains of an absolute target."""
    result: Floats = ratios / np.maximum(ratios.max(axis=1, keepdims=True), 1e-9)
    return result
