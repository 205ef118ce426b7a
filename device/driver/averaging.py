"""Several frames of the same thing become one: mean, variance of the mean, cosmic rays removed.

Pure arithmetic on counts [k frames, n pixels]; knows no analyzer. What is uncertain is measured:
by the frames where they repeat, and by the fine structure of their mean in every case
(`device/spectra/noise.py`). A camera's own figures, where they are known, add what neither shows.

Next: `acquisition.py`, which collects the frames.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.spectra.in_order import in_order
from device.spectra.noise import MAD_TO_SIGMA, between_frames, fine_structure, median

Counts = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Rounding to whole counts: the variance of a uniform error one count wide.
_ROUNDING_VARIANCE = 1.0 / 12.0
# Chance alone exceeds this once in 10^9 pixels.
_COSMIC_SIGMAS = 6.0
# A laser drifting by this much between frames is drift, not a cosmic ray, however bright the line.
_COSMIC_MIN_FRACTION = 0.05
_FEW = 10  # frames up to which sorting them by exchanges is the faster way
# With two frames that differ there is no telling which of them was hit.
MIN_FRAMES_FOR_COSMIC_RAYS = 3
# A pixel whose samples spread so much more than the law says is as uncertain as they show: by
# chance alone one of a million does (`_unlikely_ratio`).
_UNLIKELY_SIGMAS = 4.75
# A camera's figures count while the frames do not contradict them: up to this factor of variance
# above what they show, the square of the 1.25 that an estimate of sigma may be off by.
_CREDIBLE = 1.25**2


@dataclass(frozen=True)
class CameraNoise:
    """A camera's own figures, from its maker."""

    gain_e_per_count: float
    read_noise_e: float
    offset_counts: float  # electronic: counts without electrons, hence without shot noise
    dark_e_per_s: float | None = None  # of an ordinary pixel, cooled as it left its maker

    def variance_counts2(self, counts: Floats) -> Floats:
        """Variance of one frame whose expected counts are `counts` (photon transfer equation)."""
        electrons = np.maximum(counts - self.offset_counts, 0.0) * self.gain_e_per_count
        noise_e2 = electrons + self.read_noise_e**2
        return np.asarray(noise_e2 / self.gain_e_per_count**2 + _ROUNDING_VARIANCE)


@dataclass(frozen=True, eq=False)
class AveragedFrames:
    """Mean [n] of some frames, and the variance [n] of that mean as their spread shows it."""

    mean: Floats
    variance: Floats | None  # None: nothing was repeated
    struck: tuple[int, ...]  # samples of each frame taken for cosmic rays and left out

    @property
    def frames(self) -> int:
        return len(self.struck)

    @property
    def rejected(self) -> int:
        """Samples left out, of all frames."""
        return sum(self.struck)


def average_frames(counts: Counts) -> AveragedFrames:
    """Average `counts` [k, n], leaving cosmic rays out when k >= 3.

    Frames that do not differ in a single pixel are one recording played k times: repeating it made
    nothing more certain, so they tell no variance.

    Raises:
        ValueError: `counts` is not two-dimensional or holds no frame.
    """
    if counts.ndim != 2 or not len(counts):
        raise ValueError(f"average_frames needs counts [k, n], not shape {counts.shape}")
    samples = counts.astype(np.float64)
    frames = len(samples)
    if frames == 1 or bool((counts == counts[0]).all()):
        return AveragedFrames(samples[0], None, (0,) * frames)
    middle = _middle(counts)
    law = between_frames(samples, middle)
    one = np.maximum(law.variance(middle), _ROUNDING_VARIANCE)
    struck = _cosmic_rays(samples, middle, one)
    if struck.any():
        kept = ~struck
        number = kept.sum(axis=0)
        mean = np.where(kept, samples, 0.0).sum(axis=0) / number
        squares = np.where(kept, (samples - mean) ** 2, 0.0).sum(axis=0)
    else:
        number = np.array([frames])
        mean = samples.sum(axis=0) / number
        squares = ((samples - mean) ** 2).sum(axis=0)
    freedom = np.maximum(number - 1, 1)
    spread = squares / freedom
    unlikely = spread > one * _unlikely_ratio(freedom)
    variance = np.where(unlikely, spread, one) / number
    return AveragedFrames(mean, variance, tuple(struck.sum(axis=1).tolist()))


def measured_variance(
    lit: AveragedFrames,
    dark: AveragedFrames,
    axis_cm1: Floats,
    pixels: Bools,
    camera: CameraNoise | None = None,
) -> Floats:
    """Variance [n] of lit less dark: the larger of what repeats and fine structure show.

    Args:
        axis_cm1: [n], increasing over `pixels`.
        pixels: bool[n], calibrated and living ones; the others have no fine structure.
        camera: its figures, if it gives any.
    """
    signal = lit.mean - dark.mean
    variance = np.full(len(signal), 2.0 * _ROUNDING_VARIANCE / lit.frames)
    seen = signal[pixels]
    if len(seen) > 1:
        law = fine_structure(seen, axis_cm1[pixels])
        variance[pixels] = np.maximum(variance[pixels], law.variance(seen))
    if lit.variance is not None and dark.variance is not None:
        variance = np.maximum(variance, lit.variance + dark.variance)
    if camera is not None and pixels.any():
        said = camera.variance_counts2(lit.mean) / lit.frames
        said += camera.variance_counts2(dark.mean) / dark.frames
        if np.median(said[pixels]) <= _CREDIBLE * np.median(variance[pixels]):
            variance = np.maximum(variance, said)
    return variance


def _middle(counts: Counts) -> Floats:
    """The median [n] of frames [k, n]."""
    frames = len(counts)
    ordered = in_order(list(counts)) if frames <= _FEW else np.sort(counts, axis=0)
    lower, upper = (frames - 1) // 2, frames // 2
    return np.asarray(0.5 * (ordered[lower].astype(np.float64) + ordered[upper]))


def _unlikely_ratio(freedom: npt.NDArray[np.integer[Any]]) -> Floats:
    """Sample variance over variance that normal samples exceed with `_UNLIKELY_SIGMAS`
    (Wilson & Hilferty, PNAS 1931, 17, 684)."""
    part = 2.0 / (9.0 * freedom)
    return np.asarray((1.0 - part + _UNLIKELY_SIGMAS * np.sqrt(part)) ** 3)


def _cosmic_rays(samples: Floats, middle: Floats, variance: Floats) -> Bools:
    """Samples [k, n] far above their pixel's median; at least half of every pixel's remain."""
    if len(samples) < MIN_FRAMES_FOR_COSMIC_RAYS:
        return np.zeros(samples.shape, bool)
    excess, sigma = samples - middle, np.sqrt(variance)
    # Where a whole frame lies higher, as with a drifting level, its own spread sets the scale.
    spread = MAD_TO_SIGMA * np.array([[median(frame)] for frame in np.abs(excess / sigma)])
    threshold = _COSMIC_SIGMAS * sigma * np.maximum(spread, 1.0)
    threshold += _COSMIC_MIN_FRACTION * (middle - middle.min())
    return np.asarray(excess > threshold)
