"""The noise that a spectrum shows by itself."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.spectra import noise
from device.spectra.in_order import in_order, median_nearby
from device.spectra.noise import between_frames, fine_structure, noise_variance
from firmware_bridge.simulator.detector import default_calibration

Floats = npt.NDArray[np.float64]
PIXELS = default_calibration().wavenumber_cm1()


def _lines(axis: Floats, fwhm_cm1: float, height: float = 1.0) -> Floats:
    """Thirty lines, more than a liquid has."""
    places = np.linspace(300.0, 2400.0, 30)
    shape = np.exp(-4.0 * np.log(2.0) * ((axis[:, None] - places) / fwhm_cm1) ** 2)
    return height * np.asarray(shape.sum(axis=1))


@pytest.mark.parametrize("fwhm_cm1", [9.0, 12.0])
@pytest.mark.parametrize("snr", [15.0, 100.0, 1000.0, 10_000.0])
def test_lines_are_no_noise(fwhm_cm1: float, snr: float) -> None:
    rng = np.random.default_rng(3)
    spectrum = _lines(PIXELS, fwhm_cm1, height=snr) + rng.standard_normal(len(PIXELS))
    assert 0.8 < np.sqrt(noise_variance(PIXELS, spectrum)) < 1.25


def test_negative_control_a_second_difference_takes_lines_for_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = np.array([1.0, -2.0, 1.0]) / np.sqrt(6.0)
    monkeypatch.setattr(noise, "_DIFFERENCE", second)
    monkeypatch.setattr(noise, "_REACH", 1)
    rng = np.random.default_rng(3)
    spectrum = _lines(PIXELS, 9.0, height=10_000.0) + rng.standard_normal(len(PIXELS))
    assert np.sqrt(noise_variance(PIXELS, spectrum)) > 1.5


def test_shot_noise_is_found_in_one_spectrum() -> None:
    rng = np.random.default_rng(6)
    light = 5_000.0 * np.exp(-(((PIXELS - 1400.0) / 600.0) ** 2))
    counts = rng.poisson(light * 4.0) / 4.0 + rng.normal(0.0, 8.0, len(PIXELS))
    law = fine_structure(counts, PIXELS)
    real = 64.0 + light / 4.0
    assert np.median(np.abs(law.variance(counts) / real - 1.0)) < 0.2
    assert law.slope == pytest.approx(0.25, rel=0.3)


@pytest.mark.parametrize("pixel_cm1", [1.7, 2.4])
@pytest.mark.parametrize("step_cm1", [None, 1.0, 2.0])
def test_noise_is_found_even_after_interpolation(pixel_cm1: float, step_cm1: float | None) -> None:
    rng = np.random.default_rng(4)
    axis = np.arange(290.0, 2510.0, pixel_cm1)
    noisy = 500 * np.exp(-(((axis - 1000) / 4) ** 2)) + rng.normal(size=len(axis)) * 5
    if step_cm1 is not None:
        target = np.arange(300.0, 2501.0, step_cm1)
        axis, noisy = target, np.interp(target, axis, noisy)
    # between pixels, interpolation itself lowers the variance to 1/2 in the middle
    assert 0.5 * 25 < noise_variance(axis, noisy) < 1.7 * 25


def test_negative_control_neighbours_alone_would_miss_interpolated_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(noise, "_INDEPENDENT_CM1", 0.0)
    rng = np.random.default_rng(4)
    pixels = np.arange(290.0, 2510.0, 2.4)
    axis = np.arange(300.0, 2501.0)
    noisy = np.interp(axis, pixels, rng.normal(size=len(pixels)) * 5)
    assert noise_variance(axis, noisy) < 0.2 * 25


def test_a_noise_free_line_has_the_shot_noise_of_the_largest_well_and_a_constant_none() -> None:
    axis = np.arange(300.0, 2501.0)
    line = 1e4 * np.exp(-(((axis - 1000) / 4) ** 2))
    law = fine_structure(line, axis)
    assert law.slope == pytest.approx(1e4 / 1e6, rel=0.01)
    level = np.full(len(axis), 7.0)
    assert fine_structure(level, axis).variance(level).max() < 1e-25  # rounding
    assert fine_structure(axis[:2], axis[:2]).slope > 0  # two points have no difference


def test_drift_between_frames_is_no_noise() -> None:
    rng = np.random.default_rng(8)
    line = _lines(PIXELS, 12.0, height=10_000.0)
    frames = np.stack([line * (1.0 + 0.03 * k) for k in range(4)])
    frames += rng.normal(0.0, 5.0, frames.shape)
    law = between_frames(frames, line)
    assert np.sqrt(law.variance(line)).mean() == pytest.approx(5.0, rel=0.15)


@given(
    st.lists(st.floats(-1e15, 1e15), min_size=2, max_size=80),
    st.lists(st.floats(0.01, 50.0), min_size=80, max_size=80),
)
def test_any_spectrum_gives_a_finite_law_without_negative_parts(
    values: list[float], steps: list[float]
) -> None:
    intensity = np.array(values)
    axis = np.cumsum(steps)[: len(values)]
    law = fine_structure(intensity, axis)
    assert np.isfinite(law.variance(intensity)).all()
    assert law.floor >= 0.0 and law.slope >= 0.0


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(1, 4))
def test_repeated_levels_are_ordered_as_a_stable_sort_orders_them(
    levels: list[int], times: int
) -> None:
    level = np.array(levels, float)
    expected = np.argsort(np.tile(level, times), kind="stable")
    assert np.array_equal(noise._order_of_repeated(level, times), expected)


@given(st.lists(st.lists(st.integers(0, 9), min_size=6, max_size=6), min_size=1, max_size=12))
def test_rows_in_order_are_what_a_sort_of_every_place_gives(rows: list[list[int]]) -> None:
    table = np.array(rows)
    assert np.array_equal(np.stack(in_order(list(table))), np.sort(table, axis=0))


@pytest.mark.parametrize("points", [5, 9])
def test_the_median_nearby_is_that_of_every_window(points: int) -> None:
    values = np.random.default_rng(3).normal(size=50)
    held = np.pad(values, points // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(held, points)
    assert np.array_equal(median_nearby(values, points), np.median(windows, axis=1))
