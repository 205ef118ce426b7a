"""Test spectra with known truth, from a generator of their own.

Nothing is shared with `train/spectra/generator.py`: positions move and lines widen in Fourier
space, the slit is a triangle with wings where training has a Gaussian, baselines are splines and
fluorescence humps, the response is a walk, dark structure is telegraph noise, seeds differ. A
model that only learnt its generator's habits shows here.

SNR is the highest Raman peak over the noise's standard deviation at one point per 1 cm-1; a share
is a coefficient of a unit-maximum spectrum. Next: `tallies.py`, which counts what came out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import Spectrum
from evidence.pures import AXIS_CM1, FIRST_CM1, LAST_CM1, MARGIN_CM1, Pures

Floats = npt.NDArray[np.float64]

_SCALE_COUNTS = 20_000.0  # of the highest Raman peak
_SLIT_WING = 0.15  # part of the slit function that lies in wide Lorentzian wings


@dataclass(frozen=True)
class Conditions:
    """How a spectrum is measured; ranges (low, high) are drawn uniformly for each scene."""

    snr: float = 100.0
    shift_cm1: tuple[float, float] = (0.0, 0.0)
    fwhm_factor: float = 1.0  # of the pures' line width
    baseline: float = 0.5  # height against the highest Raman peak, 0 .. this
    strong_baseline: bool = False  # always the whole height, fluorescence included
    cosmic_rays: int = 0
    own_shift_cm1: float = 0.0  # each compound by itself, uniform +-
    intensity_jitter: float = 0.0  # relative intensities along the axis, each compound by itself
    response: float = 0.0  # of this instrument against the references' one, +-
    dark_structure: float = 0.0  # sd of columns that the dark frame missed, against the peak


@dataclass(frozen=True, eq=False)
class Scene:
    """One spectrum and its truth. `shares` [C] sum to 1 less the foreign part."""

    spectrum: Spectrum
    shares: Floats
    noise_sd: float
    raman: Floats  # on the spectrum's axis, without baseline and noise
    shift_cm1: float  # drawn from the conditions' range

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        return self.shares > 0


def make_scene(
    rng: np.random.Generator,
    pures: Pures,
    shares: Floats,
    conditions: Conditions,
    foreign: Floats | None = None,
) -> Scene:
    """Mix `shares` of the pures (and `foreign` on AXIS_CM1, as it is) under `conditions`."""
    components = shares[:, None] * pures.spectra
    for row in np.flatnonzero(shares > 0):
        own = rng.uniform(-1.0, 1.0) * conditions.own_shift_cm1
        components[row] = reshaped(components[row], own, 0.0)
        components[row] *= _walk(rng, conditions.intensity_jitter, knots=12)
    raman = components.sum(axis=0) + (0.0 if foreign is None else foreign)
    wider = pures.fwhm_cm1 * np.sqrt(max(conditions.fwhm_factor**2 - 1.0, 0.0))
    shift = float(rng.uniform(*conditions.shift_cm1))
    raman = reshaped(raman, shift, wider)
    raman = raman * _walk(rng, conditions.response, knots=6)
    inside = slice(int(MARGIN_CM1), -int(MARGIN_CM1))
    raman = np.maximum(raman[inside], 0.0)
    peak = float(raman.max()) or 1.0
    intensity = raman + peak * baseline_curve(rng, len(raman), conditions)
    intensity += peak * _columns(rng, len(raman), conditions.dark_structure)
    sd = peak / conditions.snr
    intensity += sd * rng.standard_normal(len(raman))
    for _ in range(conditions.cosmic_rays):
        _strike(rng, intensity, peak)
    scale = _SCALE_COUNTS / peak
    axis = np.arange(FIRST_CM1, LAST_CM1 + 1.0)
    spectrum = Spectrum(axis, intensity * scale, source="scene")
    return Scene(spectrum, shares, sd * scale, raman * scale, shift)


def draw_shares(
    rng: np.random.Generator,
    compounds: int,
    components: tuple[int, int],
    smallest: float,
    largest: float = 1.0,
) -> Floats:
    """[compounds] shares that sum to 1: a random number of components, each at least `smallest`.

    `components`: fewest and most, as far as there are so many compounds. Uniform over all such
    compositions, by breaking what is left over the smallest shares like a stick; drawn again
    until none exceeds `largest`.
    """
    fewest, most = possible(components, compounds)
    count = int(rng.integers(fewest, most + 1))
    chosen = rng.permutation(compounds)[:count]
    if count == 1 or largest * count <= 1.0:
        largest = 1.0
    while True:
        breaks = np.sort(rng.random(count - 1))
        pieces = np.diff(np.concatenate([[0.0], breaks, [1.0]]))
        parts = smallest + (1.0 - count * smallest) * pieces
        if parts.max() <= largest:
            break
    shares = np.zeros(compounds)
    shares[chosen] = parts
    return shares


def possible(components: tuple[int, int], compounds: int) -> tuple[int, int]:
    """How few and how many of so many compounds a mixture can have."""
    return min(components[0], compounds), min(components[1], compounds)


def reshaped(curve: Floats, shift_cm1: float, slit_cm1: float) -> Floats:
    """Moved by any fraction of a step and seen through a slit of this width, in Fourier space."""
    if shift_cm1 == 0.0 and slit_cm1 == 0.0:
        return curve
    pad = 256
    ends = (np.linspace(curve[-1], curve[0], pad),)  # joined smoothly: Fourier space is a circle
    circle = np.concatenate([curve, *ends])
    frequency = np.fft.rfftfreq(len(circle))
    factor = np.exp(-2j * np.pi * frequency * shift_cm1)
    if slit_cm1 > 0.0:
        triangle = np.sinc(frequency * slit_cm1) ** 2  # a triangle's width is its half base
        wings = np.exp(-np.pi * slit_cm1 * frequency)
        factor = factor * ((1.0 - _SLIT_WING) * triangle + _SLIT_WING * wings)
    return np.fft.irfft(np.fft.rfft(circle) * factor, len(circle))[: len(curve)]


def _walk(rng: np.random.Generator, spread: float, knots: int) -> Floats:
    """A smooth random curve around 1, within +-spread: cosine-eased steps between knots."""
    if spread == 0.0:
        return np.ones(len(AXIS_CM1))
    heights = rng.uniform(-spread, spread, knots)
    position = np.linspace(0.0, knots - 1.0, len(AXIS_CM1))
    left = np.minimum(position.astype(int), knots - 2)
    ease = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    result: Floats = 1.0 + heights[left] * (1.0 - ease) + heights[left + 1] * ease
    return result


def baseline_curve(rng: np.random.Generator, points: int, conditions: Conditions) -> Floats:
    """Non-negative, its top at most `conditions.baseline`: a cubic, or fluorescence if strong."""
    if conditions.baseline == 0.0:
        return np.zeros(points)
    x = np.linspace(-1.0, 1.0, points)
    curve: Floats = rng.normal(0.0, [0.3, 0.6, 1.0, 1.0]) @ np.stack([x**3, x**2, x, x**0])
    height = conditions.baseline * (1.0 if conditions.strong_baseline else rng.random())
    if conditions.strong_baseline:
        center, spread = rng.uniform(-0.9, 0.9), rng.uniform(0.5, 1.2)
        curve = curve - curve.min()
        skew = np.log1p(np.exp((x - center) / 0.25))  # falls more slowly on the far side
        curve = 0.3 * curve / curve.max() + np.exp(-(((x - center) / (spread + 0.2 * skew)) ** 2))
    curve = curve - curve.min()
    result: Floats = height * curve / curve.max()
    return result


def _columns(rng: np.random.Generator, points: int, sd: float) -> Floats:
    """Columns that sit a little high or low, some of them side by side."""
    if sd == 0.0:
        return np.zeros(points)
    jumps = rng.random(points) < 0.3
    level = rng.standard_normal(points)[
        np.maximum.accumulate(np.where(jumps, np.arange(points), 0))
    ]
    result: Floats = sd * level
    return result


def _strike(rng: np.random.Generator, intensity: Floats, peak: float) -> None:
    """One cosmic ray: one to three points, up to three times the highest peak, in place."""
    width = int(rng.integers(1, 4))
    place = int(rng.integers(len(intensity) - width))
    intensity[place : place + width] += peak * rng.uniform(0.2, 3.0) * rng.dirichlet(np.ones(width))
