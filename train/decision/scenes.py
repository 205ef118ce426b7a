"""Scenes that the decision's numbers are fitted on, from a generator of their own.

Nothing is shared with what trained the networks (`train/spectra/`) or makes the figures: bands move
and change one by one, widths, axes, responses and dark frames are other instruments', pixels are
unevenly spaced, and what is foreign may resemble the library: a compound left out of it, a
homologue, or random lines. Next: `examples.py`, what network and fit say of them.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Spectrum
from train.decision.liquids import (
    Floats,
    among_others,
    broadened,
    homologue,
    log_uniform,
    random_liquid,
    smooth_curve,
)

_MARGIN = 60  # points beyond the grid on either side
_COUNTS = 1e4  # of the highest Raman peak
_WIDEST_CM1, _NARROWEST = 14.0, 0.7  # line width of an instrument; the second of the references'
_OWN_INSTRUMENT = 0.35  # of scenes are measured on the references' own
_MOST_COMPONENTS = 8
_SMALLEST_SHARE = 0.008
_FOREIGN_ALONE, _FOREIGN_PART = 0.25, (0.03, 0.9)
# How strongly liquids act on each other varies from mixture to mixture: ln(strength) has this
# standard deviation; bands then move by strength x the second, ln(heights) change by x the third.
# In the fits of 44 real mixtures (data/solvents13) components sit 0.35 to 1.28 cm-1 from their
# places (root mean square by amount, 10 to 90%), and the worst line leaves 0.06 to 0.15.
_INTERACTION, _MOVED_CM1, _CHANGED = 0.35, 0.55, 0.06
_MOST_MOVED_CM1, _MOST_CHANGED = 1.5, 0.2
_PURE = 0.4  # of that in a liquid by itself
_SNR = (12.0, 1500.0)
_BAD_DARK, _DARK_PART, _DARK_POINTS = 0.3, (0.001, 0.03), (5.0, 60.0)  # either sign, of the peak
_RAY = 0.05


class Kind(StrEnum):
    """What is in a scene beside compounds of the library."""

    KNOWN = "nothing foreign"
    LEFT_OUT = "a compound left out of the library"
    RANDOM = "random lines"
    HOMOLOGUE = "a homologue"


@dataclass(frozen=True, eq=False)
class DecisionScene:
    kind: Kind
    left_out: int | None
    spectrum: Spectrum
    shares: Floats  # [C] of all signal, unit-maximum references
    foreign: float  # the rest of the signal
    own_instrument: bool  # the one that the references were measured on


class SceneMaker:
    """Scenes of one library.

    Args:
        references: [C, G] on `grid`, unit maximum.
        resolution_cm1: full width of their lines.
    """

    def __init__(
        self, references: npt.ArrayLike, grid: WavenumberGrid, resolution_cm1: float
    ) -> None:
        rows = np.asarray(references, dtype=np.float64)
        self._references = np.pad(rows, ((0, 0), (_MARGIN, _MARGIN)), mode="edge")
        self._resolution_cm1 = resolution_cm1
        self._grid = grid
        points = self._references.shape[1]
        self._axis_cm1 = grid.first_cm1 - _MARGIN + np.arange(points, dtype=np.float64)

    def make(
        self, rng: np.random.Generator, kind: Kind, left_out: int | None = None
    ) -> DecisionScene:
        """One scene; `left_out` says which compound is foreign in that kind of scene."""
        count = len(self._references)
        known = np.arange(count) if left_out is None else np.delete(np.arange(count), left_out)
        foreign = 0.0
        if kind is not Kind.KNOWN:
            part = log_uniform(rng, _FOREIGN_PART)
            foreign = 1.0 if rng.random() < _FOREIGN_ALONE or not len(known) else part
        shares = np.zeros(count)
        if foreign < 1.0:
            parts = _parts(rng, min(len(known), _MOST_COMPONENTS))
            chosen = rng.choice(known, len(parts), replace=False)
            shares[chosen] = (1.0 - foreign) * parts
        alone = np.count_nonzero(shares) + (foreign > 0) == 1
        strength = float(np.exp(_INTERACTION * rng.standard_normal())) * (_PURE if alone else 1.0)
        acting = (
            min(_MOVED_CM1 * strength, _MOST_MOVED_CM1),
            min(_CHANGED * strength, _MOST_CHANGED),
        )
        raman = np.zeros(len(self._axis_cm1))
        for index in np.flatnonzero(shares):
            raman += shares[index] * self._acting(rng, self._references[index], acting)
        if foreign > 0:
            other = self._foreign(rng, kind, left_out, known)
            raman += foreign * self._acting(rng, other, acting)
        own = bool(rng.random() < _OWN_INSTRUMENT)
        spectrum = self._measured(rng, raman, own)
        return DecisionScene(kind, left_out, spectrum, shares, foreign, own)

    def _acting(
        self, rng: np.random.Generator, spectrum: Floats, acting: tuple[float, float]
    ) -> Floats:
        return among_others(rng, spectrum, self._resolution_cm1, *acting)

    def _foreign(
        self,
        rng: np.random.Generator,
        kind: Kind,
        left_out: int | None,
        known: npt.NDArray[np.intp],
    ) -> Floats:
        highest = min(1700.0, self._grid.last_cm1)
        if kind is Kind.LEFT_OUT and left_out is not None:
            return np.asarray(self._references[left_out])
        if kind is Kind.HOMOLOGUE and len(known):
            return homologue(rng, self._references[known], self._axis_cm1, highest)
        return random_liquid(rng, self._axis_cm1, highest)

    def _measured(self, rng: np.random.Generator, raman: Floats, own: bool) -> Spectrum:
        """As an instrument of its own shows it: counts over unevenly spaced pixels."""
        axis, resolution = self._axis_cm1, self._resolution_cm1
        shift, stretch = rng.normal(0.0, (0.5, 0.2) if own else (1.5, 0.6))
        spread = 0.03 if own else float(rng.choice((0.05, 0.15, 0.3)))
        response = smooth_curve(rng, len(axis), 700.0, spread)
        if not own:
            widest = max(_WIDEST_CM1, resolution)
            raman = broadened(raman, resolution, rng.uniform(_NARROWEST * resolution, widest))
            if rng.random() < 0.3:  # corrected, or of another detector or laser
                response += rng.uniform(-1.0, 1.2) * (axis - axis.mean()) / 1100.0
        raman = raman * np.exp(response)
        pixels_cm1 = self._pixels(rng)
        along = (pixels_cm1 - axis.mean()) / (0.5 * np.ptp(axis))
        signal = np.interp(pixels_cm1 - shift - stretch * along, axis, raman)
        signal /= max(float(signal.max()), 1e-6)
        baseline = _baseline(rng, len(signal))
        sd = 1.0 / log_uniform(rng, _SNR)
        shot = rng.uniform() if rng.random() < 0.6 else 0.0  # part of the variance at the peak
        noise = sd * np.sqrt(1.0 - shot + shot * (signal + baseline))
        counts = signal + baseline + noise * rng.standard_normal(len(signal))
        if rng.random() < _BAD_DARK:
            part, length = log_uniform(rng, _DARK_PART), log_uniform(rng, _DARK_POINTS)
            counts += smooth_curve(rng, len(counts), length, part)
        if rng.random() < _RAY:
            counts[rng.integers(2, len(counts) - 2)] += rng.uniform(0.2, 3.0)
        pixels_cm1.flags.writeable = False
        return Spectrum(pixels_cm1, _COUNTS * counts, source="scene")

    def _pixels(self, rng: np.random.Generator) -> Floats:
        """Evenly spaced in wavelength, so closer and closer in cm-1; some ranges are shorter."""
        width = self._grid.last_cm1 - self._grid.first_cm1
        before = float(rng.choice((-40.0, 0.0, 10.0, 0.1 * width), p=(0.4, 0.3, 0.2, 0.1)))
        beyond = float(
            rng.choice((30.0, 0.0, -0.15 * width, -0.4 * width), p=(0.45, 0.3, 0.15, 0.1))
        )
        first, last = self._grid.first_cm1 + before, self._grid.last_cm1 + beyond
        count = max(int((last - first) / rng.uniform(1.1, 2.4)), 64)
        t = np.linspace(0.0, 1.0, count)
        result: Floats = first + (last - first) * (1.18 * t - 0.18 * t**2)
        return result


def _parts(rng: np.random.Generator, most: int) -> Floats:
    """Shares that sum to 1: nearly equal, with traces, or anything; few components most often."""
    count = min(int(rng.geometric(0.33)), most)
    style = rng.random()
    if style < 0.35:
        parts = np.exp(0.35 * rng.standard_normal(count))
    elif style < 0.7:
        parts = np.exp(rng.uniform(np.log(0.015), 0.0, count))
    else:
        parts = rng.dirichlet(np.full(count, 1.5))
    parts /= parts.sum()
    parts = parts[parts >= _SMALLEST_SHARE]
    result: Floats = parts / parts.sum()
    return result


def _baseline(rng: np.random.Generator, points: int) -> Floats:
    """None, or fluorescence of up to eight times the highest peak."""
    height = log_uniform(rng, (0.02, 8.0))
    if rng.random() < 0.2:
        return np.zeros(points)
    t = np.linspace(0.0, 1.0, points)
    hump = np.exp(-0.5 * ((t - rng.uniform(-0.5, 1.5)) / rng.uniform(0.25, 1.2)) ** 2)
    tail = 0.4 * rng.random() * np.exp(-t / rng.uniform(0.05, 0.6))
    bent, skewed = rng.normal(0.0, (0.25, 0.15))
    curve = hump + tail + bent * (t - 0.5) ** 2 + skewed * (t - 0.5) ** 3
    curve -= curve.min()
    result: Floats = height * curve / max(float(curve.max()), 1e-6)
    return result
