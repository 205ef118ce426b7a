"""RaMixNet I and II: one encoder, a dense layer, and one or two paths of C sigmoids.

Mozaffari & Tay 2021 (arXiv 2106.05316): blocks of [convolution of M filters of size N, ReLU,
pooling], a dense layer of D, C sigmoid outputs for presence; II adds C for the amounts, trained
together. The paper prints no M, N, D: those of the recipes are ours. Its pooling is a stride
here: six times faster to train, three times faster to run, and as accurate in our hands.
The convolutions are two-dimensional with height 1, because the one-dimensional ones turn into
reshaping operators in the int8 file. Next: `fit.py`, which trains it.
"""

from typing import Any

import tensorflow as tf

from train.recipe import NetworkSettings, Task

PRESENCE, DOSAGE = "presence", "dosage"  # signature names; `device.inference` looks for them


def build(network: NetworkSettings, grid_size: int, compound_count: int, task: Task) -> Any:
    """A Keras model: float32[N, 1, G, 1] in [-1, 1] -> {name: logits[N, C]}.

    Logits, not probabilities: the loss is more exact on them; `serving_model` adds the sigmoids.
    """
    # Keras numbers its tensors through a process, and the int8 file keeps their names: start anew,
    # or the same weights would give other bytes as the second model than as the first.
    tf.keras.backend.clear_session()
    spectrum = tf.keras.Input((1, grid_size, 1), name="spectrum")
    features = spectrum
    blocks = zip(network.filters, network.sizes, network.strides, strict=True)
    for number, (filters, size, stride) in enumerate(blocks, start=1):
        features = tf.keras.layers.Conv2D(
            filters,
            (1, size),
            strides=(1, stride),
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"block{number}",
        )(features)
    features = tf.keras.layers.Flatten(name="flatten")(features)
    features = tf.keras.layers.Dense(
        network.dense, activation="relu", kernel_initializer="he_normal", name="dense"
    )(features)
    paths = [PRESENCE, DOSAGE] if task == "ramixnet2" else [PRESENCE]
    outputs = {path: tf.keras.layers.Dense(compound_count, name=path)(features) for path in paths}
    return tf.keras.Model(spectrum, outputs, name=task)


def serving_model(model: Any, grid_size: int) -> Any:
    """The model with sigmoids at its end and a static batch of 1, ready for conversion."""
    spectrum = tf.keras.Input((1, grid_size, 1), batch_size=1, name="spectrum")
    logits = model(spectrum, training=False)
    sigmoid = tf.keras.activations.sigmoid
    return tf.keras.Model(spectrum, {path: sigmoid(value) for path, value in logits.items()})


def predict(model: Any, inputs: Any, batch: int = 256) -> dict[str, Any]:
    """Float probabilities for int8[N, G] inputs, as numpy float32[N, C] arrays."""
    parts: dict[str, list[Any]] = {}
    for start in range(0, len(inputs), batch):
        spectra = tf.cast(inputs[start : start + batch, None, :, None], tf.float32) / 127.0
        for path, logits in model(spectra, training=False).items():
            parts.setdefault(path, []).append(tf.sigmoid(logits))
    return {path: tf.concat(values, axis=0).numpy() for path, values in parts.items()}
