"""Training: generated spectra in, a float network out; seeded from the first weight to the last.

Next: `losses.py` for what it makes small, `int8/quantize.py`, which turns the result into int8.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from train.library.references import TrainingLibrary
from train.network.checkpoint import Checkpoint, Validation, fingerprint, load, save
from train.network.diverged import TrainingDiverged
from train.network.exam import Exam
from train.network.losses import Total, labels, loss_of
from train.network.ramixnet import build
from train.recipe import Recipe
from train.spectra.generator import Batch
from train.spectra.streams import training_stream

if TYPE_CHECKING:
    from train.network.workers import Workers

_SMOOTHING = 0.98  # of the loss that progress bars show

CHECKPOINT_EVERY_S = 20.0  # what a kill may cost at most
_BETTER = 0.002  # of exact match; less is chance at this number of spectra

Progress = Callable[[int, float], None]  # step, smoothed loss
Validated = Callable[[Validation], None]


@dataclass(frozen=True)
class Fitted:
    """A trained float network."""

    model: Any
    final_loss: float
    spectra_seen: int
    history: tuple[Validation, ...] = ()
    stopped_early: bool = False
    resumed_at: int = 0  # step


def fit(
    library: TrainingLibrary,
    recipe: Recipe,
    progress: Progress | None = None,
    validated: Validated | None = None,
    checkpoint: Path | None = None,
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
    workers: "Workers | None" = None,
) -> Fitted:
    """Train one network as the recipe says.

    With `validated`, or where the recipe has patience, held-out generated spectra are looked at
    from time to time, which changes nothing in the training itself. With `checkpoint`, the state
    is kept there, and a training that was interrupted goes on from it: on the same machine with
    the same packages to the same bits as if it had never been. With `workers`, every one of them
    calls this for its part; the leader's checkpoint is everyone's.

    Raises:
        CheckpointError: the file `checkpoint` is damaged.
        RecipeError: batch, streams and workers do not divide.
        WorkersDiffer: the workers were given different trainings.
    """
    run = _Training(library, recipe, workers)
    mark = fingerprint(library, recipe)
    if workers is not None:
        workers.agree(mark)
    saved = load(checkpoint, mark) if checkpoint is not None else None
    if workers is not None:
        saved = workers.leaders_state(saved or run.state(), mark)
    if saved is not None:
        run.restore(saved)
    started_at = run.step
    training = recipe.training
    follows = workers is not None and workers.index > 0
    watched = validated is not None or (training.patience > 0 and not follows)
    exam = Exam(library, recipe) if watched and not run.finished else None
    last_saved = perf_counter()
    steps_left = 0 if run.finished else training.steps - run.step
    for batch in run.stream.prefetched(training.batch, steps_left):
        run.learn(batch)
        if progress is not None:
            progress(run.step, run.loss)
        look = run.step % training.validate_every == 0 or run.step == training.steps
        if look and exam is not None:
            exact = run.averaged(exam.exact_match)
            run.note(Validation(run.step, run.loss, exact))
            if validated is not None:
                validated(run.history[-1])
        if look and training.patience > 0:
            over = run.patience_is_over()
            if over if workers is None else workers.leaders_word(over):
                run.take_best()
                break
        if checkpoint is not None and perf_counter() - last_saved > checkpoint_every_s:
            save(checkpoint, run.state(), mark)
            last_saved = perf_counter()
    if not run.finished:
        run.optimizer.finalize_variable_values(run.model.trainable_variables)
        run.finished = True
    if checkpoint is not None and started_at < run.step:
        save(checkpoint, run.state(), mark)
    return Fitted(
        model=run.model,
        final_loss=run.loss,
        spectra_seen=run.step * training.batch,
        history=tuple(run.history),
        stopped_early=run.step < training.steps,
        resumed_at=started_at,
    )


class _Training:
    """Network, optimizer and stream of spectra between two steps."""

    def __init__(self, library: TrainingLibrary, recipe: Recipe, workers: "Workers | None") -> None:
        tf.keras.utils.set_random_seed(recipe.seed)
        # A few per cent slower, and the same seeds give the same weights on the same machine.
        tf.config.experimental.enable_op_determinism()
        training = recipe.training
        compound_count, grid_size = library.references.shape
        self.model = build(recipe.network, grid_size, compound_count, recipe.task)
        schedule = tf.keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=training.learning_rate / 100,
            decay_steps=max(1, training.steps - training.warmup_steps),
            warmup_target=training.learning_rate,
            warmup_steps=training.warmup_steps,
        )
        self.optimizer = tf.keras.optimizers.AdamW(
            schedule,
            weight_decay=training.weight_decay,
            use_ema=True,
            ema_momentum=training.average_decay,
        )
        self.optimizer.build(self.model.trainable_variables)
        self._step = _training_step(self.model, self.optimizer, training.dosage_weight, workers)
        self._patience = training.patience
        part = (0, 1) if workers is None else (workers.index, workers.count)
        self.stream = training_stream(library, recipe, *part)
        self.step = 0
        self.loss = float("nan")
        self.finished = False
        self.best: list[npt.NDArray[Any]] = []
        self._best_exact = 0.0
        self._looks_since_best = 0
        self.history: list[Validation] = []

    def learn(self, batch: Batch) -> None:
        loss = float(self._step(tf.constant(batch.inputs), *labels(batch)))
        self.step += 1
        if not np.isfinite(loss):
            raise TrainingDiverged(f"The loss is {loss} after {self.step} steps.")
        smoothed = _SMOOTHING * self.loss + (1 - _SMOOTHING) * loss
        self.loss = loss if self.step == 1 else smoothed

    def averaged(self, look: Callable[[Any], float]) -> float:
        """What `look` says of the network with its averaged weights; training goes on without."""
        weights = self.model.get_weights()
        self.optimizer.finalize_variable_values(self.model.trainable_variables)
        try:
            exact = look(self.model)
            if self._patience and exact >= self._best_exact + _BETTER:
                self.best = self.model.get_weights()
        finally:
            self.model.set_weights(weights)
        return exact

    def note(self, validation: Validation) -> None:
        self.history.append(validation)
        self._looks_since_best += 1
        if validation.exact >= self._best_exact + _BETTER:
            self._best_exact, self._looks_since_best = validation.exact, 0

    def patience_is_over(self) -> bool:
        """Only once something was learned: the first looks may all be zero."""
        return bool(self.best) and 0 < self._patience <= self._looks_since_best

    def take_best(self) -> None:
        """End early. Of several workers the leader alone has looked, and keeps what is best."""
        if self.best:
            self.model.set_weights(self.best)
        self.finished = True

    def state(self) -> Checkpoint:
        return Checkpoint(
            step=self.step,
            loss=self.loss,
            finished=self.finished,
            stream=self.stream.position,
            weights=tuple(self.model.get_weights()),
            optimizer=tuple(variable.numpy() for variable in self.optimizer.variables),
            best=tuple(self.best),
            history=tuple(self.history),
        )

    def restore(self, saved: Checkpoint) -> None:
        self.step, self.loss, self.finished = saved.step, saved.loss, saved.finished
        self.model.set_weights(list(saved.weights))
        for variable, value in zip(self.optimizer.variables, saved.optimizer, strict=True):
            variable.assign(value)
        self.stream.seek(saved.stream)
        self.best = list(saved.best)
        for validation in saved.history:
            self.note(validation)


def _training_step(
    model: Any, optimizer: Any, dosage_weight: float, workers: "Workers | None"
) -> Any:
    variables = model.trainable_variables

    def loss_and_gradients(
        total: Total, inputs: Any, presence: Any, weight: Any, dosage: Any
    ) -> list[Any]:
        spectra = tf.cast(inputs[:, None, :, None], tf.float32) / 127.0
        with tf.GradientTape() as tape:
            logits = model(spectra, training=True)
            loss = loss_of(logits, presence, weight, dosage, dosage_weight, total)
        return [loss, *tape.gradient(loss, variables)]

    @tf.function  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def step(*batch: Any) -> Any:
        if workers is None:
            loss, *gradients = loss_and_gradients(list, *batch)
        else:
            loss, *gradients = workers.parts_summed(loss_and_gradients, *batch)
        optimizer.apply(gradients, variables)
        return loss

    return step
