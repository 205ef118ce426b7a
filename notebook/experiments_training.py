"""Experiments on training: one setting of the shipped recipe changed, all trained equally short.

Each network ends as an int8 file and is asked by itself. Finished rows are kept beside the figure,
and so is the state of the row at work: an interrupted figure goes on where it was. Another recipe,
library or seed makes rows of its own; after a change of the code, delete the folder.
Next: `experiments_calibration.py`, what presence is worth as a probability.
"""

import hashlib
import json
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from device.answer.identifier import Identifier
from device.durable import written_whole
from device.inference.interpreter import Interpreter
from evidence.figure import Size
from evidence.tallies import network
from notebook.experiments_cases import SCENES, Case, mark
from notebook.experiments_pairs import Row
from notebook.shipped import LIBRARY
from train.library.references import TrainingLibrary
from train.network.checkpoint import fingerprint
from train.network.evaluate import PRESENCE_THRESHOLD
from train.recipe import RECIPE_FOLDER, QuantizationSettings, Recipe, load_recipe
from train.spectra.generator import Generator

STEPS = 1000
_RECIPE = RECIPE_FOLDER / f"{LIBRARY}-2.toml"
_TINY_STEPS = 4


@dataclass(frozen=True)
class Trial:
    """One recipe, named by what differs from the first."""

    label: str
    why: str
    recipe: Recipe
    repeats: bool = False


def trials(size: Size) -> tuple[Trial, ...]:
    """The shipped recipe of RaMixNet II, made short, and what is tried beside it."""
    base = load_recipe(_RECIPE)
    steps = STEPS if size is Size.FULL else _TINY_STEPS
    # the average over the weights must forget the first steps in less time
    short = replace(base.training, steps=steps, warmup_steps=steps // 10, average_decay=0.99)
    calibration = base.evaluation.calibration_spectra if size is Size.FULL else 20
    evaluation = replace(base.evaluation, calibration_spectra=calibration)
    plain = QuantizationSettings()  # the float network is what differs: no training after training
    base = replace(base, training=short, evaluation=evaluation, quantization=plain)

    def other(label: str, why: str, **changes: Any) -> Trial:
        """`changes` by section of the recipe: a dict of settings, or a value of its own."""
        recipe = base
        for name, value in changes.items():
            section = replace(getattr(base, name), **value) if isinstance(value, dict) else value
            recipe = replace(recipe, **{name: section})
        return Trial(label, why, recipe)

    rate = short.learning_rate
    every = (
        Trial("shipped recipe, made short", "All others differ from it in one thing.", base),
        other(
            "no axis shift",
            "No shift, no stretch, no shift of single compounds.",
            distortions={"shift_cm1": 0.0, "stretch_cm1": 0.0, "compound_shift_cm1": 0.0},
        ),
        replace(
            other("another seed (1)", "What chance alone does.", seed=base.seed + 7), repeats=True
        ),
        other(
            "no widening",
            "Every line as wide as its reference.",
            distortions={"largest_fwhm_cm1": 0.0, "broadening_levels": 1},
        ),
        other("no baselines", "Nothing under the lines.", baselines={"kinds_at_most": 0}),
        other(
            "no foreign signal",
            "Nothing that the library does not have.",
            mixtures={"foreign_alone": 0.0, "foreign_added": 0.0},
        ),
        other("no traces", "No component below 5%.", mixtures={"smallest_share": 0.05}),
        other(
            "absolute target", "The paper's target, which normalisation removes.", target="absolute"
        ),
        other(
            "no intensity jitter",
            "Each compound's lines in their reference's proportions.",
            distortions={"intensity_jitter": 0.0},
        ),
        other(
            "no response variation",
            "One response curve for every instrument.",
            distortions={"response_variation": 0.0},
        ),
        other(
            "no cosmic rays, no dark structure",
            "A clean detector.",
            distortions={"cosmic_ray_probability": 0.0, "dark_structure_probability": 0.0},
        ),
        other("half the learning rate", "Too fast?", training={"learning_rate": rate / 2}),
        other("twice the learning rate", "Too slow?", training={"learning_rate": rate * 2}),
        replace(
            other("another seed (2)", "What chance alone does.", seed=base.seed + 8), repeats=True
        ),
        other(
            "dosage counts once",
            f"Its loss unweighted instead of {short.dosage_weight:g} times the presence's.",
            training={"dosage_weight": 1.0},
        ),
        other(
            "no dosage path", "RaMixNet I: does learning amounts help presence?", task="ramixnet1"
        ),
    )
    return every if size is Size.FULL else every[:1]


def shipped_steps() -> int:
    return load_recipe(_RECIPE).training.steps


def run(
    trial: Trial,
    library: TrainingLibrary,
    identifier: Identifier,
    every: list[Case],
    work: Path,
    mark_of_cases: str,
    advance: Callable[[int], None],
) -> Row:
    """Train, quantize and ask one network, or read what an earlier run found.

    Args:
        identifier: of the shipped model; lends its order of compounds.
        work: folder where results and the training's state are kept.
        mark_of_cases: tells these cases from all others.
        advance: is called with the steps done.
    """
    decides = f"{fingerprint(library, trial.recipe)} {mark_of_cases}"
    kept = work / f"{hashlib.sha256(decides.encode()).hexdigest()[:16]}.json"
    if kept.exists():
        advance(trial.recipe.training.steps)
        return _read(trial, json.loads(kept.read_text(encoding="utf-8")))
    asked = copy(identifier)
    checkpoint = kept.with_suffix(".checkpoint")
    asked.interpreter = Interpreter(_train(trial.recipe, library, checkpoint, advance))
    asked.presence_thresholds = np.full(len(library.names), PRESENCE_THRESHOLD)
    right, errors = mark(every, network(asked), lambda: None)
    row = Row(trial.label, trial.why, right, errors, trial.repeats)
    with written_whole(kept) as stream:
        stream.write(json.dumps(_written(row), indent=1).encode())
    checkpoint.unlink(missing_ok=True)
    return row


def mark_of(seed: int, counts: dict[str, int], size: Size) -> str:
    """What decides the cases."""
    return f"{seed} {sorted(counts.items())} {size} {sorted(SCENES.items())}"


def _train(
    recipe: Recipe, library: TrainingLibrary, checkpoint: Path, advance: Callable[[int], None]
) -> bytes:
    from train.int8.quantize import quantize
    from train.network.fit import fit

    fitted = fit(library, recipe, lambda step, _loss: advance(step), checkpoint=checkpoint)
    generator = Generator(library, recipe, recipe.evaluation.seed)
    return quantize(fitted.model, generator.batch(recipe.evaluation.calibration_spectra).inputs)


def _written(row: Row) -> dict[str, Any]:
    return {
        "changed": row.label,
        "right": {key: "".join(map(str, marks.astype(int))) for key, marks in row.right.items()},
        "share_errors": {group: np.round(off, 6).tolist() for group, off in row.errors.items()},
    }


def _read(trial: Trial, kept: dict[str, Any]) -> Row:
    right = {key: np.array([c == "1" for c in marks]) for key, marks in kept["right"].items()}
    errors = {group: np.array(off) for group, off in kept["share_errors"].items()}
    return Row(trial.label, trial.why, right, errors, trial.repeats)
