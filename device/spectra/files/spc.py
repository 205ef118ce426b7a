"""SPC, the binary format of Galactic's GRAMS and of many instruments: one spectrum is read.

Read: the new layout in either byte order, axis even or listed, 16-bit, 32-bit or float values.
Named and refused: the layout of 1988, files of several spectra. Layout: Galactic
Industries, "Universal Data Format Specification" (1997). Next: `spc_axis.py`, what its codes mean.
"""

import re
import struct
from dataclasses import dataclass, replace

import numpy as np

from device.spectra.files.choices import Choices
from device.spectra.files.header_facts import facts_of
from device.spectra.files.plain_header import parse_header
from device.spectra.files.settled_axis import shifts_cm1
from device.spectra.files.source import Source
from device.spectra.files.spc_axis import RAMAN, axis_of, is_absorption, may_be_infrared
from device.spectra.files.text import (
    LARGEST_NUMBER,
    Floats,
    TextFile,
    refuse,
    spectrum_from_columns,
)
from device.spectra.provenance import Provenance, provenance_said
from device.spectra.spectrum import Spectrum

NEW_LSB, NEW_MSB, _OLD, _LABCALC = 0x4B, 0x4C, 0x4D, 0xCF
HEADER_FIELDS = "BBBBiddiBBBBi9s9sh32s130s30siiBBhf48sfifB187s"
SUBHEADER_FIELDS = "BBhfffiif4s"
HEADER_SIZE, SUBHEADER_SIZE = (
    struct.calcsize("<" + HEADER_FIELDS),
    struct.calcsize("<" + SUBHEADER_FIELDS),
)
_SIXTEEN_BITS, _MULTIFILE, _LABELS, _OWN_AXES, _LISTED_AXIS = 0x01, 0x04, 0x20, 0x40, 0x80
FLOATS = 0x80  # as an exponent
_MOST_POINTS = 1_000_000
_AS_NEW = "Save it as SPC with one spectrum, or as text."
# Of values that are floats although the exponent says integers: some writers leave it 0.
_SMALLEST_FLOAT, _LARGEST_FLOAT = 1e-9, 1e9


def recognises(source: Source) -> bool:
    data = source.data
    if len(data) < 256 or data[1] not in (NEW_LSB, NEW_MSB, _OLD, _LABCALC):
        return False
    text = not any(data[0:64:2]) or b"\0" not in data[:32]  # UTF-16 and other text
    return not text


def read(source: Source, choices: Choices) -> Spectrum:
    """The Spectrum in an SPC file.

    Raises:
        SpectrumFileError: damaged, of another layout, several spectra, or no Raman spectrum.
    """
    name, data = source.name, source.data
    if data[1] not in (NEW_LSB, NEW_MSB):
        refuse(name, "an SPC file of the layout of 1988, which is not read", remedy=_AS_NEW)
    if len(data) < HEADER_SIZE + SUBHEADER_SIZE:
        refuse(name, "an SPC file that ends in its header; it is truncated")
    header = _Header.of(data)
    if header.flags & _OWN_AXES or header.spectra > 1:
        refuse(name, f"an SPC file of {max(header.spectra, 2)} spectra or more", remedy=_AS_NEW)
    if not 2 <= header.points <= _MOST_POINTS:
        refuse(name, f"an SPC file of {header.points} points")
    axis, at = _axis(name, data, header)
    values = _values(name, data, header, at)
    if not (np.isfinite(axis).all() and np.isfinite(values).all()):
        refuse(name, "an SPC file with numbers that are not finite")
    if max(np.abs(axis).max(), np.abs(values).max()) > LARGEST_NUMBER:
        refuse(name, "an SPC file with impossibly large numbers")
    log = _log(data, header)
    said = axis_of(header.x_type, header.labels[0] if header.labels else "")
    if said is None:
        refuse(name, "an SPC file whose axis has no unit", remedy="Save it with the axis in cm-1.")
    if is_absorption(header.y_type, header.technique):
        refuse(name, "an SPC file of absorbance or transmission, not a Raman spectrum")
    time_ms, taken = parse_header(log)
    facts = facts_of(name, (*log, header.comment))
    if may_be_infrared(said, header.technique) and not facts.raman:
        refuse(
            name,
            "an SPC file of FT-IR or FT-Raman in wavenumbers, and nothing says which",
            remedy="If it is a Raman spectrum, save it with Raman shift as the axis.",
        )
    shifts, laser_nm = shifts_cm1(
        name,
        axis,
        said=said,
        label=header.labels[0] if header.labels else f"axis type {header.x_type}",
        intensity_label=header.labels[1] if len(header.labels) > 1 else "",
        facts=replace(facts, raman=facts.raman or header.technique == RAMAN),
        choices=choices,
        header_laser_nm=taken.excitation_nm if taken else None,
    )
    taken = _taken(header, taken, laser_nm)
    return spectrum_from_columns(
        TextFile(name, ()), shifts, values, None, time_ms, taken, join_equal=True
    )


