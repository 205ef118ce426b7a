"""The simulated camera: how much light, how sharp, how noisy, how dark, and when it is full."""

from pathlib import Path

import numpy as np
import pytest

from device.spectra.files.bwtek import read_bwtek
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.lamp_lines import vacuum_from_air_nm
from firmware_bridge.simulator.detector import (
    Detector,
    DetectorModel,
    Exposure,
    default_calibration,
)
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    FloatArray,
    LampScene,
    ReplayScene,
    Scene,
    SpectrumScene,
    neon_lamp,
)

DATA = Path(__file__).parent.parent / "data"
QUIET = DetectorModel(noise=False, offset_spread_counts=0.0, dark_spread=0.0, hot_pixel_fraction=0)


def gaussian(centre_cm1: float, fwhm_cm1: float) -> SpectrumScene:
    sigma = fwhm_cm1 / 2.354820045
    return SpectrumScene(
        lambda axis: np.exp(-0.5 * ((axis - centre_cm1) / sigma) ** 2), resolution_cm1=fwhm_cm1
    )


def line(centre_cm1: float) -> SpectrumScene:
    """A line much narrower than the instrument, of area 10 cm-1."""
    return SpectrumScene(lambda axis: 10 * np.exp(-0.5 * (axis - centre_cm1) ** 2) / 2.5066)


def expose(
    detector: Detector,
    scene: Scene,
    *,
    exposure_ms: float = 1000.0,
    lit_fraction: float = 1.0,
    laser_power_mw: float = 70.0,
    temperature_c: float = -20.0,
) -> Exposure:
    return detector.expose(
        scene,
        exposure_ms=exposure_ms,
        lit_fraction=lit_fraction,
        laser_power_mw=laser_power_mw,
        temperature_c=temperature_c,
    )


def quiet_signal(scene: Scene, **how: float) -> FloatArray:
    """Lit minus dark counts of a camera without noise."""
    detector = Detector(QUIET, default_calibration())
    lit = expose(detector, scene, **how).counts.astype(float)
    dark = expose(detector, EmptyScene(), **how).counts.astype(float)
    return np.asarray(lit - dark, np.float64)


def fwhm_cm1(signal: FloatArray) -> float:
    """From the second moment, which a Gaussian's sampling does not bias."""
    axis = default_calibration().wavenumber_cm1()
    weight = signal / signal.sum()
    centre = float((weight * axis).sum())
    return 2.354820045 * float(np.sqrt((weight * (axis - centre) ** 2).sum()))


def test_the_default_page_covers_the_window_in_use() -> None:
    axis = default_calibration().wavenumber_cm1()
    assert axis.size == 2048
    assert axis[0] == pytest.approx(250.0) and axis[-1] == pytest.approx(2550.0)


@pytest.mark.parametrize("centre_cm1", [786.0, 1004.3, 1605.8])
def test_a_narrow_line_gets_the_instruments_width_in_the_right_place(centre_cm1: float) -> None:
    signal = quiet_signal(line(centre_cm1))
    axis = default_calibration().wavenumber_cm1()
    assert (signal * axis).sum() / signal.sum() == pytest.approx(centre_cm1, abs=0.1)
    assert fwhm_cm1(signal) == pytest.approx(12.0, abs=0.5)


def test_a_measured_reference_is_broadened_only_by_what_is_missing() -> None:
    signal = quiet_signal(gaussian(1000.0, 8.5))
    assert fwhm_cm1(signal) == pytest.approx(12.0, abs=0.3)


def test_a_coarser_reference_is_not_sharpened() -> None:
    assert fwhm_cm1(quiet_signal(gaussian(1000.0, 20.0))) == pytest.approx(20.0, abs=0.3)


def test_light_at_the_ends_of_the_axis_is_not_lost_in_broadening() -> None:
    flat = SpectrumScene(np.ones_like, counts_per_s=1000.0)
    assert np.allclose(quiet_signal(flat), 1000.0, atol=1.0)


