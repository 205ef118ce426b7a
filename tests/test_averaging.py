"""Mean, variance and cosmic rays of several frames, without an analyzer."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.driver import averaging
from device.driver.averaging import (
    AveragedFrames,
    CameraNoise,
    average_frames,
    measured_variance,
)
from firmware_bridge.simulator.detector import DetectorModel, default_calibration

TABLE = DetectorModel()
CAMERA = CameraNoise(TABLE.gain_e_per_count, TABLE.read_noise_e, TABLE.offset_counts)
AXIS = default_calibration().wavenumber_cm1()
EVERY = np.ones(2048, dtype=np.bool_)


def _frames(
    k: int, mean_counts: float = 5000.0, n: int = 2048, seed: int = 0
) -> npt.NDArray[np.uint16]:
    """Frames with exactly the noise that the detector model promises."""
    rng = np.random.default_rng(seed)
    sigma = np.sqrt(CAMERA.variance_counts2(np.full(n, mean_counts)))
    frames: npt.NDArray[np.uint16] = np.rint(mean_counts + sigma * rng.normal(size=(k, n))).astype(
        np.uint16
    )
    return frames


def _spread(average: AveragedFrames) -> npt.NDArray[np.float64]:
    assert average.variance is not None
    return average.variance


def test_photon_noise_grows_with_the_signal_and_not_with_the_offset() -> None:
    at_offset, bright = CAMERA.variance_counts2(np.array([CAMERA.offset_counts, 10_165.0]))
    assert at_offset == pytest.approx((16.0 / 4.6) ** 2 + 1 / 12)
    assert bright - at_offset == pytest.approx(10_000.0 / 4.6)


def test_the_variance_of_the_mean_falls_with_the_number_of_frames() -> None:
    one = CAMERA.variance_counts2(np.array([5000.0]))[0]
    for frames in (2, 3, 16):
        average = average_frames(_frames(frames))
        assert np.median(_spread(average)) == pytest.approx(one / frames, rel=0.1)
    scatter = np.var(average.mean - 5000.0)
    assert scatter == pytest.approx(one / 16, rel=0.15)


def test_shot_noise_is_found_from_two_frames() -> None:
    rng = np.random.default_rng(2)
    light = np.linspace(0.0, 20_000.0, 2048)
    frames = rng.poisson(light * 4.6, (2, 2048)) / 4.6 + rng.normal(200.0, 10.0, (2, 2048))
    variance = _spread(average_frames(np.rint(frames).astype(np.uint16)))
    expected = (100.0 + light / 4.6) / 2
    assert np.median(np.abs(variance / expected - 1.0)) < 0.2


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("noise_counts", [3.0, 12.0, 40.0])
def test_the_claimed_noise_is_the_real_one(noise_counts: float, frames: int) -> None:
    rng = np.random.default_rng(5)
    line = 3000.0 * np.exp(-0.5 * ((AXIS - 1000.0) / 5.0) ** 2)

    def averaged(light: npt.NDArray[np.float64]) -> AveragedFrames:
        return average_frames(
            np.rint(light + rng.normal(0.0, noise_counts, (frames, 2048))).astype(np.uint16)
        )

    lit, dark = averaged(line + 500.0), averaged(np.full(2048, 500.0))
    claimed = np.sqrt(measured_variance(lit, dark, AXIS, EVERY))
    real = noise_counts * np.sqrt(2.0 / frames)
    assert 0.9 < np.median(claimed) / real < 1.12


def test_identical_frames_are_one_recording_and_no_more_certain() -> None:
    lit, dark = _frames(1), _frames(1, 300.0, seed=1)
    once = measured_variance(average_frames(lit), average_frames(dark), AXIS, EVERY)
    five = [average_frames(np.repeat(frame, 5, axis=0)) for frame in (lit, dark)]
    assert np.array_equal(five[0].mean, lit[0])
    assert five[0].variance is None
    assert np.array_equal(measured_variance(five[0], five[1], AXIS, EVERY), once)


def test_a_camera_adds_the_shot_noise_that_one_frame_cannot_show() -> None:
    rng = np.random.default_rng(7)
    peak = 30_000.0 * np.exp(-0.5 * ((np.arange(2048) - 900) / 3.0) ** 2)
    lit = average_frames(np.rint(rng.poisson((peak + 200.0) * 4.6) / 4.6)[None].astype(np.uint16))
    dark = average_frames(np.rint(rng.poisson(np.full(2048, 920.0)) / 4.6)[None].astype(np.uint16))
    told = measured_variance(lit, dark, AXIS, EVERY, CameraNoise(4.6, 5.0, 0.0))
    assert told[900] >= 30_000.0 / 4.6
    # one that claims more than the frames show is not believed
    absurd = measured_variance(lit, dark, AXIS, EVERY, CameraNoise(4.6, 460.0, 0.0))
    assert np.array_equal(absurd, measured_variance(lit, dark, AXIS, EVERY))


def test_a_cosmic_ray_is_removed_and_counted() -> None:
    frames = _frames(3)
    clean = average_frames(frames)
    frames[1, 700:702] += 9_000
    hit = average_frames(frames)
    assert (clean.rejected, hit.rejected) == (0, 2)
    assert abs(hit.mean[700] - 5000.0) < 200.0
    assert _spread(hit)[700] > _spread(clean)[699] * 0.5


def test_two_frames_cannot_tell_a_cosmic_ray() -> None:
    frames = _frames(2)
    frames[1, 700] += 9_000
    average = average_frames(frames)
    assert average.rejected == 0
    assert average.mean[700] > 9_000
    assert _spread(average)[700] > 1e6  # and says how little it knows


def test_a_drifting_laser_is_no_cosmic_ray() -> None:
    line = 40_000.0 * np.exp(-0.5 * ((np.arange(2048) - 900) / 6.0) ** 2) + 500.0
    frames = np.rint([line, line * 1.02, line * 1.04]).astype(np.uint16)
    assert average_frames(frames).rejected == 0


def test_a_ray_on_top_of_a_bright_line_is_removed() -> None:
    line = 30_000.0 * np.exp(-0.5 * ((np.arange(2048) - 900) / 6.0) ** 2) + 500.0
    frames = np.rint([line, line, line]).astype(np.uint16)
    frames[2, 900] += 8_000
    average = average_frames(frames)
    assert average.rejected == 1
    assert average.mean[900] == pytest.approx(30_500.0)


@given(
    st.integers(1, 6).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(0, 65_535), min_size=5, max_size=5), min_size=k, max_size=k
        )
    )
)
def test_any_counts_give_a_mean_within_them_and_a_positive_variance_if_they_differ(
    rows: list[list[int]],
) -> None:
    counts = np.array(rows, np.uint16)
    average = average_frames(counts)
    assert (average.mean >= counts.min(axis=0)).all() and (average.mean <= counts.max(axis=0)).all()
    if average.variance is not None:
        assert np.isfinite(average.variance).all() and (average.variance > 0).all()


def test_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="counts"):
        average_frames(np.zeros((0, 5), np.uint16))
    with pytest.raises(ValueError, match="counts"):
        average_frames(np.zeros(5, np.uint16))


@pytest.mark.parametrize("frames", [2, 3, 8, 10, 11, 40])
def test_the_middle_of_few_and_of_many_frames_is_their_median(frames: int) -> None:
    counts = _frames(frames, n=64)
    assert np.array_equal(averaging._middle(counts), np.median(counts, axis=0))
