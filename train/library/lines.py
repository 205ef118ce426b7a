"""Line lists like those that the literature prints, of substances that do not exist.

Nobody has two hundred measured liquids at hand, and what a library of that size costs can be told
without them: these fill one up, to measure memory, time and accuracy against the number of
compounds. A list has the lines of one to three functional groups where real liquids show them
(group frequencies as in any table of them), skeletal lines of its own, log-normal intensities and
widths. The groups make relatives of many lists, as in a real library. No list is chemistry: its
name says synthetic, and so does the bundle's manifest.
Next: `references.py`, which makes spectra of lines.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.library.file import CompoundEntry, Fill
from train.recipe import RecipeError

Floats = npt.NDArray[np.float64]
Lines = tuple[tuple[float, float, float], ...]  # position_cm1, relative intensity, fwhm_cm1
Alike = Callable[[Floats, Floats], npt.NDArray[np.bool_]]  # [M, G], [N, G] -> [M, N]

SYNTHETIC = "synthetic"

_FEWEST_LINES, _MOST_LINES = 6, 25
_INTENSITY_SPREAD = 0.7  # standard deviation of ln(intensity) about a band's usual one
_WIDTH_SPREAD = 0.3  # of ln(width)
_WEAKEST = 0.02  # of the strongest line: weaker ones are not printed
_SHARPEST_CM1 = 3.0  # natural width of a liquid's line, at least
_ROUNDS = 20  # of drawing again what looked like another


@dataclass(frozen=True)
class _Band:
    """Where a vibration shows: anywhere between low and high, so strong, so wide, so often."""

    low_cm1: float
    high_cm1: float
    intensity: float  # median
    fwhm_cm1: float  # median, natural
    probability: float = 1.0


@dataclass(frozen=True)
class _Group:
    """A functional group: how often a liquid has it, and its bands."""

    frequency: float
    bands: tuple[_Band, ...]


# Every organic liquid has these.
_ALWAYS = (
    _Band(1435.0, 1470.0, 0.25, 16.0, 0.9),  # C-H bend
    _Band(1365.0, 1390.0, 0.08, 12.0, 0.4),
    _Band(1020.0, 1180.0, 0.12, 11.0, 0.7),  # C-C and C-O stretch
)
_SKELETON = _Band(310.0, 900.0, 0.22, 9.0)  # bends and stretches of the whole molecule
_FINGERPRINT = _Band(900.0, 1420.0, 0.12, 11.0)
_SKELETAL_LINES, _FINGERPRINT_LINES = (2, 7), (0, 6)  # low, high

_GROUPS = (
    _Group(  # one substituent on a benzene ring
        0.16,
        (
            _Band(996.0, 1006.0, 1.0, 4.0),  # ring breathing
            _Band(1022.0, 1034.0, 0.30, 5.0),
            _Band(614.0, 624.0, 0.08, 6.0),
            _Band(1580.0, 1610.0, 0.25, 9.0),
            _Band(1150.0, 1185.0, 0.10, 7.0),
            _Band(1185.0, 1225.0, 0.20, 7.0, 0.8),
            _Band(690.0, 830.0, 0.40, 6.0),
        ),
    ),
    _Group(  # two or more
        0.12,
        (
            _Band(720.0, 860.0, 0.90, 6.0),
            _Band(1030.0, 1060.0, 0.40, 6.0, 0.6),
            _Band(990.0, 1002.0, 0.70, 4.5, 0.4),
            _Band(1590.0, 1625.0, 0.30, 9.0),
            _Band(1195.0, 1260.0, 0.25, 8.0),
            _Band(630.0, 660.0, 0.15, 6.0, 0.6),
        ),
    ),
    _Group(  # an alkyl chain
        0.30,
        (
            _Band(1295.0, 1308.0, 0.50, 12.0),  # CH2 twist
            _Band(1055.0, 1085.0, 0.35, 14.0),
            _Band(1110.0, 1140.0, 0.25, 16.0),
            _Band(820.0, 900.0, 0.45, 14.0),
            _Band(1436.0, 1446.0, 0.60, 14.0),
            _Band(1452.0, 1466.0, 0.55, 16.0),
        ),
    ),
    _Group(0.10, (_Band(2215.0, 2265.0, 0.8, 8.0), _Band(365.0, 395.0, 0.3, 8.0))),  # nitrile
    _Group(0.05, (_Band(2100.0, 2240.0, 0.9, 9.0),)),  # alkyne
    _Group(0.22, (_Band(1665.0, 1760.0, 0.35, 14.0), _Band(580.0, 650.0, 0.3, 9.0, 0.7))),  # C=O
    _Group(  # alkene
        0.14,
        (
            _Band(1630.0, 1680.0, 0.8, 9.0),
            _Band(1260.0, 1305.0, 0.4, 8.0),
            _Band(1405.0, 1420.0, 0.3, 9.0, 0.7),
        ),
    ),
    _Group(  # ether, alcohol
        0.25,
        (
            _Band(800.0, 890.0, 0.7, 12.0),
            _Band(1030.0, 1110.0, 0.3, 14.0),
            _Band(1265.0, 1290.0, 0.2, 16.0, 0.6),
        ),
    ),
    _Group(  # C-Cl, C-Br
        0.15,
        (
            _Band(550.0, 760.0, 1.0, 7.0),
            _Band(490.0, 660.0, 0.5, 7.0, 0.4),
            _Band(240.0, 360.0, 0.5, 8.0, 0.7),
        ),
    ),
    _Group(  # sulphides, sulphoxides
        0.08,
        (
            _Band(570.0, 710.0, 1.0, 8.0),
            _Band(1035.0, 1060.0, 0.4, 14.0, 0.5),
            _Band(500.0, 540.0, 0.6, 8.0, 0.4),
        ),
    ),
    _Group(0.06, (_Band(1335.0, 1360.0, 1.0, 9.0), _Band(845.0, 875.0, 0.5, 8.0))),  # nitro
    _Group(  # rings without double bonds
        0.10,
        (
            _Band(780.0, 1000.0, 1.0, 6.0),
            _Band(1210.0, 1270.0, 0.3, 10.0),
            _Band(1020.0, 1050.0, 0.3, 8.0, 0.7),
        ),
    ),
)


def random_lines(rng: np.random.Generator, resolution_cm1: float) -> Lines:
    """One list of 6 to 25 lines, as an instrument of this resolution would show them.

    Intensities are relative to the strongest; sorted by position.
    """
    frequencies = np.array([group.frequency for group in _GROUPS])
    number = int(rng.choice([1, 2, 3], p=[0.35, 0.45, 0.20]))
    chosen = rng.choice(len(_GROUPS), number, replace=False, p=frequencies / frequencies.sum())
    bands = [band for band in _ALWAYS if rng.random() < band.probability]
    for index in chosen:
        bands += [band for band in _GROUPS[index].bands if rng.random() < band.probability]
    for band, (low, high) in (
        (_SKELETON, _SKELETAL_LINES),
        (_FINGERPRINT, _FINGERPRINT_LINES),
    ):
        bands += [band] * int(rng.integers(low, high + 1))
    bands += [_SKELETON] * max(0, _FEWEST_LINES - len(bands))
    position = rng.uniform([b.low_cm1 for b in bands], [b.high_cm1 for b in bands])
    usual = np.array([band.intensity for band in bands])
    intensity = usual * np.exp(rng.normal(0.0, _INTENSITY_SPREAD, len(bands)))
    intensity = np.maximum(intensity / intensity.max(), _WEAKEST)
    natural = np.array([band.fwhm_cm1 for band in bands])
    natural = np.maximum(
        natural * np.exp(rng.normal(0.0, _WIDTH_SPREAD, len(bands))), _SHARPEST_CM1
    )
    seen = np.hypot(natural, resolution_cm1)
    strongest_first = np.argsort(-intensity)[:_MOST_LINES]
    return tuple(
        (round(float(position[i]), 1), round(float(intensity[i]), 3), round(float(seen[i]), 1))
        for i in sorted(strongest_first, key=lambda i: float(position[i]))
    )


def filled_up(
    fill: Fill,
    references: Floats,
    resolution_cm1: float,
    spectrum_of: Callable[[Lines], Floats],
    alike: Alike,
) -> tuple[tuple[CompoundEntry, ...], Floats]:
    """Synthetic compounds until there are `fill.compounds`, and the spectra of all, [C, G].

    Args:
        references: [M, G] of the real compounds; they come first and stay as they are.
        spectrum_of: what the library makes of a line list, [G].
        alike: whether two spectra are nearly the same; a list that resembles one before is drawn
            again.

    Raises:
        RecipeError: so many different spectra were not found.
    """
    rng = np.random.default_rng(fill.seed)
    accepted = references
    entries: list[CompoundEntry] = []
    for _ in range(_ROUNDS):
        missing = fill.compounds - len(accepted)
        if missing <= 0:
            return tuple(entries), accepted
        lists = [random_lines(rng, resolution_cm1) for _ in range(missing)]
        spectra = np.stack([spectrum_of(lines) for lines in lists])
        resembled = alike(spectra, np.concatenate([accepted, spectra]))
        kept: list[int] = []
        for row, resembles in enumerate(resembled):
            beside = [len(accepted) + earlier for earlier in kept]
            if resembles[: len(accepted)].any() or resembles[beside].any():
                continue
            kept.append(row)
            name = f"{SYNTHETIC}-{len(entries) + 1:03d}"
            entries.append(CompoundEntry(name, lines=lists[row], synthetic=True))
        accepted = np.concatenate([accepted, spectra[kept]])
    raise RecipeError(f"no {fill.compounds} spectra that differ were found with seed {fill.seed}")
