"""The certified curve of a luminescence standard or a lamp: what light it gives, by wavelength.

A CSV of two columns whose first line names them. The first is `raman_shift_cm1` (a luminescence
standard under the analyzer's laser, as NIST's SRM 2241) or `wavelength_nm` (a lamp); the second
says what is told: `photons_per_cm1`, `photons_per_nm` or `power_per_nm`, in any unit. Lines that
begin with # are comments.

Next: `response_fit.py`, which divides a frame by it.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from device.plain_file import read_plain, why_not
from firmware_bridge.errors import CallerError

Floats = npt.NDArray[np.float64]

SHIFT, WAVELENGTH = "raman_shift_cm1", "wavelength_nm"
AXES: Final = (SHIFT, WAVELENGTH)
PER_CM1, PER_NM, POWER = "photons_per_cm1", "photons_per_nm", "power_per_nm"
KINDS: Final = (PER_CM1, PER_NM, POWER)
_MOST_BYTES: Final = 4 * 1024 * 1024
_FEWEST_ROWS, _MOST_ROWS = 5, 100_000
_AXIS_LIMITS: Final = {SHIFT: (-5_000.0, 20_000.0), WAVELENGTH: (100.0, 5_000.0)}
_LARGEST: Final = 1e30


class CurveFileError(CallerError):
    """The file is no reference curve."""

    code = "curve_file"
    default_remedy = (
        "Two columns, named in the first line, such as raman_shift_cm1,photons_per_cm1; "
        "docs/selftest.md has the names."
    )


@dataclass(frozen=True, eq=False)
class ReferenceCurve:
    """axis [k] rises; value [k] is above 0, of one kind of `KINDS`; `by` is one of `AXES`."""

    by: str
    kind: str
    axis: Floats
    value: Floats

    @property
    def needs_laser(self) -> bool:
        """A luminescence standard shines under the laser, a lamp by itself."""
        return self.by == SHIFT

    def photons_per_cm1(self, shift_cm1: Floats, excitation_nm: float) -> Floats:
        """Relative photons in each wavenumber, at Raman shifts [n]; NaN outside the curve."""
        wavelength_nm = 1e7 / (1e7 / excitation_nm - shift_cm1)
        at = shift_cm1 if self.by == SHIFT else wavelength_nm
        value = np.interp(at, self.axis, self.value, left=np.nan, right=np.nan)
        if self.kind == POWER:
            value = value * wavelength_nm  # a photon's energy falls with its wavelength
        if self.kind != PER_CM1:
            value = value * np.square(wavelength_nm)  # d(wavelength) per d(wavenumber)
        result: Floats = value
        return result


def read_curve(path: Path) -> ReferenceCurve:
    """The curve in a file.

    Raises:
        CurveFileError: there is none, with the line and the reason.
    """
    try:
        text = read_plain(path, _MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CurveFileError(f"The curve {path} is no UTF-8 text.") from error
    except (OSError, ValueError) as error:
        raise CurveFileError(f"Cannot read the curve {path}: {why_not(error)}.") from error
    return parse_curve(text, path.name)


def parse_curve(text: str, name: str) -> ReferenceCurve:
    """The same of text in memory; `name` stands in the sentences."""
    rows = [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not rows:
        raise CurveFileError(f"The curve {name} is empty.")
    columns = _cells(rows[0][1])
    if len(columns) != 2 or columns[0] not in AXES or columns[1] not in KINDS:
        raise CurveFileError(
            f"The curve {name} must begin with two names: {' or '.join(AXES)}, and "
            f"{', '.join(KINDS[:-1])} or {KINDS[-1]}."
        )
    by, kind = columns
    if not _FEWEST_ROWS <= len(rows) - 1 <= _MOST_ROWS:
        raise CurveFileError(
            f"The curve {name} has {len(rows) - 1} rows, {_FEWEST_ROWS} to {_MOST_ROWS} are read."
        )
    values = np.array([_row(name, number, line, by) for number, line in rows[1:]])
    axis, value = values.T
    if len(axis) > 1 and axis[0] > axis[-1]:
        axis, value = axis[::-1], value[::-1]
    if not (np.diff(axis) > 0).all():
        raise CurveFileError(f"The curve {name} must rise or fall along {by} everywhere.")
    return ReferenceCurve(by, kind, np.ascontiguousarray(axis), np.ascontiguousarray(value))


def _row(name: str, number: int, line: str, by: str) -> tuple[float, float]:
    cells = _cells(line)
    try:
        at, value = (float(cell) for cell in cells)
    except ValueError as error:
        raise CurveFileError(f"Line {number} of the curve {name} is not two numbers.") from error
    low, high = _AXIS_LIMITS[by]
    if not low <= at <= high:  # also refuses NaN
        raise CurveFileError(f"Line {number} of the curve {name}: {by} is {cells[0][:20]}.")
    if not (math.isfinite(value) and 0.0 < value <= _LARGEST):
        raise CurveFileError(
            f"Line {number} of the curve {name}: the light is {cells[1][:20]}, it must be above 0."
        )
    return at, value


def _cells(line: str) -> list[str]:
    for separator in ";", "\t":
        if separator in line:
            return [cell.strip() for cell in line.split(separator)]
    return [cell.strip() for cell in line.split(",")]
