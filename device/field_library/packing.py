"""Arrays in an entry's JSON: base64 of little-endian numbers.

Next: `compound.py`, the entry.
"""

import base64
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from device.strict_json import Fields, StrictJsonError, as_bytes

MAX_POINTS: Final = 100_000  # of a measured spectrum

Floats = npt.NDArray[np.float64]


def packed(values: npt.NDArray[Any], kind: str) -> str:
    """The array's bytes as base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")


def unpacked(fields: Fields, key: str, kind: str) -> Floats:
    """The array under `key`; raises StrictJsonError unless it is one of finite numbers."""
    data = as_bytes(fields.take(key), key)
    size = np.dtype(kind).itemsize
    if len(data) % size or not 0 < len(data) // size <= MAX_POINTS:
        raise StrictJsonError(f"{key} has the wrong length")
    values = np.frombuffer(data, dtype=kind).astype(np.float64)
    if not np.isfinite(values).all():
        raise StrictJsonError(f"{key} holds values that are no numbers")
    return values
