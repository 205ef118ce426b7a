"""The detector's cooler, set and waited for before anything is lit.

Analyzers do not tell their maker's setpoint. So -20 C is set unless an operator says another; a
cooler that this is out of reach for keeps its maker's. One that does not get there is told of
(`detector_not_stable`) and waited for no longer.

Next: `countdown.py`, which follows; `runtime.py`, which measures.
"""

from collections.abc import Callable

from device.countdown import MeasurementCancelled
from device.driver.prepared import set_cooler
from device.driver.safety import CoolerSettings
from device.driver.spectrometer import Spectrometer
from device.events import Cooling, Event
from firmware_bridge.messages import FrameFlags

_ASKING_MS, _PAUSE_S = 10.0, 0.5  # a frame that asks, and the time between two of them
# A detector whose temperature changed by less in so long will not get there.
_AT_REST_C, _AT_REST_S = 0.05, 5.0


def cooled(
    analyzer: Spectrometer, settings: CoolerSettings, tell: Callable[[Event], None]
) -> float | None:
    """Set the cooler and wait until it holds; returns its setpoint, None without one.

    Nothing is lit meanwhile. A cooler that does not hold after `settings.wait_s`, or whose
    temperature stands still elsewhere, ends the wait: frames say so by themselves.

    Raises:
        MeasurementCancelled: the trigger was pressed meanwhile.
        CallerError: the cooler does not reach the setpoint that was given.
        LinkError: the analyzer is gone.
    """
    if not analyzer.capabilities.has_tec:
        return None
    setpoint_c = set_cooler(analyzer, settings.setpoint_c)
    if not analyzer.detector().stable:
        before_ms = analyzer.integration_time_ms
        _wait(analyzer, settings.wait_s, setpoint_c, tell)
        analyzer.set_integration_time_ms(before_ms)
    return setpoint_c


def _wait(
    analyzer: Spectrometer, wait_s: float, setpoint_c: float | None, tell: Callable[[Event], None]
) -> None:
    """Dark frames ask: what they flag is what the answer will say."""
    limits = analyzer.capabilities
    shortest_ms, longest_ms = (
        time_us / 1000.0
        for time_us in (limits.min_integration_time_us, limits.max_integration_time_us)
    )
    analyzer.set_integration_time_ms(min(max(_ASKING_MS, shortest_ms), longest_ms))
    ends_s = analyzer.now_s() + wait_s
    seen: list[tuple[float, float]] = []  # time and temperature
    while (frame := analyzer.acquire_frame(laser_on=False)).flags & FrameFlags.TEC_UNLOCKED:
        now_s, at_c = analyzer.now_s(), frame.detector_temperature_c
        seen.append((now_s, at_c))
        if now_s >= ends_s or _rests(seen):
            return
        tell(Cooling(at_c, setpoint_c, ends_s - now_s))
        if analyzer.wait_trigger(min(_PAUSE_S, ends_s - now_s)) is not None:
            raise MeasurementCancelled(
                "The trigger was pressed again while the detector was cooled: no light was made."
            )


def _rests(seen: list[tuple[float, float]]) -> bool:
    """Whether the thermometer moved, and does not any more; one that never moves is none."""
    recent = [at_c for when_s, at_c in seen if when_s >= seen[-1][0] - _AT_REST_S]
    every = [at_c for _, at_c in seen]
    long_enough = seen[-1][0] - seen[0][0] >= _AT_REST_S
    moved = max(every) - min(every) > _AT_REST_C
    return long_enough and moved and max(recent) - min(recent) <= _AT_REST_C
