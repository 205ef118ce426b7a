"""What a training looks at from time to time: spectra that it never learns from.

Next: `fit.py`, whose trainings sit it.
"""

from typing import Any, Final

import numpy as np

from train.library.references import TrainingLibrary
from train.network.evaluate import PRESENCE_THRESHOLD, figures_of
from train.network.ramixnet import PRESENCE, predict
from train.recipe import Recipe
from train.spectra.generator import Generator

VALIDATION_SPECTRA: Final = 1000


class Exam:
    """Held-out generated spectra, of a seed that neither trains nor measures."""

    def __init__(self, library: TrainingLibrary, recipe: Recipe) -> None:
        # + 4: evaluation, calibration, golden vectors and price use the seed and the next three
        self._batch = Generator(library, recipe, recipe.evaluation.seed + 4).batch(
            VALIDATION_SPECTRA
        )
        self._names = library.names
        self._thresholds = np.full(len(library.names), PRESENCE_THRESHOLD, dtype=np.float32)

    def exact_match(self, model: Any) -> float:
        presence = predict(model, self._batch.inputs)[PRESENCE]
        figures = figures_of(self._batch, presence, None, self._names, self._thresholds)
        return figures.exact.value
