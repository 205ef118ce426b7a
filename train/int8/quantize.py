"""Float network -> full int8 file: inputs, weights, activations and outputs.

One scale per output channel, calibrated on spectra pinned by the recipe's evaluation seed. The
network may have been made ready for it (`aware.py`); the conversion is the same.
Next: `network/evaluate.py`, which measures what that cost.
"""

import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from train.int8.simulated import Ranges, representative_spectra
from train.library.references import TrainingLibrary
from train.network.evaluate import PRESENCE_THRESHOLD, figures_of, predict_int8
from train.network.ramixnet import DOSAGE, PRESENCE, build, predict, serving_model
from train.recipe import Recipe
from train.spectra.generator import Generator


def quantize(model: Any, calibration: npt.NDArray[np.int8]) -> bytes:
    """Convert a network with representative inputs int8[k, G]; returns the file's bytes."""
    # as in training: it decides how a convolution is written, and with it the names in the file
    tf.config.experimental.enable_op_determinism()
    grid_size = calibration.shape[1]
    spectra = representative_spectra(calibration)

    def representative() -> Iterator[dict[str, npt.NDArray[np.float32]]]:
        for spectrum in spectra:
            yield {"spectrum": spectrum.reshape(1, 1, grid_size, 1)}

    with tempfile.TemporaryDirectory() as folder:
        serving_model(model, grid_size).export(
            folder,
            format="tf_saved_model",
            verbose=False,
            # without this the export forgets the static batch
            input_signature=[tf.TensorSpec([1, 1, grid_size, 1], tf.float32, name="spectrum")],
        )
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
        with warnings.catch_warnings():
            # TensorFlow's own converter uses its own deprecated interpreter
            warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated")
            converted: bytes = converter.convert()
    return converted


def between_codes(model: Any, recipe: Recipe, calibration: npt.NDArray[np.int8]) -> Any:
    """A copy whose presence 0.5 lies between two codes of its int8 file instead of on one.

    A logit of 0 is always a code, and what is rounded to it is named: half a step more than float
    names, where a step may be a quarter of a logit. Half a step off the bias mends that for a
    network whose 0.5 decides; on the device path, where lower presences count too, it costs weak
    components (the `int8` figure).
    """
    copy = build(recipe.network, calibration.shape[1], model.output[PRESENCE].shape[1], recipe.task)
    copy.set_weights(model.get_weights())
    head = copy.get_layer(PRESENCE)
    head.bias.assign(head.bias - 0.5 * Ranges(model, calibration).step(PRESENCE))
    return copy


def quantization_price(
    model: Any, files: dict[str, bytes], library: TrainingLibrary, recipe: Recipe
) -> dict[str, dict[str, float | None]]:
    """Float against the int8 `files`, by name, on the same spectra; weak components by themselves.

    An average hides the loss: int8 has 256 levels for strong and weak compounds together.
    """
    generator = Generator(library, recipe, recipe.evaluation.seed + 3)
    batch = generator.batch(recipe.evaluation.spectra)
    thresholds = np.full(len(library.compounds), PRESENCE_THRESHOLD, dtype=np.float32)
    answers = predict(model, batch.inputs)
    price: dict[str, dict[str, float | None]] = {}
    for kind, presence, dosage in (
        ("float", answers[PRESENCE], answers.get(DOSAGE)),
        *((name, *predict_int8(file, batch.inputs)) for name, file in files.items()),
    ):
        figures = figures_of(batch, presence, dosage, library.names, thresholds)
        price[kind] = {
            "exact": round(figures.exact.value, 4),
            "trace_recall": round(figures.trace_recall.value, 4),
            "dosage_error": figures.dosage_error,
        }
    return price
