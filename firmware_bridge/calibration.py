"""The calibration page: pixel -> wavelength -> Raman shift, dead pixels, sealed by a CRC-32.

The page lives in the analyzer's flash and travels as the reply to READ_CALIBRATION. A page object
is valid by construction: whoever holds one has an axis that rises.

Next: `model_slots.py`, how models get into the analyzer.
"""

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from firmware_bridge.errors import CalibrationMismatch, ProtocolError

MAX_COEFFICIENTS = 6
_SERIAL_SIZE = 32
MAGIC = b"RXCP"
PAGE_VERSION = 1
# A page that also tells the spectral response has this version; one without it stays as it was.
RESPONSE_PAGE_VERSION = 2
MAX_RESPONSE_POINTS = 255
# magic, version, pixel_count, first and last valid pixel, excitation_nm, resolution_cm1, serial,
# number of coefficients, six coefficients (unused ones zero), number of dead pixels; then these
# as u16; in version 2 the number of response points as u16 and these as f64; and a CRC-32 over
# everything before it.
_PAGE = struct.Struct(f"<4sHHHHdd{_SERIAL_SIZE}sB{MAX_COEFFICIENTS}dH")
_CRC = struct.Struct("<I")
_COUNT = struct.Struct("<H")
PAGE_HEADER_SIZE = _PAGE.size


class CalibrationError(ProtocolError):
    """A calibration page that is damaged or cannot describe a Raman spectrometer."""

    code = "calibration"
    default_remedy = "Restore the calibration page that belongs to this analyzer."


