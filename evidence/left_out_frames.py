"""Every compound left out in turn, on whole frames of the simulated analyzer.

What `unknowns.py` does on spectra, through camera, protocol, driver and calibration: lines of the
instrument's 12 cm-1, its noise, its hot pixels and cosmic rays, a dark frame taken off. A product
that goes without a compound must not call a frame IDENTIFIED that has 20% or more of it.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import Spectrum
from device.verdict.identification import Verdict
from evidence.figure import Context, NothingToShow, Result
from evidence.foreign_answers import ForeignAnswer, ask
from evidence.foreign_cases import Case
from evidence.frames import measure
from evidence.left_out import without
from evidence.pures import AXIS_CM1, Pures
from evidence.scenes import Conditions, baseline_curve, draw_shares, reshaped
from evidence.tallies import percent
from evidence.wording import spelled
from firmware_bridge.simulator.scenes import SpectrumScene, mixture
from train.network.evaluate import Proportion
from train.pages.table import Table

Floats = npt.NDArray[np.float64]

# Part of the signal that is left out; known components beside it.
BESIDE, ALONE = (1, 3), (1, 4)
PARTS = {"alone": (1.0, (0, 0)), "50%": (0.5, BESIDE), "20%": (0.2, BESIDE)}
KNOWN = "nothing left out"
SMALLEST_SHARE = 0.10  # of the known components
SHIFT_CM1 = 1.0  # of the axis against the calibration page, uniform +-
COUNTS_PER_S = (3_000.0, 20_000.0)  # at the highest Raman peak, log-uniform; an exposure is 1 s
BASELINE = Conditions(baseline=0.5)
_STREAM = 12


def make(context: Context) -> Result:
    identifiers, pures = context.identifiers(), context.pures()
    if len(pures.names) < 2:
        return NothingToShow(why="A library of one compound cannot go without it.")
    compounds = context.part(2, len(pures.names))
    repeats = context.count(1, 30)
    of_all = compounds * repeats * (len(PARTS) + 1) * len(identifiers)
    done = iter(range(1, of_all + 1))
    found: dict[str, list[ForeignAnswer]] = {label: [] for label in identifiers}
    for index in range(compounds):
        asked = {label: without(one, index) for label, one in identifiers.items()}
        rng = np.random.default_rng([context.seed, _STREAM, index])
        for case in cases(rng, pures, index, repeats):
            for label, identifier in asked.items():
                outcome = ask(identifier, case, lambda: context.progress(next(done), of_all))
                found[label].append(outcome)
    return Result((_verdicts(found, len(pures.names)), _by_compound(found)), data=_data(found))


def cases(rng: np.random.Generator, pures: Pures, index: int, repeats: int) -> Iterator[Case]:
    """Frames with compound `index` at every part, and frames of other compounds alone."""
    others = len(pures.names) - 1
    for kind, (part, components) in (*PARTS.items(), (KNOWN, (0.0, ALONE))):
        for _ in range(repeats):
            known = np.zeros(len(pures.names))
            if part < 1.0:
                drawn = draw_shares(rng, others, components, SMALLEST_SHARE)
                known = np.insert((1.0 - part) * drawn, index, 0.0)
            everything = known.copy()
            everything[index] = part
            present = frozenset(np.array(pures.names)[known > 0].tolist())
            yield Case(kind, pures.names[index], present, frame(rng, pures, everything))


def frame(rng: np.random.Generator, pures: Pures, shares: Floats) -> Spectrum:
    """Shares [C] of unit-maximum spectra under the simulated analyzer."""
    raman = reshaped(shares @ pures.spectra, float(rng.uniform(-SHIFT_CM1, SHIFT_CM1)), 0.0)
    raman = np.maximum(raman, 0.0)
    light = raman / raman.max() + baseline_curve(rng, len(AXIS_CM1), BASELINE)
    scene = SpectrumScene(
        mixture(AXIS_CM1, [(1.0, light)]),
        counts_per_s=float(np.exp(rng.uniform(*np.log(COUNTS_PER_S)))),
        resolution_cm1=pures.fwhm_cm1,
    )
    return measure(scene, int(rng.integers(2**31)), seconds=1.0)


def _of(found: list[ForeignAnswer], kind: str | None) -> list[ForeignAnswer]:
    """None: all kinds with something left out."""
    return [o for o in found if (o.kind != KNOWN if kind is None else o.kind == kind)]


def _identified(part: list[ForeignAnswer]) -> Proportion:
    return Proportion(sum(o.verdict == Verdict.IDENTIFIED for o in part), len(part))


def _identified_as_another(part: list[ForeignAnswer]) -> Proportion:
    wrong = (o.verdict == Verdict.IDENTIFIED and bool(o.false_names) for o in part)
    return Proportion(sum(wrong), len(part))


def _falsely_named(part: list[ForeignAnswer]) -> Proportion:
    return Proportion(sum(bool(o.false_names) for o in part), len(part))


def _verdicts(found: dict[str, list[ForeignAnswer]], compounds: int) -> Table:
    rows = []
    for kind in (*PARTS, None, KNOWN):
        for label, outcomes in found.items():
            part = _of(outcomes, kind)
            counts = [sum(o.verdict == verdict for o in part) for verdict in Verdict]
            name = "all of these" if kind is None else kind
            every = (_identified(part), _identified_as_another(part), _falsely_named(part))
            rows.append((name, label, *map(str, counts), *map(percent, every)))
    low, high = COUNTS_PER_S
    return Table(
        "Frames with a compound that the product has to go without",
        (
            "left-out part of the signal",
            "network",
            *map(str, Verdict),
            "called IDENTIFIED",
            "the same with a false name",
            "given a false name",
        ),
        tuple(rows),
        (
            "Every compound of the library in turn. Simulated camera (shot, dark and read noise, "
            f"offsets, hot pixels, cosmic rays), 1 s, {low:,.0f}-{high:,.0f} counts at the highest "
            f"Raman peak, lines of 12 cm-1, axis within +-{SHIFT_CM1:g} cm-1, cubic baseline up to "
            f"half the Raman height; {spelled(BESIDE, compounds - 1, 'known compound')} of 10% "
            "and more beside it. Percentages are shares of spectra scaled to unit maximum.",
            f"{KNOWN}: {spelled(ALONE, compounds - 1, 'compound')} that the product knows; there "
            "IDENTIFIED is right.",
            "The network keeps what training taught it about the compound; its output is not "
            "looked at.",
            "In brackets: 95% Wilson interval and n; the second number is the upper 95% bound. It "
            f"counts frames, which come from {compounds} compounds: for other substances it is "
            "wider.",
        ),
    )


def _by_compound(found: dict[str, list[ForeignAnswer]]) -> Table:
    rows = []
    for label, outcomes in found.items():
        for name in dict.fromkeys(o.foreign for o in outcomes):
            own = [o for o in outcomes if o.foreign == name]
            wrong = [o for o in _of(own, None) if o.verdict == Verdict.IDENTIFIED]
            taken_for = Counter(false for o in _of(own, None) for false in o.false_names)
            counts = (f"{_identified(_of(own, k)).hits}/{len(_of(own, k))}" for k in PARTS)
            others = ", ".join(f"{one} {count}" for one, count in taken_for.most_common(4))
            if wrong or taken_for:
                rows.append((name, label, *counts, others or "none"))
    return Table(
        "Which compounds are taken for others",
        ("left out", "network", *(f"IDENTIFIED, {kind}" for kind in PARTS), "false names"),
        tuple(rows),
        ("Compounds without a false answer are not listed.",),
    )


def _data(found: dict[str, list[ForeignAnswer]]) -> dict[str, Any]:
    kinds = {**{kind: kind for kind in (*PARTS, KNOWN)}, "all left out": None}
    return {
        label: {
            name: {
                "identified": _identified(_of(outcomes, kind)).to_json(),
                "identified_as_another": _identified_as_another(_of(outcomes, kind)).to_json(),
                "falsely_named": _falsely_named(_of(outcomes, kind)).to_json(),
            }
            for name, kind in kinds.items()
        }
        for label, outcomes in found.items()
    }
