"""Training: generated spectra in, a float network out; seeded from the first weight to the last.

Presence is learned by binary cross-entropy, dosage by mean squared error weighted towards the
compounds that are there (paper: weighted MSE), both at once.
Next: `quantize.py`, which turns the result into int8.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from train.generator import Batch, Generator
from train.ramixnet import DOSAGE, PRESENCE, build
from train.recipe import Recipe
from train.references import Library

# Absent compounds are many and easy; a present one's amount counts this many times as much.
_PRESENT_DOSAGE_WEIGHT = 4.0
_SMOOTHING = 0.98  # of the loss that progress bars show

Progress = Callable[[int, float], None]  # step, smoothed loss


@dataclass(frozen=True)
class Fitted:
    """A trained float network."""

    model: Any
    final_loss: float
    spectra_seen: int


def fit(library: Library, recipe: Recipe, progress: Progress | None = None) -> Fitted:
    """Train one network as the recipe says."""
    tf.keras.utils.set_random_seed(recipe.seed)
    # A few per cent slower, and the same seeds give the same weights on the same machine.
    tf.config.experimental.enable_op_determinism()
    training = recipe.training
    compound_count, grid_size = library.references.shape
    model = build(recipe.network, grid_size, compound_count, recipe.task)
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=training.learning_rate / 100,
        decay_steps=max(1, training.steps - training.warmup_steps),
        warmup_target=training.learning_rate,
        warmup_steps=training.warmup_steps,
    )
    optimizer = tf.keras.optimizers.AdamW(
        schedule,
        weight_decay=training.weight_decay,
        use_ema=True,
        ema_momentum=training.average_decay,
    )
    optimizer.build(model.trainable_variables)
    step = _training_step(model, optimizer, training.dosage_weight)
    smoothed = float("nan")
    generator = Generator(library, recipe, recipe.seed)
    batches = generator.prefetched(training.batch, training.steps)
    for number, batch in enumerate(batches, start=1):
        loss = float(step(*_tensors(batch)))
        if not np.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} after {number} steps")
        smoothed = loss if number == 1 else _SMOOTHING * smoothed + (1 - _SMOOTHING) * loss
        if progress is not None:
            progress(number, smoothed)
    optimizer.finalize_variable_values(model.trainable_variables)
    return Fitted(model, smoothed, training.steps * training.batch)


def _tensors(batch: Batch) -> tuple[Any, ...]:
    return (
        tf.constant(batch.inputs),
        tf.constant(batch.presence),
        tf.constant(batch.presence_weight),
        tf.constant(batch.dosage),
    )


def _training_step(model: Any, optimizer: Any, dosage_weight: float) -> Any:
    def losses(logits: dict[str, Any], presence: Any, weight: Any, dosage: Any) -> Any:
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=presence, logits=logits[PRESENCE])
        loss = tf.reduce_sum(entropy * weight) / tf.maximum(tf.reduce_sum(weight), 1.0)
        if DOSAGE in logits:
            # unlabelled compounds (weight 0) have a known amount, so they count here
            importance = 1.0 + (_PRESENT_DOSAGE_WEIGHT - 1.0) * tf.cast(dosage > 0, tf.float32)
            squared = tf.square(tf.sigmoid(logits[DOSAGE]) - dosage) * importance
            loss += dosage_weight * tf.reduce_sum(squared) / tf.reduce_sum(importance)
        return loss

    @tf.function  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def step(inputs: Any, presence: Any, weight: Any, dosage: Any) -> Any:
        spectra = tf.cast(inputs[:, None, :, None], tf.float32) / 127.0
        with tf.GradientTape() as tape:
            loss = losses(model(spectra, training=True), presence, weight, dosage)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return step
