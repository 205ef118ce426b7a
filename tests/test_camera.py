"""The camera's own figures: told by the instrument, believed by the driver, assumed by nobody."""

from typing import Any

import numpy as np
import pytest

from device.driver.analyzer import Analyzer
from device.driver.averaging import CameraNoise
from device.driver.transports.in_process import InProcessTransport
from device.ports import open_analyzer
from firmware_bridge import messages as m
from firmware_bridge.errors import InstrumentError, ProtocolError
from firmware_bridge.simulator.camera_figures import CAMERAS
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene, ReplayScene, Scene, SpectrumScene
from tests.host import Host

BRIGHT = SpectrumScene(lambda axis: np.ones_like(axis), counts_per_s=1e9)
REPLAY = ReplayScene(np.full(2048, 5000.0), np.full(2048, 230.0), 100.0)


def asked(scene: Scene, **how: Any) -> m.Camera:
    return Host(SimulatedAnalyzer(scene, **how)).ask(m.GetCamera())


@pytest.mark.parametrize("name", sorted(CAMERAS))
def test_the_simulator_states_the_camera_it_has(name: str) -> None:
    model = CAMERAS[name]
    told = asked(EmptyScene(), detector=model)
    assert told.known == ~m.CameraFigures.NONE and told.useful_range == (0, 2047)
    assert told.gain_e_per_count == pytest.approx(model.gain_e_per_count)
    assert told.offset_counts == model.offset_counts
    assert told.dark_current_e_per_s == pytest.approx(model.dark_e_per_s(model.tec_setpoint_c))


def test_the_stated_figures_are_those_that_frames_show() -> None:
    """Dark frames of the shortest time: their level is the offset, their noise the read noise."""
    for model in CAMERAS.values():
        connection = Host(SimulatedAnalyzer(EmptyScene(), detector=model))
        told = connection.ask(m.GetCamera())
        connection.ask(m.SetIntegrationTime(1000))
        frames = [connection.ask(m.AcquireFrame(False)).counts.astype(float) for _ in range(20)]
        assert np.median(frames) == pytest.approx(told.offset_counts, abs=2.0)
        noise_e = np.median(np.std(frames, axis=0, ddof=1)) * told.gain_e_per_count
        assert noise_e == pytest.approx(told.read_noise_e, rel=0.15)


@pytest.mark.parametrize("name", sorted(CAMERAS))
def test_a_full_pixel_counts_as_saturated_and_a_half_full_one_does_not(name: str) -> None:
    connection = Host(SimulatedAnalyzer(BRIGHT, detector=CAMERAS[name]))
    saturated = connection.ask(m.GetCamera()).saturated_counts
    connection.ask(m.ArmLaser(500))
    counts = connection.ask(m.AcquireFrame(True)).counts
    assert saturated is not None and counts.min() >= saturated
    assert counts.max() / 2 < saturated


def test_a_replay_tells_only_the_width_of_its_counts() -> None:
    told = asked(REPLAY)
    assert told.known is m.CameraFigures.CONVERTER_BITS and told.converter_bits == 16
    assert told.saturated_counts == int(0.99 * 65_535)


def test_a_firmware_that_knows_nothing_says_so_in_zeros() -> None:
    told = asked(EmptyScene(), equipment=Equipment(tells_camera=False))
    assert told == m.Camera() and told.to_bytes() == bytes(27)
    assert told.saturated_counts is None and told.useful_range is None


def test_the_driver_builds_the_noise_from_what_is_told() -> None:
    with open_analyzer("sim:model=none&camera=cmos") as analyzer:
        told = analyzer.camera_figures
        assert analyzer.camera == CameraNoise(
            float(np.float32(2.6)), 6.5, 64.0, told.dark_current_e_per_s
        )
        assert analyzer.saturated_counts == int(0.99 * (64.0 + 10_000.0 / np.float32(2.6)))
    with open_analyzer("sim:model=none&figures=unknown") as analyzer:
        assert analyzer.camera is None and analyzer.saturated_counts is None


def test_a_missing_figure_leaves_the_noise_to_the_frames() -> None:
    simulated = SimulatedAnalyzer(REPLAY)
    with Analyzer(InProcessTransport(simulated)) as analyzer:
        assert analyzer.camera is None and analyzer.camera_figures.converter_bits == 16


@pytest.mark.parametrize(
    ("camera", "reason"),
    [
        (m.Camera(gain_e_per_count=2.0), "not known"),
        (m.Camera(m.CameraFigures.GAIN), "gain_e_per_count"),
        (m.Camera(m.CameraFigures.FULL_WELL), "full_well_e"),
        (m.Camera(m.CameraFigures.READ_NOISE, read_noise_e=-1.0), "negative"),
        (m.Camera(m.CameraFigures.CONVERTER_BITS, converter_bits=24), "bits"),
        (m.Camera(m.CameraFigures.USEFUL_RANGE, first_useful_pixel=9), "behind"),
    ],
)
def test_figures_that_no_camera_has_are_refused(camera: m.Camera, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        m.Camera.from_bytes(camera.to_bytes())


def test_an_analyzer_without_cooler_trigger_interlock_and_thermometer_says_so() -> None:
    bare = Equipment(has_tec=False, has_trigger=False, has_interlock=False, has_thermometer=False)
    connection = Host(SimulatedAnalyzer(REPLAY, equipment=bare, trigger_every_s=0.1))
    told = connection.ask(m.GetCapabilities())
    assert not (told.has_tec or told.has_trigger or told.has_interlock or told.has_thermometer)
    connection.analyzer.press_trigger()
    connection.analyzer.interlock(True)
    connection.wait(1.0)
    state = connection.ask(m.GetState())
    assert state.trigger_count == 0 and state.interlock_closed and not state.tec_locked
    frame = connection.ask(m.AcquireFrame(False))
    assert frame.detector_temperature_c == 0.0 and not frame.flags
    with pytest.raises(InstrumentError) as caught:
        connection.ask(m.SetTec(True, -10.0))
    assert caught.value.status == m.Status.UNKNOWN_OPCODE


@pytest.mark.parametrize(("version", "older"), [(1, "firmware"), (3, "this program")])
def test_another_protocol_version_is_refused_with_a_remedy(version: int, older: str) -> None:
    info = m.DeviceInfo("ramix-785", 1, "X", "1.0", version)
    with pytest.raises(ProtocolError, match=f"protocol {version}") as caught:
        Analyzer(InProcessTransport(SimulatedAnalyzer(REPLAY, info=info))).__enter__()
    assert older in caught.value.remedy
