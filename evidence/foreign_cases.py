"""Spectra with something in them that the library does not have, and others without.

A compound of the library is foreign to a product that goes without it (`left_out.py`); liquids
and solids outside the library are foreign to all. Next: `unknowns.py`, which counts the answers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import Spectrum
from evidence.figure import Context
from evidence.left_out import foreign_pures
from evidence.pures import Pures
from evidence.scenes import Conditions, draw_shares, make_scene
from train.library.measured import EQUAL_PARTS, IN_LIBRARY, NOT_IN_LIBRARY, MeasuredSpectrum

Floats = npt.NDArray[np.float64]

CONDITIONS = Conditions(snr=100.0, shift_cm1=(-1.0, 1.0), baseline=0.5)
BESIDE = (1, 3)  # known components beside something foreign, unless its kind says otherwise
SMALLEST_SHARE = 0.10  # of the known components beside something foreign
# part of the signal that is foreign, known components beside it, spectra for each compound
_PARTS = {
    "alone": (1.0, (0, 0), 8),
    "50%": (0.5, BESIDE, 12),
    "20%": (0.2, BESIDE, 12),
    "20% among 4-6": (0.2, (4, 6), 8),
}
LEFT_OUT = {name: f"left-out compound, {name}" for name in _PARTS}
ADDED, MEASURED = "outside the library, 20%", "outside the library, alone (measured)"
OWN, OWN_MEASURED = "nothing foreign", "nothing foreign (measured)"
FOREIGN_KINDS = (*LEFT_OUT.values(), MEASURED, ADDED)
_STREAM = 5


@dataclass(frozen=True, eq=False)
class Case:
    """One spectrum, and who is asked about it."""

    kind: str
    foreign: str  # "" when everything is in the library
    present: frozenset[str]  # library compounds that are there
    spectrum: Spectrum
    left_out: int | None = None


def foreign_cases(context: Context) -> Iterator[Case]:
    """All cases of one seed, kind by kind."""
    rng = np.random.default_rng([context.seed, _STREAM])
    pures, outside = context.pures(), outside_spectra(context)
    own = [one for one in context.development() if one.group in (*EQUAL_PARTS, IN_LIBRARY)]
    if context.size.value == "tiny":
        outside, own = outside[:3], own[:3]
    for part, (_, _, repeats) in parts_left_out(len(pures.names)).items():
        for index in range(context.part(2, len(pures.names))):
            for _ in range(context.count(1, repeats)):
                yield _with_left_out(rng, pures, index, part)
    for one in outside:
        yield Case(MEASURED, one.name, frozenset(), one.spectrum)
    if outside:
        yield from _with_added(rng, pures, outside, context.count(1, 8))
    for _ in range(context.count(3, 300)):
        shares = draw_shares(rng, len(pures.names), (1, 4), SMALLEST_SHARE)
        yield _case(OWN, "", pures, shares, make_scene(rng, pures, shares, CONDITIONS).spectrum)
    for one in own:
        yield Case(OWN_MEASURED, "", one.expected, one.spectrum)


def outside_spectra(context: Context) -> list[MeasuredSpectrum]:
    """Measured liquids and solids that the library does not have."""
    return [one for one in context.development() if one.group == NOT_IN_LIBRARY]


def parts_left_out(compounds: int) -> dict[str, tuple[float, tuple[int, int], int]]:
    """What a library of so many compounds can do without: one of two at least.

    Where the name of a part says how many stand beside it, all of them must be there.
    """
    others = compounds - 1
    return {
        name: part
        for name, part in _PARTS.items()
        if others and (part[1][0] <= 1 or part[1][1] <= others)
    }


def _with_left_out(rng: np.random.Generator, pures: Pures, index: int, part: str) -> Case:
    """A part of the signal from compound `index`, the rest from others."""
    share, components, _ = _PARTS[part]
    known = np.zeros(len(pures.names))
    if share < 1.0:
        others = draw_shares(rng, len(pures.names) - 1, components, SMALLEST_SHARE)
        known = np.insert((1.0 - share) * others, index, 0.0)
    everything = known.copy()
    everything[index] = share
    scene = make_scene(rng, pures, everything, CONDITIONS)
    return _case(LEFT_OUT[part], pures.names[index], pures, known, scene.spectrum, index)


def _with_added(
    rng: np.random.Generator, pures: Pures, outside: Sequence[MeasuredSpectrum], repeats: int
) -> Iterator[Case]:
    foreign = foreign_pures(outside, pures.fwhm_cm1)
    for name, curve in zip(foreign.names, foreign.spectra, strict=True):
        for _ in range(repeats):
            shares = 0.8 * draw_shares(rng, len(pures.names), BESIDE, SMALLEST_SHARE)
            scene = make_scene(rng, pures, shares, CONDITIONS, foreign=0.2 * curve)
            yield _case(ADDED, name, pures, shares, scene.spectrum)


def _case(
    kind: str,
    foreign: str,
    pures: Pures,
    shares: Floats,
    spectrum: Spectrum,
    left_out: int | None = None,
) -> Case:
    present = frozenset(np.array(pures.names)[shares > 0].tolist())
    return Case(kind, foreign, present, spectrum, left_out)
