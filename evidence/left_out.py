"""The product with one compound taken out, and foreign spectra to show it.

Leaving a compound out turns its spectra into foreign ones whose truth is known. It leaves the
references, the compounds and the network's outputs. The network was trained with it, so its other
outputs are lower for these spectra than those of a network trained without the compound.
Next: `unknowns.py`, which counts the answers.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.fit.library import Library
from device.inference.interpreter import Interpreter, Prediction
from evidence.pures import Pures, raman_of, unit_maximum
from train.library.measured import MeasuredSpectrum

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _FewerOutputs:
    """Runs the network and hands on the outputs `kept`."""

    interpreter: Interpreter
    kept: npt.NDArray[np.intp]

    def predict(self, model_input: npt.NDArray[np.int8]) -> Prediction:
        whole = self.interpreter.predict(model_input)
        dosage = None if whole.dosage is None else whole.dosage[self.kept]
        return Prediction(whole.presence[self.kept], dosage)


def without(identifier: Identifier, index: int) -> Identifier:
    """The same product without compound `index`."""
    kept = np.delete(np.arange(len(identifier.compounds)), index)
    result = copy(identifier)
    result.compounds = tuple(identifier.compounds[k] for k in kept)
    result.library = Library(identifier.library.references[kept])
    result.presence_thresholds = identifier.presence_thresholds[kept]
    result.interpreter = cast(Interpreter, _FewerOutputs(identifier.interpreter, kept))
    return result


def foreign_pures(spectra: Sequence[MeasuredSpectrum], fwhm_cm1: float) -> Pures:
    """Their Raman parts, at most as sharp as the library's spectra."""
    rows = [raman_of(one.spectrum, fwhm_cm1) for one in spectra]
    return Pures(tuple(one.name for one in spectra), unit_maximum(np.stack(rows)), fwhm_cm1)
