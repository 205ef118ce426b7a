"""Each frame of a measurement as it came from the wire, and how its counts are packed.

Counts of neighbouring pixels differ little: their differences, as small numbers without a sign, low
bytes before high bytes, deflated at zlib's level 1. So a frame is packed while the analyzer
exposes the next one, and takes a third of its bytes.
Next: `spectrum.py`, the mean of them; `../records/frames.py`, which keeps them.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from firmware_bridge.messages import FrameFlags, LaserState

Counts = npt.NDArray[np.uint16]

CODING: Final = "ramix-frame-1"
_LEVEL: Final = 1
_BITS: Final = 16


@dataclass(frozen=True, eq=False)
class RawFrame:
    """One readout; laser and temperature at the end of its exposure."""

    counts: Counts  # [n]
    exposure_us: int
    detector_temperature_c: float  # NaN: there is no thermometer
    laser_state: LaserState
    laser_power_mw: int
    flags: FrameFlags
    number: int  # 0, 1, 2 ... in the order in which lit and dark ones of a measurement were read
    packed: bytes  # the counts


@dataclass(frozen=True, eq=False)
class RawFrames:
    """The frames of one measurement, and what averaging them needs beside the calibration.

    struck_lit, struck_dark: samples of each frame that were left out as cosmic rays.
    camera: its figures of noise, as `device/driver/averaging.CameraNoise`; None: not known.
    full_counts: from here on a count says "or more".
    """

    lit: tuple[RawFrame, ...]
    dark: tuple[RawFrame, ...]
    struck_lit: tuple[int, ...]
    struck_dark: tuple[int, ...]
    camera: Mapping[str, float | None] | None
    full_counts: int

    def in_order(self) -> list[tuple[RawFrame, bool, int]]:
        """As they were read: each frame, whether it was lit, and its struck samples."""
        found = [(one, True, struck) for one, struck in zip(self.lit, self.struck_lit, strict=True)]
        found += [
            (one, False, struck) for one, struck in zip(self.dark, self.struck_dark, strict=True)
        ]
        return sorted(found, key=lambda one: one[0].number)


def packed(counts: Counts) -> bytes:
    """[n] counts as bytes."""
    differences = np.diff(counts, prepend=np.uint16(0)).view(np.int16)  # modulo 2**16
    unsigned = ((differences << 1) ^ (differences >> (_BITS - 1))).view(np.uint16)
    planes = np.stack([unsigned & 0xFF, unsigned >> 8]).astype(np.uint8)
    return zlib.compress(planes.tobytes(), _LEVEL)


def unpacked(data: bytes, pixels: int) -> Counts:
    """[pixels] counts.

    Raises:
        ValueError: these are not the bytes of so many.
    """
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, 2 * pixels + 1)
    except zlib.error as error:
        raise ValueError("a frame of it cannot be unpacked") from error
    if len(plain) != 2 * pixels or not stream.eof or stream.unused_data:
        raise ValueError("a frame of it has another number of pixels")
    low, high = np.frombuffer(plain, dtype=np.uint8).reshape(2, pixels).astype(np.uint16)
    unsigned = low | (high << 8)
    differences = (unsigned >> 1) ^ (0 - (unsigned & 1)).astype(np.uint16)
    return np.asarray(np.cumsum(differences, dtype=np.uint16))
