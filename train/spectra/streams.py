"""A training's spectra from several streams side by side, so that workers can share the making.

Every batch is put together from equal parts, one of each stream; who makes which does not matter.
Each part has a seed of its own, derived from the recipe's, the stream and the batch number: the
number of batches alone determines the state of all streams, so workers need not ask each other.
Next: `network/workers.py`, which divides the streams; `generator.py`, which makes the spectra.
"""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Protocol

import numpy as np

from train.library.references import TrainingLibrary
from train.recipe import Recipe, RecipeError
from train.spectra.generator import Batch, Generator, ahead


class Stream(Protocol):
    """What a training draws its batches from, and where it can go on."""

    position: dict[str, Any]

    def prefetched(self, size: int, batches: int) -> Iterator[Batch]:
        """The next `batches` batches of `size`; `position` follows those taken."""

    def seek(self, position: dict[str, Any]) -> None:
        """Go on from an earlier `position`."""


def training_stream(
    library: TrainingLibrary, recipe: Recipe, worker: int = 0, workers: int = 1
) -> Stream:
    """What worker number `worker` of `workers` learns from: all of it, where there is but one.

    Raises:
        RecipeError: batch, streams and workers do not divide.
    """
    streams, batch = recipe.training.streams, recipe.training.batch
    if streams < 1 or batch % streams:
        raise RecipeError(f"a batch of {batch} spectra cannot be drawn from {streams} streams")
    if streams % workers:
        raise RecipeError(f"{streams} streams of spectra cannot be divided among {workers} workers")
    generator = Generator(library, recipe, recipe.seed)
    if streams == 1:
        return generator
    own = streams // workers
    return SideBySide(generator, recipe, range(worker * own, (worker + 1) * own))


class SideBySide:
    """Some streams of a recipe that has several."""

    def __init__(self, generator: Generator, recipe: Recipe, streams: range) -> None:
        self._generator = generator
        self._seed = recipe.seed
        self._streams = streams
        self._of = recipe.training.streams
        self._made = 0
        self.position: dict[str, Any] = {"batches": 0}

    def batch(self, size: int) -> Batch:
        """These streams' parts of the next batch, which has `size` spectra over all streams."""
        self._made += 1
        parts = []
        for stream in self._streams:
            seed = np.random.SeedSequence(self._seed, spawn_key=(stream, self._made))
            self._generator.seek(dict(np.random.PCG64(seed).state))
            parts.append(self._generator.batch(size // self._of))
        return _joined(parts)

    def prefetched(self, size: int, batches: int) -> Iterator[Batch]:
        for batch in ahead(lambda: self.batch(size), batches):
            self.position = {"batches": int(self.position["batches"]) + 1}
            yield batch

    def seek(self, position: dict[str, Any]) -> None:
        self.position = position
        self._made = int(position["batches"])


def _joined(parts: list[Batch]) -> Batch:
    """One batch of several."""
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Batch)
    }
    return Batch(**columns)
