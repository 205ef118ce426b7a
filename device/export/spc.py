"""SPC in its layout of 1997, little-endian: one spectrum of floats, read by most programs.

An even axis is two numbers in the header, another is listed. Facts stand in the log as text.
Next: `../spectra/files/spc.py`, the reader, which declares the layout.
"""

import struct
from datetime import datetime

import numpy as np

from device.export.spectrum import MEASURED, ExportedSpectrum, one_line
from device.spectra.files.spc import (
    FLOATS,
    HEADER_FIELDS,
    HEADER_SIZE,
    NEW_LSB,
    SUBHEADER_FIELDS,
    SUBHEADER_SIZE,
)
from device.spectra.files.spc_axis import RAMAN, RAMAN_SHIFT

_LISTED_AXIS = 0x80
_ARBITRARY = 0
_LOG_FIELDS = "iiiii44s"
_LOG_SIZE = struct.calcsize("<" + _LOG_FIELDS)


def spc_of(spectrum: ExportedSpectrum, curve: str = MEASURED) -> bytes:
    """The whole file of one curve; intensities become 32-bit floats.

    Raises:
        ValueError: there is no such curve, or a number is beyond 32-bit floats.
    """
    if curve not in spectrum.curves:
        raise ValueError(f"no curve is called {curve!r}")
    axis, values = spectrum.wavenumber_cm1, spectrum.curves[curve]
    if np.abs(values).max() > np.finfo(np.float32).max:
        raise ValueError("an intensity is beyond 32-bit floats")
    listed = b"" if spectrum.even else axis.astype("<f4").tobytes()
    body = listed + _subheader(len(axis)) + values.astype("<f4").tobytes()
    log = _log(spectrum)
    header = struct.pack(
        "<" + HEADER_FIELDS,
        _LISTED_AXIS if listed else 0,
        NEW_LSB,
        RAMAN,
        FLOATS,
        len(axis),
        float(axis[0]),
        float(axis[-1]),
        1,
        RAMAN_SHIFT,
        _ARBITRARY,
        0,
        0,
        _date(spectrum.facts.get("acquired_utc", "")),
        b"",
        _text(spectrum.facts.get("instrument", ""), 9),
        0,
        b"",
        _text(spectrum.title, 130),
        b"",
        HEADER_SIZE + len(body),
        0,
        0,
        0,
        0,
        1.0,
        b"",
        0.0,
        0,
        0.0,
        0,
        b"",
    )
    return header + body + log


def _subheader(points: int) -> bytes:
    packed = struct.pack("<" + SUBHEADER_FIELDS, 0, FLOATS, 0, 0.0, 0.0, 0.0, points, 0, 0.0, b"")
    return packed.ljust(SUBHEADER_SIZE, b"\0")


def _log(spectrum: ExportedSpectrum) -> bytes:
    lines = [f"{one_line(key)} = {one_line(value)}" for key, value in spectrum.facts.items()]
    text = "\r\n".join(lines).encode("cp1252", "replace") + b"\r\n\0"
    size = _LOG_SIZE + len(text)
    return struct.pack("<" + _LOG_FIELDS, size, size, _LOG_SIZE, 0, 0, b"") + text


def _date(acquired_utc: str) -> int:
    """Minute, hour, day, month and year in the bits of one number; 0 where it is not known."""
    try:
        at = datetime.fromisoformat(acquired_utc)
    except ValueError:
        return 0
    return at.minute | at.hour << 6 | at.day << 11 | at.month << 16 | at.year << 20


def _text(text: str, size: int) -> bytes:
    """At most `size` bytes with a zero at the end."""
    return one_line(text).encode("cp1252", "replace")[: size - 1]
