"""What frames taken in turn tell beside their mean: light that drifts, and light of the room.

The mean of all pixels of interest, frame after frame, is a series whose noise the pixels show by
themselves. Chi squared of a series says whether it stood still; it says so wrongly once in a
thousand measurements. What stands still is compared with the camera's own figures.

Next: `growing.py` and `fixed.py`, which ask; `../answer/remarks.py`, what the operator reads.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.driver.averaging import CameraNoise
from device.driver.heating import DRIFT
from device.driver.safety import Safety
from device.driver.spectrometer import Frame
from device.spectra.in_order import median_nearby
from device.spectra.noise import MAD_TO_SIGMA, between_frames, median
from device.spectra.spectrum import DRIFTS, ROOM_LIGHT
from firmware_bridge.messages import FrameFlags

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# One-sided normal deviate of one false alarm in a thousand; and in a thousand times 2,000 pixels.
_ALARM_SIGMAS = 3.09
_ANY_PIXEL_SIGMAS = 4.9
# Single samples beyond this are cosmic rays; the mean of the others stays where it is.
_CLIP_SIGMAS = 5.0
# Hot pixels and cosmic rays stand alone or in pairs, light falls on more beside each other.
_ALONE_PIXELS = 9
_MEDIAN_OF_NINE = 0.41  # its standard deviation over that of one
# A cooler that holds its temperature within this holds its dark current within 6%.
_SAME_TEMPERATURE_C = 0.5


def told_of_dark(camera: CameraNoise | None, safety: Safety) -> CameraNoise | None:
    """`camera`, without its dark current where an operator has another temperature set."""
    if camera is None or safety.cooler.setpoint_c is None:
        return camera
    return replace(camera, dark_e_per_s=None)


class Steadiness:
    """Looks at pairs of lit and dark frames of one exposure. `pixels`: bool[n], of interest."""

    def __init__(self, pixels: Bools, camera: CameraNoise | None) -> None:
        self._pixels, self._camera = pixels, camera
        self._light = _Series()
        self._dark = _Series()
        self._dark_sum = np.zeros(int(np.count_nonzero(pixels)))
        self._temperatures_c: list[float] = []
        self._unlocked = False
        self._exposure_s = 0.0

    def pair(self, lit: Frame, dark: Frame) -> None:
        darkness = dark.counts[self._pixels].astype(np.float64)
        self._light.add(lit.counts[self._pixels].astype(np.float64) - darkness)
        self._dark.add(darkness)
        self._dark_sum += darkness
        self._temperatures_c += [one.detector_temperature_c for one in (lit, dark)]
        self._unlocked |= bool((lit.flags | dark.flags) & FrameFlags.TEC_UNLOCKED)
        self._exposure_s = dark.exposure_us / 1e6

    def flags(self) -> frozenset[str]:
        """Of `spectrum.KNOWN_FLAGS`."""
        told: set[str] = set()
        if not self._dark.count:
            return frozenset()
        if self._light.moved and self._light.range > DRIFT * self._light.level:
            told.add(DRIFTS)
        if self._dark.moved:
            told.add(ROOM_LIGHT if self._same_temperature else DRIFTS)
        if self._same_temperature and self._too_bright():
            told.add(ROOM_LIGHT)
        return frozenset(told)

    @property
    def _same_temperature(self) -> bool:
        return not self._unlocked and (
            float(np.ptp(self._temperatures_c)) <= _SAME_TEMPERATURE_C
            or not np.isfinite(self._temperatures_c).any()
        )

    def _too_bright(self) -> bool:
        """Whether dark frames are brighter anywhere than offset and dark current explain.

        Dark current doubles within the few degrees that a thermometer on the housing is wrong by,
        and the offset is known to the noise of a readout.
        """
        camera = self._camera
        if camera is None or camera.dark_e_per_s is None:
            return False
        mean = self._dark_sum / self._dark.count
        beside = median_nearby(mean, _ALONE_PIXELS)
        alone = mean - beside
        sigma = MAD_TO_SIGMA * median(np.abs(alone - median(alone)))
        current = camera.dark_e_per_s * self._exposure_s / camera.gain_e_per_count
        known_to = current + camera.read_noise_e / camera.gain_e_per_count
        chance = _ANY_PIXEL_SIGMAS * _MEDIAN_OF_NINE * sigma
        return float(beside.max()) > camera.offset_counts + current + known_to + chance


class _Series:
    """Levels of spectra [n] against the first one, in the order of time."""

    def __init__(self) -> None:
        self._first: Floats | None = None
        self._levels: list[float] = [0.0]
        self._sigma: Floats | None = None  # [n], of one spectrum
        self.level = 0.0

    def add(self, values: Floats) -> None:
        if self._first is None:
            self._first, self.level = values, median(values)
            return
        if self._sigma is None:
            both = np.stack([self._first, values])
            law = between_frames(both, both.mean(axis=0))
            self._sigma = np.sqrt(np.maximum(law.variance(self._first), 0.0))
        change = values - self._first
        middle = median(change)
        limit = _CLIP_SIGMAS * np.sqrt(2.0) * self._sigma
        self._levels.append(middle + float(np.clip(change - middle, -limit, limit).mean()))

    @property
    def count(self) -> int:
        return 0 if self._first is None else len(self._levels)

    @property
    def range(self) -> float:
        return float(np.ptp(self._levels))

    @property
    def moved(self) -> bool:
        """Whether chi squared of the levels exceeds what chance allows once in a thousand times
        (Wilson & Hilferty, PNAS 1931, 17, 684), and they differ by more than one pixel's noise,
        below which nothing in a spectrum sees it."""
        if self._sigma is None or not self.range > median(self._sigma) > 0.0:
            return False
        error = float(np.sqrt(np.sum(self._sigma**2))) / len(self._sigma)
        freedom = len(self._levels) - 1
        part = 2.0 / (9.0 * freedom)
        most = freedom * (1.0 - part + _ALARM_SIGMAS * np.sqrt(part)) ** 3
        levels = np.asarray(self._levels)
        return bool(np.sum((levels - levels.mean()) ** 2) > most * error**2)
