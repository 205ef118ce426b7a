"""What instrument and sample do to an ideal mixture: positions, widths, intensities, noise, damage.

The expensive part, broadening, is done once: `ReferenceBank` holds every reference at several
line widths together with the directions it can be bent in (first and second derivative, smooth
intensity windows). A distorted mixture is then one matrix product.
Next: `generator.py`, which puts mixture, baseline and distortion together.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from device.spectra.needed_range import needed_cm1
from device.spectra.resampling import WavenumberGrid
from train.library.grids import MARGIN
from train.library.references import TrainingLibrary
from train.recipe import DistortionSettings

Singles = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

_FWHM_PER_SIGMA = 2 * np.sqrt(2 * np.log(2))
_WINDOW_CM1 = 253.0  # from one intensity window along the axis to the next: some lines
LARGEST_COMPOUND_SHIFT_CM1 = 2.0  # beyond it the second-order expansion bends the lines

_NOISE_POOL = 1 << 20
# Most files are interpolated from pixels 1.5 - 2.5 cm-1 apart: noise of neighbours is then
# correlated. Kernels of the pool's variants, white first.
_NOISE_KERNELS = ((1.0,), (0.25, 0.5, 0.25), (0.5, 1.0, 0.5), (0.3, 0.8, 1.0, 0.8, 0.3))


class ReferenceBank:
    """References at every broadening level, expanded so that distortion is linear."""

    def __init__(self, library: TrainingLibrary, settings: DistortionSettings) -> None:
        self.settings = settings
        self.compound_count = len(library.compounds)
        windows = smooth_windows(library.wide.shape[1])
        self._windows = len(windows)
        self._levels = [_expand(spectra, windows) for spectra in line_widths(library, settings)]

    def mix(self, rng: np.random.Generator, shares: Singles) -> Singles:
        """float32[N, C] shares -> float32[N, G + 2 * MARGIN] mixtures.

        Every row has one line width; every compound its own small shift and its own relative
        intensities, as in a real liquid where neighbours pull on each other.
        """
        count, compounds = shares.shape
        settings = self.settings
        shift = rng.normal(0.0, settings.compound_shift_cm1, shares.shape)
        shift = np.clip(shift, -LARGEST_COMPOUND_SHIFT_CM1, LARGEST_COMPOUND_SHIFT_CM1)
        bend = rng.normal(0.0, settings.intensity_jitter, (count, compounds, self._windows))
        bend = np.clip(bend, -0.5, 0.5)
        # order of the columns as in _expand
        directions = np.concatenate(
            [1 + bend, -shift[:, :, None], 0.5 * shift[:, :, None] ** 2], axis=2
        )
        coefficients = (shares[:, :, None] * directions).astype(np.float32)
        coefficients = coefficients.reshape(count, -1)
        level = rng.integers(len(self._levels), size=count)
        mixed = np.empty((count, self._levels[0].shape[1]), dtype=np.float32)
        for index, basis in enumerate(self._levels):
            rows = np.flatnonzero(level == index)
            if len(rows):
                mixed[rows] = coefficients[rows] @ basis
        return np.maximum(mixed, 0, out=mixed)


def line_widths(library: TrainingLibrary, settings: DistortionSettings) -> Iterator[Singles]:
    """The references [C, G + 2 * MARGIN] at every broadening level, the sharpest first."""
    widest = max(settings.largest_fwhm_cm1, library.resolution_cm1)
    fwhm = np.linspace(library.resolution_cm1, widest, settings.broadening_levels)
    extra = np.sqrt(np.maximum(fwhm**2 - library.resolution_cm1**2, 0.0))
    for sigma in extra / _FWHM_PER_SIGMA:
        yield broaden(library.wide, float(sigma))


def broaden(spectra: Singles, sigma_cm1: float) -> Singles:
    """Convolve with a Gaussian; 1 cm-1 steps, ends repeat the last value."""
    if sigma_cm1 <= 0:
        return spectra
    half = int(np.ceil(4 * sigma_cm1))
    offsets = np.arange(-half, half + 1)
    kernel = np.exp(-0.5 * (offsets / sigma_cm1) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(spectra, ((0, 0), (half, half)), mode="edge")
    rows = [np.convolve(row, kernel, mode="valid") for row in padded]
    return np.stack(rows).astype(np.float32)


def move_axis(rng: np.random.Generator, wide: Singles, settings: DistortionSettings) -> Singles:
    """Shift and stretch the axis and cut the margin: [N, G + 2 * MARGIN] -> [N, G]."""
    count, width = wide.shape
    size = width - 2 * MARGIN
    shift = rng.uniform(-settings.shift_cm1, settings.shift_cm1, (count, 1))
    stretch = rng.uniform(-settings.stretch_cm1, settings.stretch_cm1, (count, 1))
    target = np.arange(size, dtype=np.float32)
    position = target * (1 - stretch * 2 / size).astype(np.float32)
    position += (MARGIN - shift + stretch).astype(np.float32)
    left = position.astype(np.int32)
    fraction = position - left
    left += (np.arange(count, dtype=np.int32) * width)[:, None]
    flat = wide.reshape(-1)
    moved = flat.take(left)
    left += 1
    moved += fraction * (flat.take(left) - moved)
    return moved


def vary_response(rng: np.random.Generator, spectra: Singles, variation: float) -> Singles:
    """Multiply by a smooth curve within +-variation: optics and detectors differ in colour."""
    count, size = spectra.shape
    angle = np.linspace(0, np.pi, size, dtype=np.float32)
    waves = np.stack([np.cos(order * angle) for order in (1, 2, 3)])
    amplitude = rng.uniform(-variation, variation, (count, 3)).astype(np.float32)
    amplitude *= np.array([0.6, 0.25, 0.15], dtype=np.float32)
    varied: Singles = spectra * (1 + amplitude @ waves)
    return varied


class NoisePool:
    """Normal noise of unit standard deviation, cut from a long seeded strip at random places."""

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        white = rng.standard_normal(_NOISE_POOL).astype(np.float32)
        strips = []
        for kernel in _NOISE_KERNELS:
            unit = np.array(kernel, dtype=np.float32)
            unit /= np.sqrt((unit**2).sum())
            strips.append(np.convolve(white, unit, mode="same"))
        self._strips = np.concatenate(strips)
        self._view = np.lib.stride_tricks.sliding_window_view(self._strips, size)

    def draw(self, rng: np.random.Generator, count: int) -> Singles:
        start = rng.integers(len(self._view), size=count)
        noise: Singles = self._view[start]
        return noise


def add_noise(
    rng: np.random.Generator, spectra: Singles, raman: Singles, pool: NoisePool, snr: Singles
) -> Singles:
    """Shot noise plus read noise; at the highest Raman peak its sd is peak / SNR.

    Args:
        spectra: [N, G] what the detector sees, baseline included, Raman maximum 1.
        raman: [N, G] the Raman part alone.
        snr: [N, 1].
    """
    read = rng.uniform(0.02, 1.0, (len(spectra), 1)).astype(np.float32)  # against the shot part
    at_peak = np.take_along_axis(spectra, raman.argmax(axis=1)[:, None], axis=1)
    deviation = np.sqrt((spectra + read) / (np.maximum(at_peak, 1e-3) + read)) / snr
    return spectra + deviation * pool.draw(rng, len(spectra))


def add_damage(rng: np.random.Generator, spectra: Singles, settings: DistortionSettings) -> None:
    """Cosmic rays and the residue of a bad dark frame, in place."""
    count, size = spectra.shape
    struck = np.flatnonzero(rng.random(count) < settings.cosmic_ray_probability)
    for _ in range(2):
        place = rng.integers(size - 2, size=len(struck))
        height = np.exp(rng.uniform(np.log(0.05), np.log(3.0), len(struck)))
        for offset, part in ((0, 0.4), (1, 1.0), (2, 0.3)):
            spectra[struck, place + offset] += (height * part).astype(np.float32)
    dark = np.flatnonzero(rng.random(count) < settings.dark_structure_probability)
    if len(dark):
        spots = 120
        place = rng.integers(size - 1, size=(len(dark), spots))
        strength = np.exp(rng.uniform(np.log(0.002), np.log(0.03), (len(dark), 1)))
        height = (strength * rng.standard_normal((len(dark), spots))).astype(np.float32)
        for offset in (0, 1):  # a pixel is about two points wide
            np.add.at(spectra, (dark[:, None], place + offset), height)


def measured_range(
    rng: np.random.Generator, count: int, grid: WavenumberGrid, settings: DistortionSettings
) -> Bools:
    """bool[N, G]: False where a row's instrument does not reach.

    What the analyzer's quality gate asks for is always there.
    """
    first, last = needed_cm1(grid)
    at_most = np.minimum(
        settings.missing_at_most_cm1, [first - grid.first_cm1, grid.last_cm1 - last]
    )
    short = rng.random((count, 2)) < settings.missing_ends_probability
    missing = rng.uniform(0, at_most, (count, 2)) * short
    place = np.arange(grid.size)
    valid: Bools = (place >= missing[:, :1]) & (place < grid.size - missing[:, 1:])
    return valid


def smooth_windows(size: int) -> Singles:
    """[windows, size] raised cosines that sum to 1 everywhere, 10 on 300-2500 cm-1."""
    count = 1 + max(1, round((size - 1) / _WINDOW_CM1))
    center = np.linspace(0, size - 1, count)
    distance = np.abs(np.arange(size) - center[:, None]) / (center[1] - center[0])
    windows = np.where(distance < 1, 0.5 * (1 + np.cos(np.pi * distance)), 0.0)
    return windows.astype(np.float32)


def _expand(references: Singles, windows: Singles) -> Singles:
    """[C, W] -> [C * (windows + 2), W]: windowed copies, first and second derivative."""
    first = np.gradient(references, axis=1)[:, None, :]
    second = np.gradient(np.gradient(references, axis=1), axis=1)[:, None, :]
    windowed = references[:, None, :] * windows[None, :, :]
    stacked = np.concatenate([windowed, first, second], axis=1)
    return np.ascontiguousarray(stacked.reshape(-1, references.shape[1]), dtype=np.float32)
