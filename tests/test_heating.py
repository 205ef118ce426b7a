"""A sample that the laser heats: noticed in its light, and not lit again; others are left alone."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.cli.main import run_command
from device.driver.acquisition import AcquisitionSettings
from device.driver.analyzer import Analyzer, Frame
from device.driver.fixed import averaged
from device.driver.growing import Look, SequentialSettings, growing
from device.driver.heating import HeatingWatch, SampleHeats
from device.driver.safety import Safety
from device.events import Event, LaserOn
from firmware_bridge.simulator.cooler import Cooler
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    FloatArray,
    ReplayScene,
    Scene,
    SpectrumScene,
    polystyrene,
)
from tests.test_growing import opened
from tests.tiny_bundles import tiny_path

MIX = f"mix=fixture A:0.6,fixture B:0.4&snr=200&model={tiny_path(2)}"
# (power in mW, energy so far in mJ) -> background, in units of the strongest line
Glow = Callable[[int, float], float]


def line(wavenumber_cm1: FloatArray) -> FloatArray:
    return np.asarray(0.05 + np.exp(-0.5 * ((wavenumber_cm1 - 1000.0) / 5.0) ** 2))


# (energy so far in mJ) -> lines lower by, growth of their variance, both in cm-1
Softer = Callable[[float], tuple[float, float]]


def heated(
    monkeypatch: pytest.MonkeyPatch,
    simulated: SimulatedAnalyzer,
    glow: Glow,
    softer: Softer = lambda _: (0.0, 0.0),
) -> None:
    """Let the sample's background and lines follow the light that it had."""
    whole, cold = Analyzer.acquire_frame, simulated.scene
    assert isinstance(cold, SpectrumScene)
    intensity, energy_mj = cold.intensity, 0.0

    def acquire(self: Analyzer, laser_on: bool) -> Frame:
        nonlocal energy_mj
        if laser_on:
            above = glow(self.state().laser_power_mw, energy_mj)
            lower_cm1, wider_cm2 = softer(energy_mj)
            steps = np.sqrt(wider_cm2) * np.array([-1.0, 1.0])
            simulated.scene = replace(
                cold,
                intensity=lambda axis: (
                    np.mean([intensity(axis + lower_cm1 + step) for step in steps], axis=0) + above
                ),
            )
        frame = whole(self, laser_on)
        energy_mj += frame.laser_power_mw * frame.exposure_us / 1e6 if laser_on else 0.0
        return frame

    monkeypatch.setattr(Analyzer, "acquire_frame", acquire)


