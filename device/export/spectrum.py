"""What is exported: an axis, named curves over it, and what is known of the measurement.

Pure functions make files of it: `jcamp.py`, `spc.py` and `csv_columns.py`, which are next.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from device.spectra.spectrum import Floats

MEASURED = "intensity"  # the curve that every export has
_LONGEST_FACT = 500


@dataclass(frozen=True, eq=False)
class ExportedSpectrum:
    """All arrays have one value for each point; the first curve is the measured spectrum.

    `facts` are names such as `laser_power_mw` with what is known, as text; an unknown fact is left
    out. `acquired_utc` (ISO 8601), `instrument` and `laser_wavelength_nm` have places of their own
    in some formats.

    Raises:
        ValueError: lengths differ, a number is not finite, the axis does not rise, or no curve is
            called `intensity`.
    """

    title: str
    wavenumber_cm1: Floats  # strictly increasing
    curves: Mapping[str, Floats]
    facts: Mapping[str, str]

    def __post_init__(self) -> None:
        if MEASURED not in self.curves:
            raise ValueError(f"no curve is called {MEASURED!r}")
        for name, values in (("the axis", self.wavenumber_cm1), *self.curves.items()):
            if values.shape != (len(self.wavenumber_cm1),):
                raise ValueError(f"{name} has another length than the axis")
            if not np.isfinite(values).all():
                raise ValueError(f"{name} holds a number that is not finite")
        if len(self.wavenumber_cm1) < 2 or not (np.diff(self.wavenumber_cm1) > 0).all():
            raise ValueError("the axis does not rise")

    @property
    def even(self) -> bool:
        """Whether the points are so evenly spaced that first and last say it all."""
        axis = self.wavenumber_cm1
        spaced = np.linspace(axis[0], axis[-1], len(axis))
        return bool(np.abs(axis - spaced).max() < _EVEN_CM1)


_EVEN_CM1 = 1e-6


def one_line(text: str) -> str:
    """Text that cannot end a line or begin a terminal's command."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()[:_LONGEST_FACT]
