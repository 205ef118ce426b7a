"""Samples take turns with the trigger, and the laser meets what was planned for it."""

import numpy as np
import pytest

from firmware_bridge.errors import CallerError
from firmware_bridge.messages import (
    AcquireFrame,
    ArmLaser,
    EventKind,
    FrameFlags,
    GetEvents,
    GetState,
    LaserState,
    SetLaserPower,
)
from firmware_bridge.simulator.detector import Detector, DetectorModel, default_calibration
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.laser import DarkCause
from firmware_bridge.simulator.mishaps import Mishap, MishapKind
from firmware_bridge.simulator.room_light import RoomLight
from firmware_bridge.simulator.samples import IDLE_S, PAUSE_S, Samples
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    ReplayScene,
    Scene,
    SpectrumScene,
    calcite,
    neon_lamp,
    polystyrene,
)
from tests.host import Host

DAYLIGHT = RoomLight(np.ones_like, counts_per_s=10_000.0)


def three() -> Samples:
    return Samples([polystyrene(), calcite(), EmptyScene()])


def lit(host: Host) -> np.ndarray:  # type: ignore[type-arg]
    host.ask(ArmLaser(500))
    return host.ask(AcquireFrame(laser_on=True)).counts


def measured(host: Host) -> np.ndarray:  # type: ignore[type-arg]
    """As every host of ours begins: with all that a measurement depends on."""
    host.ask(SetLaserPower(70))
    return lit(host)


# ---- taking turns ----


def test_a_press_takes_the_next_sample_and_the_first_follows_the_last() -> None:
    samples = three()
    host = Host(SimulatedAnalyzer(samples))
    seen = []
    for _ in range(4):
        measured(host)
        seen.append(samples.number)
        host.wait(1.0)
        host.analyzer.press_trigger()
    assert seen == [0, 1, 2, 3]
    assert isinstance(host.analyzer.scene, SpectrumScene)  # the fourth is the first again


def test_a_press_before_any_light_takes_nothing_away() -> None:
    samples = three()
    host = Host(SimulatedAnalyzer(samples))
    for _ in range(5):
        host.wait(1.0)
        host.analyzer.press_trigger()
        host.ask(AcquireFrame(laser_on=False))
    assert samples.number == 0 and samples.last_lit is None


def test_a_press_in_the_middle_of_a_measurement_changes_nothing() -> None:
    samples = three()
    host = Host(SimulatedAnalyzer(samples))
    lit(host)
    host.wait(IDLE_S / 2)
    host.analyzer.press_trigger()
    host.ask(SetLaserPower(70))
    assert samples.number == 0


def test_a_press_while_a_slow_host_thinks_changes_no_sample_under_it() -> None:
    samples = three()
    host = Host(SimulatedAnalyzer(samples, trigger_every_s=0.5))
    for _ in range(3):  # looks at its frames for longer than the trigger rests
        lit(host)
        host.wait(1.2)
        assert samples.number == 0
    measured(host)  # answers the press
    assert samples.number == 1


def test_a_host_without_trigger_gets_the_next_sample_after_a_pause() -> None:
    samples = three()
    host = Host(SimulatedAnalyzer(samples))
    for pause_s, number in ((PAUSE_S / 2, 0), (PAUSE_S * 1.1, 1)):
        lit(host)
        host.wait(pause_s)
        host.ask(SetLaserPower(70))
        assert samples.number == number


def test_presses_by_itself_count_too() -> None:
    samples = three()
    host = Host(SimulatedAnalyzer(samples, trigger_every_s=3.0))
    lit(host)
    host.wait(10.0)
    assert host.ask(GetState()).trigger_count == 3
    measured(host)
    assert samples.number == 1


def test_the_noise_of_a_sample_does_not_depend_on_what_was_measured_before() -> None:
    frames: list[np.ndarray] = []  # type: ignore[type-arg]
    for before in (1, 4):
        host = Host(SimulatedAnalyzer(three(), seed=5))
        for _ in range(before):
            lit(host)
        host.wait(1.0)
        host.analyzer.press_trigger()
        frames.append(measured(host))
    assert np.array_equal(frames[0], frames[1])


def test_a_list_that_cannot_take_turns_is_refused() -> None:
    replay = ReplayScene(np.ones(8), np.zeros(8), 100.0)
    lists: list[list[Scene]] = [[], [replay, calcite()]]
    for scenes in lists:
        with pytest.raises(CallerError):
            Samples(scenes)
    assert not Samples([replay]).take_turns


# ---- light from the side ----


def counts(
    scene: Scene, *, lit_fraction: float = 0.0, noise: bool = False, n: int = 1
) -> list[float]:
    model = DetectorModel(noise=noise)
    camera = Detector(model, default_calibration(model), seed=3)
    return [
        float(
            camera.expose(
                scene,
                exposure_ms=100.0,
                lit_fraction=lit_fraction,
                laser_power_mw=70.0,
                temperature_c=-20.0,
            ).counts.mean()
        )
        for _ in range(n)
    ]