class Measured:
    """One measurement of a scene: looks, the error that ended it, events, pulses."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        scene: Scene,
        glow: Glow | None = None,
        settings: SequentialSettings | AcquisitionSettings | None = None,
        softer: Softer = lambda _: (0.0, 0.0),
    ) -> None:
        self.looks: list[Look] = []
        self.told: list[Event] = []
        self.error: SampleHeats | None = None
        with opened(scene) as (analyzer, simulated):
            if glow is not None:
                heated(monkeypatch, simulated, glow, softer)
            try:
                if isinstance(settings, AcquisitionSettings):
                    self.looks.append(averaged(analyzer, settings, self.told.append))
                else:
                    settings = settings or SequentialSettings()
                    for look in growing(analyzer, settings, self.told.append):
                        self.looks.append(look)
            except SampleHeats as error:
                self.error = error
            self.pulses_s = [pulse.on_s for pulse in simulated.laser_on_log]
            analyzer.wait_trigger(10.0)
            assert [pulse.on_s for pulse in simulated.laser_on_log] == self.pulses_s
            monkeypatch.undo()


WAYS: dict[str, SequentialSettings | AcquisitionSettings] = {
    "growing": SequentialSettings(),
    "so many frames": AcquisitionSettings(frames=12),
    "of so many ms": AcquisitionSettings(frames=12, integration_time_ms=500.0),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("per_mj", [1e-3, 1e-2])
def test_a_background_that_grows_with_the_light_ends_the_measurement(
    per_mj: float, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = SpectrumScene(line)
    found = Measured(monkeypatch, scene, lambda _, mj: per_mj * mj, WAYS[way])
    assert found.looks == [] or way == "growing"
    assert found.error is not None and "heats" in found.error.text and found.error.remedy


def no_glow(_power_mw: int, _energy_mj: float) -> float:
    return 0.0


SOFTER: dict[str, Softer] = {
    "moves": lambda mj: (min(mj / 100.0, 5.0), 0.0),
    "widens": lambda mj: (0.0, min(mj / 20.0, 40.0)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("how", "word"), [("moves", "moved"), ("widens", "wider")])
def test_lines_that_move_or_widen_end_the_measurement(
    how: str, word: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Measured(monkeypatch, SpectrumScene(line), no_glow, WAYS[way], SOFTER[how])
    assert found.error is not None and word in found.error.text


def test_lines_that_move_as_lasers_wander_or_upwards_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for softer in (lambda mj: (min(mj / 400.0, 0.6), 0.0), lambda mj: (-min(mj / 20.0, 3.0), 0.0)):
        found = Measured(monkeypatch, SpectrumScene(line), no_glow, softer=softer)
        assert found.error is None


def test_a_watch_that_was_switched_off_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for settings in (
        SequentialSettings(safety=Safety(heating_watch=False)),
        AcquisitionSettings(frames=4, safety=Safety(heating_watch=False)),
    ):
        found = Measured(monkeypatch, SpectrumScene(line), lambda _, mj: 1e-2 * mj, settings)
        assert found.error is None
        powers = [one.laser_power_mw for one in found.told if isinstance(one, LaserOn)]
        assert powers[0] == 7  # the first light is a low one all the same


def test_light_that_ignites_at_full_power_ends_it_with_its_first_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = Measured(monkeypatch, SpectrumScene(line), lambda mw, _: 2.0 if mw > 20 else 0.0)
    assert found.error is not None and found.looks == []
    powers = [one.laser_power_mw for one in found.told if isinstance(one, LaserOn)]
    assert powers == [7, 70]
    assert len(found.pulses_s) == 2


@pytest.mark.parametrize(
    ("asked_mw", "expected_mw"),
    [(None, [1, 2, 4, 7]), (30, [1, 2, 4, 8, 16, 30]), (1, [1])],
)
def test_a_dark_sample_gets_a_tenth_of_the_power_by_doubling(
    asked_mw: int | None, expected_mw: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    safety = Safety(dark_sample=True)
    for settings in (
        SequentialSettings(budget_s=2.0, laser_power_mw=asked_mw, safety=safety),
        AcquisitionSettings(laser_power_mw=asked_mw, safety=safety),
    ):
        found = Measured(monkeypatch, SpectrumScene(line), settings=settings)
        powers = [one.laser_power_mw for one in found.told if isinstance(one, LaserOn)]
        assert list(dict.fromkeys(powers)) == expected_mw
        assert found.looks[-1].acquisition.laser_power_mw == expected_mw[-1]


@pytest.mark.parametrize("above_mw", [1, 2, 4])
def test_a_dark_sample_that_ignites_gets_no_more_power(
    above_mw: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SequentialSettings(safety=Safety(dark_sample=True))
    glow: Glow = lambda mw, _: 200.0 if mw > above_mw else 0.0  # noqa: E731
    found = Measured(monkeypatch, SpectrumScene(line), glow, settings)
    powers = [one.laser_power_mw for one in found.told if isinstance(one, LaserOn)]
    assert found.error is not None and found.looks == []
    assert max(powers) == {1: 2, 2: 4, 4: 7}[above_mw] and len(found.pulses_s) == len(powers)


@pytest.mark.parametrize(("asked_mw", "expected_mw"), [(None, [7, 70]), (5, [1, 5]), (1, [1])])
def test_the_first_light_has_the_lowest_power(
    asked_mw: int | None, expected_mw: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SequentialSettings(budget_s=2.0, laser_power_mw=asked_mw)
    found = Measured(monkeypatch, SpectrumScene(line), settings=settings)
    powers = [one.laser_power_mw for one in found.told if isinstance(one, LaserOn)]
    assert list(dict.fromkeys(powers)) == expected_mw
    assert found.looks[-1].acquisition.laser_power_mw == expected_mw[-1]


@pytest.mark.parametrize(
    "scene",
    [
        EmptyScene(),
        polystyrene(),
        SpectrumScene(line, counts_per_s=5e6),
        SpectrumScene(line, counts_per_s=100.0),
        SpectrumScene(line, snr=15.0),
        SpectrumScene(lambda axis: np.full(axis.shape, 1.0), counts_per_s=1e5),
    ],
)
def test_a_sample_that_stays_as_it_is_is_measured(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Measured(monkeypatch, scene).error is None


def test_fading_fluorescence_and_a_laser_that_warms_up_do_not_heat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bright = SpectrumScene(lambda axis: line(axis) + 0.3)
    for glow in (lambda _, mj: 0.3 * np.exp(-mj / 100.0), lambda _, mj: 0.03 * min(mj / 50, 1.0)):
        assert Measured(monkeypatch, bright, glow).error is None


@pytest.mark.parametrize("setpoint_c", [-20.0, 10.0])
def test_a_detector_whose_temperature_changes_does_not_heat_the_sample(
    setpoint_c: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    began_s: list[float] = []

    def drifting(_: Cooler, now_s: float) -> float:
        began_s.append(now_s)
        return setpoint_c + 1.5 * (now_s - began_s[0])

    monkeypatch.setattr(Cooler, "temperature_c", drifting)
    assert Measured(monkeypatch, SpectrumScene(line)).error is None


def frame(counts: FloatArray) -> Frame:
    shot: Frame = type("Shot", (), {"counts": np.rint(counts).astype(np.uint16)})()
    return shot


def levels(lit: list[float], dark: list[float], seed: int = 1) -> SampleHeats | None:
    """Pairs of flat frames with noise."""
    chance, watch = np.random.default_rng(seed), HeatingWatch(np.ones(1000, bool))
    try:
        for bright, dim in zip(lit, dark, strict=True):
            shots = (frame(chance.normal(level, 10.0, 1000)) for level in (bright, dim))
            watch.pair(*shots)
    except SampleHeats as error:
        return error
    return None


def test_one_pair_alone_and_what_the_dark_frames_show_are_no_sign() -> None:
    assert levels([1000, 1000, 1500, 1000, 1500, 1000], [200] * 6) is None
    assert levels([1000, 1000, 1500, 1500], [200, 200, 200, 600]) is None  # a lamp of the room
    assert levels([1000, 1000, 1500, 1500], [200] * 4) is not None
    assert levels([1000, 1050, 1070, 1075], [200] * 4) is None  # the laser's own drift


def test_noise_alone_is_no_sign() -> None:
    assert not any(levels([200.0] * 50, [200.0] * 50, seed) for seed in range(100))


# ---- no light after a sign of heating: at each step of the ramp ----


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("pair", [0, 1, 2, 3, 4])  # 0: the first frame at full power
def test_no_light_after_a_sign_in_any_pair(
    pair: int, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, lit_frames, lit_at_sign = -1, 0, []
    whole = Analyzer.acquire_frame

    def acquire(self: Analyzer, laser_on: bool) -> Frame:
        nonlocal lit_frames
        lit_frames += laser_on
        return whole(self, laser_on)

    def sign(*_: object) -> None:
        nonlocal asked
        asked += 1
        if asked == pair:
            lit_at_sign.append(lit_frames)
            raise SampleHeats("It heats.")

    monkeypatch.setattr(Analyzer, "acquire_frame", acquire)
    monkeypatch.setattr(HeatingWatch, "power_raised", sign)
    monkeypatch.setattr(HeatingWatch, "pair", sign)
    found = Measured(monkeypatch, SpectrumScene(line), settings=WAYS[way])
    assert found.error is not None
    assert lit_at_sign == [lit_frames] == [len(found.pulses_s)]


def test_a_recording_has_no_pulse_of_low_power(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.rint(250.0 + 20_000.0 * np.exp(-0.5 * ((np.arange(2048) - 900) / 8.0) ** 2))
    found = Measured(monkeypatch, ReplayScene(counts, np.full(2048, 230.0), 1000.0))
    assert found.error is None and len(found.pulses_s) == 1


def test_the_command_tells_it_as_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))

    def sign(*_: object) -> None:
        raise SampleHeats("It heats.")

    monkeypatch.setattr(HeatingWatch, "pair", sign)
    for verb in (["identify"], ["run", "--triggers", "1"]):
        assert run_command([*verb, "--port", f"sim:{MIX}", "--json", "--no-store"]) == 11
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "sample_heats"
