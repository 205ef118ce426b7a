"""The one preprocessing: exact against a naive version, the same for one and for many."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.spectra.preprocessing import (
    PREPROCESSING_ID,
    WINDOW,
    preprocess,
    quantize,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def naive(intensity: Floats, valid: Bools) -> Floats:
    """The definition, one point at a time."""
    result = np.zeros(len(intensity))
    for at in np.flatnonzero(valid):
        window = slice(max(0, at - WINDOW // 2), at + WINDOW // 2 + 1)
        result[at] = intensity[at] - intensity[window][valid[window]].mean()
    peak = np.abs(result).max()
    return result / peak if peak > 1e-9 * np.abs(intensity[valid]).max(initial=0) else result * 0


def spectrum(seed: int, size: int = 2201) -> Floats:
    rng = np.random.default_rng(seed)
    axis = np.arange(size)
    lines = sum(
        rng.uniform(100, 5000) * np.exp(-(((axis - rng.uniform(0, size)) / 5) ** 2))
        for _ in range(8)
    )
    return np.asarray(2e4 * np.exp(-((axis / 900) ** 2)) + lines + rng.normal(size=size) * 10)


@given(seed=st.integers(0, 1000), size=st.integers(1, 400), lost=st.floats(0, 1))
def test_equals_the_definition_for_any_size_and_any_missing_points(
    seed: int, size: int, lost: float
) -> None:
    intensity = spectrum(seed, size)
    valid = np.random.default_rng(seed).random(size) >= lost
    assert np.allclose(preprocess(intensity, valid), naive(intensity, valid), atol=2e-6)


def test_equals_the_definition_on_the_model_grid_with_missing_ends() -> None:
    intensity = spectrum(1)
    valid = np.ones(2201, bool)
    assert np.allclose(preprocess(intensity, valid), naive(intensity, valid), atol=1e-6)
    valid[:202] = valid[2004:] = valid[900:950] = False
    result = preprocess(intensity, valid)
    assert np.allclose(result, naive(intensity, valid), atol=1e-6)
    assert not result[~valid].any()


def test_what_stands_in_missing_points_does_not_matter() -> None:
    valid = np.ones(2201, bool)
    valid[:300] = False
    first, second = spectrum(2), spectrum(2)
    second[:300] = 1e9
    assert np.array_equal(preprocess(first, valid), preprocess(second, valid))
    assert not np.array_equal(preprocess(first), preprocess(second))  # negative control


def test_a_batch_gives_the_same_bits_as_its_spectra() -> None:
    batch = np.stack([spectrum(seed) for seed in range(5)] + [np.zeros(2201)]).astype(np.float32)
    common = np.ones(2201, bool)
    common[2000:] = False
    each = np.random.default_rng(0).random(batch.shape) > 0.1
    for valid in (None, np.ones(2201, bool), common, each):
        together = preprocess(batch, valid)
        assert together.dtype == np.float32
        assert together.shape == batch.shape
        for row, intensity in enumerate(batch):
            own = valid[row] if valid is not None and valid.ndim == 2 else valid
            assert np.array_equal(together[row], preprocess(intensity, own))


def test_an_all_true_mask_is_the_same_as_none() -> None:
    assert np.array_equal(preprocess(spectrum(3)), preprocess(spectrum(3), np.ones(2201, bool)))


def test_result_is_scaled_to_its_largest_magnitude_of_either_sign() -> None:
    up, down = preprocess(spectrum(4)), preprocess(-spectrum(4))
    assert np.abs(up).max() == 1.0
    assert np.array_equal(up, -down)


@pytest.mark.parametrize("level", [0.0, 65535.7, -1e12, 1e-12])
def test_a_spectrum_without_structure_gives_zeros(level: float) -> None:
    valid = np.ones(2201, bool)
    for mask in (None, valid, np.arange(2201) > 700):
        assert not preprocess(np.full(2201, level), mask).any()
    assert not preprocess(spectrum(5), np.zeros(2201, bool)).any()


def test_a_baseline_thirty_times_the_signal_leaves_the_signal() -> None:
    axis = np.arange(2201)
    line = np.exp(-(((axis - 700) / 5) ** 2))
    result = preprocess(line + 30 + axis / 100)
    assert result[700] == 1.0
    assert np.abs(result - preprocess(line))[100:2100].max() < 0.01


def test_scale_of_the_input_does_not_matter_and_the_extremes_stay_finite() -> None:
    plain = preprocess(spectrum(6))
    for factor in (1e-12, 1e12, 1e25):
        assert np.allclose(preprocess(spectrum(6) * factor), plain, atol=1e-6)


def test_the_input_is_not_changed() -> None:
    intensity = spectrum(7)
    kept = intensity.copy()
    valid = np.arange(2201) > 100
    preprocess(intensity)
    preprocess(intensity, valid)
    assert np.array_equal(intensity, kept)


def test_quantization_is_symmetric_and_rounds() -> None:
    values = np.array([-1.0, -0.5, 0.0, 0.0039, 0.0040, 1.0], np.float32)
    assert quantize(values).tolist() == [-127, -64, 0, 0, 1, 127]
    assert quantize(values).dtype == np.int8


def test_the_id_names_this_maths() -> None:
    """A reminder: new maths needs a new id, since models carry the id they were trained with."""
    assert PREPROCESSING_ID == "highpass121-max-int8-v1"
    intensity = np.zeros(2201)
    intensity[1000] = 121.0
    result = quantize(preprocess(intensity))
    assert np.flatnonzero(result).tolist() == list(range(940, 1061))
    assert (result[1000], result[999]) == (127, -1)
