"""The camera of the simulated analyzer: a scene becomes 2,048 counts of 16 bits.

`DetectorModel` is the one table of the instrument's figures, each with its source; `Detector` is
one specimen of it, with its own pattern of offsets and hot pixels drawn from a seed.

Next: `spectrograph.py`, where its light comes from; `camera_figures.py`, what is told of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.simulator.identity import DEFAULT_SERIAL
from firmware_bridge.simulator.scenes import (
    MAX_COUNT,
    FloatArray,
    ReplayScene,
    Scene,
    SpectrumScene,
)
from firmware_bridge.simulator.spectrograph import Light, Spectrograph


@dataclass(frozen=True)
class DetectorModel:
    """Figures of laser, spectrograph and camera.

    The sensor is taken to be a back-thinned 2048 x 64 CCD read with its columns summed, of the
    Hamamatsu S10420-1106 / S11510-1106 kind. "Datasheet" below means the typical values of that
    family; they were not checked against its latest edition. "Assumed" has no source. "Real darks"
    means checked against the recorded dark frames in `data/` (solvents13: 1 s, median 229-232
    counts, pixel-to-pixel noise 5 counts; charisma785 is another camera with an offset near 1,000
    and ten times the noise, which this model does not imitate).
    """

    pixel_count: int = 2048  # datasheet, and the analyzer's specification
    excitation_nm: float = 785.0  # specification
    full_laser_power_mw: int = 70  # specification
    resolution_cm1: float = 12.0  # specification, full width at half maximum

    full_well_e: float = 300_000.0  # datasheet, horizontal register
    gain_e_per_count: float = 4.6  # assumed: the full well just fills 16 bits
    read_noise_e: float = 16.0  # datasheet 6 for the chip; the rest assumed for the electronics
    converter_bits: int = 16  # assumed; the files of the solvents reach 65,535 counts
    offset_counts: float = 165.0  # assumed; with the dark current gives the real darks' median
    offset_spread_counts: float = 2.0  # assumed, fixed pattern; real darks

    dark_e_per_s_at_0c: float = 3_200.0  # datasheet 50 per pixel x 64 summed rows
    dark_doubling_c: float = 5.5  # assumed; silicon's usual 5-7 degrees
    dark_spread: float = 0.10  # assumed, relative, pixel to pixel
    hot_pixel_fraction: float = 0.002  # assumed; real darks show 1-4 of 2,048
    hot_pixel_factor_max: float = 50.0  # assumed; times the ordinary dark current

    cosmic_rays_per_s: float = 0.02  # assumed: 1 per cm2 and minute on 0.26 cm2, and some margin
    cosmic_ray_e_min: float = 2_000.0  # assumed: grazing the thinned layer
    cosmic_ray_e_max: float = 60_000.0  # assumed

    tec_setpoint_c: float = -20.0  # assumed
    ambient_c: float = 25.0  # assumed
    tec_time_constant_s: float = 4.0  # assumed
    readout_ms: float = 5.0  # datasheet: about 2,100 columns at 0.5 MHz
    min_integration_time_ms: float = 1.0  # assumed
    max_integration_time_ms: float = 60_000.0  # assumed

    noise: bool = True  # False: expectation values, for tests of everything behind the camera

    @property
    def max_count(self) -> int:
        """The converter's last count."""
        return int(2**self.converter_bits - 1)

    @property
    def full_count(self) -> float:
        """Where converter or well ends, whichever is first, without the offset."""
        return min(self.max_count, self.full_well_e / self.gain_e_per_count)

    def dark_e_per_s(self, temperature_c: float) -> float:
        return float(self.dark_e_per_s_at_0c * 2.0 ** (temperature_c / self.dark_doubling_c))


@dataclass(frozen=True, eq=False)
class Exposure:
    """What the camera hands to the firmware: counts uint16[n], and whether any pixel is full."""

    counts: NDArray[np.uint16]
    saturated: bool


