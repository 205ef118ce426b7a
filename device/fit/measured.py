"""A spectrum in the domain of the fit: scaled, smoothed, differentiated, each kernel once.

Search, fit and refits of one spectrum share it. Next: `search.py`, its first reader.
"""

import numpy as np
import numpy.typing as npt

from device.fit.derivative import away_from, noise_of_derivative, smoothed_derivative
from device.spectra.spectrum import GridSpectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# So far a smoothed derivative shows what a cosmic ray hid, in sigmas of its kernel.
_HIDDEN_SIGMAS = 2.0
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
        """The nuisances `which` [N] are zero from now on, and so will their parts be."""
        self._beside[which] = 0.0
        self._nuisances.clear()

    def noise(self, variance_cm2: float) -> Floats:
        """[G], the variance of `derivative`."""
        if variance_cm2 not in self._noise:
            self._noise[variance_cm2] = noise_of_derivative(self._variance, variance_cm2)
        return self._noise[variance_cm2]

    def known(self, variance_cm2: float) -> Bools | None:
        """[G]: where that variance is noise, and not doubt about what a cosmic ray hid; None:
        everywhere."""
        if not self._any_struck:
            return None
        return away_from(self._struck, _HIDDEN_SIGMAS * np.sqrt(variance_cm2))
