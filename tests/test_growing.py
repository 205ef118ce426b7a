"""A measurement that grows: planned looks, pairs that alternate, settings of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from device.driver.analyzer import Analyzer, Frame
from device.driver.growing import Look, SequentialSettings, growing, looks_at
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.events import Event, FrameTaken
from firmware_bridge.errors import CallerError
from firmware_bridge.simulator.detector import DetectorModel
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    FloatArray,
    ReplayScene,
    Scene,
    SpectrumScene,
)

LINE = np.rint(250.0 + 20_000.0 * np.exp(-0.5 * ((np.arange(2048) - 900) / 8.0) ** 2))
REPLAY = ReplayScene(LINE, np.full(2048, 230.0), integration_time_ms=1000.0)


def _line(wavenumber_cm1: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * ((wavenumber_cm1 - 1000.0) / 5.0) ** 2))


@contextmanager
def opened(
    scene: Scene,
    leave_at: Callable[[Analyzer], None] = lambda _: None,
    detector: DetectorModel | None = None,
) -> Iterator[tuple[Analyzer, SimulatedAnalyzer]]:
    """An analyzer as an earlier user left it."""
    simulated = SimulatedAnalyzer(scene, detector=detector, seed=7)
    clock = VirtualClock(60.0)
    simulated.receive(b"", clock.now_s)
    with Analyzer(InProcessTransport(simulated, clock)) as analyzer:
        leave_at(analyzer)
    with Analyzer(InProcessTransport(simulated, clock)) as analyzer:
        yield analyzer, simulated
    assert not simulated.laser_is_on


def looks(
    scene: Scene, budget_s: float = 10.0, leave_at: Callable[[Analyzer], None] = lambda _: None
) -> tuple[list[Look], list[Event], float]:
    """All looks, what was told, and how long it took."""
    told: list[Event] = []
    with opened(scene, leave_at) as (analyzer, _):
        began_s = analyzer.now_s()
        found = list(growing(analyzer, SequentialSettings(budget_s=budget_s), told.append))
        return found, told, analyzer.now_s() - began_s


def left_low_and_long(analyzer: Analyzer) -> None:
    analyzer.set_laser_power_mw(5)
    analyzer.set_integration_time_ms(60_000.0)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (4, (1, 2, 4)), (5, (1, 2, 4, 5)), (8, (1, 2, 4, 8))],
)
def test_looks_are_at_powers_of_two_and_at_the_end(pairs: int, expected: tuple[int, ...]) -> None:
    assert looks_at(pairs) == expected


@pytest.mark.parametrize("counts_per_s", [0.0, 20_000.0, 500_000.0])
def test_a_measurement_stays_within_its_budget_and_its_plan(counts_per_s: float) -> None:
    found, _, taken_s = looks(SpectrumScene(_line, counts_per_s=counts_per_s))
    plan = looks_at(found[0].pairs_at_most)
    assert [one.acquisition.frames for one in found] == list(plan)
    assert {one.of for one in found} == {len(plan)}
    assert len(plan) >= 3  # cosmic rays are told before the end
    assert 5.0 < taken_s <= 10.1


def test_lit_and_dark_frames_alternate_and_are_as_many() -> None:
    found, told, _ = looks(SpectrumScene(_line))
    frames = [one for one in told if isinstance(one, FrameTaken)]
    pairs = found[-1].acquisition.frames
    assert [one.lit for one in frames] == [False, *([True, False] * (pairs - 1))]
    with opened(SpectrumScene(_line)) as (analyzer, simulated):
        before = len(simulated.laser_on_log)
        *_, last = growing(analyzer, SequentialSettings(), lambda _: None)
        pulses = simulated.laser_on_log[before:]
    # beside the pairs a few short ones find the exposure
    lasted_s = [one.off_s - one.on_s for one in pulses if one.off_s is not None]
    full = [one for one in lasted_s if 1000 * one > 0.9 * last.acquisition.integration_time_ms]
    assert len(full) == last.acquisition.frames


def test_what_an_earlier_user_left_does_not_decide() -> None:
    fresh, _, _ = looks(SpectrumScene(_line))
    after, _, taken_s = looks(SpectrumScene(_line), leave_at=left_low_and_long)
    settings = [
        (one[-1].acquisition.integration_time_ms, one[-1].acquisition.laser_power_mw)
        for one in (fresh, after)
    ]
    assert settings[0] == pytest.approx(settings[1], rel=0.05)
    assert settings[1][1] == 70.0 and taken_s <= 10.1


def test_a_recording_keeps_its_exposure_and_is_looked_at_once() -> None:
    found, _, _ = looks(REPLAY)
    (one,) = found
    assert one.recorded and one.of == 1
    assert np.array_equal(one.acquisition.raw_counts, LINE)
    assert one.acquisition.integration_time_ms == 1000.0


def test_a_recorded_average_is_known_by_its_flag() -> None:
    noisy = replace(REPLAY, recorded_average=5, noise_counts=20.0)
    found, _, _ = looks(noisy)
    assert [one.recorded for one in found] == [True]


def test_a_live_camera_is_no_recording() -> None:
    for scene in (EmptyScene(), replace(REPLAY, noise_counts=3.0)):
        found, _, _ = looks(scene)
        assert not any(one.recorded for one in found)


def test_a_link_that_gets_slow_ends_it_early(monkeypatch: pytest.MonkeyPatch) -> None:
    fast, taken = Analyzer.acquire_frame, []

    def slower(self: Analyzer, laser_on: bool) -> Frame:
        taken.append(laser_on)
        if len(taken) > 8:
            assert self.wait_trigger(4.0) is None
        return fast(self, laser_on)

    monkeypatch.setattr(Analyzer, "acquire_frame", slower)
    found, _, taken_s = looks(SpectrumScene(_line))
    last = found[-1]
    assert last.number == last.of and last.acquisition.frames < last.pairs_at_most
    assert taken_s < 20.0


def test_a_bright_sample_is_not_saturated() -> None:
    found, _, _ = looks(SpectrumScene(_line, counts_per_s=5e6))
    assert not found[0].acquisition.saturated.any()
    assert found[0].acquisition.integration_time_ms < 20.0


@pytest.mark.parametrize("budget_s", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_budget_is_the_callers_mistake(budget_s: float) -> None:
    with pytest.raises(CallerError):
        SequentialSettings(budget_s=budget_s)
