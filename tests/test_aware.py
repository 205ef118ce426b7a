"""Rounding simulated as the converter does it, learning with it, and the command around it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from train.cli.main import cli
from train.cli.quantize import as_quantized
from train.int8.aware import fine_tune
from train.int8.quantize import between_codes, quantize
from train.int8.simulated import (
    EVERYWHERE,
    NOWHERE,
    Ranges,
    Rounding,
    representative_spectra,
    simulated_answers,
)
from train.library.references import TrainingLibrary, load_library
from train.network.checkpoint import fingerprint
from train.network.evaluate import predict_int8
from train.network.fit import fit
from train.network.ramixnet import DOSAGE, PRESENCE, predict
from train.recipe import (
    RECIPE_FOLDER,
    QuantizationSettings,
    Recipe,
    RecipeError,
    from_table,
    load_recipe,
    provenance_of,
)
from train.spectra.generator import Batch, Generator

SHIPPED = load_recipe(RECIPE_FOLDER / "aromatics4-2.toml")
CODE = 1 / 256


def small_recipe() -> Recipe:
    network = replace(SHIPPED.network, filters=(8, 8), sizes=(17, 9), strides=(6, 6), dense=16)
    training = replace(SHIPPED.training, steps=60, batch=64, warmup_steps=5, average_decay=0.8)
    aware = QuantizationSettings("aware", steps=16, learning_rate=5e-4)
    return replace(SHIPPED, network=network, training=training, quantization=aware)


RECIPE = small_recipe()


@pytest.fixture(scope="module")
def library() -> TrainingLibrary:
    return load_library("aromatics4")


@pytest.fixture(scope="module")
def model(library: TrainingLibrary) -> Any:
    return fit(library, RECIPE).model


@pytest.fixture(scope="module")
def calibration(library: TrainingLibrary) -> Any:
    return Generator(library, RECIPE, RECIPE.evaluation.seed).batch(40).inputs


@pytest.fixture(scope="module")
def batch(library: TrainingLibrary) -> Batch:
    return Generator(library, RECIPE, seed=11).batch(400)


@pytest.fixture(scope="module")
def file(model: Any, calibration: Any) -> bytes:
    return quantize(model, calibration)


def rounded_presence(model: Any, calibration: Any, batch: Batch) -> Any:
    return simulated_answers(model, Ranges(model, calibration), batch.inputs)[PRESENCE]


def test_the_simulation_answers_as_the_int8_file_does(
    model: Any, calibration: Any, batch: Batch, file: bytes
) -> None:
    presence, dosage = predict_int8(file, batch.inputs)
    assert dosage is not None
    ranges = Ranges(model, calibration)
    simulated = simulated_answers(model, ranges, batch.inputs)
    # kernels round sums their own way: now and then one code of an activation
    for found, expected in ((simulated[PRESENCE], presence), (simulated[DOSAGE], dosage)):
        assert np.abs(found - expected).mean() < 0.25 * CODE
    plain = predict(model, batch.inputs)[PRESENCE]
    assert np.abs(plain - presence).mean() > 0.25 * CODE  # float does not pass for it


def test_without_rounding_it_is_the_float_network(model: Any, calibration: Any) -> None:
    ranges = Ranges(model, calibration)
    found = simulated_answers(model, ranges, calibration, NOWHERE, sigmoids=False)
    for path, expected in predict(model, calibration).items():
        np.testing.assert_allclose(found[path], expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["weights", "activations", "logits"])
def test_each_rounding_by_itself_changes_something(kind: str, model: Any, calibration: Any) -> None:
    ranges = Ranges(model, calibration)
    alone = simulated_answers(model, ranges, calibration, replace(NOWHERE, **{kind: True}), False)
    without = simulated_answers(model, ranges, calibration, NOWHERE, False)
    assert not np.array_equal(alone[PRESENCE], without[PRESENCE])
    assert getattr(EVERYWHERE, kind) and Rounding() == EVERYWHERE


def test_ranges_are_the_converters_and_follow_the_weights(
    model: Any, calibration: Any, file: bytes
) -> None:
    from ai_edge_litert.interpreter import Interpreter

    ranges = Ranges(model, calibration)
    interpreter = Interpreter(model_content=file)
    scales = {
        float(tensor["quantization"][0])
        for tensor in interpreter.get_tensor_details()
        if tensor["dtype"] is np.int8
    }
    for layer in ranges.of:
        assert any(abs(ranges.step(layer) - scale) < 1e-3 * scale for scale in scales), layer
    before = ranges.step("block1")
    weights = model.get_weights()
    try:
        model.get_layer("block1").kernel.assign(2.0 * model.get_layer("block1").kernel)
        assert ranges.step("block1") == before
        ranges.follow()
        assert ranges.step("block1") > 1.5 * before
    finally:
        model.set_weights(weights)


def test_the_pinned_extremes_do_not_change_the_calibration_itself(calibration: Any) -> None:
    before = calibration.copy()
    pinned = representative_spectra(calibration)
    np.testing.assert_array_equal(calibration, before)
    assert (pinned.min(), pinned.max()) == (np.float32(-128 / 127), 1.0)


def test_fine_tuning_brings_int8_closer_to_float_and_leaves_its_start_alone(
    model: Any,
    library: TrainingLibrary,
    calibration: Any,
    batch: Batch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("train.int8.simulated.WEIGHT_LEVELS", 5)  # so coarse that it shows at once
    before = [weights.copy() for weights in model.get_weights()]
    steps: list[int] = []
    tuned = fine_tune(model, library, RECIPE, calibration, lambda step, _: steps.append(step))
    assert steps == list(range(1, 17))
    for old, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    plain = predict(model, batch.inputs)[PRESENCE]
    before_tuning = np.abs(rounded_presence(model, calibration, batch) - plain).mean()
    assert np.abs(rounded_presence(tuned, calibration, batch) - plain).mean() < before_tuning
    again = fine_tune(model, library, RECIPE, calibration)
    for one, other in zip(tuned.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_int8_file_names_what_float_names_only_between_codes(
    model: Any, calibration: Any, batch: Batch, file: bytes
) -> None:
    plain = predict(model, batch.inputs)[PRESENCE] >= 0.5
    shifted = between_codes(model, RECIPE, calibration)
    on_code = predict_int8(file, batch.inputs)[0] >= 0.5
    between = predict_int8(quantize(shifted, calibration), batch.inputs)[0] >= 0.5
    too_many, left = int((on_code & ~plain).sum()), int((between & ~plain).sum())
    assert too_many > 2 * int((on_code & ~between & plain).sum())  # one-sided
    assert (between != plain).sum() < (on_code != plain).sum()
    assert left < too_many


def test_a_recipe_that_says_nothing_of_int8_keeps_its_provenance() -> None:
    assert "quantization" not in provenance_of(SHIPPED)
    said = provenance_of(replace(SHIPPED, quantization=QuantizationSettings(between_codes=True)))
    assert said["quantization"] == {"between_codes": True}
    assert provenance_of(RECIPE)["quantization"]["kind"] == "aware"


def test_float_training_goes_on_whatever_is_decided_about_int8(library: TrainingLibrary) -> None:
    assert fingerprint(library, RECIPE) == fingerprint(
        library, replace(RECIPE, quantization=QuantizationSettings())
    )
    other = replace(RECIPE, seed=RECIPE.seed + 1)
    assert fingerprint(library, RECIPE) != fingerprint(library, other)


def test_a_misspelt_kind_is_refused() -> None:
    with pytest.raises(RecipeError, match="post_training, aware"):
        from_table(QuantizationSettings, {"kind": "awear"}, "mine.toml")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_the_command_tunes_and_converts_and_the_export_knows(tmp_path: Path) -> None:
    text = (RECIPE_FOLDER / "aromatics4-2.toml").read_text()
    for old, new in {
        "steps = 1800": "steps = 4",
        "batch = 256": "batch = 16",
        "filters = [16, 32, 32]": "filters = [8, 8]",
        "sizes = [17, 9, 5]": "sizes = [17, 9]",
        "strides = [4, 4, 3]": "strides = [6, 6]",
        "dense = 64": "dense = 16",
        "spectra = 4000": "spectra = 40",
        "calibration_spectra = 300": "calibration_spectra = 10",
    }.items():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "mine.toml"
    path.write_text(text + "\n[quantization]\nsteps = 3\nbetween_codes = true\n")
    recipe, folder = load_recipe(path), tmp_path / "aromatics4-2"
    work = ("--work", str(tmp_path))
    assert run("fit", str(path), *work).exit_code == 0
    assert as_quantized(recipe, tmp_path) == recipe  # not yet converted
    result = run("quantize", str(path), *work, "--kind", "aware")
    assert "3/3" in result.output
    price = json.loads((folder / "quantization.json").read_text())
    assert list(price) == ["float", "int8", "int8, post-training"]
    said = provenance_of(as_quantized(recipe, tmp_path))["quantization"]
    assert said == {"kind": "aware", "steps": 3, "between_codes": True}
    aware = (folder / "model.tflite").read_bytes()
    assert run("quantize", str(path), *work).exit_code == 0  # the recipe's own kind
    assert as_quantized(recipe, tmp_path) == recipe
    assert (folder / "model.tflite").read_bytes() != aware
