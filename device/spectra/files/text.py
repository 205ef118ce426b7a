"""Lines of text and numbers, or one sentence that says why not.

All formats share what is here: the error, the numbers, and how two columns become a Spectrum.
Next: `source.py`, where the bytes come from; `table.py`, where numbers stand in such lines.
"""

import math
import os

import numpy as np
import numpy.typing as npt

from device.spectra.files.refusal import (
    MAX_FILE_BYTES,
    MAX_LINE_LENGTH,
    MAX_LINES,
    SpectrumFileError,
    TextFile,
    refuse,
)
from device.spectra.files.source import Source, read_source
from device.spectra.provenance import Provenance
from device.spectra.spectrum import Spectrum

__all__ = [
    "LARGEST_NUMBER",
    "MAX_FILE_BYTES",
    "MAX_LINES",
    "MAX_LINE_LENGTH",
    "SpectrumFileError",
    "TextFile",
    "checked_number",
    "decode_text",
    "parse_number",
    "read_text",
    "refuse",
    "spectrum_from_columns",
]

Floats = npt.NDArray[np.float64]

# Squares and sums of intensities must stay far from the ends of float32 and float64. No detector
# or unit in use comes near.
LARGEST_NUMBER = 1e15

# Fewer points cannot show Raman lines, whatever range they cover.
_FEWEST_POINTS = 32
# An axis rounded to whole cm-1 repeats as often as pixels are narrower than that.
_MOST_EQUAL_POINTS = 16


def read_text(path: str | os.PathLike[str]) -> TextFile:
    """Read a whole text file in any usual encoding, with any line ends.

    Raises:
        SpectrumFileError: missing, not a plain file, not permitted, too large, or not text.
    """
    return read_source(path).text


def decode_text(data: bytes, name: str) -> TextFile:
    """Bytes to lines.

    Raises:
        SpectrumFileError: empty, not text, or of more lines than a spectrum has.
    """
    return Source(name, data).text


def parse_number(cell: str, *, decimal_comma: bool = False) -> float | None:
    """The number in a cell, None if there is none; NaN and infinities come back as they are."""
    if "_" in cell:  # float() would read 1_000
        return None
    if decimal_comma:
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None


def checked_number(file: TextFile, line: int, cell: str, what: str, comma: bool) -> float:
    """A finite number of sensible size.

    Raises:
        SpectrumFileError: it is not.
    """
    number = parse_number(cell, decimal_comma=comma)
    if number is None:
        shown = cell.strip()[:20]
        file.fail(f"{what} is not a number: {shown!r}" if shown else f"{what} is missing", line)
    if not math.isfinite(number):
        file.fail(f"{what} is {cell.strip()[:20]}, not a finite number", line)
    if abs(number) > LARGEST_NUMBER:
        file.fail(f"{what} is impossibly large: {number:.3g}", line)
    return number


def spectrum_from_columns(
    file: TextFile,
    wavenumber_cm1: list[float] | Floats,
    intensity: list[float] | Floats,
    line_numbers: list[int] | None = None,
    integration_time_ms: float | None = None,
    taken: Provenance | None = None,
    *,
    join_equal: bool = False,
) -> Spectrum:
    """A Spectrum from two columns in either direction.

    Neighbours at the same shift become their mean, where `join_equal`: an axis that was rounded
    repeats itself.

    Raises:
        SpectrumFileError: too few points, or an axis that turns round or stands still.
    """
    axis, values = np.array(wavenumber_cm1, dtype=float), np.array(intensity, dtype=float)
    if len(axis) < _FEWEST_POINTS:
        file.fail(f"only {len(axis)} points, a spectrum has at least {_FEWEST_POINTS}")
    spacing = np.diff(axis)
    rising = bool(axis[-1] > axis[0])
    turning = spacing < 0 if rising else spacing > 0
    wrong = np.flatnonzero(turning if join_equal else turning | (spacing == 0))
    if len(wrong):
        after = int(wrong[0]) + 1
        problem = "repeats" if spacing[wrong[0]] == 0 else "turns round at"
        line = line_numbers[after] if line_numbers else None
        file.fail(f"the axis {problem} {axis[after]:g}", line)
    starts = np.flatnonzero(np.concatenate(([True], spacing != 0)))
    if len(starts) < len(axis):
        counts = np.diff(np.append(starts, len(axis)))
        if counts.max() > _MOST_EQUAL_POINTS:
            at = int(starts[counts.argmax()])
            line = line_numbers[at] if line_numbers else None
            file.fail(f"the axis repeats {axis[at]:g} {counts.max()} times", line)
        axis, values = axis[starts], np.add.reduceat(values, starts) / counts
        if len(axis) < _FEWEST_POINTS:
            file.fail(f"only {len(axis)} different shifts; a spectrum has {_FEWEST_POINTS} or more")
    if not rising:
        axis, values = axis[::-1].copy(), values[::-1].copy()
    axis.flags.writeable = False
    return Spectrum(
        wavenumber_cm1=axis,
        intensity=values,
        integration_time_ms=integration_time_ms,
        source=file.name,
        taken=taken,
    )
