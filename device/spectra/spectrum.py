"""What was measured, on which axis: Acquisition -> Spectrum -> GridSpectrum.

An Acquisition is counts by pixel, a Spectrum is intensity by Raman shift as the instrument
sampled it, a GridSpectrum is the same on the grid that models and references share.
Next: `resampling.py` for the operator between the last two, then `quality.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from device.spectra.noise import fine_structure
from device.spectra.provenance import Provenance
from device.spectra.raw_frames import RawFrames
from device.spectra.resampling import MODEL_GRID, WavenumberGrid, resampler_for

if TYPE_CHECKING:
    from firmware_bridge.calibration import CalibrationPage

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# What a measurement may say about itself beside its counts. The first two are against identifying
# it (`quality.py`).
LASER_OFF, LASER_DROPPED = "laser_off", "laser_dropped"
# These are told beside its answer (`../answer/remarks.py`).
TEC_UNLOCKED, ROOM_LIGHT, DRIFTS = "tec_unlocked", "room_light", "drift"
KNOWN_FLAGS = frozenset(
    {LASER_OFF, LASER_DROPPED, "recorded_average", "cosmic_rays_removed"}
    | {TEC_UNLOCKED, ROOM_LIGHT, DRIFTS}
)


# A pixel that sees less of the light than this, relative to the best, tells its noise alone.
SMALLEST_RESPONSE = 0.01


@dataclass(frozen=True, eq=False)
class Acquisition:
    """The frames of one measurement, averaged; every array has one entry per pixel, n in all."""

    raw_counts: Floats  # mean over the frames, laser on
    dark_counts: Floats  # mean over the dark frames, laser off, same integration time
    variance: Floats  # of raw_counts - dark_counts, counts squared
    saturated: Bools
    dead: Bools
    integration_time_ms: float
    frames: int
    laser_power_mw: float | None
    detector_temperature_c: float | None
    calibration: CalibrationPage
    acquired_utc: str  # ISO 8601; empty when the source does not say
    flags: frozenset[str] = frozenset()  # of KNOWN_FLAGS
    raw_frames: RawFrames | None = None  # each of them; None: not kept


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Intensity against Raman shift, at the points the instrument or the file has.

    Raises:
        ValueError: the arrays differ in length, or there are fewer than two points.
    """

    wavenumber_cm1: Floats  # strictly increasing
    intensity: Floats  # counts, or whatever unit the file has
    variance: Floats | None = None  # of each intensity; None when not known
    integration_time_ms: float | None = None
    saturated: Bools | None = None  # None when raw counts are not known
    source: str = ""  # "acquisition" or a file's name
    raw: Acquisition | None = None
    # what was subtracted, where the intensities are counts above a dark frame
    dark_counts: Floats | None = None
    flags: frozenset[str] = frozenset()  # of KNOWN_FLAGS
    taken: Provenance | None = None  # what the file's header says; None where it says nothing

    def __post_init__(self) -> None:
        n = len(self.wavenumber_cm1)
        if n < 2:
            raise ValueError(f"a spectrum needs at least two points, this one has {n}")
        for name in ("intensity", "variance", "saturated", "dark_counts"):
            array = getattr(self, name)
            if array is not None and array.shape != (n,):
                raise ValueError(f"{name} has shape {array.shape}, the axis has {n} points")

    @cached_property
    def noise_variance(self) -> Floats:
        """[n]: the variance that is known, or what the fine structure shows."""
        if self.variance is not None:
            return self.variance
        return fine_structure(self.intensity, self.wavenumber_cm1).variance(self.intensity)


@dataclass(frozen=True, eq=False)
class Nuisance:
    """A shape known to be in a spectrum beside its sample, while how much of it is not."""

    name: str
    values: Floats  # [G], in the unit of the spectrum
    sigma: float  # standard deviation of its part, a multiple of `values`, before the fit
    sought: bool = False  # it may be absent: it takes part in the fit where it is seen at first


