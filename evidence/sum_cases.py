"""Measured spectra added together: measured lines, noise and baselines, and a truth that is known.

Adding cannot show how liquids move each other's lines; everything else is as the instruments saw
it, which no generator can promise. Next: `sums.py`, which counts the answers.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import Spectrum
from evidence.foreign_cases import Case
from evidence.pures import snip
from evidence.scenes import possible
from train.library.measured import IN_LIBRARY, LABELLED_EQUAL, NOT_IN_LIBRARY, MeasuredSpectrum

Floats = npt.NDArray[np.float64]

MIXTURES = "two measured mixtures"
LIQUIDS = "2-5 library liquids of another instrument"
FOREIGN_SHARES = (0.05, 0.10, 0.20, 0.35)
FOREIGN = {share: f"1-3 of them and {share:.0%} foreign" for share in FOREIGN_SHARES}
KINDS = (MIXTURES, LIQUIDS, *FOREIGN.values())

SMALLEST_LIQUID, SMALLEST_BESIDE_FOREIGN = 0.04, 0.08
_COUNTS = 1e4  # height of the strongest line; the scale means nothing


def possible_kinds(measured: Sequence[MeasuredSpectrum]) -> tuple[str, ...]:
    """Of these spectra: two mixtures or two liquids to be added, or one liquid and a foreign."""
    mixtures, liquids, outside = _groups(measured)
    kinds = [MIXTURES] if len(mixtures) > 1 else []
    kinds += [LIQUIDS] if len(liquids) > 1 else []
    return (*kinds, *(FOREIGN.values() if liquids and outside else ()))


def sum_cases(
    rng: np.random.Generator,
    measured: Sequence[MeasuredSpectrum],
    kinds: Sequence[str],
    count: int,
) -> Iterator[Case]:
    """`count` sums of each kind; `foreign` names the one spectrum outside the library."""
    mixtures, liquids, outside = _groups(measured)
    shares = {kind: share for share, kind in FOREIGN.items()}
    for kind in kinds:
        for _ in range(count):
            if kind == MIXTURES:
                chosen = _chosen(rng, mixtures, 2)
                yield _case(kind, chosen, _two(rng))
            elif kind == LIQUIDS:
                chosen = _some(rng, liquids, (2, 5))
                yield _case(kind, chosen, _divided(rng, len(chosen), SMALLEST_LIQUID))
            else:
                (foreign,) = _chosen(rng, outside, 1)
                chosen = _some(rng, liquids, (1, 3))
                known = _divided(rng, len(chosen), SMALLEST_BESIDE_FOREIGN)
                parts = np.append((1.0 - shares[kind]) * known, shares[kind])
                yield _case(kind, [*chosen, foreign], parts, foreign.name)


def _groups(measured: Sequence[MeasuredSpectrum]) -> tuple[list[MeasuredSpectrum], ...]:
    """Mixtures, liquids of the library, spectra outside it."""
    groups = (LABELLED_EQUAL, IN_LIBRARY, NOT_IN_LIBRARY)
    return tuple([one for one in measured if one.group == group] for group in groups)


def added(spectra: Sequence[MeasuredSpectrum], shares: Floats) -> Spectrum:
    """Their sum by Raman height, on whole cm-1 of the range that all of them cover.

    Each keeps its own baseline, scaled with it.
    """
    first = max(one.spectrum.wavenumber_cm1[0] for one in spectra)
    last = min(one.spectrum.wavenumber_cm1[-1] for one in spectra)
    axis_cm1 = np.arange(np.ceil(first), np.floor(last) + 1.0)
    total = np.zeros(len(axis_cm1))
    for one, share in zip(spectra, shares, strict=True):
        counts = np.interp(axis_cm1, one.spectrum.wavenumber_cm1, one.spectrum.intensity)
        total += share * counts / float((counts - snip(counts)).max())
    return Spectrum(axis_cm1, _COUNTS * total, source=" + ".join(one.name for one in spectra))


def _chosen(
    rng: np.random.Generator, spectra: Sequence[MeasuredSpectrum], count: int
) -> list[MeasuredSpectrum]:
    return [spectra[i] for i in rng.choice(len(spectra), size=count, replace=False)]


def _some(
    rng: np.random.Generator, spectra: Sequence[MeasuredSpectrum], components: tuple[int, int]
) -> list[MeasuredSpectrum]:
    """Fewest to most of them, as far as there are so many."""
    fewest, most = possible(components, len(spectra))
    return _chosen(rng, spectra, int(rng.integers(fewest, most + 1)))


def _two(rng: np.random.Generator) -> Floats:
    share = rng.uniform(0.3, 0.7)
    return np.array([share, 1.0 - share])


def _divided(rng: np.random.Generator, count: int, smallest: float) -> Floats:
    """Shares from `smallest` up, uniform over what is left to divide."""
    result: Floats = smallest + (1.0 - count * smallest) * rng.dirichlet(np.ones(count))
    return result


def _case(
    kind: str, spectra: Sequence[MeasuredSpectrum], shares: Floats, foreign: str = ""
) -> Case:
    present = frozenset().union(*(one.expected for one in spectra))
    return Case(kind, foreign, present, added(spectra, shares))