@dataclass(frozen=True)
class _Header:
    order: str  # "<" or ">"
    flags: int
    technique: int
    exponent: int
    points: int
    first: float
    last: float
    spectra: int
    x_type: int
    y_type: int
    date: int
    source: str
    comment: str
    labels: tuple[str, ...]
    log_at: int

    @classmethod
    def of(cls, data: bytes) -> "_Header":
        order = "<" if data[1] == NEW_LSB else ">"
        fields = struct.unpack_from(order + HEADER_FIELDS, data)
        labels = tuple(_text(part) for part in fields[18].split(b"\0"))
        return cls(
            order,
            fields[0],
            fields[2],
            fields[3],
            fields[4],
            fields[5],
            fields[6],
            fields[7],
            fields[8],
            fields[9],
            fields[12],
            _text(fields[14]),
            _text(fields[17]),
            labels if fields[0] & _LABELS and any(labels) else (),
            fields[19],
        )


def _axis(name: str, data: bytes, header: _Header) -> tuple[Floats, int]:
    """The axis as the file has it, and where the values' subheader begins."""
    if not header.flags & _LISTED_AXIS:
        return np.linspace(header.first, header.last, header.points), HEADER_SIZE
    end = HEADER_SIZE + 4 * header.points
    if len(data) < end:
        refuse(name, "an SPC file that ends in its axis; it is truncated")
    listed = np.frombuffer(data, header.order + "f4", header.points, HEADER_SIZE)
    return listed.astype(np.float64), end


def _values(name: str, data: bytes, header: _Header, at: int) -> Floats:
    subheader = at + SUBHEADER_SIZE
    size = 2 if header.flags & _SIXTEEN_BITS and header.exponent != FLOATS else 4
    if len(data) < subheader + size * header.points:
        refuse(name, "an SPC file that ends before its last point; it is truncated")
    exponent = header.exponent
    if header.flags & _MULTIFILE:
        exponent = data[at + 1]
    floats = (
        np.frombuffer(data, f"{header.order}f4", header.points, subheader) if size == 4 else None
    )
    if floats is not None and (exponent == FLOATS or exponent == 0 and _are_floats(floats)):
        return floats.astype(np.float64)
    counts = np.frombuffer(data, f"{header.order}i{size}", header.points, subheader)
    signed = exponent - 256 if exponent > 127 else exponent
    return counts * 2.0 ** (signed - 8 * size)


def _are_floats(values: Floats) -> bool:
    """Integers taken for floats range over all powers of ten; floats of a spectrum do not."""
    size = np.abs(values[values != 0])
    with np.errstate(invalid="ignore"):
        return len(size) > 0 and bool(((size > _SMALLEST_FLOAT) & (size < _LARGEST_FLOAT)).all())


def _log(data: bytes, header: _Header) -> tuple[str, ...]:
    """The lines of text behind the values."""
    if not 0 < header.log_at <= len(data) - 20:
        return ()
    text_at = struct.unpack_from(header.order + "i", data, header.log_at + 8)[0]
    if not 0 < text_at <= len(data) - header.log_at:
        return ()
    text = _text(data[header.log_at + text_at :][:100_000])
    return tuple(re.split(r"[\r\n]+", text))


def _taken(header: _Header, said: Provenance | None, laser_nm: float | None) -> Provenance | None:
    minute, hour = header.date & 0x3F, header.date >> 6 & 0x1F
    day, month, year = header.date >> 11 & 0x1F, header.date >> 16 & 0xF, header.date >> 20 & 0xFFF
    dated = f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}" if year > 1900 else ""
    said = said or Provenance()
    return provenance_said(
        model=said.model or header.source,
        serial=said.serial,
        averages=said.averages,
        laser_power_mw=said.laser_power_mw,
        laser_power_percent=said.laser_power_percent,
        excitation_nm=laser_nm or said.excitation_nm,
        intensity_corrected=said.intensity_corrected,
        acquired=said.acquired or dated,
    )


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("cp1252", errors="replace").strip()
