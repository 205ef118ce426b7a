"""The camera's own figures: what turns counts into electrons, and where its counts end.

A figure that a firmware does not know is told as not known, never as a guess: its bit in `known`
is clear and its field zero.

Next: `condition.py`, what an instrument tells of its own condition.
"""

from dataclasses import dataclass
from enum import IntFlag
from typing import Annotated, Final

from firmware_bridge.layout import F32, U8, U16, Message, flags_u16
from firmware_bridge.opcodes import Opcode
from firmware_bridge.request import Request

# Counts travel as 16 bits; a converter of fewer than eight makes no spectrum.
MIN_CONVERTER_BITS: Final = 8
MAX_CONVERTER_BITS: Final = 16
# Single pixels reach their end below the mean one: from this part of full scale on a count says
# "or more".
_FULL_FRACTION: Final = 0.99


class CameraFigures(IntFlag):
    """Which fields of `Camera` are known."""

    NONE = 0
    GAIN = 1
    READ_NOISE = 2
    FULL_WELL = 4
    CONVERTER_BITS = 8
    OFFSET = 16
    DARK_CURRENT = 32
    USEFUL_RANGE = 64


_FIELDS_OF: Final = {
    CameraFigures.GAIN: ("gain_e_per_count",),
    CameraFigures.READ_NOISE: ("read_noise_e",),
    CameraFigures.FULL_WELL: ("full_well_e",),
    CameraFigures.CONVERTER_BITS: ("converter_bits",),
    CameraFigures.OFFSET: ("offset_counts",),
    CameraFigures.DARK_CURRENT: ("dark_current_e_per_s",),
    CameraFigures.USEFUL_RANGE: ("first_useful_pixel", "last_useful_pixel"),
}


@dataclass(frozen=True)
class Camera(Message):
    """What the maker knows of detector and converter; only the fields named in `known` count.

    read_noise_e: standard deviation of one readout of one pixel, in electrons.
    full_well_e: electrons at which a pixel is full.
    offset_counts: counts without an electron.
    dark_current_e_per_s: of an ordinary pixel, at the power-on setpoint of the cooler.
    first_useful_pixel, last_useful_pixel: the illuminated pixels, both inclusive.
    """

    known: Annotated[CameraFigures, flags_u16(CameraFigures)] = CameraFigures.NONE
    converter_bits: U8 = 0
    gain_e_per_count: F32 = 0.0
    read_noise_e: F32 = 0.0
    full_well_e: F32 = 0.0
    offset_counts: F32 = 0.0
    dark_current_e_per_s: F32 = 0.0
    first_useful_pixel: U16 = 0
    last_useful_pixel: U16 = 0

    def check(self) -> None:
        for figure, names in _FIELDS_OF.items():
            if not self.known & figure and any(getattr(self, name) for name in names):
                raise ValueError(f"{names[0]} is told although it is not known")
        if self.known & CameraFigures.GAIN and not self.gain_e_per_count > 0:
            raise ValueError("gain_e_per_count must be above 0")
        if self.known & CameraFigures.FULL_WELL and not self.full_well_e > 0:
            raise ValueError("full_well_e must be above 0")
        if min(self.read_noise_e, self.offset_counts, self.dark_current_e_per_s) < 0:
            raise ValueError("read noise, offset and dark current cannot be negative")
        bits = self.converter_bits
        if self.known & CameraFigures.CONVERTER_BITS and (
            not MIN_CONVERTER_BITS <= bits <= MAX_CONVERTER_BITS
        ):
            raise ValueError(
                f"a converter has {MIN_CONVERTER_BITS} to {MAX_CONVERTER_BITS} bits, not {bits}"
            )
        if self.first_useful_pixel > self.last_useful_pixel:
            raise ValueError("the first useful pixel lies behind the last")

    def told(self) -> dict[str, float | None]:
        """Every figure by its name; None where it is not known."""
        return {
            name: getattr(self, name) if self.known & figure else None
            for figure, names in _FIELDS_OF.items()
            for name in names
        }

    @property
    def useful_range(self) -> tuple[int, int] | None:
        """First and last illuminated pixel, inclusive; None where not known."""
        if not self.known & CameraFigures.USEFUL_RANGE:
            return None
        return self.first_useful_pixel, self.last_useful_pixel

    @property
    def saturated_counts(self) -> int | None:
        """The count from which a pixel says "or more": converter or well, whichever ends first.

        None where neither end is known; a well's end needs the gain and counts the offset if told.
        """
        ends = []
        if self.known & CameraFigures.CONVERTER_BITS:
            ends.append(2.0**self.converter_bits - 1.0)
        both = CameraFigures.FULL_WELL | CameraFigures.GAIN
        if self.known & both == both:
            ends.append(self.offset_counts + self.full_well_e / self.gain_e_per_count)
        if not ends:
            return None
        return int(_FULL_FRACTION * min(*ends, 2.0**MAX_CONVERTER_BITS - 1.0))


@dataclass(frozen=True)
class GetCamera(Request[Camera]):
    """The camera's figures; constant until the next restart."""

    opcode = Opcode.GET_CAMERA
    Reply = Camera
