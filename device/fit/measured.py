"""A spectrum in the domain of the fit: scaled, smoothed, differentiated, each kernel once.

Search, fit and refits of one spectrum share it. Next: `search.py`, its first reader.
"""

import numpy as np
import numpy.typing as npt

from device.fit.derivative import (
    LINE_CM1,
    away_from,
    moving_maximum,
    noise_of_derivative,
    smoothed_derivative,
)
from device.fit.residual import HEIGHT_DOUBT
from device.spectra.spectrum import GridSpectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_NONE: Floats = np.zeros((0, 0))


class MeasuredDerivatives:
    """Smoothed derivatives of one spectrum by the kernel's variance in cm-2.

    Args:
        spectrum: at steps of 1 cm-1, with a largest intensity above 0.
        window: bool[G], the points to fit.
    """

    def __init__(self, spectrum: GridSpectrum, window: Bools) -> None:
        self.window = window
        self.scale = float(np.abs(spectrum.intensity).max())
        self._intensity = spectrum.intensity / self.scale
        self._variance = spectrum.white_variance / self.scale**2
        self._struck = spectrum.struck
        self._any_struck = bool(spectrum.struck.any())
        self._derivatives: dict[float, Floats] = {}
        self._noise: dict[float, Floats] = {}
        self._nuisances: dict[float, Floats] = {}
        self._beside = np.array([one.values / self.scale for one in spectrum.nuisances])
        self.sought = np.array([one.sought for one in spectrum.nuisances], dtype=np.bool_)
        self.fitted = np.ones(len(spectrum.nuisances), dtype=np.bool_)  # which take part
        self.first_parts = np.zeros(len(spectrum.nuisances))  # see `first_look.py`
        self.nuisance_precision = np.array([one.sigma**-2.0 for one in spectrum.nuisances])

    def derivative(self, variance_cm2: float) -> Floats:
        """[G], of the scaled intensity."""
        if variance_cm2 not in self._derivatives:
            made = smoothed_derivative(self._intensity[None], variance_cm2)[0]
            self._derivatives[variance_cm2] = made
        return self._derivatives[variance_cm2]

    def nuisances(self, variance_cm2: float) -> Floats:
        """[N, G], derivatives of the nuisances; N = 0 where there are none."""
        if variance_cm2 not in self._nuisances:
            made = smoothed_derivative(self._beside, variance_cm2) if len(self._beside) else _NONE
            self._nuisances[variance_cm2] = made
        return self._nuisances[variance_cm2]

    def leave_out(self, which: Bools) -> None:
        """The fitted nuisances `which` take no part from now on."""
        self.fitted[np.flatnonzero(self.fitted)[which]] = False
        kept = ~which
        self._beside, self.sought = self._beside[kept], self.sought[kept]
        self.nuisance_precision = self.nuisance_precision[kept]
        self.first_parts = self.first_parts[kept]
        self._nuisances = {variance: rows[kept] for variance, rows in self._nuisances.items()}

    def noise(self, variance_cm2: float) -> Floats:
        """[G], the variance of `derivative`, with what is not known of a lamp's lines."""
        if variance_cm2 not in self._noise:
            made = noise_of_derivative(self._variance, variance_cm2)
            self._noise[variance_cm2] = made + self.doubts(variance_cm2)
        return self._noise[variance_cm2]

    def note_parts(self, parts: Floats) -> None:
        """Of the nuisances [N] at the first look; lines of lamps are doubted from now on."""
        self.first_parts = parts
        if self.sought.any():
            self._noise.clear()

    def doubts(self, variance_cm2: float) -> Floats | float:
        """[G], variance of `derivative`: lines of two lamps differ in height. A fit that believes
        them names cyclohexane beside a real neon lamp in 38 of 52 weak spectra."""
        if not self.sought.any():
            return 0.0
        found = self.first_parts[self.sought, None] * self.nuisances(variance_cm2)[self.sought]
        nearby = np.stack([moving_maximum(np.abs(row), LINE_CM1) for row in found])
        result: Floats = np.square(HEIGHT_DOUBT * nearby).sum(axis=0)
        return result

    def known(self) -> Bools | None:
        """[G]: where that variance is noise, and not doubt about what a cosmic ray hid, as
        far as a line reaches; None: everywhere."""
        if not self._any_struck:
            return None
        return away_from(self._struck, LINE_CM1)
