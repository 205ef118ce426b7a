"""Spectra whose only fault is that photons are counted: shot noise, dark current, read noise.

The figures of the camera are those of the simulated analyzer (`DetectorModel`), a point per
1 cm-1 standing for a pixel; a dark frame of equal length is taken off each lit one, and the
variance that goes with the spectrum is the driver's own estimate. Next: `photon_bound.py`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.driver.averaging import CameraNoise
from device.spectra.spectrum import Spectrum
from evidence.pures import FIRST_CM1, LAST_CM1
from firmware_bridge.simulator.detector import DetectorModel

Floats = npt.NDArray[np.float64]

_FILLED = 0.6  # of the full well, by the brightest point of a frame
_FRAME_S = 1.0
_CAMERA = DetectorModel()
_DRIVER = CameraNoise(_CAMERA.gain_e_per_count, _CAMERA.read_noise_e, _CAMERA.offset_counts)


@dataclass(frozen=True, eq=False)
class Light:
    """Electrons [P] that light is expected to free, over as many frames as it takes."""

    electrons: Floats

    @property
    def frames(self) -> int:
        return int(np.ceil(self.electrons.max() / (_FILLED * _CAMERA.full_well_e)))

    @property
    def variance(self) -> Floats:
        """[P], electrons squared, of lit less dark frames."""
        result: Floats = self.electrons + 2.0 * (self._dark_electrons + self._read_variance)
        return result

    @property
    def _dark_electrons(self) -> float:
        return self.frames * _FRAME_S * _CAMERA.dark_e_per_s(_CAMERA.tec_setpoint_c)

    @property
    def _read_variance(self) -> float:
        rounding = _CAMERA.gain_e_per_count**2 / 12.0
        return self.frames * (_CAMERA.read_noise_e**2 + rounding)

    def counted(self, rng: np.random.Generator) -> tuple[Spectrum, Floats]:
        """The spectrum in counts a frame, and the electrons [P] that it stands for."""
        lit, dark = (
            rng.poisson(expected + self._dark_electrons)
            + np.sqrt(self._read_variance) * rng.standard_normal(len(self.electrons))
            for expected in (self.electrons, np.zeros(len(self.electrons)))
        )
        per_count = self.frames * _CAMERA.gain_e_per_count
        variance = sum(
            _DRIVER.variance_counts2(frame / per_count + _CAMERA.offset_counts) / self.frames
            for frame in (lit, dark)
        )
        spectrum = Spectrum(
            np.arange(FIRST_CM1, LAST_CM1 + 1.0),
            (lit - dark) / per_count,
            variance=np.asarray(variance),
            source="scene",
        )
        return spectrum, lit - dark
