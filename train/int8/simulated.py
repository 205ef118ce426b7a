"""The int8 file's arithmetic in float: the same network, rounded where the converted one rounds.

What TensorFlow's converter does to our layers (2.21): weights symmetric in 8 bits with one scale
per output channel, convolutions and dense layers alike; activations asymmetric with one range per
tensor, the extremes seen over the calibration spectra by the float network; sigmoids in 1/256.
Biases have 32 bits and are left alone. Each kind of rounding can be switched off, which tells
where a loss comes from. Rounding passes gradients straight through (Bengio et al. 2013,
arXiv 1308.3432), so a network can learn to live with it. Next: `aware.py`, which does that.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from device.spectra.preprocessing import INT8_FULL_SCALE

# The converter chooses the input scale from the extremes it sees. With -128/127 and 1 among them
# it is exactly 1/127 with zero point 0: the codes that `preprocessing.quantize` writes.
_LOWEST_INPUT = np.float32(-128 / INT8_FULL_SCALE)

WEIGHT_LEVELS = 127  # the converter leaves -128 out, so that scales are symmetric
ACTIVATION_LEVELS = 255
SIGMOID_STEP = 1.0 / 256.0


@dataclass(frozen=True)
class Rounding:
    """Which values are rounded; inputs come rounded or not, as the caller has them."""

    weights: bool = True
    activations: bool = True  # behind convolutions and hidden dense layers
    logits: bool = True  # before the sigmoids


EVERYWHERE, NOWHERE = Rounding(), Rounding(weights=False, activations=False, logits=False)


class Ranges:
    """Extremes [2] of every layer's output, by the layer's name; kept as variables of a graph."""

    def __init__(self, model: Any, calibration: npt.NDArray[np.int8]) -> None:
        self._calibration = representative_spectra(calibration)[:, None, :, None]
        self.of = {
            layer.name: tf.Variable([0.0, 0.0], trainable=False)
            for layer in _rounding_layers(model)
        }
        self._model = model
        self.follow()

    def follow(self) -> None:
        """Measure again: the weights have changed."""
        seen: dict[str, Any] = {}
        _forward(self._model, self._calibration, NOWHERE, None, seen)
        for name, output in seen.items():
            # zero is always within, or padding and ReLU could not be written exactly
            low, high = min(float(tf.reduce_min(output)), 0.0), max(float(tf.reduce_max(output)), 0)
            self.of[name].assign([low, high])

    def step(self, layer: str) -> float:
        """What one code of this layer's output is worth."""
        low, high = self.of[layer].numpy()
        return float(high - low) / ACTIVATION_LEVELS


def representative_spectra(calibration: npt.NDArray[np.int8]) -> npt.NDArray[np.float32]:
    """float32[k, G] from which the converter takes every range, that of the input pinned."""
    spectra = calibration.astype(np.float32) / np.float32(INT8_FULL_SCALE)
    spectra[0, 0], spectra[0, -1] = _LOWEST_INPUT, 1.0
    return spectra


def simulate(model: Any, ranges: Ranges, spectra: Any, rounding: Rounding = EVERYWHERE) -> Any:
    """Logits {path: [N, C]} of float spectra [N, 1, G, 1] with the int8 file's rounding."""
    return _forward(model, spectra, rounding, ranges, {})


def simulated_answers(
    model: Any,
    ranges: Ranges,
    inputs: npt.NDArray[Any],
    rounding: Rounding = EVERYWHERE,
    sigmoids: bool = True,
    batch: int = 256,
) -> dict[str, npt.NDArray[np.float32]]:
    """Probabilities [N, C] for int8 codes, or float ones on the same scale, [N, G]."""
    parts: dict[str, list[Any]] = {}
    for start in range(0, len(inputs), batch):
        spectra = as_spectra(inputs[start : start + batch])
        for path, logits in simulate(model, ranges, spectra, rounding).items():
            values = tf.sigmoid(logits).numpy()
            if sigmoids:
                values = np.clip(np.rint(values / SIGMOID_STEP), 0, 255) * SIGMOID_STEP
            parts.setdefault(path, []).append(values)
    return {path: np.concatenate(values).astype(np.float32) for path, values in parts.items()}


def as_spectra(inputs: Any) -> Any:
    """Codes [N, G] as the network gets them, float32[N, 1, G, 1]."""
    return tf.cast(inputs[:, None, :, None], tf.float32) / float(INT8_FULL_SCALE)


def _forward(
    model: Any, spectra: Any, rounding: Rounding, ranges: Ranges | None, seen: dict[str, Any]
) -> dict[str, Any]:
    """Walk the layers in order; `seen` collects what each of them puts out."""
    paths: Collection[str] = model.output_names
    values, logits = spectra, {}
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.InputLayer):
            continue
        if not layer.weights:  # flatten
            values = layer(values)
            continue
        kernel = _rounded_weights(layer.kernel) if rounding.weights else layer.kernel
        if isinstance(layer, tf.keras.layers.Conv2D):
            output = tf.nn.conv2d(values, kernel, layer.strides, layer.padding.upper())
        else:
            output = values @ kernel
        output = layer.activation(output + layer.bias)
        seen[layer.name] = output
        ends = layer.name in paths
        if ranges is not None and (rounding.logits if ends else rounding.activations):
            output = _rounded_activations(output, ranges.of[layer.name])
        if ends:
            logits[layer.name] = output
        else:
            values = output
    return logits


def _rounding_layers(model: Any) -> list[Any]:
    return [layer for layer in model.layers if layer.weights]


def _rounded_weights(kernel: Any) -> Any:
    """[..., output channels]"""
    largest = tf.reduce_max(tf.abs(kernel), axis=list(range(len(kernel.shape) - 1)), keepdims=True)
    step = tf.stop_gradient(tf.maximum(largest, 1e-9) / WEIGHT_LEVELS)
    return _straight_through(kernel, tf.round(kernel / step) * step)


def _rounded_activations(values: Any, ends: Any) -> Any:
    step = tf.maximum(ends[1] - ends[0], 1e-9) / ACTIVATION_LEVELS
    zero = tf.round(-ends[0] / step)  # a code: zero itself is always written exactly
    low, high = -zero * step, (ACTIVATION_LEVELS - zero) * step
    clipped = tf.clip_by_value(values, low, high)
    return _straight_through(clipped, tf.round(clipped / step) * step)


def _straight_through(value: Any, rounded: Any) -> Any:
    return value + tf.stop_gradient(rounded - value)
