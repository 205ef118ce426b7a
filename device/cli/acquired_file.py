"""What `ramix acquire` leaves behind: a CSV of the spectrum, or a JSON with every pixel.

Next: `../spectra/files/acquired_csv.py` and `acquired_json.py`, both ends of the two formats.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from device.driver.auto_exposure import pixels_of_interest
from device.durable import written_whole
from device.spectra.files import acquired_csv, acquired_json
from device.spectra.spectrum import Acquisition
from firmware_bridge.errors import RamixError

FORMATS = (".csv", ".json")


class SaveError(RamixError):
    """The measurement cannot be written where it should go."""

    code = "not_saved"
    default_remedy = "Choose another file with --output."


def check_target(path: Path, *, force: bool) -> None:
    """Raises `SaveError` when `path` cannot be what the operator wants."""
    if path.suffix.lower() not in FORMATS:
        raise SaveError(
            f"{path} ends neither in .csv nor in .json.",
            remedy="Use .csv for the spectrum, .json for every pixel and the calibration.",
        )
    if path.exists() and not force:
        raise SaveError(f"{path} is there already.", remedy="Add --force to replace it.")
    if not path.absolute().parent.is_dir():
        raise SaveError(f"The folder of {path} does not exist.")


def save_acquisition(acquisition: Acquisition, path: Path, *, serial: str, force: bool) -> None:
    """Write `path` whole or not at all.

    Raises:
        SaveError: the file is there and `force` is not, or the disk does not take it.
    """
    check_target(path, force=force)
    if path.suffix.lower() == ".csv":
        content = acquired_csv.text_of(acquisition, serial)
    else:
        content = acquired_json.text_of(acquisition, summary(acquisition))
    try:
        with written_whole(path) as stream:
            stream.write(content.encode("utf-8"))
    except OSError as error:
        raise SaveError(f"{path} cannot be written ({error.strerror}).") from error


def summary(acquisition: Acquisition) -> dict[str, Any]:
    """The few figures that tell whether the measurement was a good one, within 300-2500 cm-1."""
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