def test_signal_goes_with_power_exposure_and_lit_time() -> None:
    flat = SpectrumScene(np.ones_like, counts_per_s=1000.0)
    for how in ({"laser_power_mw": 35.0}, {"exposure_ms": 500.0}, {"lit_fraction": 0.5}):
        assert np.allclose(quiet_signal(flat, **how), 500.0, atol=1.0)
    assert np.array_equal(quiet_signal(flat, lit_fraction=0.0), np.zeros(2048))


def test_negative_intensities_of_a_reference_are_no_light() -> None:
    below = SpectrumScene(lambda axis: -np.ones_like(axis))
    assert np.array_equal(quiet_signal(below), np.zeros(2048))


def test_a_lamp_shines_without_the_laser() -> None:
    assert quiet_signal(neon_lamp(), lit_fraction=0.0).max() > 50_000


def test_a_lamp_line_stands_at_its_wavelength() -> None:
    page = default_calibration()
    signal = quiet_signal(LampScene(((837.99, 10_000.0),)), exposure_ms=1000.0)
    assert page.wavelength_nm()[signal.argmax()] == pytest.approx(837.99, abs=0.1)
    assert signal.max() == pytest.approx(10_000.0, rel=0.02)


def test_neon_lines_stand_where_a_real_lamp_shows_them() -> None:
    """The recording's axis is labelled in air; ours is in vacuum, 0.23 nm further up."""
    recording = read_bwtek(DATA / "charisma785" / "Ne_785nm_x20_50ms.txt")
    recorded_nm = recording.calibration.wavelength_nm()
    recorded = recording.raw_counts - recording.dark_counts
    page = default_calibration()
    simulated = Detector(QUIET, page).light_counts_per_s(neon_lamp())
    for line_nm in (830.03, 837.76, 849.54, 859.13, 863.46, 885.39):
        there = top_of_line(recorded_nm, recorded, line_nm)
        here = top_of_line(page.wavelength_nm(), simulated, vacuum_from_air_nm(line_nm))
        assert here == pytest.approx(vacuum_from_air_nm(there), abs=0.1)


def top_of_line(wavelength_nm: FloatArray, counts: FloatArray, line_nm: float) -> float:
    """Centre of gravity of the seven pixels around the highest one within 0.5 nm."""
    near = np.flatnonzero(np.abs(wavelength_nm - line_nm) < 0.5)
    top = near[counts[near].argmax()]
    around = slice(top - 3, top + 4)
    weight = np.maximum(counts[around], 0)
    return float((weight * wavelength_nm[around]).sum() / weight.sum())


def test_dark_counts_look_like_the_recorded_ones() -> None:
    recorded = read_bwtek(DATA / "solvents13" / "components" / "Toluene.txt").dark_counts
    frame = expose(Detector(DetectorModel(), default_calibration(), seed=3), EmptyScene()).counts
    assert np.median(frame) == pytest.approx(np.median(recorded), abs=15)
    noise, recorded_noise = (
        1.4826 * np.median(np.abs(np.diff(counts.astype(float), 2))) / np.sqrt(6)
        for counts in (frame, recorded)
    )
    assert 0.5 * recorded_noise < noise < 2 * recorded_noise
    assert 0 < np.sum(frame > np.median(frame) + 60) < 20  # a few hot pixels, as there


def test_cooling_halves_the_dark_current_every_doubling_step() -> None:
    model = DetectorModel()
    warm, cold = model.dark_e_per_s(0.0), model.dark_e_per_s(-model.dark_doubling_c)
    assert warm == pytest.approx(2 * cold)
    detector = Detector(QUIET, default_calibration())
    frames = [
        expose(detector, EmptyScene(), exposure_ms=10_000.0, temperature_c=c).counts.mean()
        for c in (10.0, -20.0)
    ]
    assert frames[0] > 5 * frames[1]


def test_noise_is_shot_and_read_noise() -> None:
    model = DetectorModel(cosmic_rays_per_s=0.0)
    detector = Detector(model, default_calibration(), seed=5)
    flat = SpectrumScene(np.ones_like, counts_per_s=20_000.0)
    frames = np.array([expose(detector, flat).counts for _ in range(60)], float)
    mean = frames.mean()
    expected = np.sqrt((mean - model.offset_counts) / model.gain_e_per_count + (16 / 4.6) ** 2)
    assert np.sqrt(frames.var(axis=0, ddof=1).mean()) == pytest.approx(expected, rel=0.03)