@pytest.mark.parametrize("kind", [EmptyScene, calcite, neon_lamp])
def test_room_light_is_the_same_with_the_laser_on_and_off(kind: type[EmptyScene]) -> None:
    dark_room, bright_room = kind(), kind()
    object.__setattr__(bright_room, "room", DAYLIGHT)
    for fraction in (0.0, 1.0):
        (without,), (with_it,) = (
            counts(scene, lit_fraction=fraction) for scene in (dark_room, bright_room)
        )
        assert with_it - without == pytest.approx(1000.0, rel=0.01)


def test_room_light_brings_its_photon_noise() -> None:
    model = DetectorModel()
    camera = Detector(model, default_calibration(model), seed=1)
    frames = [
        camera.expose(
            EmptyScene(DAYLIGHT), exposure_ms=100.0, lit_fraction=0.0, laser_power_mw=70.0,
            temperature_c=-20.0,
        ).counts.astype(float)
        for _ in range(2)
    ]  # fmt: skip
    expected = np.sqrt(1000.0 / model.gain_e_per_count + (16.0 / model.gain_e_per_count) ** 2)
    scatter = np.median(np.abs(np.diff(frames, axis=0))) * 1.4826 / np.sqrt(2.0)
    assert scatter == pytest.approx(expected, rel=0.1)


def test_room_light_that_flickers_changes_from_frame_to_frame() -> None:
    flickering = RoomLight(np.ones_like, 10_000.0, flicker=0.2)
    steady = counts(EmptyScene(DAYLIGHT), noise=True, n=20)
    changing = counts(EmptyScene(flickering), noise=True, n=20)
    assert np.std(steady) < 5.0 < 100.0 < np.std(changing) < 300.0


@pytest.mark.parametrize("change", [{"counts_per_s": -1.0}, {"flicker": 1.1}, {"flicker": np.nan}])
def test_an_impossible_room_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(CallerError):
        RoomLight(np.ones_like, **{"counts_per_s": 1.0, **change})


def test_what_glows_beside_the_sample_has_no_part_in_its_noise() -> None:
    flat = SpectrumScene(lambda axis: np.full(axis.shape, 0.1), snr=10.0, glow=np.ones_like)
    model = DetectorModel()
    camera = Detector(model, default_calibration(model), seed=2)
    frame = camera.expose(
        flat, exposure_ms=100.0, lit_fraction=1.0, laser_power_mw=70.0, temperature_c=-20.0
    ).counts
    assert float(np.median(frame)) == pytest.approx(165.0 + 2200.0, rel=0.02)
    assert float(np.std(np.diff(frame.astype(float)))) < 50.0  # 200 / 10 and the camera's own


# ---- mishaps ----


def test_a_cover_that_is_opened_ends_the_light_of_its_frame_and_is_closed_again() -> None:
    host = Host(SimulatedAnalyzer(calcite(), mishaps=(Mishap(MishapKind.INTERLOCK, 1),)))
    flags = []
    for _ in range(3):
        host.ask(ArmLaser(500))
        flags.append(bool(host.ask(AcquireFrame(laser_on=True)).flags & FrameFlags.LASER_DROPPED))
        is_open = not host.ask(GetState()).interlock_closed
        assert is_open is flags[-1]  # a host that asks why is told
        host.wait(2.0)
    assert flags == [False, True, False]
    kinds = [event.kind for event in host.ask(GetEvents(0)).events]
    assert kinds.count(EventKind.INTERLOCK_OPENED) == 1
    assert host.analyzer.laser_on_log[1].cause is DarkCause.INTERLOCK


def test_a_laser_that_fails_stays_dark() -> None:
    host = Host(SimulatedAnalyzer(calcite(), mishaps=(Mishap(MishapKind.LASER),)))
    host.ask(ArmLaser(500))
    assert host.ask(AcquireFrame(laser_on=True)).flags & FrameFlags.LASER_DROPPED
    host.wait(5.0)
    assert host.ask(GetState()).laser_state is LaserState.FAULT


def test_dark_frames_count_for_no_mishap() -> None:
    host = Host(SimulatedAnalyzer(calcite(), mishaps=(Mishap(MishapKind.INTERLOCK),)))
    for _ in range(3):
        host.ask(AcquireFrame(laser_on=False))
    assert host.ask(GetState()).interlock_closed
    with pytest.raises(CallerError):
        Mishap(MishapKind.LASER, -1)


def test_a_cooler_that_does_not_hold_never_counts_as_locked() -> None:
    for holds in (True, False):
        host = Host(SimulatedAnalyzer(EmptyScene(), equipment=Equipment(cooler_holds=holds)))
        states = []
        for _ in range(40):
            states.append(host.ask(GetState()))
            host.wait(1.0)
        assert {state.tec_locked for state in states} == {holds}
        assert (max(s.detector_temperature_c for s in states) > -18.5) is not holds
