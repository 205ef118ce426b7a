"""The detector is cooled before anything is lit, within a bound, and told of where it is not."""

from collections.abc import Callable

import numpy as np
import pytest

from device.answer.remarks import remarks_on
from device.cooling import cooled
from device.countdown import MeasurementCancelled
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings, growing
from device.driver.prepared import COOLER_SETPOINT_C
from device.driver.safety import CoolerSettings
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.events import Cooling, Event, words
from firmware_bridge.errors import CallerError
from firmware_bridge.simulator.cooler import Cooler
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import SpectrumScene
from tests.test_growing import _line, opened


def left_warm(analyzer: Analyzer) -> None:
    analyzer.set_tec(False, 20.0)
    assert analyzer.wait_trigger(60.0) is None  # the detector gets warm


def cool(
    settings: CoolerSettings | None = None, leave_at: Callable[[Analyzer], None] = left_warm
) -> tuple[float, list[Cooling], float, frozenset[str], int]:
    """Setpoint, what was told, how long it took, the flags of a measurement, pulses before it."""
    told: list[Event] = []
    with opened(SpectrumScene(_line), leave_at) as (analyzer, simulated):
        began_s, pulses = analyzer.now_s(), len(simulated.laser_on_log)
        setpoint_c = cooled(analyzer, settings or CoolerSettings(), told.append)
        took_s = analyzer.now_s() - began_s
        pulses = len(simulated.laser_on_log) - pulses
        look = next(growing(analyzer, SequentialSettings(), lambda _: None))
    assert setpoint_c is not None
    assert all(words(one) for one in told)
    events = [one for one in told if isinstance(one, Cooling)]
    return setpoint_c, events, took_s, look.acquisition.flags, pulses


def test_a_warm_detector_is_waited_for_in_the_dark() -> None:
    setpoint_c, told, took_s, flags, pulses = cool()
    assert setpoint_c == COOLER_SETPOINT_C
    assert 10.0 < took_s < 30.0 and "tec_unlocked" not in flags and pulses == 0
    temperatures = [one.temperature_c for one in told]
    assert temperatures[0] > 10.0 > temperatures[-1]
    assert temperatures == sorted(temperatures, reverse=True)


def test_a_cold_one_costs_nothing() -> None:
    _, told, took_s, flags, _ = cool(leave_at=lambda _: None)
    assert told == [] and took_s < 0.1 and "tec_unlocked" not in flags


def test_a_bound_ends_the_wait_and_the_answer_tells_it() -> None:
    _, told, took_s, flags, _ = cool(CoolerSettings(wait_s=3.0))
    assert took_s < 3.7 and len(told) > 3
    (told_of,) = remarks_on(flags)
    assert told_of.code == "detector_not_stable" and told_of.text and told_of.remedy


def test_a_cooler_that_stands_still_elsewhere_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Cooler.temperature_c
    monkeypatch.setattr(Cooler, "temperature_c", lambda self, now: max(whole(self, now), -5.0))
    _, _, took_s, flags, _ = cool()
    assert took_s < 20.0 and "tec_unlocked" in flags


def test_without_a_thermometer_the_bound_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cooler, "is_locked", lambda *_: False)
    monkeypatch.setattr(Cooler, "temperature_c", lambda *_: 0.0)
    _, _, took_s, _, _ = cool()
    assert 29.0 < took_s < 32.0


def test_an_operators_setpoint_is_set_and_one_out_of_reach_is_refused() -> None:
    setpoint_c, _, _, flags, _ = cool(CoolerSettings(-5.0), leave_at=lambda _: None)
    assert setpoint_c == -5.0 and "tec_unlocked" not in flags
    with pytest.raises(CallerError, match="-80 C") as refused:
        cool(CoolerSettings(-80.0))
    assert "--cooler" in refused.value.remedy


@pytest.mark.parametrize("setpoint_c", [-101.0, 31.0, float("nan")])
def test_an_impossible_setpoint_is_the_callers_mistake(setpoint_c: float) -> None:
    with pytest.raises(CallerError):
        CoolerSettings(setpoint_c)


@pytest.mark.parametrize("wait_s", [-1.0, float("inf"), float("nan")])
def test_an_endless_wait_is_the_callers_mistake(wait_s: float) -> None:
    with pytest.raises(CallerError):
        CoolerSettings(wait_s=wait_s)


def test_a_press_meanwhile_cancels_without_light() -> None:
    with opened(SpectrumScene(_line), left_warm) as (analyzer, simulated):

        def press(_: Event) -> None:
            simulated.press_trigger()

        with pytest.raises(MeasurementCancelled, match="no light"):
            cooled(analyzer, CoolerSettings(), press)
        assert simulated.laser_on_log == []


def test_an_analyzer_without_cooler_is_left_alone() -> None:
    simulated = SimulatedAnalyzer(SpectrumScene(_line), equipment=Equipment(has_tec=False))
    told: list[Event] = []
    with Analyzer(InProcessTransport(simulated, VirtualClock())) as analyzer:
        assert cooled(analyzer, CoolerSettings(), told.append) is None
        look = next(growing(analyzer, SequentialSettings(), told.append))
    assert not [one for one in told if isinstance(one, Cooling)]
    assert remarks_on(look.acquisition.flags) == ()
    assert np.isfinite(look.acquisition.raw_counts).all()
