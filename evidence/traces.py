"""Traces: components of 2-5% beside larger ones; how many are found, and how many invented."""

import numpy as np
import numpy.typing as npt

from evidence.asked import methods
from evidence.figure import Context, NothingToShow, Result
from evidence.ideal import NO_IDEAL, ideal_detector
from evidence.rivals import LeastSquares
from evidence.robustness import IDEAL
from evidence.scenes import Conditions, draw_shares, make_scene, possible
from evidence.tallies import Tally, ideal, percent, rival, tally, worst
from evidence.wording import counted
from train.network.evaluate import Proportion
from train.pages.table import Table

TRACE = (0.02, 0.05)
LOWER_LIMITS = (0.020, 0.015)  # the rivals' 3% rule would not even look
_LARGE = (1, 3)  # components beside the traces
_STREAM = 3
_CONDITIONS = {
    "cubic baseline": Conditions(snr=100.0, shift_cm1=(-1.0, 1.0), baseline=0.5),
    "baseline 19 times the Raman": Conditions(
        snr=100.0, shift_cm1=(-1.0, 1.0), baseline=19.0, strong_baseline=True
    ),
}


def make(context: Context) -> Result:
    pures = context.pures()
    if len(pures.names) < 2:
        return NothingToShow(why="A trace stands beside another compound, and the library has one.")
    count = context.count(tiny=3, full=200)
    done = iter(range(1, count * len(_CONDITIONS) + 1))
    detector = ideal_detector(pures.inside, largest=5, smallest_share=TRACE[0])
    found: dict[str, dict[str, Tally]] = {}
    for number, (name, conditions) in enumerate(_CONDITIONS.items()):
        rng = np.random.default_rng([context.seed, _STREAM, number])
        scenes = [
            make_scene(rng, pures, draw_with_traces(rng, len(pures.names)), conditions)
            for _ in range(count)
        ]
        every = methods(context)
        references = context.references().inside
        for limit in LOWER_LIMITS:
            for label, derivative in (("least squares", False), ("first derivative", True)):
                every[f"{label}, {limit:.1%}"] = rival(LeastSquares(references, derivative, limit))
        if detector is not None and not conditions.strong_baseline:
            every[IDEAL] = ideal(detector, scenes)
        found[name] = tally(
            scenes, every, lambda: context.progress(next(done), count * len(_CONDITIONS))
        )
    rows = tuple(
        (
            condition,
            method,
            percent(one.weak_recall),
            percent(one.false_positives),
            percent(one.exact_match),
            worst(one.missed, pures.names),
            worst(one.added, pures.names),
        )
        for condition, tallies in found.items()
        for method, one in tallies.items()
    )
    table = Table(
        f"{counted(_LARGE, len(pures.names) - 1, 'large component')} and one or two of 2-5%, "
        f"SNR 100, {count} mixtures each",
        ("condition", "method", "traces found", "false positives", "exact", "missed", "added"),
        rows,
        (
            "Traces found: of the components below 5% of the signal. False positives: of the "
            "compounds that are not there, each one counted by itself.",
            "The ideal linear detector knows every pure, the noise, the shift and that nothing is "
            "below 2%; its baseline is a cubic, as the scenes' is in the first condition."
            if detector is not None
            else NO_IDEAL,
            "In brackets: 95% Wilson interval and n.",
        ),
    )
    data = {
        condition: {method: one.to_json(pures.names) for method, one in tallies.items()}
        for condition, tallies in found.items()
    }
    return Result((table, _by_compound(found, pures.names)), data=data)


def draw_with_traces(rng: np.random.Generator, compounds: int) -> npt.NDArray[np.float64]:
    """[compounds] shares: one or two traces, the rest to one to three others of 10% and more."""
    shares = draw_shares(rng, compounds, possible(_LARGE, compounds - 1), 0.12)
    free = np.flatnonzero(shares == 0)
    chosen = rng.permutation(free)[: int(rng.integers(1, 3))]
    traces = rng.uniform(*TRACE, len(chosen))
    shares *= 1.0 - traces.sum()
    shares[chosen] = traces
    return shares


def _by_compound(found: dict[str, dict[str, Tally]], names: tuple[str, ...]) -> Table:
    first = next(iter(found.values()))
    product = next(iter(first))
    one = first[product]
    return Table(
        f"What {product} missed and added, by compound ({next(iter(found))})",
        ("compound", "missed", "added in"),
        tuple(
            (name, str(one.missed.get(i, 0)), percent(Proportion(one.added.get(i, 0), one.n)))
            for i, name in enumerate(names)
            if i in one.missed or i in one.added
        ),
    )
