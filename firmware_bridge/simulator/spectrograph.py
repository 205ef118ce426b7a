"""The spectrograph of the simulated analyzer: a scene becomes light on each pixel.

Next: `detector.py`, which turns the light into counts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.simulator.scenes import (
    FloatArray,
    LampScene,
    ReplayScene,
    Scene,
    SpectrumScene,
)

# Each pixel's light is the mean over this many points across it: a line may fall between pixels.
_POINTS_PER_PIXEL: Final = 4
_FINE_STEP_CM1: Final = 0.5  # grid on which references are broadened; 12 cm-1 is 24 steps
_FWHM_PER_SIGMA: Final = 2.3548200450309493


@dataclass(frozen=True, eq=False)
class Light:
    """Counts[n] per second on the pixels.

    excited: by the laser at full power.
    steady: of a lamp.
    room: of the room, on average.
    sample_peak: the highest of what the sample itself gives at full power.
    """

    excited: FloatArray
    steady: FloatArray
    room: FloatArray
    sample_peak: float = 0.0


class Spectrograph:
    """Slit, grating and the pixels behind them, of one resolution."""

    def __init__(self, calibration: CalibrationPage, resolution_cm1: float) -> None:
        self._calibration = calibration
        self._resolution_cm1 = resolution_cm1

    def light_of(self, scene: Scene) -> Light:
        """The scene's light on each pixel."""
        nothing = np.zeros(self._calibration.pixel_count)
        if isinstance(scene, ReplayScene):
            return Light(nothing, nothing, nothing)
        wavelength_nm = self._fine_wavelength_nm()
        excited = sample = steady = nothing
        if isinstance(scene, LampScene):
            steady = _on_pixels(self._lines(scene, wavelength_nm))
        elif isinstance(scene, SpectrumScene):
            wavenumber_cm1 = 1e7 / self._calibration.excitation_nm - 1e7 / wavelength_nm
            fine = scene.counts_per_s * _through_slit(scene, wavenumber_cm1, self._resolution_cm1)
            excited = sample = _on_pixels(fine)
            if scene.glow is not None:
                glow = np.maximum(scene.glow(wavenumber_cm1), 0.0)
                excited = sample + _on_pixels(scene.counts_per_s * glow)
        room = nothing
        if scene.room is not None:
            room = _on_pixels(scene.room.counts_per_s * scene.room.intensity(wavelength_nm))
        return Light(excited, steady, room, float(sample.max()))

    def _fine_wavelength_nm(self) -> FloatArray:
        """Wavelength at `_POINTS_PER_PIXEL` points across each pixel, whose centre is its index."""
        n = self._calibration.pixel_count
        pixel = (np.arange(n * _POINTS_PER_PIXEL) + 0.5) / _POINTS_PER_PIXEL - 0.5
        wavelength_nm = np.zeros_like(pixel)
        for coefficient in reversed(self._calibration.wavelength_coefficients_nm):
            wavelength_nm = wavelength_nm * pixel + coefficient
        return wavelength_nm

    def _lines(self, scene: LampScene, wavelength_nm: FloatArray) -> FloatArray:
        light = np.zeros_like(wavelength_nm)
        for line_nm, counts_per_s in scene.lines:
            fwhm_nm = self._resolution_cm1 * line_nm**2 / 1e7
            distance = (wavelength_nm - line_nm) * (_FWHM_PER_SIGMA / fwhm_nm)
            light += counts_per_s * np.exp(-0.5 * distance**2)
        return light


def _on_pixels(fine: FloatArray) -> FloatArray:
    light: FloatArray = fine.reshape(-1, _POINTS_PER_PIXEL).mean(axis=1)
    return light


def _through_slit(
    scene: SpectrumScene, wavenumber_cm1: FloatArray, resolution_cm1: float
) -> FloatArray:
    """Intensity at `wavenumber_cm1`, broadened from the scene's resolution to the instrument's.

    Gaussian profiles add in quadrature. A scene measured more coarsely than the instrument stays
    as it is: nothing can sharpen it.
    """
    missing_fwhm_squared = resolution_cm1**2 - scene.resolution_cm1**2
    if missing_fwhm_squared <= 0:
        return np.maximum(scene.intensity(wavenumber_cm1), 0.0)
    sigma = np.sqrt(missing_fwhm_squared) / _FWHM_PER_SIGMA
    reach = int(np.ceil(5.0 * sigma / _FINE_STEP_CM1))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _FINE_STEP_CM1 / sigma) ** 2)
    first = float(np.min(wavenumber_cm1)) - reach * _FINE_STEP_CM1
    last = float(np.max(wavenumber_cm1)) + (reach + 1) * _FINE_STEP_CM1
    axis = np.arange(first, last, _FINE_STEP_CM1)
    intensity = np.maximum(scene.intensity(axis), 0.0)
    # "valid" leaves only points that the whole kernel covers: no dip at the ends of the axis.
    broadened = np.convolve(intensity, kernel / kernel.sum(), mode="valid")
    return np.interp(wavenumber_cm1, axis[reach:-reach], broadened)
