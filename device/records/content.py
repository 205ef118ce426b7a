"""What one record holds, and the bytes and hashes it becomes.

The body is canonical JSON (sorted keys, no spaces, no NaN): the result as printed, how it was
measured, and where each array lies in the data. Next: `store.py`, which chains and keeps them.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from device.records.errors import RecordStoreError

if TYPE_CHECKING:
    from device.spectra.spectrum import Spectrum


@dataclass(frozen=True)
class Record:
    """One stored result: `body` as written, `data` empty when only an overview was asked for."""

    record_id: str
    created_utc: str
    body: Mapping[str, Any]
    data: bytes

    @property
    def result(self) -> Mapping[str, Any]:
        """What `ramix identify --json` printed."""
        result: Mapping[str, Any] = self.body["result"]
        return result

    def array(self, name: str) -> NDArray[Any]:
        """One of the stored arrays, as it was measured."""
        entry = self.body["arrays"][name]
        part = self.data[entry["offset"] : entry["offset"] + entry["length"]]
        return np.frombuffer(part, dtype=entry["dtype"]).reshape(entry["shape"])


def canonical(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def chained_hash(previous: bytes, body: bytes) -> bytes:
    return hashlib.sha256(b"ramix-record-v1\0" + previous + body).digest()


def genesis_hash(store_id: str) -> bytes:
    return hashlib.sha256(b"ramix-store-v1\0" + store_id.encode()).digest()


def parse_body(body: bytes) -> dict[str, Any]:
    """A body as a dictionary; a damaged one as an empty one (its hash will say so)."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def record_from_row(body: bytes, data: bytes) -> Record:
    value = parse_body(body)
    if not {"record_id", "created_utc", "result"} <= value.keys():
        raise RecordStoreError(
            "A record is damaged.", remedy="`ramix records verify` says which ones."
        )
    return Record(str(value["record_id"]), str(value["created_utc"]), value, data)


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
    return {
        "raw_counts": acquisition.raw_counts,
        "dark_counts": acquisition.dark_counts,
        "variance": acquisition.variance,
        "saturated": acquisition.saturated,
        "dead": acquisition.dead,
        "calibration_page": np.frombuffer(acquisition.calibration.to_bytes(), dtype=np.uint8),
    }


def measurement_of(spectrum: "Spectrum") -> dict[str, Any]:
    """How it was measured, as far as it is known."""
    acquisition = spectrum.raw
    known: dict[str, Any] = {"source": spectrum.source}
    if spectrum.integration_time_ms is not None:
        known["integration_time_ms"] = float(spectrum.integration_time_ms)
    if spectrum.taken is not None:
        known["file_says"] = spectrum.taken.said()  # instrument, laser, date: of its header
    if acquisition is not None or spectrum.flags:
        known["flags"] = sorted(spectrum.flags)
    if acquisition is not None:
        known |= {
            "integration_time_ms": float(acquisition.integration_time_ms),
            "frames": int(acquisition.frames),
            "laser_power_mw": _finite(acquisition.laser_power_mw),
            "detector_temperature_c": _finite(acquisition.detector_temperature_c),
            "acquired_utc": acquisition.acquired_utc,
            "analyzer_serial": acquisition.calibration.serial,
        }
    return known


def _finite(value: float | None) -> float | None:
    """A sensor that reads NaN knows nothing; the body must stay strict JSON."""
    return float(value) if value is not None and math.isfinite(value) else None
