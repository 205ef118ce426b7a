"""One training of a search: a network of other numbers, fewer steps, and an exam at the end.

Next: `search.py`, which runs many of them.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from train.checkpoint import Validation
from train.evaluate import PRESENCE_THRESHOLD, figures_of
from train.fit import VALIDATION_SPECTRA, fit
from train.generator import Generator
from train.ramixnet import DOSAGE, PRESENCE, predict
from train.recipe import NetworkSettings, Recipe
from train.references import Library

_LOOKS = 4  # a trial's steps are cut into as many parts
_EXAM = 6  # added to the evaluation seed, whose next five are taken


@dataclass(frozen=True)
class Look:
    """How a training does after `step` steps, on generated spectra that no trial trains on."""

    step: int
    hits: int  # spectra with every compound right
    spectra: int
    dosage_error: float | None = None  # at the end, of a RaMixNet II

    @property
    def exact(self) -> float:
        return self.hits / self.spectra


def shortened(recipe: Recipe, steps: int) -> Recipe:
    """The recipe with a trial's steps and its looks at held-out spectra."""
    training = replace(
        recipe.training,
        steps=steps,
        warmup_steps=min(recipe.training.warmup_steps, steps // 5),
        validate_every=max(1, steps // _LOOKS),
        patience=0,
    )
    return replace(recipe, training=training)


def fresh_seeds(recipe: Recipe, count: int) -> list[int]:
    """Training seeds besides the recipe's, none of them one that evaluation uses."""
    taken = range(recipe.evaluation.seed, recipe.evaluation.seed + _EXAM + 1)
    following = range(recipe.seed + 1, recipe.seed + 1 + count + len(taken))
    return [seed for seed in following if seed not in taken][:count]


def train_candidate(
    library: Library,
    recipe: Recipe,
    network: NetworkSettings,
    seed: int,
    checkpoint: Path,
    threads: int,
    report: Callable[[Look], None],
) -> None:
    """Train one network, going on from `checkpoint`; the last report is that of the exam.

    All candidates sit the same exam: as many spectra as the recipe's evaluation, of a seed of their
    own, because the figures of the model that comes of it must not be those it was chosen by.
    """
    with contextlib.suppress(RuntimeError):  # too late where TensorFlow has run already
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    candidate = replace(recipe, network=network, seed=seed)

    def validated(look: Validation) -> None:
        if look.step < candidate.training.steps:
            hits = round(look.exact * VALIDATION_SPECTRA)
            report(Look(look.step, hits, VALIDATION_SPECTRA))

    model = fit(library, candidate, None, validated, checkpoint).model
    exam = Generator(library, recipe, recipe.evaluation.seed + _EXAM).batch(
        recipe.evaluation.spectra
    )
    answers = predict(model, exam.inputs)
    thresholds = np.full(len(library.names), PRESENCE_THRESHOLD, dtype=np.float32)
    figures = figures_of(exam, answers[PRESENCE], answers.get(DOSAGE), library.names, thresholds)
    report(
        Look(candidate.training.steps, figures.exact.hits, figures.exact.n, figures.dosage_error)
    )
