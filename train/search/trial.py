"""One training of a search: a network of other numbers, fewer steps, and an exam at the end.

Next: `search.py`, which runs many of them.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from train.library.references import TrainingLibrary
from train.network.checkpoint import Validation
from train.network.evaluate import PRESENCE_THRESHOLD, figures_of
from train.network.exam import VALIDATION_SPECTRA
from train.network.fit import fit
from train.network.ramixnet import DOSAGE, PRESENCE, predict
from train.recipe import NetworkSettings, Recipe
from train.spectra.generator import Generator

_LOOKS = 4  # a trial's steps are cut into as many parts
_EXAM = 6  # added to the evaluation seed, whose next five are taken


@dataclass(frozen=True)
class Look:
    """How a training does after `step` steps, on generated spectra that no trial trains on."""

    step: int
    loss: float  # smoothed, of batches just before they were learned from
    hits: int  # spectra with every compound right
    spectra: int
    dosage_error: float | None = None  # at the end, of a RaMixNet II

    @property
    def exact(self) -> float:
        return self.hits / self.spectra


def shortened(recipe: Recipe, steps: int) -> Recipe:
    """The recipe in fewer steps: everything that counts them shrinks along.

    An average over as many steps as in the recipe would still hold the first weights at the end.
    """
    whole = recipe.training
    forgets = (1 - whole.average_decay) * max(1.0, whole.steps / steps)  # of the average, a step
    training = replace(
        whole,
        steps=steps,
        warmup_steps=min(whole.warmup_steps, steps // 5),
        average_decay=1 - min(1.0, forgets),
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
    library: TrainingLibrary,
    recipe: Recipe,
    network: NetworkSettings,
    seed: int,
    checkpoint: Path,
    threads: int,
    report: Callable[[Look], None],
) -> None:
    """Train one network, going on from `checkpoint`; the last report is that of the evaluation.

    All candidates are evaluated alike, on as many spectra as the recipe's evaluation, of a seed of
    their own, because the figures of the model that comes of it must not be those it was chosen by.
    """
    with contextlib.suppress(RuntimeError):  # too late where TensorFlow has run already
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    candidate = replace(recipe, network=network, seed=seed)

    def validated(look: Validation) -> None:
        if look.step < candidate.training.steps:
            hits = round(look.exact * VALIDATION_SPECTRA)
            report(Look(look.step, look.loss, hits, VALIDATION_SPECTRA))

    fitted = fit(library, candidate, None, validated, checkpoint)
    exam = Generator(library, recipe, recipe.evaluation.seed + _EXAM).batch(
        recipe.evaluation.spectra
    )
    answers = predict(fitted.model, exam.inputs)
    thresholds = np.full(len(library.names), PRESENCE_THRESHOLD, dtype=np.float32)
    figures = figures_of(exam, answers[PRESENCE], answers.get(DOSAGE), library.names, thresholds)
    report(
        Look(
            step=candidate.training.steps,
            loss=fitted.final_loss,
            hits=figures.exact.hits,
            spectra=figures.exact.n,
            dosage_error=figures.dosage_error,
        )
    )
