"""What a record holds beside its curves, as JSON: each raw frame, and the blanks of containers.

Next: `tables.py`, which writes it; `../spectra/raw_frames.py`, how the counts are packed.
"""

import base64
import json
import math
from typing import Any, Final

from device.export.exhibit import Exhibit
from device.records.frames import FramesNotKept, frames_of
from device.records.measured import BlankNotKept, blanks_of
from device.spectra.raw_frames import CODING

# Of blanks and packed frames. Our reader takes files of 5 MB; what is beside them is 0.2 MB.
MOST_TEXT: Final = 4_500_000


def kept_json(exhibit: Exhibit) -> dict[str, Any]:
    """`frames` and `blanks`; null where the record has none of them, or they are too large here."""
    blanks = _blanks(exhibit)
    size = 0 if blanks is None else len(json.dumps(blanks))
    if size > MOST_TEXT:
        blanks, size = None, 0
    return {"frames": _frames(exhibit, MOST_TEXT - size), "blanks": blanks}


def _frames(exhibit: Exhibit, most_text: int) -> dict[str, Any] | None:
    """Columns, in the order in which the frames were read."""
    if exhibit.spectrum.raw is None:
        return None
    try:
        raw = frames_of(exhibit.record)
    except FramesNotKept:
        return None
    read = raw.in_order()
    frames = [one for one, _, _ in read]
    texts = [base64.b64encode(one.packed).decode("ascii") for one in frames]
    fits = sum(map(len, texts)) <= most_text
    return {
        "coding": CODING,
        "pixels": len(exhibit.spectrum.raw.raw_counts),
        "lit": [lit for _, lit, _ in read],
        "struck_samples": [struck for _, _, struck in read],
        "exposure_us": [one.exposure_us for one in frames],
        "detector_temperature_c": [_finite(one.detector_temperature_c) for one in frames],
        "laser_state": [one.laser_state.name for one in frames],
        "laser_power_mw": [one.laser_power_mw for one in frames],
        "flags": [int(one.flags) for one in frames],
        "packed_base64": texts if fits else None,  # a package has them all the same
    }


def _blanks(exhibit: Exhibit) -> list[dict[str, Any]] | None:
    told = exhibit.result.get("containers")
    if not told:
        return None
    try:
        found = blanks_of(exhibit.record)
    except BlankNotKept:
        return None
    return [
        {
            "file": blank.source,
            "sha256": sha256,
            "wavenumber_cm1": blank.wavenumber_cm1.tolist(),
            "intensity": blank.intensity.tolist(),
            "variance": None if blank.variance is None else blank.variance.tolist(),
        }
        for blank, sha256 in found
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
