"""Frames of one measurement, numbered and packed as they come: while the next one is exposed.

Next: `../spectra/raw_frames.py`, what is kept of each; `acquisition.py`, which averages them.
"""

from collections.abc import Callable
from itertools import count

from device.driver.spectrometer import Frame
from device.spectra.raw_frames import RawFrame, packed


def keeper() -> Callable[[Frame], RawFrame]:
    """For each frame of one measurement in the order in which they are read."""
    numbers = count()

    def keep(frame: Frame) -> RawFrame:
        return RawFrame(
            counts=frame.counts,
            exposure_us=frame.exposure_us,
            detector_temperature_c=frame.detector_temperature_c,
            laser_state=frame.laser_state,
            laser_power_mw=frame.laser_power_mw,
            flags=frame.flags,
            number=next(numbers),
            packed=packed(frame.counts),
        )

    return keep
