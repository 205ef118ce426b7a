"""Is presence a probability? How often a compound is there when its presence is p.

All compounds of the library in every scene count, named or not: an absent one at 0.02 is as much
a statement as a present one at 0.98.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.verdict.scores import compound_terms, probability, total
from evidence.figure import Context, Result
from evidence.pures import Pures
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from evidence.tallies import percent
from evidence.wording import counted
from train.network.evaluate import Proportion
from train.pages.drawing import COLOURS, GREY, canvas, save
from train.pages.table import Table

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

COMPONENTS = (1, 5)
SMALLEST_SHARE = 0.01  # so small that presences between 0 and 1 occur
SNR = (20.0, 300.0)  # log-uniform
FWHM_FACTOR = (1.0, 1.3)
EDGES: Floats = np.linspace(0.0, 1.0, 11)
_STREAM = 7
_CONDITIONS = Conditions(
    shift_cm1=(-2.0, 2.0), baseline=1.0, own_shift_cm1=1.0, intensity_jitter=0.1, response=0.05
)


@dataclass(frozen=True, eq=False)
class Said:
    """What one source answered about N compounds in scenes, and what was true."""

    presence: Floats  # [N]
    present: Bools  # [N]

    @property
    def bin_of(self) -> npt.NDArray[np.intp]:
        return np.clip(np.digitize(self.presence, EDGES) - 1, 0, len(EDGES) - 2)

    def bins(self) -> list[tuple[float, Proportion]]:
        """(mean presence, part really there) of each bin; NaN where nothing was said."""
        result = []
        for index in range(len(EDGES) - 1):
            inside = self.bin_of == index
            mean = float(self.presence[inside].mean()) if inside.any() else float("nan")
            result.append((mean, Proportion(int(self.present[inside].sum()), int(inside.sum()))))
        return result

    def calibration_error(self) -> float:
        """Expected calibration error (Naeini et al. 2015): bins weighted by what they hold."""
        parts = [(mean, part) for mean, part in self.bins() if part.n]
        return sum(part.n * abs(mean - part.value) for mean, part in parts) / len(self.presence)

    def brier_score(self) -> float:
        return float(np.mean((self.presence - self.present) ** 2))

    def between(self) -> "Said":
        """Without the first and the last bin, where nearly everything is."""
        doubtful = (self.bin_of > 0) & (self.bin_of < len(EDGES) - 2)
        return Said(self.presence[doubtful], self.present[doubtful])


def make(context: Context) -> Result:
    identifiers, pures = context.identifiers(), context.pures()
    rng = np.random.default_rng([context.seed, _STREAM])
    count = context.count(tiny=6, full=500)
    scenes = [doubtful_scene(rng, pures) for _ in range(count)]
    of_all = count * len(identifiers)
    done = iter(range(1, of_all + 1))
    found: dict[str, Said] = {}
    for label, identifier in identifiers.items():
        rows = []
        for scene in scenes:
            rows.append(presences(identifier, scene))
            context.progress(next(done), of_all)
        present = np.concatenate([scene.present for scene in scenes])
        for name, column in (("network", 0), ("product", 1)):
            found[f"{name} {label}"] = Said(np.concatenate([row[column] for row in rows]), present)
    picture = _draw(found, context.out / "reliability-diagram.png")
    tables = (_errors(found, count, len(pures.names)), _bins(found))
    return Result(tables, (picture,), {name: _data(said) for name, said in found.items()})


def presences(identifier: Identifier, scene: Scene) -> tuple[Floats, Floats]:
    """[C] of the network, and [C] of the product with its fit."""
    answer = identifier.identify(scene.spectrum)
    fit = answer.identification.full_fit
    if answer.prediction is None or fit is None:
        nothing = np.zeros(len(scene.shares))
        return nothing, nothing
    network = answer.prediction.presence
    product = probability(total(compound_terms(fit, network, identifier.numbers)))
    return np.asarray(network, dtype=np.float64), product


def doubtful_scene(rng: np.random.Generator, pures: Pures) -> Scene:
    """One mixture with weak components or strong noise, so that presence lies between 0 and 1."""
    conditions = replace(
        _CONDITIONS,
        snr=float(np.exp(rng.uniform(*np.log(SNR)))),
        fwhm_factor=float(rng.uniform(*FWHM_FACTOR)),
    )
    shares = draw_shares(rng, len(pures.names), COMPONENTS, SMALLEST_SHARE)
    return make_scene(rng, pures, shares, conditions)


def _errors(found: dict[str, Said], scenes: int, compounds: int) -> Table:
    rows = []
    for name, said in found.items():
        between = said.between()
        first, last = said.bins()[0][1], said.bins()[-1][1]
        rows.append(
            (
                name,
                f"{said.calibration_error():.4f}",
                f"{between.calibration_error():.3f} (n={len(between.presence)})"
                if len(between.presence)
                else "-",
                f"{said.brier_score():.4f}",
                percent(first),
                percent(last),
            )
        )
    return Table(
        "Calibration of presence",
        (
            "source",
            "expected calibration error",
            "the same between 0.1 and 0.9",
            "Brier score",
            "there though below 0.1",
            "there at 0.9 and above",
        ),
        tuple(rows),
        (
            f"{scenes} scenes, {compounds} statements each: {counted(COMPONENTS, compounds)} "
            f"of {SMALLEST_SHARE:.0%} and more, SNR {SNR[0]:g} to {SNR[1]:g} "
            "(log-uniform), lines up to 30% wider, axis shift within +-2 cm-1, each component "
            "shifted by +-1 cm-1 besides, its relative intensities within +-10%, response within "
            "+-5%.",
            "A probability of presence holds for such mixtures: with other shares and other "
            "numbers of components the same evidence means something else.",
            "In brackets: 95% Wilson interval and n.",
        ),
    )


def _bins(found: dict[str, Said]) -> Table:
    columns = {name: said.bins() for name, said in found.items()}
    rows = []
    for index, (low, high) in enumerate(zip(EDGES, EDGES[1:], strict=False)):
        cells = []
        for bins in columns.values():
            mean, part = bins[index]
            cells.append(f"said {mean:.2f}, true {percent(part)}" if part.n else "-")
        rows.append((f"{low:.1f}-{high:.1f}", *cells))
    return Table("Said and true, by tenths of presence", ("presence", *columns), tuple(rows))


def _draw(found: dict[str, Said], path: Path) -> Path:
    figure = canvas(4.5)
    axes, counts = figure.subplots(1, 2, width_ratios=(3, 2))
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--")
    for number, ((name, said), colour) in enumerate(zip(found.items(), COLOURS, strict=False)):
        bins = [(mean, part) for mean, part in said.bins() if part.n]
        mean = np.array([mean for mean, _ in bins])
        value = np.array([part.value for _, part in bins])
        low, high = np.array([part.interval for _, part in bins]).T
        spread = np.maximum([value - low, high - value], 0.0)
        axes.errorbar(mean, value, spread, fmt="o-", markersize=4, color=colour, label=name)
        places = np.arange(len(EDGES) - 1) + 0.2 * (number - 1.5)
        counts.bar(places, [part.n for _, part in said.bins()], 0.2, color=colour)
    axes.set_xlabel("presence as it is said")
    axes.set_ylabel("really there (95% Wilson)")
    axes.legend(fontsize=8)
    axes.grid(True, color="#e6e6e6")
    counts.set_yscale("log")
    counts.set_xlabel("tenth of presence")
    counts.set_ylabel("statements")
    return save(figure, path)


def _data(said: Said) -> dict[str, Any]:
    return {
        "expected_calibration_error": round(said.calibration_error(), 5),
        "brier_score": round(said.brier_score(), 5),
        "bins": [
            {"said": round(mean, 4) if part.n else None, "true": part.to_json()}
            for mean, part in said.bins()
        ],
    }