@dataclass(frozen=True, eq=False)
class GridSpectrum:
    """A spectrum on a WavenumberGrid of G points.

    Where `valid` is False nothing was measured: intensity and variance there repeat the nearest
    valid point, so that no consumer meets a step or a NaN.

    Raises:
        ValueError: the arrays have another length than the grid.
    """

    intensity: Floats  # [G]
    variance: Floats  # [G], of each point by itself
    white_variance: Floats  # [G], of independent points that would be as noisy once smoothed
    valid: Bools  # [G]
    saturated: Bools  # [G]
    struck: Bools  # [G], a cosmic ray was taken out: the intensity there is interpolated
    grid: WavenumberGrid
    weighed: bool = False  # multiplied with `response.silicon_response`
    nuisances: tuple[Nuisance, ...] = ()

    def __post_init__(self) -> None:
        if len(self.intensity) != self.grid.size:
            raise ValueError(f"{len(self.intensity)} points on a grid of {self.grid.size}")


def spectrum_from_acquisition(acquisition: Acquisition, source: str = "acquisition") -> Spectrum:
    """Dark-subtracted spectrum of the calibrated, living pixels: counts, or, where the page tells
    the response, counts over it, which is relative Raman intensity (ASTM E2911).

    Pixels outside the calibration page's valid range and dead pixels are left out; the resampler
    bridges the small holes and marks the large ones as not measured.

    Raises:
        CalibrationMismatch: the page describes another number of pixels.
        ValueError: fewer than two usable pixels are left.
    """
    axis, pixels = usable_pixels(acquisition)
    dark_counts = acquisition.dark_counts[pixels]
    intensity = acquisition.raw_counts[pixels] - dark_counts
    variance = acquisition.variance[pixels]
    response = acquisition.calibration.relative_response()
    if response is not None:
        per_count = 1.0 / response[pixels]
        intensity, dark_counts = intensity * per_count, dark_counts * per_count
        variance = variance * np.square(per_count)
    return Spectrum(
        wavenumber_cm1=axis,
        intensity=intensity,
        variance=variance,
        integration_time_ms=acquisition.integration_time_ms,
        saturated=acquisition.saturated[pixels],
        source=source,
        raw=acquisition,
        dark_counts=dark_counts,
        flags=acquisition.flags,
    )


def usable_pixels(acquisition: Acquisition) -> tuple[Floats, slice | npt.NDArray[np.intp]]:
    """The axis of the calibrated, living pixels, and what picks them from its arrays.

    Raises:
        CalibrationMismatch: the page describes another number of pixels.
    """
    acquisition.calibration.check_frame(len(acquisition.raw_counts))
    return _axis_of_pixels(acquisition.calibration, acquisition.dead.tobytes())


def to_grid(spectrum: Spectrum, grid: WavenumberGrid = MODEL_GRID) -> GridSpectrum:
    """Linear interpolation onto `grid`, never beyond the ends of the axis.

    Grid points between two measured ones share their noise: each is less noisy than these, but
    what smooths over many has all the noise that was measured. An unknown variance is the one that
    the fine structure shows (`noise.py`).
    """
    resampler = resampler_for(spectrum.wavenumber_cm1, grid)
    intensity, variance, white = resampler.apply_both(spectrum.intensity, spectrum.noise_variance)
    return GridSpectrum(
        intensity=intensity,
        variance=variance,
        white_variance=white,
        valid=resampler.valid,
        saturated=resampler.apply_mask(spectrum.saturated),
        struck=np.zeros(grid.size, dtype=np.bool_),
        grid=grid,
    )


@lru_cache(maxsize=8)
def _axis_of_pixels(
    page: CalibrationPage, dead: bytes
) -> tuple[Floats, slice | npt.NDArray[np.intp]]:
    """The axis of the usable pixels, and how to pick them: a slice where none is dead.

    Cached, because every acquisition of one analyzer asks for the same; the arrays are read-only
    for that reason.
    """
    usable = np.zeros(page.pixel_count, dtype=np.bool_)
    usable[page.valid_range] = True
    usable &= ~(page.dead_mask() | np.frombuffer(dead, dtype=np.bool_))
    response = page.relative_response()
    if response is not None:
        usable &= response >= SMALLEST_RESPONSE
    pixels = np.flatnonzero(usable)
    axis = page.wavenumber_cm1()[pixels]
    axis.flags.writeable = False
    pixels.flags.writeable = False
    if len(pixels) == page.last_valid_pixel + 1 - page.first_valid_pixel:
        return axis, page.valid_range
    return axis, pixels
