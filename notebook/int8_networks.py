"""The networks whose int8 files are compared: each in float and in every int8 form of it.

Float weights are those that `ramix-train build` left in its work folder; what is not there is
trained. Next: `int8.py`, the comparison; `train/int8/aware.py`, the fine-tuning.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.inference.bundle import Bundle
from device.inference.interpreter import Interpreter, Prediction
from evidence.figure import Context, Size
from train.cli.quantize import WEIGHTS
from train.library.references import TrainingLibrary, load_library
from train.network.evaluate import predict_int8
from train.recipe import RECIPE_FOLDER, QuantizationSettings, Recipe, load_recipe
from train.spectra.generator import Generator

Codes = npt.NDArray[np.int8]
Answers = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]

DEFAULT, TINY_VARIANT = "solvents13-2", "solvents13-tiny-2"
FLOAT = "float"
_CHECKPOINT = "checkpoint.npz"
# The converter takes each range from the extremes it sees: more spectra, less cut off.
_MORE_SPECTRA = {Size.TINY: 20, Size.FULL: 1200}


@dataclass(frozen=True, eq=False)
class Form:
    """One network in one arithmetic, alone and on the device path."""

    name: str
    identifier: Identifier
    answers: Callable[[Codes], Answers]  # int8[N, G] -> presence [N, C], dosage [N, C] or None
    file: bytes = b""  # none where it is float


@dataclass(frozen=True, eq=False)
class Network:
    name: str
    recipe: Recipe
    calibration: Codes
    model: Any  # the float network
    forms: tuple[Form, ...]  # float first


class _FloatInterpreter:
    """Takes the place of `Interpreter`: the same codes in, answers without any further rounding."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, model_input: Codes) -> Prediction:
        presence, dosage = float_answers(self._model, model_input[None])
        return Prediction(presence[0], None if dosage is None else dosage[0])


def networks(context: Context) -> tuple[str, ...]:
    if context.size is Size.TINY:
        return (TINY_VARIANT,)
    return (DEFAULT, "solvents13-1", TINY_VARIANT)


def prepare(name: str, context: Context) -> Network:
    """Load or train one network, and convert it in every way."""
    from train.int8.aware import fine_tune
    from train.int8.quantize import between_codes, quantize

    recipe = _sized(load_recipe(RECIPE_FOLDER / f"{name}.toml"), context.size)
    library = load_library(recipe.library)
    model = _float_model(recipe, library, context)
    calibration, more = (
        Generator(library, recipe, recipe.evaluation.seed).batch(count).inputs
        for count in (recipe.evaluation.calibration_spectra, _MORE_SPECTRA[context.size])
    )
    tuned = fine_tune(model, library, recipe, calibration)
    shifted = between_codes(model, recipe, more)
    files = {
        "post-training": quantize(model, calibration),
        "aware": quantize(tuned, calibration),
        "between codes": quantize(shifted, more),
    }
    # references and thresholds of the device path are the shipped ones, only the network differs
    shipped = context.identifiers()["II" if recipe.task == "ramixnet2" else "I"]
    forms = [_int8_form(form, file, shipped.bundle) for form, file in files.items()]
    return Network(name, recipe, calibration, model, (_float_form(model, forms[0]), *forms))


def float_answers(model: Any, inputs: Codes) -> Answers:
    from train.network.ramixnet import DOSAGE, PRESENCE, predict

    found = predict(model, inputs)
    return found[PRESENCE], found.get(DOSAGE)


def _float_model(recipe: Recipe, library: TrainingLibrary, context: Context) -> Any:
    from train.network.fit import fit
    from train.network.ramixnet import build

    if context.size is Size.TINY:
        return fit(library, recipe).model
    folder = context.work / recipe.name
    weights = folder / WEIGHTS
    if not weights.exists():
        folder.mkdir(parents=True, exist_ok=True)
        steps = recipe.training.steps
        fitted = fit(
            library,
            recipe,
            lambda step, _loss: context.progress(step, steps),
            checkpoint=folder / _CHECKPOINT,
        )
        fitted.model.save_weights(weights)
        return fitted.model
    compound_count, grid_size = library.references.shape
    model = build(recipe.network, grid_size, compound_count, recipe.task)
    model.load_weights(weights)
    return model


def _int8_form(name: str, file: bytes, like: Bundle) -> Form:
    identifier = Identifier(replace(like, model=file))
    return Form(name, identifier, lambda inputs: predict_int8(file, inputs), file)


def _float_form(model: Any, like: Form) -> Form:
    """On the device path, too: what a machine without int8 would answer."""
    identifier = Identifier(like.identifier.bundle)
    identifier.interpreter = cast(Interpreter, _FloatInterpreter(model))
    return Form(FLOAT, identifier, lambda inputs: float_answers(model, inputs))


def _sized(recipe: Recipe, size: Size) -> Recipe:
    if size is Size.FULL:
        aware = replace(recipe.quantization, kind="aware")
        return replace(recipe, quantization=aware)
    training = replace(recipe.training, steps=8, batch=32, warmup_steps=2, average_decay=0.5)
    return replace(recipe, training=training, quantization=QuantizationSettings("aware", steps=4))
