"""What an answer says of how its light was taken.

Next: `result.py`, where it stands in every answer; `../runtime.py`, which measures.
"""

import math
from dataclasses import replace

from device.answer.answer import Answer, MeasuredWith
from device.driver.acquisition import AcquisitionSettings
from device.driver.growing import Look, SequentialSettings


def measured_with(
    answer: Answer, look: Look, settings: AcquisitionSettings | SequentialSettings, why: str
) -> Answer:
    """`answer` with its `settings`, but for countdown and cooler. `why` the measurement ended."""
    return replace(answer, settings=taken_with(look, settings, why))


def taken_with(
    look: Look, settings: AcquisitionSettings | SequentialSettings, why: str
) -> MeasuredWith:
    """How the light of `look` was taken."""
    taken, light, safety = look.acquisition, look.light, settings.safety
    given = isinstance(settings, AcquisitionSettings) and settings.integration_time_ms is not None
    found = "recording" if light.recorded else "found"
    overridden = {
        "heating_watch": not safety.heating_watch,
        "dark_sample": safety.dark_sample,
        "laser_power": settings.laser_power_mw is not None,
        "cooler": safety.cooler.setpoint_c is not None,
    }
    return MeasuredWith(
        integration_time_ms=taken.integration_time_ms,
        frames=taken.frames,
        laser_power_mw=taken.laser_power_mw,
        looks=look.number,
        stopped_because=why,
        countdown_s=0.0,
        exposure="given" if given else found,
        first_light_mw=None if light.recorded else light.first_mw,
        detector_temperature_c=_rounded(taken.detector_temperature_c),
        overridden=tuple(name for name, holds in overridden.items() if holds),
    )


def _rounded(temperature_c: float | None) -> float | None:
    """What a thermometer tells; None where there is none."""
    if temperature_c is None or not math.isfinite(temperature_c):
        return None
    return round(temperature_c, 2)
