"""A frame that was recorded before: its counts, what of them was full, and the page it came with.

Next: `response_fit.py`, which takes one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from device.calibration.full_pixels import full_pixels
from device.spectra.files import acquired_json, bwtek
from device.spectra.files.text import read_text
from firmware_bridge.calibration import CalibrationPage

FULL_COUNTS: Final = 65_535.0  # of the 16 bits that such files have


@dataclass(frozen=True, eq=False)
class RecordedFrame:
    """counts: float64[n], dark-subtracted; saturated: bool[n]."""

    counts: npt.NDArray[np.float64]
    saturated: npt.NDArray[np.bool_]
    page: CalibrationPage


def read_frame(path: Path) -> RecordedFrame:
    """Every pixel of a measurement: a JSON of `ramix acquire`, or a native B&W Tek file.

    Raises:
        SpectrumFileError: it is neither.
    """
    file = read_text(path)
    if acquired_json.recognises(file):
        taken = acquired_json.acquisition_in(file)
        counts = taken.raw_counts - taken.dark_counts
        return RecordedFrame(counts, taken.saturated, taken.calibration)
    if not bwtek.recognises(file):
        file.fail("it does not hold every pixel: save one with `ramix acquire --output FILE.json`")
    native = bwtek.parse(file)
    full = full_pixels(native.raw_counts, FULL_COUNTS)
    return RecordedFrame(native.raw_counts - native.dark_counts, full, native.calibration)
