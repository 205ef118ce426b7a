"""Labelled training spectra without end: mixture + foreign signal + baseline + instrument.

Seeded and streaming: the same recipe and seed give the same spectra, memory stays constant.
What leaves here has gone through `device.spectra.preprocessing`, as every spectrum on the analyzer.
Next: `network/ramixnet.py`, the network that learns from it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from device.spectra.preprocessing import preprocess, quantize
from train.library.references import TrainingLibrary
from train.recipe import Recipe
from train.spectra.baselines import paper_axis, random_baselines
from train.spectra.distortions import (
    NoisePool,
    ReferenceBank,
    add_damage,
    add_noise,
    measured_range,
    move_axis,
    vary_response,
)
from train.spectra.foreign import ForeignPool
from train.spectra.mixtures import MixtureSampler, presence_labels
from train.spectra.sparse_bank import SparseBank, worthwhile

Singles = npt.NDArray[np.float32]
T = TypeVar("T")

_PREFETCHED_BATCHES = 8
_CHUNK = 32  # rows preprocessed at once: their float64 copies stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Batch:
    """N labelled spectra; C compounds, G grid points."""

    inputs: npt.NDArray[np.int8]  # [N, G], the networks' input as the analyzer makes it
    presence: Singles  # [N, C] 0 or 1
    presence_weight: Singles  # [N, C]; 0 where neither answer is wrong
    dosage: Singles  # [N, C] 0..1; relative to the largest component, or absolute (recipe)
    shares: Singles  # [N, C] signal shares of all signal, foreign included
    snr: Singles  # [N]
    has_foreign: npt.NDArray[np.bool_]  # [N]


class Generator:
    """The stream of one library under one recipe and seed."""

    def __init__(self, library: TrainingLibrary, recipe: Recipe, seed: int) -> None:
        self.recipe = recipe
        self._rng = np.random.default_rng(seed)
        response = np.array([c.response_factor or np.nan for c in library.compounds])
        self._sampler = MixtureSampler(recipe.mixtures, response)
        sparse = worthwhile(len(library.compounds), recipe.mixtures)
        self._bank = (SparseBank if sparse else ReferenceBank)(library, recipe.distortions)
        self._noise = NoisePool(self._rng, library.grid.size)
        self._foreign = ForeignPool(self._rng, library)
        self._grid = library.grid
        self._axis = paper_axis(library.grid)
        self.position = dict(self._rng.bit_generator.state)

    def batch(self, count: int) -> Batch:
        """The next `count` spectra."""
        rng, recipe = self._rng, self.recipe
        levels, shares = self._sampler.draw(rng, count)
        own, foreign = self._parts(count)
        levels *= own[:, None] > 0
        mixed = self._bank.mix(rng, shares * own[:, None])
        similar = self._foreign.add_to(rng, mixed, foreign)
        raman = move_axis(rng, mixed, recipe.distortions)
        raman = vary_response(rng, raman, recipe.distortions.response_variation)
        raman /= np.maximum(raman.max(axis=1, keepdims=True), 1e-3)

        low, high = np.log(recipe.distortions.snr_lowest), np.log(recipe.distortions.snr_highest)
        snr = np.exp(rng.uniform(low, high, (count, 1))).astype(np.float32)
        spectra = raman + random_baselines(rng, count, self._axis, recipe.baselines)
        spectra = add_noise(rng, spectra, raman, self._noise, snr)
        add_damage(rng, spectra, recipe.distortions)
        valid = measured_range(rng, count, self._grid, recipe.distortions)

        of_all = shares * own[:, None]
        presence, weight = presence_labels(of_all, recipe.mixtures)
        weight *= ~(similar & (presence < 1))
        if recipe.target == "relative":
            dosage = of_all / np.maximum(of_all.max(axis=1, keepdims=True), 1e-6)
        else:
            dosage = levels
        return Batch(
            inputs=quantize(_preprocess_in_chunks(spectra, valid)),
            presence=presence,
            presence_weight=weight,
            dosage=dosage,
            shares=of_all,
            snr=snr[:, 0],
            has_foreign=foreign > 0,
        )

    def prefetched(self, size: int, batches: int) -> Iterator[Batch]:
        """`batches` batches of `size`, made ahead by one thread (numpy leaves the lock free).

        The stream is the same as that of calling `batch`. `position` then tells where the taken
        batches end, whatever was made ahead.
        """
        for batch, position in ahead(lambda: self._batch_and_position(size), batches):
            self.position = position
            yield batch

    def seek(self, position: dict[str, Any]) -> None:
        """Go on from a `position` of the same library, recipe and seed."""
        self._rng.bit_generator.state = position
        self.position = position

    def _batch_and_position(self, size: int) -> tuple[Batch, dict[str, Any]]:
        return self.batch(size), dict(self._rng.bit_generator.state)

    def _parts(self, count: int) -> tuple[Singles, Singles]:
        """Which part of all signal is the library's and which is foreign, [N] each."""
        settings = self.recipe.mixtures
        kind = self._rng.random(count)
        beside = self._rng.uniform(0.02, settings.largest_foreign_share, count)
        alone_until = settings.foreign_alone
        beside_until = alone_until + settings.foreign_added
        nothing_until = beside_until + settings.nothing
        conditions = [kind < alone_until, kind < beside_until, kind < nothing_until]
        foreign = np.select(conditions, [1.0, beside, 0.0], 0.0)
        own = np.select(conditions, [0.0, 1 - beside, 0.0], 1.0)
        return own.astype(np.float32), foreign.astype(np.float32)


def ahead(make: Callable[[], T], count: int) -> Iterator[T]:
    """`make()`, `count` times, in order and some results ahead of their use, by one thread."""
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="generator")
    try:
        waiting = min(_PREFETCHED_BATCHES, count)
        pending = deque(worker.submit(make) for _ in range(waiting))
        for number in range(count):
            result = pending.popleft().result()
            if number + waiting < count:
                pending.append(worker.submit(make))
            yield result
    finally:
        worker.shutdown(cancel_futures=True)


def _preprocess_in_chunks(spectra: Singles, valid: npt.NDArray[np.bool_]) -> Singles:
    result = np.empty_like(spectra)
    for start in range(0, len(spectra), _CHUNK):
        rows = slice(start, start + _CHUNK)
        whole = valid[rows].all(axis=1)
        part = result[rows]
        if whole.any():
            part[whole] = preprocess(spectra[rows][whole])
        if not whole.all():
            part[~whole] = preprocess(spectra[rows][~whole], valid[rows][~whole])
    return result
