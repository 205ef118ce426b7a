"""Would a temperature make presence a better probability? Tried on spectra that did not choose it.

`evidence/reliability.py` measures how well calibrated presence is; here its log odds are divided by
one number (temperature scaling, Guo et al. 2017), chosen on spectra of the training's generator,
or, for presence from network and fit together, on other scenes of the tests' generator. The
decision has a fitted weight of the network's log odds already, which is one over a temperature.
Next: `experiments.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from evidence.figure import Context
from evidence.pures import Pures
from evidence.reliability import Said, doubtful_scene, presences
from notebook.shipped import LIBRARY
from train.library.references import TrainingLibrary
from train.network.evaluate import predict_int8
from train.pages.table import Table
from train.recipe import RECIPE_FOLDER, load_recipe
from train.spectra.generator import Generator

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TEMPERATURES: Floats = np.exp(np.linspace(np.log(0.25), np.log(4.0), 81))
_STREAM = 12
_BOOTSTRAPS = 400
_EDGE = 1 / 512  # int8 knows nothing nearer to 0 and 1


@dataclass(frozen=True, eq=False)
class Statements:
    """Presences of C compounds in S scenes, and what was true."""

    presence: Floats  # [S, C]
    present: Bools  # [S, C]
    labelled: Bools  # [S, C]; False where neither answer is wrong

    def at(self, temperature: float) -> "Statements":
        odds = _log_odds(self.presence) / temperature
        return Statements(1.0 / (1.0 + np.exp(-odds)), self.present, self.labelled)

    def said(self, scenes: npt.NDArray[np.intp] | slice = slice(None)) -> Said:
        kept = self.labelled[scenes]
        return Said(self.presence[scenes][kept], self.present[scenes][kept])


def best_temperature(statements: Statements) -> float:
    """The one of `TEMPERATURES` of the highest likelihood."""
    return float(min(TEMPERATURES, key=lambda t: _cross_entropy(statements.at(float(t)).said())))


def gain(before: Statements, after: Statements, seed: int) -> tuple[float, float, float]:
    """By how much the calibration error falls, with a 95% interval (bootstrap over scenes)."""
    rng = np.random.default_rng([seed, _STREAM, 9])
    count = len(before.presence)
    drawn = []
    for _ in range(_BOOTSTRAPS):
        scenes = rng.integers(count, size=count)
        drawn.append(_error(before, scenes) - _error(after, scenes))
    low, high = np.percentile(drawn, [2.5, 97.5])
    everything = np.arange(count)
    return _error(before, everything) - _error(after, everything), float(low), float(high)


def calibration(
    context: Context,
    library: TrainingLibrary,
    identifiers: dict[str, Identifier],
    done: Callable[[], None],
) -> tuple[Table, dict[str, dict[str, float]]]:
    """One row for each source of a probability and each way to mend it; `done` after a scene."""
    scenes = scenes_asked(context)
    pures = context.pures()
    chosen_on = [_stated(identifiers, pures, (context.seed, 0, n), done) for n in range(scenes)]
    tried_on = [_stated(identifiers, pures, (context.seed, 1, n), done) for n in range(scenes)]
    rows: list[tuple[str, ...]] = []
    data: dict[str, dict[str, float]] = {}
    for label, identifier in identifiers.items():
        alone = _statements(tried_on, label, 0)
        both = _statements(tried_on, label, 1)
        generated = _generated(context, library, identifier, label)
        by_generated = best_temperature(generated)
        by_scenes = best_temperature(_statements(chosen_on, label, 1))
        trained = f"its training's generator, T = {by_generated:.2f}"
        for what, before, after, on in (
            (f"network {label}, on its training's generator", generated, None, ""),
            (f"network {label}", alone, None, ""),
            (f"network {label}", alone, alone.at(by_generated), trained),
            (f"network {label} and fit", both, None, ""),
            (
                f"network {label} and fit",
                both,
                both.at(by_scenes),
                f"other scenes of the same kind, T = {by_scenes:.2f}",
            ),
        ):
            said = (before if after is None else after).said()
            cells = [what, on or "as it is", f"{said.calibration_error():.4f}"]
            cells += [f"{said.brier_score():.4f}"]
            entry = {
                "expected_calibration_error": round(said.calibration_error(), 5),
                "brier_score": round(said.brier_score(), 5),
            }
            if after is None:
                cells += ["", ""]
            else:
                size, low, high = gain(before, after, context.seed)
                entry |= {"gain": round(size, 5), "low": round(low, 5), "high": round(high, 5)}
                cells += [f"{size:+.4f} ({low:+.4f} to {high:+.4f})", _verdict(low, high)]
            rows.append(tuple(cells))
            data[f"{what}; {on or 'as it is'}"] = entry
    table = Table(
        "Presence as a probability: is a temperature worth it?",
        ("source", "temperature chosen on", "calibration error", "Brier score", "gain", "result"),
        tuple(rows),
        (
            f"Expected calibration error over ten equal bins, {scenes} scenes as in `reliability` "
            "(which shows the diagram); the first row of each network is measured on the "
            "training's generator instead, seed apart. Gain: by how much the error falls, with a "
            "95% interval by bootstrap over scenes.",
        ),
    )
    return table, data


def scenes_asked(context: Context) -> int:
    """In each of two sets: one chooses, the other judges."""
    return context.count(tiny=4, full=250)


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "better beyond chance"
    return "worse beyond chance" if high < 0 else "no difference beyond chance"


_Stated = tuple[Bools, dict[str, tuple[Floats, Floats]]]  # the truth; by label `presences`


def _stated(
    identifiers: dict[str, Identifier],
    pures: Pures,
    place: tuple[int, int, int],
    done: Callable[[], None],
) -> _Stated:
    seed, part, number = place
    scene = doubtful_scene(np.random.default_rng([seed, _STREAM, part, number]), pures)
    found = {label: presences(one, scene) for label, one in identifiers.items()}
    done()
    return scene.present, found


def _statements(stated: list[_Stated], label: str, together: int) -> Statements:
    """Of the network by itself, or of network and fit together."""
    presence = np.stack([found[label][together] for _, found in stated])
    present = np.stack([truth for truth, _ in stated])
    return Statements(presence, present, np.ones_like(present))


def _generated(
    context: Context, library: TrainingLibrary, identifier: Identifier, label: str
) -> Statements:
    recipe = load_recipe(RECIPE_FOLDER / f"{LIBRARY}-{len(label)}.toml")
    # + 5: evaluation, calibration, golden vectors, price and validation use the seeds before
    generator = Generator(library, recipe, recipe.evaluation.seed + 5)
    batch = generator.batch(context.count(tiny=50, full=4000))
    presence, _ = predict_int8(identifier.bundle.model, batch.inputs)
    labelled = batch.presence_weight > 0
    return Statements(presence.astype(np.float64), batch.presence > 0, labelled)


def _log_odds(presence: Floats) -> Floats:
    clipped = np.clip(presence, _EDGE, 1.0 - _EDGE)
    result: Floats = np.log(clipped / (1.0 - clipped))
    return result


def _cross_entropy(said: Said) -> float:
    right = np.where(said.present, said.presence, 1.0 - said.presence)
    return -float(np.mean(np.log(np.maximum(right, 1e-12))))


def _error(statements: Statements, scenes: npt.NDArray[np.intp]) -> float:
    return statements.said(scenes).calibration_error()
