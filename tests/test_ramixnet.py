"""The generator's stream and the networks' shapes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from device.spectra.resampling import MODEL_GRID
from train.library.references import TrainingLibrary, load_library
from train.network.ramixnet import build, predict, serving_model
from train.recipe import RECIPE_FOLDER, Recipe, load_recipe
from train.spectra.generator import Batch, Generator

RECIPE = load_recipe(RECIPE_FOLDER / "aromatics4-2.toml")


@pytest.fixture(scope="module")
def aromatics() -> TrainingLibrary:
    return load_library("aromatics4")


@pytest.fixture(scope="module")
def batch(aromatics: TrainingLibrary) -> Batch:
    return Generator(aromatics, RECIPE, seed=1).batch(600)


def with_mixtures(**changes: Any) -> Recipe:
    return replace(RECIPE, mixtures=replace(RECIPE.mixtures, **changes))


def test_inputs_are_the_int8_the_analyzer_makes(batch: Batch) -> None:
    assert batch.inputs.dtype == np.int8
    assert batch.inputs.shape == (600, MODEL_GRID.size)
    assert (np.abs(batch.inputs.astype(int)).max(axis=1) == 127).all()


def test_same_seed_same_stream_also_when_made_ahead(aromatics: TrainingLibrary) -> None:
    direct = Generator(aromatics, RECIPE, seed=2)
    ahead = Generator(aromatics, RECIPE, seed=2).prefetched(16, 12)
    for made in ahead:
        expected = direct.batch(16)
        np.testing.assert_array_equal(made.inputs, expected.inputs)
        np.testing.assert_array_equal(made.dosage, expected.dosage)
    other = Generator(aromatics, RECIPE, seed=3).batch(16)
    assert not np.array_equal(other.inputs, expected.inputs)


def test_stream_may_be_left_early(aromatics: TrainingLibrary) -> None:
    stream = Generator(aromatics, RECIPE, seed=2).prefetched(8, 1000)
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator object


def test_errors_while_making_ahead_reach_the_consumer(aromatics: TrainingLibrary) -> None:
    generator = Generator(aromatics, RECIPE, seed=2)
    with pytest.raises(ValueError, match="negative dimensions"):
        next(generator.prefetched(-1, 3))


def test_relative_dosage_is_one_for_the_largest_component(batch: Batch) -> None:
    something = batch.shares.sum(axis=1) > 0
    np.testing.assert_allclose(batch.dosage[something].max(axis=1), 1.0, atol=1e-6)
    assert not batch.dosage[~something].any()
    assert (batch.dosage[batch.shares == 0] == 0).all()


def test_absolute_dosage_is_the_papers_level(aromatics: TrainingLibrary) -> None:
    recipe = replace(
        with_mixtures(near_equal=0.0, dirichlet=0.0, traces=0.0, foreign_alone=0.0, nothing=0.0),
        target="absolute",
    )
    dosage = Generator(aromatics, recipe, seed=4).batch(300).dosage
    np.testing.assert_allclose(dosage * 10, np.round(dosage * 10), atol=1e-5)
    assert dosage.max(axis=1).min() < 0.5


def test_foreign_signal_alone_has_no_label(aromatics: TrainingLibrary) -> None:
    made = Generator(aromatics, with_mixtures(foreign_alone=1.0), seed=5).batch(200)
    assert made.has_foreign.all()
    assert not made.presence.any()
    assert made.presence_weight.mean() > 0.7  # and is not simply left out


def test_clean_pure_spectrum_looks_like_its_reference(aromatics: TrainingLibrary) -> None:
    settings = replace(RECIPE.mixtures, component_count_weights=(1.0,), grid=0.0)
    quiet = replace(RECIPE.distortions, snr_lowest=900.0, shift_cm1=0.0, stretch_cm1=0.0)
    recipe = replace(RECIPE, mixtures=settings, distortions=quiet)
    made = Generator(aromatics, recipe, seed=6).batch(200)
    clean = ~made.has_foreign & (made.shares.max(axis=1) == 1.0)
    peaks = made.inputs[clean].argmax(axis=1)
    expected = aromatics.references.argmax(axis=1)[made.shares[clean].argmax(axis=1)]
    assert (np.abs(peaks - expected) <= 3).mean() > 0.9


@pytest.mark.parametrize(
    ("task", "paths"), [("ramixnet1", {"presence"}), ("ramixnet2", {"presence", "dosage"})]
)
def test_network_answers_what_its_task_says(task: str, paths: set[str], batch: Batch) -> None:
    model = build(RECIPE.network, MODEL_GRID.size, 4, task)  # type: ignore[arg-type]
    answers = predict(model, batch.inputs[:5])
    assert set(answers) == paths
    for values in answers.values():
        assert values.shape == (5, 4)
        assert 0 <= values.min() <= values.max() <= 1


def test_network_one_is_smaller_than_two() -> None:
    one = build(RECIPE.network, MODEL_GRID.size, 4, "ramixnet1")
    two = build(RECIPE.network, MODEL_GRID.size, 4, "ramixnet2")
    assert one.count_params() < two.count_params()
    assert {layer.name for layer in one.layers} < {layer.name for layer in two.layers}


def test_served_network_has_a_static_batch_of_one() -> None:
    model = build(RECIPE.network, MODEL_GRID.size, 4, "ramixnet2")
    served = serving_model(model, MODEL_GRID.size)
    assert served.input_shape == (1, 1, MODEL_GRID.size, 1)
    assert set(served.output) == {"presence", "dosage"}
