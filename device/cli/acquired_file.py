"""What `ramix acquire` leaves behind: a two-column CSV to identify, or a JSON with everything.

Next: `../spectra/files/plain_csv.py`, which reads the CSV again.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from device.driver.acquisition import pixels_of_interest
from device.durable import written_whole
from device.spectra.spectrum import Acquisition, spectrum_from_acquisition
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
            remedy="Use .csv for a spectrum to identify, .json for everything measured.",
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
    content = _csv(acquisition, serial) if path.suffix.lower() == ".csv" else _json(acquisition)
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


def _csv(acquisition: Acquisition, serial: str) -> str:
    spectrum = spectrum_from_acquisition(acquisition)
    name = "".join(filter(str.isprintable, serial))  # a line break would end the comment
    lines = [
        f"# analyzer {name}, measured {acquisition.acquired_utc}",
        f"# {acquisition.frames} x {acquisition.integration_time_ms:g} ms, dark subtracted",
        f"# flags: {', '.join(sorted(acquisition.flags)) or 'none'}",
        "wavenumber_cm1,intensity",
    ]
    pairs = zip(spectrum.wavenumber_cm1.tolist(), spectrum.intensity.tolist(), strict=True)
    lines += [f"{wavenumber_cm1:.4f},{intensity:.6g}" for wavenumber_cm1, intensity in pairs]
    return "\n".join(lines) + "\n"


def _json(acquisition: Acquisition) -> str:
    page = acquisition.calibration
    everything = {
        "format": "ramix-acquisition-1",
        **summary(acquisition),
        "acquired_utc": acquisition.acquired_utc,
        "calibration": {
            "serial": page.serial,
            "wavelength_coefficients_nm": list(page.wavelength_coefficients_nm),
            "excitation_nm": page.excitation_nm,
            "first_valid_pixel": page.first_valid_pixel,
            "last_valid_pixel": page.last_valid_pixel,
            "dead_pixels": list(page.dead_pixels),
            "resolution_cm1": page.resolution_cm1,
        },
        "raw_counts": acquisition.raw_counts.tolist(),
        "dark_counts": acquisition.dark_counts.tolist(),
        "variance": acquisition.variance.tolist(),
        "saturated": np.flatnonzero(acquisition.saturated).tolist(),
    }
    return json.dumps(everything, allow_nan=False) + "\n"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
