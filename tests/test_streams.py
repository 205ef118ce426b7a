"""Streams side by side: who makes which part of a batch does not matter, nor when."""

import dataclasses

import numpy as np
import pytest

from tests.test_checkpoint import tiny_recipe
from train.library.references import TrainingLibrary, load_library
from train.recipe import Recipe, RecipeError, provenance_of
from train.spectra.generator import Batch, Generator
from train.spectra.streams import training_stream

SIZE = 16


@pytest.fixture(scope="module")
def library() -> TrainingLibrary:
    return load_library("aromatics4")


def with_streams(streams: int) -> Recipe:
    recipe = tiny_recipe()
    return dataclasses.replace(
        recipe, training=dataclasses.replace(recipe.training, streams=streams)
    )


def drawn(
    library: TrainingLibrary, streams: int, worker: int, workers: int, batches: int
) -> list[Batch]:
    stream = training_stream(library, with_streams(streams), worker, workers)
    return list(stream.prefetched(SIZE, batches))


def same(one: Batch, other: Batch) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in dataclasses.fields(Batch)
    )


def test_one_stream_is_the_generator_s_own(library: TrainingLibrary) -> None:
    recipe = with_streams(1)
    direct = Generator(library, recipe, recipe.seed)
    for batch in training_stream(library, recipe).prefetched(SIZE, 2):
        assert same(batch, direct.batch(SIZE))
    assert "streams" not in provenance_of(recipe)["training"]
    assert provenance_of(with_streams(4))["training"]["streams"] == 4


@pytest.mark.parametrize("workers", [2, 4])
def test_the_workers_parts_make_the_batch_of_one_process(
    library: TrainingLibrary, workers: int
) -> None:
    whole = drawn(library, 4, 0, 1, 3)
    parts = [drawn(library, 4, worker, workers, 3) for worker in range(workers)]
    for number, batch in enumerate(whole):
        inputs = np.concatenate([part[number].inputs for part in parts])
        np.testing.assert_array_equal(inputs, batch.inputs)
        dosage = np.concatenate([part[number].dosage for part in parts])
        np.testing.assert_array_equal(dosage, batch.dosage)


def test_no_two_streams_and_no_two_batches_are_the_same(library: TrainingLibrary) -> None:
    spectra = np.concatenate([batch.inputs for batch in drawn(library, 4, 0, 1, 3)])
    assert len(np.unique(spectra, axis=0)) == len(spectra)


def test_the_position_is_that_of_the_batches_taken_and_goes_on_from_there(
    library: TrainingLibrary,
) -> None:
    expected = drawn(library, 2, 0, 1, 5)
    stream = training_stream(library, with_streams(2))
    ahead = stream.prefetched(SIZE, 5)
    for _ in range(3):
        next(ahead)
    assert stream.position == {"batches": 3}
    again = training_stream(library, with_streams(2))
    again.seek(stream.position)
    assert all(map(same, again.prefetched(SIZE, 2), expected[3:]))


@pytest.mark.parametrize(("streams", "workers"), [(3, 1), (0, 1), (-2, 1), (2, 4), (1, 2)])
def test_what_does_not_divide_is_refused(
    library: TrainingLibrary, streams: int, workers: int
) -> None:
    with pytest.raises(RecipeError, match="streams"):
        training_stream(library, with_streams(streams), 0, workers)
