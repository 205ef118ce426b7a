"""Mean, variance and cosmic rays of several frames, without an analyzer."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.driver.averaging import DetectorNoise, average_frames
from firmware_bridge.simulator.detector import DetectorModel

NOISE = DetectorNoise()


def _frames(
    k: int, mean_counts: float = 5000.0, n: int = 2048, seed: int = 0
) -> npt.NDArray[np.uint16]:
    """Frames with exactly the noise that the detector model promises."""
    rng = np.random.default_rng(seed)
    sigma = np.sqrt(NOISE.variance_counts2(np.full(n, mean_counts)))
    frames: npt.NDArray[np.uint16] = np.rint(mean_counts + sigma * rng.normal(size=(k, n))).astype(
        np.uint16
    )
    return frames


def test_the_default_noise_is_the_simulated_detectors() -> None:
    table = DetectorModel()
    assert NOISE.gain_e_per_count == table.gain_e_per_count
    assert NOISE.read_noise_e == table.read_noise_e
    assert NOISE.offset_counts == table.offset_counts


def test_photon_noise_grows_with_the_signal_and_not_with_the_offset() -> None:
    at_offset, bright = NOISE.variance_counts2(np.array([NOISE.offset_counts, 10_165.0]))
    assert at_offset == pytest.approx((16.0 / 4.6) ** 2 + 1 / 12)
    assert bright - at_offset == pytest.approx(10_000.0 / 4.6)


def test_one_frame_has_the_models_variance() -> None:
    average = average_frames(_frames(1), NOISE)
    assert np.array_equal(average.variance, NOISE.variance_counts2(average.mean))


def test_the_variance_of_the_mean_falls_with_the_number_of_frames() -> None:
    one = NOISE.variance_counts2(np.array([5000.0]))[0]
    average = average_frames(_frames(16), NOISE)
    assert np.median(average.variance) == pytest.approx(one / 16, rel=0.25)
    scatter = np.var(average.mean - 5000.0)
    assert scatter == pytest.approx(one / 16, rel=0.15)


def test_a_real_spread_above_the_model_is_kept() -> None:
    frames = _frames(8).astype(np.float64)
    frames += np.random.default_rng(1).normal(0.0, 300.0, frames.shape)
    average = average_frames(frames.astype(np.uint16), NOISE)
    assert np.median(average.variance) == pytest.approx(300.0**2 / 8, rel=0.2)


def test_identical_frames_are_one_recording_and_no_more_certain() -> None:
    frame = _frames(1)
    average = average_frames(np.repeat(frame, 5, axis=0), NOISE)
    assert np.array_equal(average.mean, frame[0])
    assert np.array_equal(average.variance, NOISE.variance_counts2(average.mean))


def test_a_cosmic_ray_is_removed_and_counted() -> None:
    frames = _frames(3)
    clean = average_frames(frames, NOISE)
    frames[1, 700:702] += 9_000
    hit = average_frames(frames, NOISE)
    assert (clean.rejected, hit.rejected) == (0, 2)
    assert abs(hit.mean[700] - 5000.0) < 200.0
    assert hit.variance[700] > clean.variance[699] * 0.5


def test_two_frames_cannot_tell_a_cosmic_ray() -> None:
    frames = _frames(2)
    frames[1, 700] += 9_000
    average = average_frames(frames, NOISE)
    assert average.rejected == 0
    assert average.mean[700] > 9_000
    assert average.variance[700] > 1e6  # and says how little it knows


def test_a_drifting_laser_is_no_cosmic_ray() -> None:
    line = 40_000.0 * np.exp(-0.5 * ((np.arange(2048) - 900) / 6.0) ** 2) + 500.0
    frames = np.rint([line, line * 1.02, line * 1.04]).astype(np.uint16)
    assert average_frames(frames, NOISE).rejected == 0


def test_a_ray_on_top_of_a_bright_line_is_removed() -> None:
    line = 30_000.0 * np.exp(-0.5 * ((np.arange(2048) - 900) / 6.0) ** 2) + 500.0
    frames = np.rint([line, line, line]).astype(np.uint16)
    frames[2, 900] += 8_000
    average = average_frames(frames, NOISE)
    assert average.rejected == 1
    assert average.mean[900] == pytest.approx(30_500.0)


@given(
    st.integers(1, 6).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(0, 65_535), min_size=5, max_size=5), min_size=k, max_size=k
        )
    )
)
def test_any_counts_give_a_mean_within_them_and_a_positive_variance(rows: list[list[int]]) -> None:
    counts = np.array(rows, np.uint16)
    average = average_frames(counts, NOISE)
    assert (average.mean >= counts.min(axis=0)).all() and (average.mean <= counts.max(axis=0)).all()
    assert np.isfinite(average.variance).all() and (average.variance > 0).all()


def test_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="counts"):
        average_frames(np.zeros((0, 5), np.uint16), NOISE)
    with pytest.raises(ValueError, match="counts"):
        average_frames(np.zeros(5, np.uint16), NOISE)
