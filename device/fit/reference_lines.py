"""What references look like to the fit: their smoothed derivatives, and which of them look alike.

Next: `library.py`.
"""

import numpy as np
import numpy.typing as npt

from device.fit.derivative import smoothed_derivative, without_baseline
from device.fit.flexible import OWN_SHIFT_LIMIT_CM1

Floats = npt.NDArray[np.float64]

# Correlation of derivatives from which two references may be taken for each other. n-Heptanol and
# n-nonane reach 0.8 and are told apart.
_LOOK_ALIKE = 0.95


class Derivatives(dict[float, Floats]):
    """Smoothed derivatives [C, G] by the kernel's variance in cm-2, made when first asked for: a
    fit climbs few rungs."""

    def __init__(self, references: Floats) -> None:
        super().__init__()
        self._references = references

    def __missing__(self, variance_cm2: float) -> Floats:
        made = smoothed_derivative(self._references, variance_cm2)
        self[variance_cm2] = made
        return made


def line_parts(rows: Floats) -> Floats:
    """Every point's part of its row; zeros in rows of zeros."""
    total = rows.sum(axis=1, keepdims=True)
    return np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)


def look_alikes(derivative: Floats) -> tuple[tuple[int, int], ...]:
    """Pairs of references nearly the same, at any shift that a component may have of its own."""
    rows = without_baseline(derivative)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)
    reach = int(OWN_SHIFT_LIMIT_CM1)
    similarity = np.max(
        [rows @ np.roll(rows, shift, axis=1).T for shift in range(-reach, reach + 1)], axis=0
    )
    pairs = np.argwhere(np.triu(similarity, 1) >= _LOOK_ALIKE)
    return tuple((int(first), int(second)) for first, second in pairs)
