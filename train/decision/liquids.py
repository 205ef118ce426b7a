"""What a liquid shows beside others, and liquids that no library has.

When liquids mix, bands move by a few cm-1 and change strength, each by itself, most of all where
hydrogen bonds form; a homologue has bands of the same kinds elsewhere. All on an axis of 1 cm-1
with a margin.
Next: `scenes.py`, which puts them under an instrument.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_BAND_CM1 = 45.0  # over which neighbouring lines move together
_STRENGTH_CM1 = 60.0  # ... and change strength together
# In mixtures most of a band's move is its compound's (hydrogen bonds, another axis), and lines get
# wider with it: times the bands' own moves, and cm-2 of variance for each cm-1 of these.
_COMPOUND_MOVED, _WIDER_CM2 = 2.2, 8.0

# Group frequencies of organic liquids (Socrates, Infrared and Raman Characteristic Group
# Frequencies, 2001): C-Cl and C-S 650, rings 780, 1000, 1030 and 1600, C-C 830-1120, CH2 1300 and
# 1440, CH3 1380 and 1455, C=C and C=O 1650, nitriles 2230.
_GROUPS_CM1: tuple[float, ...] = (
    650.0,
    780.0,
    830.0,
    870.0,
    1000.0,
    1030.0,
    1070.0,
    1120.0,
    1300.0,
    1380.0,
)
_GROUPS_CM1 += (1440.0, 1455.0, 1600.0, 1650.0, 2230.0)
_GROUP_SPREAD_CM1 = 8.0
_LINES = (3, 22)
_FWHM_CM1 = (7.0, 35.0)
_WEAKEST = 0.03

# A homologue: a known compound's lines moved and changed by so much, some of another compound.
_HOMOLOGUE_MOVED_CM1 = (3.0, 10.0)
_HOMOLOGUE_CHANGED = (0.4, 1.2)  # standard deviation of ln(strength)
_OTHER_COMPOUND = 0.4  # of homologues have a part of a second compound's lines
_OTHER_LINES = 0.5  # ... have lines of their own


def smooth_curve(rng: np.random.Generator, points: int, length: float, sd: float) -> Floats:
    """A random curve with this standard deviation that changes over `length` points."""
    knots = rng.standard_normal(int(points / length) + 4)
    position = np.arange(points) / length + rng.uniform()
    left = position.astype(np.intp)
    ease = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    curve = knots[left] * (1.0 - ease) + knots[left + 1] * ease
    result: Floats = sd * curve / np.sqrt(np.mean((1.0 - ease) ** 2 + ease**2))
    return result


def log_uniform(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    """Uniform in its logarithm between two positive ends."""
    return float(np.exp(rng.uniform(np.log(ends[0]), np.log(ends[1]))))


def among_others(
    rng: np.random.Generator,
    spectrum: Floats,
    fwhm_cm1: float,
    moved_cm1: float,
    changed: float,
) -> Floats:
    """One compound's spectrum with its lines moved and wider, and every band by itself besides.

    Args:
        fwhm_cm1: of its lines.
        moved_cm1: standard deviation of a band's own place.
        changed: standard deviation of ln(strength) of a band.
    """
    wider_cm2 = abs(rng.normal(0.0, _WIDER_CM2 * moved_cm1))
    wider_cm1 = float(np.sqrt(fwhm_cm1**2 + 8.0 * np.log(2.0) * wider_cm2))
    aside_cm1 = rng.normal(0.0, _COMPOUND_MOVED * moved_cm1)
    wider = broadened(spectrum, fwhm_cm1, wider_cm1)
    return _bands_moved(rng, wider, aside_cm1, moved_cm1, changed)


def _bands_moved(
    rng: np.random.Generator, spectrum: Floats, aside_cm1: float, moved_cm1: float, changed: float
) -> Floats:
    axis = np.arange(len(spectrum), dtype=np.float64)
    aside = aside_cm1 + smooth_curve(rng, len(spectrum), _BAND_CM1, moved_cm1)
    strength = np.exp(smooth_curve(rng, len(spectrum), _STRENGTH_CM1, changed))
    result: Floats = np.interp(axis - aside, axis, spectrum) * strength
    return result


def random_liquid(rng: np.random.Generator, axis_cm1: Floats, highest_cm1: float) -> Floats:
    """Lines where organic liquids have them or anywhere below `highest_cm1`; maximum 1."""
    count = int(log_uniform(rng, _LINES))
    centre = rng.uniform(axis_cm1[0], highest_cm1, count)
    usual = rng.random(count) < 0.5
    groups = rng.choice(_GROUPS_CM1, count) + rng.normal(0.0, _GROUP_SPREAD_CM1, count)
    centre = np.where(usual, groups, centre)
    fwhm = np.exp(rng.uniform(np.log(_FWHM_CM1[0]), np.log(_FWHM_CM1[1]), count))
    height = np.exp(rng.uniform(np.log(_WEAKEST), 0.0, count))
    distance = (axis_cm1 - centre[:, None]) / (0.5 * fwhm[:, None])
    shape = 0.5 * np.exp(-np.log(2.0) * distance**2) + 0.5 / (1.0 + distance**2)
    lines = height @ shape
    result: Floats = lines / max(float(lines.max()), 1e-6)
    return result


def homologue(
    rng: np.random.Generator, known: Floats, axis_cm1: Floats, highest_cm1: float
) -> Floats:
    """A compound that resembles one of `known` [N, points] without being it; maximum 1."""
    spectrum = known[rng.integers(len(known))]
    if rng.random() < _OTHER_COMPOUND:
        part = 1.0 / (1.0 + np.exp(-smooth_curve(rng, len(spectrum), 150.0, 4.0)))
        spectrum = spectrum * part + known[rng.integers(len(known))] * (1.0 - part)
    moved, changed = log_uniform(rng, _HOMOLOGUE_MOVED_CM1), rng.uniform(*_HOMOLOGUE_CHANGED)
    spectrum = _bands_moved(rng, spectrum, 0.0, moved, changed)
    if rng.random() < _OTHER_LINES:
        spectrum = spectrum + rng.uniform(0.05, 0.5) * random_liquid(rng, axis_cm1, highest_cm1)
    result: Floats = spectrum / max(float(spectrum.max()), 1e-6)
    return result


def broadened(spectrum: Floats, from_cm1: float, to_cm1: float) -> Floats:
    """Lines of full width `from_cm1` brought to `to_cm1`: convolved, or sharpened in Fourier space
    as far as that does not raise what is finer than lines."""
    variance = abs(to_cm1**2 - from_cm1**2) / (8.0 * np.log(2.0))
    mirrored = np.concatenate([spectrum, spectrum[::-1]])
    frequency = np.fft.rfftfreq(len(mirrored))
    exponent = 2.0 * (np.pi * frequency) ** 2 * variance
    if to_cm1 >= from_cm1:
        factor = np.exp(-exponent)
    else:  # at most fivefold, and nothing above the frequencies of a line
        factor = np.minimum(np.exp(np.minimum(exponent, 10.0)), 5.0)
        factor *= np.exp(-((frequency * from_cm1 / 1.4) ** 4))
    curve = np.fft.irfft(np.fft.rfft(mirrored) * factor, len(mirrored))[: len(spectrum)]
    result: Floats = np.maximum(curve, 0.0)
    return result
