"""The arrays of a measurement: in the rawest form there is, one after the other, little-endian.

Next: `content.py`, the text beside them.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from device.printable import printable
from device.records.frames_kept import KEPT, fits, frame_arrays, frames_text

if TYPE_CHECKING:
    from device.spectra.spectrum import Spectrum


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> tuple[bytes, dict[str, Any]]:
    """Arrays one after the other, and where each lies."""
    parts: list[bytes] = []
    index: dict[str, Any] = {}
    offset = 0
    for name, array in arrays.items():
        little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        part = little.tobytes()
        index[name] = {
            "dtype": little.dtype.str,
            "shape": list(array.shape),
            "offset": offset,
            "length": len(part),
        }
        parts.append(part)
        offset += len(part)
    return b"".join(parts), index


def arrays_of(spectrum: "Spectrum") -> dict[str, NDArray[Any]]:
    """The rawest form there is: counts, dark and calibration page, or the file's own columns."""
    acquisition = spectrum.raw
    if acquisition is None:
        arrays = {"wavenumber_cm1": spectrum.wavenumber_cm1, "intensity": spectrum.intensity}
        known = {
            "variance": spectrum.variance,
            "dark_counts": spectrum.dark_counts,
            "saturated": spectrum.saturated,
        }
        return arrays | {name: array for name, array in known.items() if array is not None}
    averaged: dict[str, NDArray[Any]] = {
        "raw_counts": acquisition.raw_counts,
        "dark_counts": acquisition.dark_counts,
        "variance": acquisition.variance,
        "saturated": acquisition.saturated,
        "dead": acquisition.dead,
        "calibration_page": np.frombuffer(acquisition.calibration.to_bytes(), dtype=np.uint8),
    }
    raw = acquisition.raw_frames
    return averaged | frame_arrays(raw) if raw is not None and fits(raw) else averaged


def measurement_of(spectrum: "Spectrum") -> dict[str, Any]:
    """How it was measured, as far as it is known."""
    acquisition = spectrum.raw
    known: dict[str, Any] = {"source": printable(spectrum.source)}
    if spectrum.integration_time_ms is not None:
        known["integration_time_ms"] = float(spectrum.integration_time_ms)
    if spectrum.taken is not None:
        known["file_says"] = spectrum.taken.said()  # instrument, laser, date: of its header
    if acquisition is not None or spectrum.flags:
        known["flags"] = sorted(spectrum.flags)
    if acquisition is not None:
        page = acquisition.calibration.to_bytes()
        known |= {
            "integration_time_ms": float(acquisition.integration_time_ms),
            "frames": int(acquisition.frames),
            "laser_power_mw": _finite(acquisition.laser_power_mw),
            "detector_temperature_c": _finite(acquisition.detector_temperature_c),
            "acquired_utc": acquisition.acquired_utc,
            "analyzer_serial": acquisition.calibration.serial,
            "calibration_page_sha256": hashlib.sha256(page).hexdigest(),
            "frames_kept": "mean of the lit, mean of the dark, variance of the difference",
        }
        raw = acquisition.raw_frames
        if raw is not None and fits(raw):
            known |= {"frames_kept": f"each, {known['frames_kept']}", KEPT: frames_text(raw)}
        elif raw is not None:
            known["frames_kept"] += "; each by itself would be too large"
    return known


def _finite(value: float | None) -> float | None:
    """A sensor that reads NaN knows nothing; the body must stay strict JSON."""
    return float(value) if value is not None and math.isfinite(value) else None
