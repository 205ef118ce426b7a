"""How a measurement begins: two dark frames, light at the lowest power, then at the wanted one.

A sample that nobody knows may ignite at full power. So the first light has a tenth of it, or, where
the operator says that the sample is dark, 1 mW, and the power is doubled up to a tenth of the
analyzer's maximum. No instrument tells a dark sample from an empty vial or a missed focus by its
weak light: that has to be said.

Next: `heating.py`, which looks at each step; `growing.py` and `fixed.py`, which go on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from device.driver.auto_exposure import checked, pixels_of_interest
from device.driver.heating import LOW_PART, HeatingWatch
from device.driver.prepared import prepared
from device.driver.safety import Safety
from device.driver.spectrometer import Frame, Spectrometer
from device.events import Event, LaserOn
from device.spectra.resampling import WavenumberGrid
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.messages import FrameFlags

# The first frames: short, because nobody knows yet how bright they will be.
START_MS = 20.0

Tell = Callable[[Event], None]


@dataclass(frozen=True, eq=False)
class FirstLight:
    """What is known once the sample has been lit.

    found_ms: the exposure that an earlier user left.
    recorded: a recording is played; it was not lit for this.
    frame: the one at full power, of `START_MS`; None where there was none.
    """

    power_mw: int
    first_mw: int
    found_ms: float
    recorded: bool = False
    frame: Frame | None = None
    watch: HeatingWatch | None = None


def first_light(
    analyzer: Spectrometer,
    page: CalibrationPage,
    safety: Safety,
    laser_power_mw: int | None,
    seen: WavenumberGrid,
    tell: Tell,
) -> FirstLight:
    """Set the power, and light the sample for the first time; the laser is off afterwards.

    The integration time is `START_MS` then, but for a recording the one that was found.

    Args:
        laser_power_mw: None takes the most that `safety` allows.

    Raises:
        SampleHeats: the light grew by more than the power.
        as `prepared` and `Spectrometer.acquire_frame`.
    """
    found_ms = analyzer.integration_time_ms
    power_mw = prepared(analyzer, most_mw(analyzer, safety, laser_power_mw), with_cooler=False)
    _set_shortest(analyzer)
    unlit = [checked(analyzer.acquire_frame(laser_on=False), page) for _ in range(2)]
    if _is_a_recording(*unlit):
        analyzer.set_integration_time_ms(found_ms)
        return FirstLight(power_mw, power_mw, found_ms, recorded=True)
    watch = None
    if safety.heating_watch:
        axis_cm1 = page.wavenumber_cm1()
        watch = HeatingWatch(pixels_of_interest(page, seen), axis_cm1, page.resolution_cm1)
    steps = power_steps(power_mw, dark_sample=safety.dark_sample)
    before: Frame | None = None
    for number, step_mw in enumerate(steps):
        if len(steps) > 1:
            analyzer.set_laser_power_mw(step_mw)
        tell(LaserOn(step_mw, analyzer.integration_time_ms))
        lit = checked(analyzer.acquire_frame(laser_on=True), page)
        if before is not None and watch is not None:
            watch.power_raised(before, lit, unlit, step_mw / steps[number - 1])
        before = lit
    return FirstLight(power_mw, steps[0], found_ms, frame=before, watch=watch)


def most_mw(analyzer: Spectrometer, safety: Safety, laser_power_mw: int | None) -> int | None:
    """The power that is wanted; None: the analyzer's maximum."""
    if laser_power_mw is not None or not safety.dark_sample:
        return laser_power_mw
    return _low(analyzer.capabilities.max_laser_power_mw)


def power_steps(power_mw: int, *, dark_sample: bool) -> tuple[int, ...]:
    """Powers of the first frames, the last being `power_mw`."""
    if not dark_sample:
        low_mw = _low(power_mw)
        return (low_mw, power_mw) if low_mw < power_mw else (power_mw,)
    doubled = [2**k for k in range(max(power_mw, 1).bit_length()) if 2**k < power_mw]
    return (*doubled, power_mw)


def _low(power_mw: int) -> int:
    return max(1, round(LOW_PART * power_mw)) if power_mw else 0


def _set_shortest(analyzer: Spectrometer) -> None:
    """`START_MS`, as far as the analyzer can."""
    limits = analyzer.capabilities
    low_ms, high_ms = (
        time_us / 1000.0
        for time_us in (limits.min_integration_time_us, limits.max_integration_time_us)
    )
    analyzer.set_integration_time_ms(min(max(START_MS, low_ms), high_ms))


def _is_a_recording(first: Frame, second: Frame) -> bool:
    """Two dark frames that agree in every count: no camera's noise allows that."""
    flagged = bool((first.flags | second.flags) & FrameFlags.RECORDED_AVERAGE)
    return flagged or bool(np.array_equal(first.counts, second.counts))
