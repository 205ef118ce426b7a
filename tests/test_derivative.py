"""The fit's domain: derivatives that keep lines and lose baselines."""

import numpy as np
import pytest

from device.fit.derivative import (
    LINE_CM1,
    derivative_kernel,
    fitted_window,
    moving_maximum,
    noise_correlation,
    noise_of_derivative,
    shifted,
    smoothed_derivative,
    without_baseline,
)


def test_the_derivative_of_a_straight_line_is_its_slope() -> None:
    line = 3.0 * np.arange(200.0)[None]
    derivative = smoothed_derivative(line, 9.0)[0]
    np.testing.assert_allclose(derivative[20:-20], 3.0, rtol=1e-3)


def test_smoothing_adds_to_the_variance_of_a_line() -> None:
    position = np.arange(401.0) - 200.0
    narrow = np.exp(-0.5 * position**2 / 16.0)[None]
    wide = np.exp(-0.5 * position**2 / 25.0)[None] * 4.0 / 5.0  # the same area
    more = smoothed_derivative(narrow, 9.0 + 9.0)
    less = smoothed_derivative(wide, 9.0)
    np.testing.assert_allclose(more, less, atol=2e-4)


def test_noise_is_predicted() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(scale=2.0, size=(200, 400))
    measured = smoothed_derivative(noise, 9.0)[:, 50:-50].var()
    assert noise_of_derivative(np.full(400, 4.0), 9.0)[200] == pytest.approx(measured, rel=0.05)


def test_a_slow_baseline_vanishes_and_a_line_stays() -> None:
    axis = np.arange(2201.0)
    line = np.exp(-0.5 * ((axis - 900.0) / 5.0) ** 2)
    hill = 100.0 * np.exp(-0.5 * ((axis - 1100.0) / 900.0) ** 2)
    with_hill = without_baseline(smoothed_derivative((line + hill)[None], 9.0)[0, 10:-10])
    alone = without_baseline(smoothed_derivative(line[None], 9.0)[0, 10:-10])
    kept = smoothed_derivative(line[None], 9.0)[0, 10:-10]
    assert np.abs(with_hill - alone).max() < 0.1 * np.abs(kept).max()
    assert np.linalg.norm(alone - kept) < 0.1 * np.linalg.norm(kept)


def test_a_shift_moves_by_fractions_and_holds_the_ends() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(shifted(values, 0.5), [0.5, 1.5, 2.5, 3.0])


def test_points_beside_a_missing_stretch_are_not_fitted() -> None:
    valid = np.ones(300, dtype=np.bool_)
    valid[:100] = False
    window = fitted_window(valid)
    assert not window[: 100 + LINE_CM1].any()
    assert window[100 + LINE_CM1 : -LINE_CM1].all()
    assert not window[-LINE_CM1:].any()


def test_a_moving_maximum_holds_ends_and_looks_to_both_sides() -> None:
    values = np.array([3.0, 0.0, 0.0, 0.0, 5.0, 0.0, 1.0])
    np.testing.assert_array_equal(moving_maximum(values, 3), [3, 3, 0, 5, 5, 5, 1])


@pytest.mark.parametrize("smoothing_cm1", [3.0, 5.0])
def test_the_correlation_of_noise_is_that_of_a_matched_line(smoothing_cm1: float) -> None:
    kernel = derivative_kernel(smoothing_cm1**2)
    position = np.arange(-60, 61)
    line = np.convolve(np.exp(-0.5 * position**2 / 20.0), kernel)
    shared = np.correlate(kernel, kernel, mode="full")
    covariance = shared / shared.max()
    scatter = line @ np.convolve(line, covariance, mode="same")
    assert noise_correlation(smoothing_cm1) == pytest.approx(scatter / (line @ line), rel=0.02)
