"""How bright a frame must be: what `OVER_READOUT` of device/driver/auto_exposure.py costs.

Scenes of a brightness drawn between the darkest and the brightest of the figure `stopping` are
measured until it is certain, with each of some factors between photons and readouts. On some scenes
one factor is chosen by the rule of one standard error (Breiman, Friedman, Olshen & Stone,
Classification and Regression Trees, 1984, section 3.4.3): of all that err no more often than the
best and one standard error of the difference, the one that lights for the shortest time. Other
scenes judge it against 5, 10 and 20, and against frames that fill the camera.
Next: `evidence/stopping.py`, the scenes.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.driver.auto_exposure import OVER_READOUT
from device.driver.growing import SequentialSettings, growing
from device.runtime import why_stop
from device.spectra.spectrum import spectrum_from_acquisition
from evidence.figure import Context, Result
from evidence.pures import Pures
from evidence.stopping import Sample, drawn_sample, lying_under, seen_of
from evidence.stopping_types import BRIGHTNESS, Seen
from evidence.tallies import percent
from train.network.evaluate import Proportion
from train.pages.table import Table

FULL: Final = math.inf  # the camera is filled, as far as the longest frame allows
FACTORS: Final = (2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 20.0, 28.0, FULL)
_JUDGED: Final = (5.0, 10.0, 20.0, FULL)  # beside the chosen one
_STRANGER_EVERY: Final = 5
_FIT, _JUDGE = 0, 1
_STREAM: Final = 21


@dataclass(frozen=True, eq=False)
class Ended:
    """Of one factor, scene by scene: whether the verdict was wrong, and the laser-on time in s."""

    wrong: npt.NDArray[np.bool_]
    lit_s: npt.NDArray[np.float64]


def make(context: Context) -> Result:
    identifier = list(context.identifiers().values())[-1]
    pures = context.pures()
    count = context.count(tiny=4, full=600)
    factors = FACTORS if context.size.value == "full" else (5.0, 10.0, FULL)
    of_all = count * (len(factors) + len(_JUDGED) + 1)
    done = iter(range(1, of_all + 1))

    def counted() -> None:
        context.progress(next(done), of_all)

    fitted = _ended(identifier, _samples(context.seed, _FIT, pures, count), factors, counted)
    best = chosen(fitted)
    others = sorted({best, *_JUDGED})
    judged = _ended(identifier, _samples(context.seed, _JUDGE, pures, count), others, counted)
    tables = (
        _table("Chosen on these scenes", fitted, best),
        _table("Judged on others", judged, best),
    )
    data = {
        "chosen": best,
        "in_use": OVER_READOUT,
        "fitted": _data(fitted),
        "judged": _data(judged),
    }
    return Result(tables, (), data)


def chosen(found: Mapping[float, Ended]) -> float:
    """By the rule of one standard error; the errors are counted on the same scenes."""
    fewest = min(found, key=lambda factor: (int(found[factor].wrong.sum()), factor))
    good = [factor for factor, one in found.items() if _as_good(one.wrong, found[fewest].wrong)]
    return min(good, key=lambda factor: float(found[factor].lit_s.mean()))


def _as_good(one: npt.NDArray[np.bool_], best: npt.NDArray[np.bool_]) -> bool:
    """The variance of a difference of two counts on the same scenes is that of their disagreements
    (McNemar 1947)."""
    more, fewer = int((one & ~best).sum()), int((best & ~one).sum())
    return more - fewer <= math.sqrt(more + fewer)


def _samples(seed: int, part: int, pures: Pures, count: int) -> list[Sample]:
    rng = np.random.default_rng([seed, _STREAM, part])
    darkest, brightest = np.log(BRIGHTNESS[0]), np.log(BRIGHTNESS[-1])
    found = []
    for index in range(count):
        bright = float(np.exp(rng.uniform(darkest, brightest)))
        found.append(drawn_sample(rng, pures, bright, index % _STRANGER_EVERY == 0))
    return found


def _ended(
    identifier: Identifier,
    samples: Sequence[Sample],
    factors: Sequence[float],
    counted: Callable[[], None],
) -> dict[float, Ended]:
    ends: dict[float, list[Seen]] = {factor: [] for factor in factors}
    for sample in samples:
        for factor in factors:
            ends[factor].append(_measured(identifier, sample, factor))
            counted()
    return {
        factor: Ended(
            np.array([not seen.right for seen in one]), np.array([x.laser_on_s for x in one])
        )
        for factor, one in ends.items()
    }


def _measured(identifier: Identifier, sample: Sample, factor: float) -> Seen:
    """As the product measures, but for the factor."""
    settings = SequentialSettings(seen=identifier.bundle.manifest.grid, over_readout=factor)
    with lying_under(sample) as (host, analyzer):
        for look in growing(host, settings, lambda _: None):
            answer = identifier.identify(spectrum_from_acquisition(look.acquisition))
            if why_stop(look, answer, identifier, lambda _: None) is not None:
                break
    return seen_of(answer.identification, sample, look.acquisition.frames, analyzer)


def _table(title: str, found: Mapping[float, Ended], best: float) -> Table:
    rows = []
    for factor, one in found.items():
        wrong = Proportion(int(one.wrong.sum()), len(one.wrong))
        mark = " (chosen)" if factor == best else ""
        rows.append(
            (
                f"{factor:g}{mark}" if factor != FULL else f"the camera is filled{mark}",
                percent(wrong),
                f"{one.lit_s.mean():.3f} ({_error(one.lit_s):.3f})",
                f"{np.median(one.lit_s):.3f}",
            )
        )
    columns = ("photons to readouts", "wrong", "laser on, mean s (standard error)", "median s")
    return Table(title, columns, tuple(rows))


def _error(values: npt.NDArray[np.float64]) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values)))


def _data(found: Mapping[float, Ended]) -> dict[str, dict[str, object]]:
    return {
        f"{factor:g}": {
            "n": len(one.wrong),
            "wrong": int(one.wrong.sum()),
            "laser_on_mean_s": round(float(one.lit_s.mean()), 4),
            "laser_on_median_s": round(float(np.median(one.lit_s)), 4),
        }
        for factor, one in found.items()
    }
