"""Bytes of an unknown file -> lines of text and numbers, or one sentence that says why not.

All formats read through here, so size cap, encodings and what counts as a number are settled
once. Next: `plain_csv.py`, the simplest format on top of it.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from device.plain_file import NotAPlainFile, open_plain
from device.spectra.provenance import Provenance
from device.spectra.spectrum import Spectrum
from firmware_bridge.errors import RamixError

Floats = npt.NDArray[np.float64]

MAX_FILE_BYTES = 20_000_000  # the largest native files are 0.2 MB; anything near this is a mistake

# Squares and sums of intensities must stay far from the ends of float32 and float64. No detector
# or unit in use comes near.
LARGEST_NUMBER = 1e15

# Fewer points cannot show Raman lines, whatever range they cover.
_FEWEST_POINTS = 32

# Below tab, or between CR and space: no text file has these; a binary file has them soon.
_BINARY = bytes(set(range(32)) - {9, 10, 12, 13, 26})


class SpectrumFileError(RamixError):
    """The file holds no spectrum that can be used; `text` names the line and the reason."""

    code = "unreadable_file"
    default_remedy = (
        "Save it again with `ramix acquire`, or as B&W Tek text, ENLIGHTEN CSV, or two columns "
        "`wavenumber_cm1,intensity`."
    )


@dataclass(frozen=True)
class TextFile:
    """A file's name, for messages, and its lines without line ends; line n is lines[n - 1]."""

    name: str
    lines: tuple[str, ...]

    def fail(self, reason: str, line: int | None = None) -> NoReturn:
        """Raise the one error of this package."""
        place = "" if line is None else f", line {line}"
        raise SpectrumFileError(f"{self.name}{place}: {reason}.")


def read_text(path: str | os.PathLike[str]) -> TextFile:
    """Read a whole text file: UTF-8, UTF-16 with mark, or Latin-1; any line ends.

    Raises:
        SpectrumFileError: missing, not a plain file, not permitted, too large, or not text.
    """
    name = Path(path).name or str(path)
    try:
        with open_plain(path) as file:
            status = os.fstat(file.fileno())
            # both: the file may grow between the two
            data = b"" if status.st_size > MAX_FILE_BYTES else file.read(MAX_FILE_BYTES + 1)
            size = max(status.st_size, len(data))
    except FileNotFoundError:
        raise SpectrumFileError(
            f"There is no file {os.fspath(path)}.", remedy="Check the path."
        ) from None
    except NotAPlainFile as error:
        raise SpectrumFileError(f"{name} cannot be read: {error.strerror}.") from None
    except PermissionError:
        raise SpectrumFileError(
            f"You may not read {os.fspath(path)}.", remedy="Change its permissions."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or "its name is not a path"
        raise SpectrumFileError(f"{name} cannot be read: {reason}.") from error
    if size > MAX_FILE_BYTES:
        raise SpectrumFileError(
            f"{name} has {size / 1e6:.0f} MB; a spectrum has less than "
            f"{MAX_FILE_BYTES / 1e6:.0f} MB."
        )
    return decode_text(data, name)


def decode_text(data: bytes, name: str) -> TextFile:
    """Bytes to lines.

    Raises:
        SpectrumFileError: empty or not text.
    """
    if not data.strip():
        raise SpectrumFileError(f"{name} is empty.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise SpectrumFileError(f"{name} is damaged UTF-16 text.") from None
        if "\0" in text:
            raise SpectrumFileError(f"{name} is a binary file, not text.")
    else:
        if data.translate(None, delete=_BINARY) != data:
            raise SpectrumFileError(f"{name} is a binary file, not text.")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")  # older Windows software: degree signs and umlauts
    # str.splitlines would also split at characters that Latin-1 text may contain
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return TextFile(name, tuple(lines))


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
    wavenumber_cm1: list[float],
    intensity: list[float],
    line_numbers: list[int],
    integration_time_ms: float | None = None,
    taken: Provenance | None = None,
) -> Spectrum:
    """A Spectrum from two columns in either direction.

    Raises:
        SpectrumFileError: too few points, or an axis that repeats itself or turns round.
    """
    if len(wavenumber_cm1) < _FEWEST_POINTS:
        file.fail(f"only {len(wavenumber_cm1)} points, a spectrum has at least {_FEWEST_POINTS}")
    axis = np.array(wavenumber_cm1)
    values = np.array(intensity)
    spacing = np.diff(axis)
    rising = bool(axis[-1] > axis[0])
    wrong = np.flatnonzero(spacing <= 0 if rising else spacing >= 0)
    if len(wrong):
        after = int(wrong[0]) + 1
        problem = "repeats" if spacing[wrong[0]] == 0 else "turns round at"
        file.fail(f"the axis {problem} {axis[after]:g}", line_numbers[after])
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