def test_the_asked_for_signal_to_noise_ratio_is_met() -> None:
    flat = SpectrumScene(np.ones_like, counts_per_s=10_000.0, snr=50.0)
    detector = Detector(QUIET, default_calibration(), seed=1)
    lit = expose(detector, flat).counts.astype(float)
    assert (lit - lit.mean()).std() == pytest.approx(10_000 / 50, rel=0.1)
    dark = expose(detector, flat, lit_fraction=0.0).counts
    assert dark.std() == 0


def test_cosmic_rays_come_at_their_rate_and_hit_few_pixels() -> None:
    often = DetectorModel(cosmic_rays_per_s=5.0, hot_pixel_fraction=0.0)
    never = DetectorModel(cosmic_rays_per_s=0.0, hot_pixel_fraction=0.0)
    struck, clean = (
        [
            np.sum(counts > np.median(counts) + 200)
            for counts in (expose(detector, EmptyScene()).counts for _ in range(20))
        ]
        for detector in (
            Detector(often, default_calibration()),
            Detector(never, default_calibration()),
        )
    )
    assert 3 < np.mean(struck) < 12
    assert sum(clean) == 0


def test_a_full_pixel_stays_at_the_top_and_is_reported() -> None:
    flat = SpectrumScene(np.ones_like, counts_per_s=200_000.0)
    full = expose(Detector(QUIET, default_calibration()), flat)
    assert full.saturated and full.counts.min() >= 65_000
    assert not expose(Detector(QUIET, default_calibration()), flat, exposure_ms=100.0).saturated


def test_the_same_seed_gives_the_same_frames_and_another_seed_others() -> None:
    first, again, other = (
        expose(Detector(DetectorModel(), default_calibration(), seed=seed), EmptyScene()).counts
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_hot_pixels_belong_to_the_camera_not_to_the_frame() -> None:
    detector = Detector(DetectorModel(cosmic_rays_per_s=0.0), default_calibration(), seed=3)
    hot = [
        set(np.flatnonzero(counts > np.median(counts) + 60))
        for counts in (expose(detector, EmptyScene()).counts for _ in range(2))
    ]
    assert hot[0] & hot[1]


REPLAYED = CalibrationPage((800.0, 0.1), 785.0, 0, 3, 4)


def test_a_replay_is_exact_at_any_power_and_temperature() -> None:
    raw, dark = np.array([300.0, 65_535.0, 7.0, 900.0]), np.array([200.0, 210.0, 5.0, 230.0])
    detector = Detector(DetectorModel(), REPLAYED)
    scene = ReplayScene(raw, dark, 1000.0)
    lit = expose(detector, scene, laser_power_mw=10.0, temperature_c=20.0)
    assert lit.counts.dtype == np.uint16
    assert np.array_equal(lit.counts, raw) and lit.saturated
    assert np.array_equal(expose(detector, scene, lit_fraction=0.0).counts, dark)


def test_a_recorded_average_is_rounded_and_a_longer_exposure_clipped() -> None:
    scene = ReplayScene(np.array([300.4, 40_000.0, 7.6, 1.0]), np.zeros(4), 1000.0, 5)
    detector = Detector(DetectorModel(), REPLAYED)
    assert expose(detector, scene).counts.tolist() == [300, 40_000, 8, 1]
    longer = expose(detector, scene, exposure_ms=2000.0)
    assert longer.counts.tolist() == [601, 65_535, 15, 2] and longer.saturated


def test_noise_is_added_to_a_replay_only_when_asked() -> None:
    raw = np.full(2048, 1000.0)
    detector = Detector(DetectorModel(), default_calibration(), seed=2)
    exact = expose(detector, ReplayScene(raw, raw, 1000.0)).counts
    noisy = expose(detector, ReplayScene(raw, raw, 1000.0, noise_counts=10.0)).counts
    assert exact.std() == 0
    assert noisy.std() == pytest.approx(10.0, rel=0.1)
