"""What headers say of axes: pures of one instrument that were measured under two calibrations.

Next: `alignment.py`, what the lines themselves say.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import Spectrum
from train.library.check import Measured
from train.library.headers import some_of

Floats = npt.NDArray[np.float64]

# Lines of pures and mixtures lie apart by about this much for chemical reasons alone (the recipes'
# `compound_shift_cm1` is 0.6): two axes closer than that are one to every network and fit.
_ONE_AXIS_CM1 = 0.5


@dataclass(frozen=True)
class _Calibration:
    """One header's axis."""

    wavelength_coefficients_nm: tuple[float, ...]
    excitation_nm: float
    pixel_count: int
    correction_cm1: float

    def wavenumber_cm1(self) -> Floats:
        """[pixel_count]"""
        pixel = np.arange(self.pixel_count, dtype=np.float64)
        wavelength_nm = np.polyval(self.wavelength_coefficients_nm[::-1], pixel)
        with np.errstate(divide="ignore"):
            shift: Floats = 1e7 / self.excitation_nm - 1e7 / wavelength_nm
        return shift + self.correction_cm1


def calibration_notices(measured: Mapping[str, Measured]) -> list[str]:
    """One notice for each other calibration of one instrument, against that of most pures."""
    found: dict[str, dict[str, _Calibration]] = {}
    for name, one in measured.items():
        calibration = _calibration_of(one.spectrum)
        taken = one.spectrum.taken
        if calibration is not None and taken is not None and taken.serial:
            found.setdefault(taken.instrument, {})[name] = calibration
    return [
        notice
        for instrument, calibrations in found.items()
        for notice in _of_one_instrument(instrument, calibrations, measured)
    ]


def _calibration_of(spectrum: Spectrum) -> _Calibration | None:
    taken = spectrum.taken
    if taken is None or taken.excitation_nm is None or taken.pixel_count is None:
        return None
    if not taken.wavelength_coefficients_nm:
        return None
    return _Calibration(
        taken.wavelength_coefficients_nm,
        taken.excitation_nm,
        taken.pixel_count,
        taken.axis_correction_cm1,
    )


def _of_one_instrument(
    instrument: str, calibrations: Mapping[str, _Calibration], measured: Mapping[str, Measured]
) -> list[str]:
    (usual, _), *others = Counter(calibrations.values()).most_common()
    axis = usual.wavenumber_cm1()
    name = next(name for name, one in calibrations.items() if one == usual)
    first, last = measured[name].spectrum.wavenumber_cm1[[0, -1]]
    inside = (axis >= first) & (axis <= last)
    notices = []
    for other, _ in others:
        if other.pixel_count != usual.pixel_count:
            continue  # another crop or binning: pixels cannot be set against each other
        apart_cm1 = float(np.abs(other.wavenumber_cm1() - axis)[inside].max(initial=0.0))
        if apart_cm1 > _ONE_AXIS_CM1:
            names = [name for name, one in calibrations.items() if one == other]
            notices.append(
                f"measured under another calibration of {instrument} than the other pures, with "
                f"axes that differ by up to {apart_cm1:.1f} cm-1: {some_of(names)}"
            )
    return notices
