"""One measurement, from frames to an Acquisition, on the simulated analyzer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from device.driver.acquisition import AcquisitionSettings, acquire
from device.driver.analyzer import Analyzer
from device.driver.auto_exposure import SATURATED_COUNTS
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.spectra.spectrum import spectrum_from_acquisition
from firmware_bridge.calibration import CalibrationError, CalibrationPage
from firmware_bridge.errors import CalibrationMismatch, CallerError
from firmware_bridge.simulator.detector import DetectorModel, default_calibration
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    FloatArray,
    ReplayScene,
    Scene,
    SpectrumScene,
)

N = 2048
PAGE = default_calibration()
LINE = np.rint(250.0 + 20_000.0 * np.exp(-0.5 * ((np.arange(N) - 900) / 8.0) ** 2))
DARK = np.full(N, 230.0)
REPLAY = ReplayScene(LINE, DARK, integration_time_ms=1000.0)


def _two_lines(wavenumber_cm1: FloatArray) -> FloatArray:
    first = np.exp(-0.5 * ((wavenumber_cm1 - 1000.0) / 5.0) ** 2)
    second = 0.4 * np.exp(-0.5 * ((wavenumber_cm1 - 1600.0) / 5.0) ** 2)
    return np.asarray(first + second)


@contextmanager
def opened(
    scene: Scene,
    *,
    page: CalibrationPage = PAGE,
    detector: DetectorModel | None = None,
    prepare: Callable[[SimulatedAnalyzer], None] = lambda _: None,
) -> Iterator[Analyzer]:
    simulated = SimulatedAnalyzer(scene, calibration=page, detector=detector, seed=7)
    clock = VirtualClock(60.0)  # the cooler has settled
    simulated.receive(b"", clock.now_s)
    prepare(simulated)
    with Analyzer(InProcessTransport(simulated, clock)) as analyzer:
        yield analyzer
    assert not simulated.laser_is_on


def test_a_replay_at_its_own_integration_time_is_the_recording() -> None:
    with opened(REPLAY) as analyzer:
        acquisition = acquire(analyzer)
    assert np.array_equal(acquisition.raw_counts, LINE)
    assert np.array_equal(acquisition.dark_counts, DARK)
    assert acquisition.integration_time_ms == 1000.0
    assert (acquisition.frames, acquisition.laser_power_mw) == (1, 70.0)
    assert acquisition.calibration == PAGE
    assert acquisition.flags == frozenset()
    assert not acquisition.saturated.any() and not acquisition.dead.any()


def test_a_recording_is_no_more_certain_however_often_it_is_replayed() -> None:
    variances = []
    for frames in (1, 5):
        with opened(REPLAY) as analyzer:
            variances.append(acquire(analyzer, AcquisitionSettings(frames=frames)).variance)
    # what rounding adds is all that five frames lower
    assert np.allclose(variances[0], variances[1], atol=1 / 6)


def test_a_recorded_average_is_said_to_be_one() -> None:
    with opened(replace(REPLAY, recorded_average=5)) as analyzer:
        assert acquire(analyzer).flags == {"recorded_average"}


def test_averaging_makes_the_spectrum_as_certain_as_it_claims() -> None:
    scene = SpectrumScene(_two_lines)
    quiet = replace(DetectorModel(), noise=False)
    settings = AcquisitionSettings(frames=8, integration_time_ms=500.0)
    with opened(scene) as analyzer:
        noisy = acquire(analyzer, settings)
    with opened(scene, detector=quiet) as analyzer:
        truth = acquire(analyzer, settings)
    error = (noisy.raw_counts - noisy.dark_counts) - (truth.raw_counts - truth.dark_counts)
    scaled = error / np.sqrt(noisy.variance)
    assert 0.7 < np.std(scaled[np.abs(scaled) < 5]) < 1.1
    assert np.mean(np.abs(scaled) < 5) > 0.995
    with opened(scene) as analyzer:
        single = acquire(analyzer, replace(settings, frames=1))
    assert np.median(noisy.variance / single.variance) == pytest.approx(1 / 8, rel=0.5)


def test_cosmic_rays_are_removed_from_three_frames_on() -> None:
    stormy = replace(DetectorModel(), cosmic_rays_per_s=4.0)
    quiet = replace(DetectorModel(), cosmic_rays_per_s=0.0)
    worst = {}
    for name, detector, frames in (("three", stormy, 3), ("one", stormy, 1), ("none", quiet, 3)):
        with opened(EmptyScene(), detector=detector) as analyzer:
            settings = AcquisitionSettings(frames=frames, integration_time_ms=1000.0)
            acquisition = acquire(analyzer, settings)
        worst[name] = float((acquisition.raw_counts - acquisition.dark_counts).max())
        assert ("cosmic_rays_removed" in acquisition.flags) == (name == "three")
    assert worst["three"] < 2 * worst["none"] < worst["one"]


def test_lit_and_dark_frames_share_the_wanted_settings() -> None:
    steps: list[str] = []
    with opened(REPLAY) as analyzer:
        settings = AcquisitionSettings(integration_time_ms=250.0, frames=2, laser_power_mw=30)
        acquisition = acquire(analyzer, settings, steps.append)
    assert np.array_equal(acquisition.dark_counts, np.rint(DARK / 4))
    assert np.array_equal(acquisition.raw_counts, np.rint(LINE / 4))
    assert (acquisition.integration_time_ms, acquisition.laser_power_mw) == (250.0, 30.0)
    assert steps == ["frame 1 of 2", "frame 2 of 2", "dark frame 1 of 2", "dark frame 2 of 2"]


def test_saturated_and_dead_pixels_are_marked() -> None:
    page = replace(PAGE, dead_pixels=(3, 1500))
    with opened(REPLAY, page=page) as analyzer:
        acquisition = acquire(analyzer, AcquisitionSettings(integration_time_ms=4000.0))
    assert np.flatnonzero(acquisition.dead).tolist() == [3, 1500]
    assert np.array_equal(acquisition.saturated, LINE * 4 >= SATURATED_COUNTS)
    assert 895 < np.flatnonzero(acquisition.saturated).mean() < 905


def test_a_full_well_below_the_converters_end_is_saturated_too() -> None:
    scene = SpectrumScene(_two_lines, counts_per_s=200_000.0)
    with opened(scene) as analyzer:
        acquisition = acquire(analyzer, AcquisitionSettings(integration_time_ms=1000.0))
    assert acquisition.raw_counts.max() < 65_535
    assert acquisition.saturated.any()


@pytest.mark.parametrize("counts_per_s", [600.0, 20_000.0, 2_000_000.0])
def test_auto_exposure_finds_a_bright_frame_that_is_not_saturated(counts_per_s: float) -> None:
    with opened(SpectrumScene(_two_lines, counts_per_s=counts_per_s)) as analyzer:
        settings = AcquisitionSettings(auto_exposure=True, frames=1, max_total_s=400.0)
        acquisition = acquire(analyzer, settings)
        limit_ms = analyzer.capabilities.max_integration_time_us / 1000
    brightest = np.sort(acquisition.raw_counts)[-3]  # two hot pixels may be brighter
    if acquisition.integration_time_ms < limit_ms:
        assert 0.5 * 65_535 <= brightest <= 0.87 * 65_535
    else:
        assert counts_per_s == 600.0
    assert not acquisition.saturated.any()


def test_auto_exposure_keeps_a_first_frame_that_is_good_already() -> None:
    steps: list[str] = []
    with opened(replace(REPLAY, raw_counts=LINE * 2)) as analyzer:
        settings = AcquisitionSettings(auto_exposure=True, frames=2)
        acquisition = acquire(analyzer, settings, steps.append)
    assert acquisition.integration_time_ms == 1000.0
    assert steps[:2] == ["auto exposure: 1000 ms", "frame 2 of 2"]


def test_auto_exposure_stays_within_the_time_it_was_given() -> None:
    with opened(EmptyScene()) as analyzer:
        settings = AcquisitionSettings(auto_exposure=True, frames=4, max_total_s=2.0)
        acquisition = acquire(analyzer, settings)
    assert acquisition.integration_time_ms == pytest.approx(2000.0 / 8)


def test_a_hot_pixel_that_the_page_names_does_not_fool_auto_exposure() -> None:
    hot = LINE * 2
    hot[600:604] = 65_535
    scene = replace(REPLAY, raw_counts=hot)
    times = []
    for page in (replace(PAGE, dead_pixels=(600, 601, 602, 603)), PAGE):
        with opened(scene, page=page) as analyzer:
            settings = AcquisitionSettings(auto_exposure=True)
            times.append(acquire(analyzer, settings).integration_time_ms)
    assert times[0] == 1000.0 > times[1]


def test_light_outside_the_range_of_interest_does_not_fool_auto_exposure() -> None:
    page = CalibrationPage((787.0, 0.1), 785.0, 0, N - 1, N)  # from 32 cm-1 on
    axis = page.wavenumber_cm1()
    times = []
    for at_cm1 in (100.0, 400.0):
        overexposed = np.where(np.abs(axis - at_cm1) < 10.0, 65_535.0, LINE * 2)
        with opened(replace(REPLAY, raw_counts=overexposed), page=page) as analyzer:
            settings = AcquisitionSettings(auto_exposure=True)
            times.append(acquire(analyzer, settings).integration_time_ms)
    assert times[0] == 1000.0 > times[1]


def test_a_page_for_another_detector_is_refused_before_the_laser_fires() -> None:
    page = default_calibration(replace(DetectorModel(), pixel_count=1024))
    fired = []

    def wrong_page(simulated: SimulatedAnalyzer) -> None:
        simulated.set_calibration_page(page.to_bytes())
        fired.append(simulated)

    refused = pytest.raises(CalibrationMismatch, match="1024 pixels.*2048")
    with opened(REPLAY, prepare=wrong_page) as analyzer, refused:
        acquire(analyzer)
    assert not fired[0].laser_on_log


def test_a_damaged_page_is_refused() -> None:
    def damaged(simulated: SimulatedAnalyzer) -> None:
        simulated.set_calibration_page(PAGE.to_bytes()[:-1] + b"x")

    with opened(REPLAY, prepare=damaged) as analyzer, pytest.raises(CalibrationError, match="CRC"):
        acquire(analyzer)


@pytest.mark.parametrize(
    "settings",
    [
        lambda: AcquisitionSettings(frames=0),
        lambda: AcquisitionSettings(frames=10_000),
        lambda: AcquisitionSettings(max_total_s=0.0),
        lambda: AcquisitionSettings(max_total_s=float("nan")),
    ],
)
def test_impossible_settings_are_the_callers_mistake(
    settings: Callable[[], AcquisitionSettings],
) -> None:
    with pytest.raises(CallerError):
        settings()


def test_the_axis_of_the_spectrum_is_the_pages() -> None:
    with opened(SpectrumScene(_two_lines)) as analyzer:
        spectrum = spectrum_from_acquisition(acquire(analyzer))
    best = spectrum.wavenumber_cm1[int(np.argmax(spectrum.intensity))]
    assert best == pytest.approx(1000.0, abs=2.0)