@dataclass(frozen=True)
class CalibrationPage:
    """wavelength_nm(pixel) = sum of wavelength_coefficients_nm[k] * pixel**k, vacuum, pixel from 0.

    `first_valid_pixel` and `last_valid_pixel` are inclusive; inside them wavelengths must rise.
    `resolution_cm1` is the full width at half maximum of a narrow line.
    `response`: counts per photon relative to the best pixel, above 0 to 1, at points evenly spaced
    from the first to the last valid pixel; empty where it is not known.
    Raises `CalibrationError` when the values contradict each other.
    """

    wavelength_coefficients_nm: tuple[float, ...]
    excitation_nm: float
    first_valid_pixel: int
    last_valid_pixel: int
    pixel_count: int
    dead_pixels: tuple[int, ...] = ()
    resolution_cm1: float = 12.0
    serial: str = ""
    response: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        coefficients = self.wavelength_coefficients_nm
        numbers = (*coefficients, self.excitation_nm, self.resolution_cm1)
        if not all(math.isfinite(number) for number in numbers):
            raise CalibrationError("The calibration page holds a number that is not finite.")
        if not 2 <= len(coefficients) <= MAX_COEFFICIENTS:
            raise CalibrationError(
                f"The pixel polynomial has {len(coefficients)} coefficients, "
                f"2 to {MAX_COEFFICIENTS} are allowed."
            )
        if not 200.0 <= self.excitation_nm <= 2000.0:
            raise CalibrationError(f"{self.excitation_nm} nm is no Raman excitation wavelength.")
        if self.resolution_cm1 <= 0.0:
            raise CalibrationError(f"A resolution of {self.resolution_cm1} cm-1 is impossible.")
        if not 0 <= self.first_valid_pixel < self.last_valid_pixel < self.pixel_count <= 0xFFFF:
            raise CalibrationError(
                f"Valid pixels {self.first_valid_pixel} to {self.last_valid_pixel} "
                f"do not fit {self.pixel_count} pixels."
            )
        dead = self.dead_pixels
        if list(dead) != sorted(set(dead)) or (
            dead and not 0 <= dead[0] <= dead[-1] < self.pixel_count
        ):
            raise CalibrationError("Dead pixels must be distinct, ascending and on the detector.")
        if len(self.serial.encode()) > _SERIAL_SIZE or "\0" in self.serial:
            raise CalibrationError(f"The serial number exceeds {_SERIAL_SIZE} bytes.")
        if self.response and not 2 <= len(self.response) <= MAX_RESPONSE_POINTS:
            raise CalibrationError(
                f"The response has {len(self.response)} points, "
                f"2 to {MAX_RESPONSE_POINTS} are allowed."
            )
        if not all(0.0 < value <= 1.0 for value in self.response):  # also refuses NaN
            raise CalibrationError("A relative response must be above 0 and not above 1.")
        axis = self.wavelength_nm()[self.valid_range]
        if not (np.isfinite(axis).all() and axis[0] > 0.0 and (np.diff(axis) > 0.0).all()):
            raise CalibrationError("The wavelength axis does not rise from pixel to pixel.")

    @property
    def valid_range(self) -> slice:
        """The pixels whose wavelength is calibrated."""
        return slice(self.first_valid_pixel, self.last_valid_pixel + 1)

    def dead_mask(self) -> npt.NDArray[np.bool_]:
        """bool[pixel_count], True where the pixel must not be used."""
        mask = np.zeros(self.pixel_count, dtype=np.bool_)
        mask[list(self.dead_pixels)] = True
        return mask

    def relative_response(self) -> npt.NDArray[np.float64] | None:
        """float64[pixel_count], straight between the points, held at its ends outside the valid
        range; None where the page does not tell it."""
        if not self.response:
            return None
        at = np.linspace(self.first_valid_pixel, self.last_valid_pixel, len(self.response))
        return np.interp(np.arange(self.pixel_count), at, self.response)

    def wavelength_nm(self) -> npt.NDArray[np.float64]:
        """float64[pixel_count]; outside the valid range merely what the polynomial gives."""
        pixel = np.arange(self.pixel_count, dtype=np.float64)
        wavelength_nm = np.zeros_like(pixel)
        with np.errstate(over="ignore", invalid="ignore"):  # absurd pages are refused afterwards
            for coefficient in reversed(self.wavelength_coefficients_nm):
                wavelength_nm = wavelength_nm * pixel + coefficient
        return wavelength_nm

    def wavenumber_cm1(self) -> npt.NDArray[np.float64]:
        """Raman shift, float64[pixel_count]; NaN where an uncalibrated pixel has none."""
        wavelength_nm = self.wavelength_nm()
        wavelength_nm[~(wavelength_nm > 0.0)] = np.nan
        shift: npt.NDArray[np.float64] = 1e7 / self.excitation_nm - 1e7 / wavelength_nm
        return shift

    def check_frame(self, pixel_count: int) -> None:
        """Raises `CalibrationMismatch` when a frame's length is not the one calibrated."""
        if pixel_count != self.pixel_count:
            raise CalibrationMismatch(
                f"The calibration page is for {self.pixel_count} pixels, "
                f"the frame has {pixel_count}."
            )

    def to_bytes(self) -> bytes:
        """The page as the analyzer's flash holds it."""
        coefficients = self.wavelength_coefficients_nm
        covered = _PAGE.pack(
            MAGIC,
            RESPONSE_PAGE_VERSION if self.response else PAGE_VERSION,
            self.pixel_count,
            self.first_valid_pixel,
            self.last_valid_pixel,
            self.excitation_nm,
            self.resolution_cm1,
            self.serial.encode(),
            len(coefficients),
            *coefficients,
            *(0.0,) * (MAX_COEFFICIENTS - len(coefficients)),
            len(self.dead_pixels),
        ) + struct.pack(f"<{len(self.dead_pixels)}H", *self.dead_pixels)
        if self.response:
            covered += _COUNT.pack(len(self.response))
            covered += struct.pack(f"<{len(self.response)}d", *self.response)
        return covered + _CRC.pack(zlib.crc32(covered))

    @classmethod
    def from_bytes(cls, page: bytes) -> Self:
        """Read a page. Raises `CalibrationError` when it is damaged, foreign or contradictory."""
        if len(page) < _PAGE.size + _CRC.size or page[: len(MAGIC)] != MAGIC:
            raise CalibrationError(
                "The analyzer holds no calibration page.",
                remedy="Calibrate it: ramix calibrate --port PORT --lamp neon --polystyrene. "
                "Or write back a page that was kept: ramix calibrate --port PORT --restore PAGE.",
            )
        (stored_crc,) = _CRC.unpack_from(page, len(page) - _CRC.size)
        if stored_crc != zlib.crc32(page[: -_CRC.size]):
            raise CalibrationError("The calibration page is damaged: its CRC does not hold.")
        _, version, pixel_count, first, last, excitation_nm, resolution_cm1, serial, used, *rest = (
            _PAGE.unpack_from(page)
        )
        *coefficients, dead_count = rest
        if version not in (PAGE_VERSION, RESPONSE_PAGE_VERSION):
            raise CalibrationError(f"Calibration page version {version} is not known here.")
        if used > MAX_COEFFICIENTS or any(coefficients[used:]):
            raise CalibrationError("The calibration page's unused coefficients are not zero.")
        end = _PAGE.size + 2 * dead_count
        response: tuple[float, ...] = ()
        if version == RESPONSE_PAGE_VERSION:
            response, end = _response(page, end)
        if len(page) != end + _CRC.size:
            raise CalibrationError("The calibration page's length does not fit its dead pixels.")
        name, _, padding = serial.partition(b"\0")
        try:
            text = name.decode()
        except UnicodeDecodeError as error:
            raise CalibrationError("The calibration page's serial number is no UTF-8.") from error
        if padding.strip(b"\0"):
            raise CalibrationError("The calibration page's serial number is not zero-padded.")
        return cls(
            wavelength_coefficients_nm=tuple(coefficients[:used]),
            excitation_nm=excitation_nm,
            first_valid_pixel=first,
            last_valid_pixel=last,
            pixel_count=pixel_count,
            dead_pixels=struct.unpack_from(f"<{dead_count}H", page, _PAGE.size),
            resolution_cm1=resolution_cm1,
            serial=text,
            response=response,
        )


def _response(page: bytes, start: int) -> tuple[tuple[float, ...], int]:
    """The response points that begin at `start`, and where they end."""
    if start + _COUNT.size > len(page) - _CRC.size:
        raise CalibrationError("The calibration page's length does not fit its dead pixels.")
    (count,) = _COUNT.unpack_from(page, start)
    layout = struct.Struct(f"<{count}d")
    start += _COUNT.size
    if not count or start + layout.size != len(page) - _CRC.size:
        raise CalibrationError("The calibration page's length does not fit its response.")
    return layout.unpack_from(page, start), start + layout.size
