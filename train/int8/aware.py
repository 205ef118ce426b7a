"""Quantization-aware fine-tuning: the trained network learns on, rounded as its int8 file will be.

Its targets are its own answers without rounding, because the aim is to agree with float; trained
on labels the network drifts (they cost a tiny network half a point of weak components).
Weights stay float and are converted afterwards like any other's. The spectra continue the
recipe's with a seed of their own.
Next: `quantize.py`, the conversion; `simulated.py`, what is rounded and how.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from train.int8.simulated import Ranges, as_spectra, simulate
from train.library.references import TrainingLibrary
from train.network.diverged import TrainingDiverged
from train.network.losses import loss_of
from train.network.ramixnet import DOSAGE, PRESENCE, build
from train.recipe import Recipe
from train.spectra.generator import Generator

SEED_OFFSET = 500_000  # from the training seed: spectra that the float training has not seen
_RANGES_EVERY = 25  # steps; activations drift slowly at this learning rate
_WARMUP = 0.05  # part of all steps: the optimizer starts without knowing the gradients
_AVERAGE_DECAY = 0.99
_SMOOTHING = 0.98  # of the loss that progress bars show

Progress = Callable[[int, float], None]  # step, smoothed loss


def fine_tune(
    model: Any,
    library: TrainingLibrary,
    recipe: Recipe,
    calibration: npt.NDArray[np.int8],
    progress: Progress | None = None,
) -> Any:
    """A network that started as `model`, which stays as it is, and learned on.

    Args:
        calibration: int8[k, G], the very inputs that `quantize` will be given.
    """
    settings, training = recipe.quantization, recipe.training
    tf.config.experimental.enable_op_determinism()
    compound_count, grid_size = library.references.shape
    tuned = build(recipe.network, grid_size, compound_count, recipe.task)
    tuned.set_weights(model.get_weights())
    warmup = max(1, int(_WARMUP * settings.steps))
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.learning_rate / 100,
        decay_steps=max(1, settings.steps - warmup),
        warmup_target=settings.learning_rate,
        warmup_steps=warmup,
    )
    optimizer = tf.keras.optimizers.AdamW(
        schedule,
        weight_decay=training.weight_decay,
        use_ema=True,
        ema_momentum=min(_AVERAGE_DECAY, training.average_decay),
    )
    optimizer.build(tuned.trainable_variables)
    ranges = Ranges(tuned, calibration)
    learn = _tuning_step(model, tuned, ranges, optimizer, training.dosage_weight)
    generator = Generator(library, recipe, recipe.seed + SEED_OFFSET)
    smoothed = float("nan")
    batches = generator.prefetched(training.batch, settings.steps)
    for step, batch in enumerate(batches, start=1):
        loss = float(learn(tf.constant(batch.inputs)))
        if not np.isfinite(loss):
            raise TrainingDiverged(f"The loss is {loss} after {step} steps of fine-tuning.")
        smoothed = loss if step == 1 else _SMOOTHING * smoothed + (1 - _SMOOTHING) * loss
        if step % _RANGES_EVERY == 0:
            ranges.follow()
        if progress is not None:
            progress(step, smoothed)
    optimizer.finalize_variable_values(tuned.trainable_variables)
    return tuned


def _tuning_step(
    model: Any, tuned: Any, ranges: Ranges, optimizer: Any, dosage_weight: float
) -> Any:
    @tf.function  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def step(inputs: Any) -> Any:
        spectra = as_spectra(inputs)
        answers = {
            path: tf.sigmoid(value) for path, value in model(spectra, training=False).items()
        }
        presence = answers[PRESENCE]
        dosage, weight = answers.get(DOSAGE, presence), tf.ones_like(presence)
        with tf.GradientTape() as tape:
            logits = simulate(tuned, ranges, spectra)
            loss = loss_of(logits, presence, weight, dosage, dosage_weight)
        gradients = tape.gradient(loss, tuned.trainable_variables)
        optimizer.apply(gradients, tuned.trainable_variables)
        return loss

    return step
