"""What lies under the laser, as values. A scene has physics in it and no file format.

`ReplayScene` hands back recorded counts; the others give light per second for the detector to
expose. Whoever reads files or bundles builds these values and passes them in.

Next: `spectrograph.py`, which turns a scene into light on pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firmware_bridge.errors import CallerError
from firmware_bridge.lamp_lines import ARGON_AIR_NM, NEON_AIR_NM, vacuum_from_air_nm
from firmware_bridge.simulator.room_light import RoomLight

FloatArray: TypeAlias = NDArray[np.float64]

MAX_COUNT: Final = 65_535

# Raman lines (cm-1, relative height, natural width at half maximum in cm-1). Polystyrene: positions
# of ASTM E1840-96, heights and widths as in the recorded frame of data/charisma785. Calcite:
# positions and heights of the recorded frame there, its strongest at 1,085.6.
_POLYSTYRENE: Final = (
    (620.9, 0.15, 5.0),
    (795.8, 0.06, 14.0),
    (1001.4, 1.0, 5.0),
    (1031.8, 0.19, 7.0),
    (1155.3, 0.06, 7.0),
    (1450.5, 0.03, 12.0),
    (1583.1, 0.05, 5.0),
    (1602.3, 0.10, 7.0),
)
_CALCITE: Final = ((281.0, 0.27, 9.0), (712.0, 0.09, 5.0), (1085.6, 1.0, 3.0))


@dataclass(frozen=True, eq=False)
class ReplayScene:
    """A measurement recorded elsewhere: laser on gives its raw counts, laser off its dark.

    raw_counts, dark_counts: counts[n]; fractions stand for recorded averages and are rounded.
    integration_time_ms: the recording's; other times scale both, see `counts`.
    recorded_average: how many frames the recording was the mean of.
    noise_counts: standard deviation of the noise added to each frame; 0 replays exactly.
    """

    raw_counts: FloatArray
    dark_counts: FloatArray
    integration_time_ms: float
    recorded_average: int = 1
    noise_counts: float = 0.0

    def __post_init__(self) -> None:
        for name in ("raw_counts", "dark_counts"):
            counts = np.array(getattr(self, name), np.float64)
            if counts.ndim != 1 or not counts.size or not np.all(np.isfinite(counts)):
                raise CallerError(f"{name} of a replay must be a list of finite numbers.")
            counts.setflags(write=False)
            object.__setattr__(self, name, counts)
        if self.raw_counts.shape != self.dark_counts.shape:
            raise CallerError("Raw and dark counts of a replay differ in length.")
        if not self.integration_time_ms > 0:
            raise CallerError("The integration time of a replay must be positive.")
        if self.recorded_average < 1:
            raise CallerError("A recording is the average of at least one frame.")
        if not self.noise_counts >= 0:
            raise CallerError("The noise added to a replay cannot be negative.")

    @property
    def is_average(self) -> bool:
        return self.recorded_average > 1

    def counts(self, exposure_ms: float, lit_fraction: float) -> FloatArray:
        """Counts[n] before noise, rounding and clipping.

        Signal (raw - dark) and dark grow with the exposure: a recording does not tell its offset
        from its dark current, so both are taken as dark. `lit_fraction` is the part of the exposure
        with the laser on.
        """
        ratio = exposure_ms / self.integration_time_ms
        if lit_fraction == 1.0:
            return self.raw_counts * ratio
        return (self.dark_counts + lit_fraction * (self.raw_counts - self.dark_counts)) * ratio


@dataclass(frozen=True, eq=False)
class SpectrumScene:
    """A sample known by its Raman spectrum.

    intensity: wavenumber_cm1[k] -> relative intensity[k]; negative values count as no light.
    counts_per_s: what intensity 1 gives at full laser power, after the optics.
    resolution_cm1: full width at half maximum already in `intensity`: 0 for ideal lines, 8-9 for
        references measured on another instrument. The detector adds what is missing to its own.
    snr: when given, Gaussian noise is added to each lit frame so that the highest count of
        `intensity` stands this many standard deviations high, on top of the detector's own noise.
    glow: other light that the laser excites (a vial's wall, fluorescence), on the scale of
        `intensity`, seen as it is.
    room: light that falls in from the side.
    """

    intensity: Callable[[FloatArray], FloatArray]
    counts_per_s: float = 20_000.0
    resolution_cm1: float = 0.0
    snr: float | None = None
    glow: Callable[[FloatArray], FloatArray] | None = None
    room: RoomLight | None = None

    def __post_init__(self) -> None:
        if not self.counts_per_s >= 0 or not self.resolution_cm1 >= 0:
            raise CallerError("Count rate and resolution of a scene cannot be negative.")
        if self.snr is not None and not self.snr > 0:
            raise CallerError("The signal-to-noise ratio of a scene must be positive.")


@dataclass(frozen=True)
class LampScene:
    """A calibration lamp in front of the probe: it shines whether or not the laser is on.

    lines: (vacuum wavelength in nm, counts per second at the line's top).
    """

    lines: tuple[tuple[float, float], ...]
    room: RoomLight | None = None


@dataclass(frozen=True)
class EmptyScene:
    """Nothing under the laser: every frame is a dark frame, of a dark room or of a lit one."""

    room: RoomLight | None = None


Scene: TypeAlias = ReplayScene | SpectrumScene | LampScene | EmptyScene


def mixture(
    wavenumber_cm1: ArrayLike, parts: list[tuple[float, ArrayLike]]
) -> Callable[[FloatArray], FloatArray]:
    """Intensity function of a sum of weight x reference[G] on one axis, held flat at its ends."""
    axis = np.asarray(wavenumber_cm1, np.float64)
    total = np.zeros_like(axis)
    for weight, reference in parts:
        total += weight * np.asarray(reference, np.float64)
    return lambda wanted_cm1: np.interp(wanted_cm1, axis, total)


def neon_lamp(counts_per_s: float = 100_000.0) -> LampScene:
    """A neon lamp whose strongest line gives `counts_per_s` at its top."""
    return _lamp(NEON_AIR_NM, counts_per_s)


def argon_lamp(counts_per_s: float = 100_000.0) -> LampScene:
    """An argon lamp whose strongest line gives `counts_per_s` at its top."""
    return _lamp(ARGON_AIR_NM, counts_per_s)


def polystyrene() -> SpectrumScene:
    """The Raman standard, on a weak background."""
    return SpectrumScene(_of_lines(_POLYSTYRENE))


def calcite() -> SpectrumScene:
    """The mineral that checks what polystyrene calibrated, on a weak background."""
    return SpectrumScene(_of_lines(_CALCITE))


def _lamp(lines_air_nm: tuple[tuple[float, float], ...], counts_per_s: float) -> LampScene:
    return LampScene(
        tuple((vacuum_from_air_nm(air), counts_per_s * height) for air, height in lines_air_nm)
    )


def _of_lines(
    lines: tuple[tuple[float, float, float], ...], background: float = 0.02
) -> Callable[[FloatArray], FloatArray]:
    """Intensity function of Lorentzians (cm-1, height, full width in cm-1)."""

    def intensity(wavenumber_cm1: FloatArray) -> FloatArray:
        total = np.full(wavenumber_cm1.shape, background)
        for center_cm1, height, fwhm_cm1 in lines:
            total += height / (1.0 + np.square(2.0 * (wavenumber_cm1 - center_cm1) / fwhm_cm1))
        return total

    return intensity
