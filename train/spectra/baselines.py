"""The four baselines of the RaMixNet paper (Table 2), as curves over the whole wide grid.

Printed there and kept: the formulas and the ranges of mu, A, s, c and n. Our readings:
- Gaussian "variance = 800 cm-1": its unit fits sigma, and only sigma = 800 cm-1 is a baseline
  (28 cm-1 would be as narrow as a Raman band): sigma = 800 cm-1.
- Polynomial coefficients have no printed range: a_i is uniform in +-k / 2.5^i, so that every
  degree contributes at most k at the ends of x in -2.5 .. 2.5.
- Another range than 300 - 2500 cm-1 gets the same curves per cm-1, from its own first point on.
- Heights are relative to the highest Raman peak, times a random scale: fluorescence is often
  stronger than all Raman lines together.
Next: `distortions.py`, what the instrument does to the sum.
"""

import numpy as np
import numpy.typing as npt

from device.spectra.resampling import WavenumberGrid
from train.recipe import BaselineSettings

Singles = npt.NDArray[np.float32]

_PAPER_POINTS = 2201  # mapped to 5 units, -2.5 .. 2.5
_PAPER_FIRST_CM1 = 300.0
_KINDS = 4


def paper_axis(grid: WavenumberGrid) -> Singles:
    """The grid moved to where the paper's range begins: what glows does so in any range."""
    moved: Singles = (grid.wavenumber_cm1 - (grid.first_cm1 - _PAPER_FIRST_CM1)).astype(np.float32)
    return moved


def random_baselines(
    rng: np.random.Generator, count: int, axis_cm1: Singles, settings: BaselineSettings
) -> Singles:
    """float32[count, len(axis)], each a sum of 0 .. `kinds_at_most` different kinds, >= 0."""
    result = np.zeros((count, len(axis_cm1)), dtype=np.float32)
    number = rng.integers(settings.kinds_at_most + 1, size=count)
    rank = rng.random((count, _KINDS)).argsort(axis=1).argsort(axis=1)
    scale = np.exp(rng.uniform(0.0, np.log(settings.largest_scale), size=count)).astype(np.float32)
    curves = (gaussian, sigmoid, exponential, polynomial)
    for kind, curve in enumerate(curves):
        rows = np.flatnonzero(rank[:, kind] < number)
        if len(rows):
            result[rows] += scale[rows, None] * curve(rng, len(rows), axis_cm1, settings)
    # a polynomial may dip below zero; counts cannot
    lowest: Singles = result.min(axis=1, keepdims=True)
    result -= np.minimum(lowest, 0)
    return result


def gaussian(
    rng: np.random.Generator, count: int, axis_cm1: Singles, settings: BaselineSettings
) -> Singles:
    """A exp(-(x - mu)^2 / 2 sigma^2): mu 1000 .. 1500, A 0 .. 0.3."""
    center = _uniform(rng, count, 1000, 1500)
    height = _uniform(rng, count, 0, 0.3)
    distance = (axis_cm1 - center) / np.float32(settings.gaussian_sigma_cm1)
    result: Singles = height * np.exp(-0.5 * distance * distance)
    return result


def sigmoid(
    rng: np.random.Generator, count: int, axis_cm1: Singles, _: BaselineSettings
) -> Singles:
    """A / (1 + exp(-s (x - c))): s 0.001 .. 0.03, c 100 .. 2400, A 0 .. 0.5."""
    slope = _uniform(rng, count, 0.001, 0.03)
    center = _uniform(rng, count, 100, 2400)
    height = _uniform(rng, count, 0, 0.5)
    # exp(+-72) at most: inside float32
    result: Singles = height / (1 + np.exp(-slope * (axis_cm1 - center)))
    return result


def exponential(
    rng: np.random.Generator, count: int, axis_cm1: Singles, _: BaselineSettings
) -> Singles:
    """A exp(-s x): s 0.001 .. 0.009, A 0 .. 1."""
    rate = _uniform(rng, count, 0.001, 0.009)
    height = _uniform(rng, count, 0, 1)
    result: Singles = height * np.exp(-rate * axis_cm1)
    return result


def polynomial(
    rng: np.random.Generator, count: int, axis_cm1: Singles, settings: BaselineSettings
) -> Singles:
    """sum a_i x^i, i = 1 .. n, n 1 .. 5, x mapped to -2.5 .. 2.5."""
    degree = rng.integers(1, 6, size=(count, 1))
    order = np.arange(1, 6)
    limit = settings.polynomial_coefficient / 2.5**order
    coefficient = rng.uniform(-limit, limit, size=(count, 5)) * (order <= degree)
    middle = np.float32((axis_cm1[0] + axis_cm1[-1]) / 2)
    # a shorter range is a part of the paper's curves, a longer one is all of them
    x = (axis_cm1 - middle) * np.float32(5 / max(_PAPER_POINTS, len(axis_cm1)))
    powers = np.stack([x**i for i in order])
    result: Singles = coefficient.astype(np.float32) @ powers
    return result


def _uniform(rng: np.random.Generator, count: int, low: float, high: float) -> Singles:
    return rng.uniform(low, high, size=(count, 1)).astype(np.float32)
