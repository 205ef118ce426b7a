"""The few figures of an acquisition that people look at first.

Next: `../spectra/files/acquired_json.py`, which has them beside the counts.
"""

import math
from typing import Any

import numpy as np

from device.driver.auto_exposure import pixels_of_interest
from device.spectra.spectrum import Acquisition


def summary(acquisition: Acquisition) -> dict[str, Any]:
    """What tells whether the measurement was a good one, within 300-2500 cm-1."""
    page = acquisition.calibration
    inside = np.flatnonzero(pixels_of_interest(page))
    signal = (acquisition.raw_counts - acquisition.dark_counts)[inside]
    best = int(np.argmax(signal))
    return {
        "frames": acquisition.frames,
        "integration_time_ms": acquisition.integration_time_ms,
        "laser_power_mw": acquisition.laser_power_mw,
        "detector_temperature_c": _rounded(acquisition.detector_temperature_c),
        "strongest_line_cm1": round(float(page.wavenumber_cm1()[inside[best]]), 1),
        "strongest_line_counts": round(float(signal[best]), 1),
        "brightest_raw_counts": round(float(acquisition.raw_counts[inside].max())),
        "saturated_pixels": int(acquisition.saturated[inside].sum()),
        "flags": sorted(acquisition.flags),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 2)
