"""What frames taken in turn tell beside their mean: drift and light of the room, no more."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from device.answer.remarks import remarks_on
from device.driver import steadiness
from device.driver.acquisition import AcquisitionSettings
from device.driver.analyzer import Analyzer, Frame
from device.driver.averaging import CameraNoise
from device.driver.fixed import averaged
from device.driver.safety import CoolerSettings, Safety
from device.driver.steadiness import Steadiness, told_of_dark
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.spectra.spectrum import KNOWN_FLAGS
from firmware_bridge.messages import FrameFlags, LaserState
from firmware_bridge.simulator.detector import Detector, DetectorModel, default_calibration
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import FloatArray, SpectrumScene

MODEL = DetectorModel()
CAMERA = CameraNoise(
    MODEL.gain_e_per_count, MODEL.read_noise_e, MODEL.offset_counts, MODEL.dark_e_per_s(-20.0)
)
PAGE = default_calibration()
PIXELS = np.ones(PAGE.pixel_count, bool)


def line(wavenumber_cm1: FloatArray) -> FloatArray:
    return np.asarray(0.05 + np.exp(-0.5 * ((wavenumber_cm1 - 1000.0) / 5.0) ** 2))


def shot(counts: FloatArray, exposure_ms: float, temperature_c: float) -> Frame:
    """A frame as `Steadiness` looks at it."""
    return Frame(
        frame_seq=1,
        settings_epoch=1,
        exposure_us=round(1e3 * exposure_ms),
        detector_temperature_c=temperature_c,
        laser_state=LaserState.OFF,
        laser_power_mw=70,
        flags=FrameFlags.NONE,
        counts=np.clip(np.rint(counts), 0, 65_535).astype(np.uint16),
    )


def told(
    pairs: int = 4,
    seed: int = 0,
    exposure_ms: float = 200.0,
    counts_per_s: float = 20_000.0,
    power: Callable[[int], float] = lambda _: 1.0,
    room: Callable[[int], FloatArray | float] = lambda _: 0.0,
    temperature_c: Callable[[int], float] = lambda _: -20.0,
    camera: CameraNoise | None = CAMERA,
) -> frozenset[str]:
    """Flags of so many pairs; `power` and `room` (counts) of frame 0, 1, 2, ..., lit ones even."""
    detector = Detector(MODEL, PAGE, seed=seed)
    scene = SpectrumScene(line, counts_per_s=counts_per_s)
    chance = np.random.default_rng(seed)
    watch = Steadiness(PIXELS, camera)
    for pair in range(pairs):
        shots = []
        for lit in (1, 0):
            number = 2 * pair + 1 - lit
            counts = detector.expose(
                scene, exposure_ms=exposure_ms, lit_fraction=float(lit),
                laser_power_mw=70.0 * power(number), temperature_c=temperature_c(number),
            ).counts  # fmt: skip
            light_e = np.broadcast_to(room(number), counts.shape) * MODEL.gain_e_per_count
            more = chance.poisson(light_e) / MODEL.gain_e_per_count
            shots.append(shot(counts + more, exposure_ms, temperature_c(number)))
        watch.pair(shots[0], shots[1])
    return watch.flags()


@pytest.mark.parametrize("part", range(4))
def test_two_hundred_quiet_measurements_raise_no_alarm(part: int) -> None:
    chance = np.random.default_rng(part)
    for number in range(50):
        exposure_ms = float(np.exp(chance.uniform(np.log(5.0), np.log(2000.0))))
        counts_per_s = float(np.exp(chance.uniform(np.log(50.0), np.log(5e4))))
        pairs = int(chance.integers(1, 9))
        alarm = told(pairs, 50 * part + number, exposure_ms, counts_per_s)
        assert alarm == frozenset(), (pairs, exposure_ms, counts_per_s)


def test_without_its_second_condition_the_statistic_errs_once_in_a_thousand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steadiness, "median", lambda values: 1e-9 if len(values) else 0.0)
    chance = np.random.default_rng(5)
    alarms = 0
    for _ in range(1000):
        series = steadiness._Series()
        for _ in range(5):
            series.add(chance.normal(0.0, 10.0, 300))
        alarms += series.moved
    assert alarms <= 12  # the noise is estimated too, from two frames of 300 pixels


def daylight(level: float) -> FloatArray:
    """A smooth band of this height."""
    return np.asarray(level * np.exp(-(((np.arange(PAGE.pixel_count) - 900) / 600.0) ** 2)))


def test_room_light_that_is_switched_on_midway_is_told() -> None:
    for seed in range(10):
        assert told(6, seed, room=lambda n: 0.0 if n < 6 else 60.0) == {"room_light"}
        assert told(6, seed, room=lambda n: 0.0 if n < 6 else 60.0, camera=None) == {"room_light"}


def test_room_light_that_flickers_is_told() -> None:
    for seed in range(10):
        bright = np.random.default_rng(seed).normal(1.0, 0.3, 20)
        assert "room_light" in told(6, seed, room=lambda n: 100.0 * bright[n], camera=None)  # noqa: B023


@pytest.mark.parametrize("pairs", [1, 4])
def test_room_light_that_stands_still_is_told_by_the_cameras_figures(pairs: int) -> None:
    for seed in range(10):
        assert told(pairs, seed, room=lambda _: 80.0) == {"room_light"}
        assert told(pairs, seed, room=lambda _: daylight(100.0)) == {"room_light"}
        assert told(pairs, seed, room=lambda _: 80.0, camera=None) == frozenset()


@pytest.mark.parametrize("figures", [None, replace(CAMERA, dark_e_per_s=None)])
def test_where_the_dark_current_is_not_known_no_level_is_judged(figures: CameraNoise) -> None:
    assert told(4, temperature_c=lambda _: 5.0, camera=figures) == frozenset()


def test_an_operators_setpoint_makes_the_figure_unknown() -> None:
    warmer = Safety(cooler=CoolerSettings(5.0))
    changed = told_of_dark(CAMERA, warmer)
    assert changed is not None and changed.dark_e_per_s is None
    assert told_of_dark(CAMERA, Safety()) == CAMERA and told_of_dark(None, warmer) is None


def test_a_detector_that_warms_up_drifts_and_is_no_room_light() -> None:
    for seed in range(10):
        assert told(8, seed, 1000.0, temperature_c=lambda n: -20.0 + n) == {"drift"}


def test_light_that_fades_by_half_is_drift_and_a_tenth_is_not() -> None:
    for seed in range(10):
        # the level is that of the background: 5% of the line
        assert told(8, seed, power=lambda n: 1.0 - n / 30.0) == {"drift"}
        assert told(8, seed, power=lambda n: 1.0 - n / 300.0) == frozenset()


def test_a_hot_pixel_and_a_cosmic_ray_are_no_room_light() -> None:
    one_pixel = np.zeros(PAGE.pixel_count)
    for at in (0, 1000, PAGE.pixel_count - 1):
        one_pixel[at] = 5000.0
    assert told(4, room=lambda _: one_pixel) == frozenset()
    assert told(4, room=lambda n: one_pixel if n == 3 else 0.0) == frozenset()


def test_what_is_told_is_known_to_files_and_has_words() -> None:
    assert {"room_light", "drift", "tec_unlocked"} <= KNOWN_FLAGS
    codes = [one.code for one in remarks_on(KNOWN_FLAGS)]
    assert codes == ["detector_not_stable", "room_light", "drift"]
    assert all(one.text and one.remedy for one in remarks_on(KNOWN_FLAGS))
    assert remarks_on(frozenset({"recorded_average"})) == ()


def test_a_camera_without_cooler_has_no_dark_current_to_compare() -> None:
    for has_tec in (True, False):
        simulated = SimulatedAnalyzer(SpectrumScene(line), equipment=Equipment(has_tec=has_tec))
        with Analyzer(InProcessTransport(simulated, VirtualClock())) as analyzer:
            camera = analyzer.camera
            taken = averaged(analyzer, AcquisitionSettings(frames=3), lambda _: None)
        assert camera is not None and (camera.dark_e_per_s is not None) is has_tec
        assert remarks_on(taken.acquisition.flags) == ()
