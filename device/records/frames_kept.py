"""The single frames of a measurement as arrays of a record: packed counts, and what was noted.

In the order in which they were read, lit and dark ones by turns. Together they are bounded, so that
a store with `room.LEAST_FREE_BYTES` left takes every measurement. Next: `frames.py`, which reads
them back.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from device.spectra.raw_frames import CODING, RawFrames

KEPT: Final = "raw_frames"  # in a body's measurement
# 512 frames of 2,048 pixels are 0.8 MB, 2,000 of them 3 MB. What a store takes is written twice,
# into SQLite's log and into the store: room.LEAST_FREE_BYTES is above that.
MOST_BYTES: Final = 24_000_000
MOST_FRAMES: Final = 4096  # lit and dark ones; 1,000 pairs are the most that are asked for
# Unpacked: 2,000 frames of 8,000 pixels. Averaging takes 17 times as much memory, whoever packed
# them.
MOST_COUNT_BYTES: Final = 32_000_000


def fits(raw: RawFrames) -> bool:
    """Whether a record takes them."""
    both = (*raw.lit, *raw.dark)
    return (
        len(both) <= MOST_FRAMES
        and sum(len(one.packed) for one in both) <= MOST_BYTES
        and sum(one.counts.nbytes for one in both) <= MOST_COUNT_BYTES
    )


def frame_arrays(raw: RawFrames) -> dict[str, NDArray[Any]]:
    """All begin with `frame_`; [k frames] but for the packed counts, which are bytes."""
    read = raw.in_order()
    frames = [one for one, _, _ in read]
    return {
        "frame_packed": np.frombuffer(b"".join(one.packed for one in frames), dtype=np.uint8),
        "frame_bytes": np.array([len(one.packed) for one in frames], dtype=np.uint32),
        "frame_lit": np.array([lit for _, lit, _ in read], dtype=np.uint8),
        "frame_struck": np.array([struck for _, _, struck in read], dtype=np.uint32),
        "frame_exposure_us": np.array([one.exposure_us for one in frames], dtype=np.uint32),
        "frame_temperature_c": np.array(
            [one.detector_temperature_c for one in frames], dtype=np.float64
        ),
        "frame_laser_state": np.array([one.laser_state for one in frames], dtype=np.uint8),
        "frame_laser_power_mw": np.array([one.laser_power_mw for one in frames], dtype=np.uint32),
        "frame_flags": np.array([one.flags for one in frames], dtype=np.uint32),
    }


def frames_text(raw: RawFrames) -> dict[str, Any]:
    """How they are packed, how many there are, and what averaging them needs beside."""
    struck = (*raw.struck_lit, *raw.struck_dark)
    return {
        "coding": CODING,
        "lit": len(raw.lit),
        "dark": len(raw.dark),
        "struck_by_rays": sum(one > 0 for one in struck),
        "camera": None if raw.camera is None else dict(raw.camera),
        "full_counts": raw.full_counts,
    }
