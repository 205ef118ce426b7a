"""The paper's Table 2 baselines lie within the ranges it prints."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from device.spectra.resampling import MODEL_GRID
from train.recipe import BaselineSettings
from train.spectra.baselines import exponential, gaussian, polynomial, random_baselines, sigmoid

SETTINGS = BaselineSettings(
    kinds_at_most=3, gaussian_sigma_cm1=800.0, polynomial_coefficient=0.3, largest_scale=5.0
)
AXIS = MODEL_GRID.wavenumber_cm1.astype(np.float32)
Singles = npt.NDArray[np.float32]
Curve = Callable[[np.random.Generator, int, Singles, BaselineSettings], Singles]


@pytest.mark.parametrize(
    ("curve", "largest"), [(gaussian, 0.3), (sigmoid, 0.5), (exponential, 1.0)]
)
def test_heights_stay_within_the_printed_amplitude(curve: Curve, largest: float) -> None:
    curves = curve(np.random.default_rng(1), 2000, AXIS, SETTINGS)
    assert curves.shape == (2000, AXIS.size)
    assert curves.min() >= 0
    assert curves.max() <= largest
    assert curves.max() > 0.5 * largest


def test_gaussian_peaks_between_1000_and_1500() -> None:
    curves = gaussian(np.random.default_rng(2), 500, AXIS, SETTINGS)
    peaks = AXIS[curves.argmax(axis=1)]
    assert 1000 <= peaks.min() < 1050
    assert 1450 < peaks.max() <= 1500


def test_gaussian_is_a_baseline_and_not_a_band() -> None:
    curves = gaussian(np.random.default_rng(3), 50, AXIS, SETTINGS)
    assert ((curves > 0.5 * curves.max(axis=1, keepdims=True)).sum(axis=1) > 1500).all()


def test_exponential_falls_and_sigmoid_rises() -> None:
    assert (np.diff(exponential(np.random.default_rng(4), 50, AXIS, SETTINGS)) <= 0).all()
    assert (np.diff(sigmoid(np.random.default_rng(5), 50, AXIS, SETTINGS)) >= 0).all()


def test_polynomials_have_degree_one_to_five_on_the_mapped_axis() -> None:
    curves = polynomial(np.random.default_rng(6), 400, AXIS, SETTINGS).astype(np.float64)
    x = np.linspace(-2.5, 2.5, AXIS.size)
    powers = x[:, None] ** np.arange(6)
    coefficients = np.linalg.lstsq(powers, curves.T, rcond=None)[0].T
    np.testing.assert_allclose(coefficients[:, 0], 0, atol=1e-4)
    limit = SETTINGS.polynomial_coefficient / 2.5 ** np.arange(1, 6)
    assert (np.abs(coefficients[:, 1:]) <= limit * 1.01 + 1e-5).all()
    degrees = (np.abs(coefficients[:, 1:]) > 1e-5).sum(axis=1)
    assert set(np.unique(degrees)) == {1, 2, 3, 4, 5}


def test_sums_are_never_negative_and_sometimes_absent() -> None:
    curves = random_baselines(np.random.default_rng(7), 1000, AXIS, SETTINGS)
    assert curves.min() >= 0
    flat = (curves.max(axis=1) == 0).mean()
    assert 0.15 < flat < 0.35  # none of 0..3 kinds
    assert curves.max() > 1.0


def test_same_seed_same_baselines() -> None:
    first = random_baselines(np.random.default_rng(8), 20, AXIS, SETTINGS)
    again = random_baselines(np.random.default_rng(8), 20, AXIS, SETTINGS)
    np.testing.assert_array_equal(first, again)
