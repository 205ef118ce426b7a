"""Float network -> full int8 file: inputs, weights, activations and outputs.

Post-training quantization, one scale per output channel, calibrated on spectra pinned by the
recipe's evaluation seed. Next: `evaluate.py`, which measures what that cost.
"""

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from device.spectra.preprocessing import INT8_FULL_SCALE
from train.ramixnet import serving_model

_LOWEST_CODE = -128
# The converter chooses the input scale from the extremes it sees. With -128/127 and 1 among them
# it is exactly 1/127 with zero point 0: the codes that `preprocessing.quantize` writes.
_LOWEST_INPUT = np.float32(_LOWEST_CODE / INT8_FULL_SCALE)


def quantize(model: Any, calibration: npt.NDArray[np.int8]) -> bytes:
    """Convert a network with representative inputs int8[k, G]; returns the file's bytes."""
    grid_size = calibration.shape[1]
    spectra = calibration.astype(np.float32) / np.float32(INT8_FULL_SCALE)
    spectra[0, 0], spectra[0, -1] = _LOWEST_INPUT, 1.0

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
        converted: bytes = converter.convert()
    return converted