class Detector:
    """One camera behind one spectrograph, reproducible from `seed`."""

    def __init__(self, model: DetectorModel, calibration: CalibrationPage, *, seed: int = 0):
        self.model = model
        self._spectrograph = Spectrograph(calibration, model.resolution_cm1)
        n = calibration.pixel_count
        pattern = np.random.default_rng([seed, 1])  # the specimen's, independent of the shots'
        self._offset = model.offset_counts + model.offset_spread_counts * pattern.normal(size=n)
        self._dark_factor = np.maximum(1.0 + model.dark_spread * pattern.normal(size=n), 0.1)
        hot = pattern.random(n) < model.hot_pixel_fraction
        self._dark_factor[hot] *= pattern.uniform(5.0, model.hot_pixel_factor_max, int(hot.sum()))
        self._shots = np.random.default_rng([seed, 2])
        self._seed = seed
        self._light_of: tuple[Scene, Light] | None = None
        self._replayed: tuple[tuple[ReplayScene, float, float], Exposure] | None = None

    def expose(
        self,
        scene: Scene,
        *,
        exposure_ms: float,
        lit_fraction: float,
        laser_power_mw: float,
        temperature_c: float,
    ) -> Exposure:
        """One readout after `exposure_ms`, during `lit_fraction` (0-1) of which the laser was on.

        A replay ignores laser power and temperature: they are in its counts already.
        """
        if isinstance(scene, ReplayScene):
            return self._replay(scene, exposure_ms, lit_fraction)
        model, exposure_s = self.model, exposure_ms / 1e3
        light = self._light(scene)
        laser_s = exposure_s * (lit_fraction * laser_power_mw / model.full_laser_power_mw)
        signal_counts = light.excited * laser_s + light.steady * exposure_s
        if scene.room is not None:
            signal_counts += light.room * (exposure_s * scene.room.brightness(self._shots))
        electrons = signal_counts * model.gain_e_per_count
        electrons += model.dark_e_per_s(temperature_c) * exposure_s * self._dark_factor
        if model.noise:
            electrons = self._shots.poisson(electrons).astype(np.float64)
            electrons += self._cosmic_rays(exposure_s, electrons.size)
        electrons = np.minimum(electrons, model.full_well_e)
        counts = electrons / model.gain_e_per_count + self._offset
        if model.noise:
            read_noise_counts = model.read_noise_e / model.gain_e_per_count
            counts += self._shots.normal(0.0, read_noise_counts, counts.size)
        if isinstance(scene, SpectrumScene) and scene.snr is not None and lit_fraction > 0:
            counts += self._shots.normal(0.0, light.sample_peak * laser_s / scene.snr, counts.size)
        return _digitize(counts, full_count=model.full_count, max_count=model.max_count)

    def _replay(self, scene: ReplayScene, exposure_ms: float, lit_fraction: float) -> Exposure:
        """Kept while nothing changes: a bench that replays must not time our arithmetic."""
        how = (scene, exposure_ms, lit_fraction)
        if self._replayed is not None and self._replayed[0] == how:
            return self._replayed[1]
        counts = scene.counts(exposure_ms, lit_fraction)
        if scene.noise_counts:
            counts = counts + self._shots.normal(0.0, scene.noise_counts, counts.size)
        exposure = _digitize(counts, full_count=MAX_COUNT, max_count=MAX_COUNT)
        if not scene.noise_counts:
            self._replayed = (how, exposure)
        return exposure

    def light_counts_per_s(self, scene: Scene) -> FloatArray:
        """Counts[n] per second at full laser power, through slit and pixels."""
        light = self._light(scene)
        return light.excited + light.steady + light.room

    def begin_sample(self, number: int) -> None:
        """From now on noise depends on the seed and this number, not on what was before."""
        self._shots = np.random.default_rng([self._seed, 3, number])

    def _light(self, scene: Scene) -> Light:
        """Kept per scene."""
        if self._light_of is None or self._light_of[0] is not scene:
            self._light_of = (scene, self._spectrograph.light_of(scene))
        return self._light_of[1]

    def _cosmic_rays(self, exposure_s: float, pixel_count: int) -> FloatArray:
        """Electrons[n]: each hit fills a pixel, and its neighbour with up to half as much."""
        hits = np.zeros(pixel_count + 1)
        for _ in range(self._shots.poisson(self.model.cosmic_rays_per_s * exposure_s)):
            pixel = self._shots.integers(pixel_count)
            low, high = self.model.cosmic_ray_e_min, self.model.cosmic_ray_e_max
            electrons = np.exp(self._shots.uniform(np.log(low), np.log(high)))
            hits[pixel] += electrons
            hits[pixel + 1] += electrons * self._shots.uniform(0.0, 0.5)
        return hits[:-1]


def _digitize(counts: FloatArray, *, full_count: float, max_count: int) -> Exposure:
    rounded = np.rint(counts)
    digits = np.clip(rounded, 0, max_count).astype(np.uint16)
    digits.setflags(write=False)  # the same array may be handed out again
    return Exposure(digits, saturated=bool(np.any(rounded >= int(full_count))))


def default_calibration(
    model: DetectorModel | None = None, *, serial: str = DEFAULT_SERIAL
) -> CalibrationPage:
    """The page of a simulated analyzer of no particular make: 250-2550 cm-1 over all pixels.

    A little more than the 300-2500 cm-1 that are used, as on real instruments; wavelength goes
    with the pixel as a slightly bent line, the shape of a Czerny-Turner spectrograph.
    """
    model = model or DetectorModel()
    first_nm, last_nm = (
        1e7 / (1e7 / model.excitation_nm - shift_cm1) for shift_cm1 in (250.0, 2550.0)
    )
    n = model.pixel_count
    bend = -4e-6  # nm per pixel squared; the B&W Tek files in data/ have -3.9e-6 to -4.5e-6
    slope = (last_nm - first_nm) / (n - 1) - bend * (n - 1)
    return CalibrationPage(
        wavelength_coefficients_nm=(first_nm, slope, bend),
        excitation_nm=model.excitation_nm,
        first_valid_pixel=0,
        last_valid_pixel=n - 1,
        pixel_count=n,
        dead_pixels=(),
        resolution_cm1=model.resolution_cm1,
        serial=serial,
    )
