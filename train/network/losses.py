"""What a network is trained to make small.

Presence is learned by binary cross-entropy, dosage by mean squared error weighted towards the
compounds that are there (paper: weighted MSE), both at once. Next: `fit.py`, which trains with it.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from train.network.ramixnet import DOSAGE, PRESENCE
from train.spectra.generator import Batch

Total = Callable[[list[Any]], list[Any]]

# Absent compounds are many and easy; a present one's amount counts this many times as much.
_PRESENT_DOSAGE_WEIGHT = 4.0


def labels(batch: Batch) -> tuple[Any, Any, Any]:
    """Presence, its weight and dosage of a batch, [N, C] each, as tensors."""
    return (
        tf.constant(batch.presence),
        tf.constant(batch.presence_weight),
        tf.constant(batch.dosage),
    )


def loss_of(
    logits: dict[str, Any],
    presence: Any,
    weight: Any,
    dosage: Any,
    dosage_weight: float,
    total: Total = list,
) -> Any:
    """The scalar loss of logits [N, C] against `labels`.

    Where a batch is divided among workers, `total` sums scalars over all of them. What each one
    gets here is then its part of the loss: the parts sum to the loss of the whole batch.
    """
    # unlabelled compounds (weight 0) have a known amount, so they count as dosage
    importance = 1.0 + (_PRESENT_DOSAGE_WEIGHT - 1.0) * tf.cast(dosage > 0, tf.float32)
    counted = [weight, importance] if DOSAGE in logits else [weight]
    labelled, *important = total([tf.reduce_sum(one) for one in counted])
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=presence, logits=logits[PRESENCE])
    loss = tf.reduce_sum(entropy * weight) / tf.maximum(labelled, 1.0)
    if important:
        squared = tf.square(tf.sigmoid(logits[DOSAGE]) - dosage) * importance
        loss += dosage_weight * tf.reduce_sum(squared) / important[0]
    return loss
