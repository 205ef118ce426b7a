"""Several frames of the same thing become one: mean, variance of the mean, cosmic rays removed.

Pure arithmetic on counts [k frames, n pixels]; knows no analyzer.

Next: `acquisition.py`, which collects the frames.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.noise import MAD_TO_SIGMA

Counts = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]

# Rounding to whole counts: the variance of a uniform error one count wide.
_ROUNDING_VARIANCE = 1.0 / 12.0
# Chance alone exceeds this once in 10^9 pixels.
_COSMIC_SIGMAS = 6.0
# A laser drifting by this much between frames is drift, not a cosmic ray, however bright the line.
_COSMIC_MIN_FRACTION = 0.05
# With two frames that differ there is no telling which of them was hit.
MIN_FRAMES_FOR_COSMIC_RAYS = 3


@dataclass(frozen=True)
class DetectorNoise:
    """What the detector adds by itself: the floor under every measured variance.

    The defaults are those of the simulated analyzer (a test compares them with its table);
    another analyzer's own figures go here.
    """

    gain_e_per_count: float = 4.6
    read_noise_e: float = 16.0
    offset_counts: float = 165.0  # electronic: counts without electrons, hence without shot noise

    def variance_counts2(self, counts: Floats) -> Floats:
        """Variance of one frame whose expected counts are `counts` (photon transfer equation)."""
        electrons = np.maximum(counts - self.offset_counts, 0.0) * self.gain_e_per_count
        noise_e2 = electrons + self.read_noise_e**2
        return np.asarray(noise_e2 / self.gain_e_per_count**2 + _ROUNDING_VARIANCE)


@dataclass(frozen=True, eq=False)
class AveragedFrames:
    """Mean [n] and the variance [n] of that mean, in counts and counts squared."""

    mean: Floats
    variance: Floats
    rejected: int  # samples taken for cosmic rays and left out


def average_frames(counts: Counts, noise: DetectorNoise) -> AveragedFrames:
    """Average `counts` [k, n], leaving cosmic rays out when k >= 3.

    The variance is the spread between the frames, never below what the detector must add. Frames
    that do not differ in a single pixel are one recording played k times: repeating it made
    nothing more certain, so its variance is not divided by k.

    Raises:
        ValueError: `counts` is not two-dimensional or holds no frame.
    """
    if counts.ndim != 2 or not len(counts):
        raise ValueError(f"average_frames needs counts [k, n], not shape {counts.shape}")
    samples = counts.astype(np.float64)
    kept = ~_cosmic_rays(samples, noise)
    number = kept.sum(axis=0)
    mean = np.where(kept, samples, 0.0).sum(axis=0) / number
    floor = noise.variance_counts2(mean)
    repeated = len(samples) > 1 and bool((counts == counts[0]).all())
    if repeated or len(samples) == 1:
        return AveragedFrames(mean, floor, 0)
    squares = np.where(kept, (samples - mean) ** 2, 0.0).sum(axis=0)
    spread = squares / np.maximum(number - 1, 1)
    return AveragedFrames(mean, np.maximum(spread, floor) / number, int((~kept).sum()))


def _cosmic_rays(samples: Floats, noise: DetectorNoise) -> npt.NDArray[np.bool_]:
    """Samples [k, n] far above their pixel's median; at least half of every pixel's remain."""
    if len(samples) < MIN_FRAMES_FOR_COSMIC_RAYS:
        return np.zeros(samples.shape, bool)
    median = np.median(samples, axis=0)
    excess = samples - median
    sigma = np.sqrt(noise.variance_counts2(median))
    # Where the detector is noisier than its model says, the frame's own spread sets the scale.
    spread = MAD_TO_SIGMA * np.median(np.abs(excess / sigma), axis=1, keepdims=True)
    threshold = _COSMIC_SIGMAS * sigma * np.maximum(spread, 1.0)
    threshold += _COSMIC_MIN_FRACTION * (median - median.min())
    return np.asarray(excess > threshold)
