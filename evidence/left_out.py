"""The shipped product with one compound taken out, and foreign spectra to show it.

Leaving a compound out turns its spectra into foreign ones whose truth is known. It leaves the
references, the compounds and the network's outputs. The network was trained with it, so its other
outputs are lower for these spectra than those of a network trained without the compound.
Next: `unknowns.py`, which counts the answers.
"""

from copy import copy
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from device.fit.library import Library
from device.inference.interpreter import Interpreter, Prediction
from device.verdict.identifier import Identifier
from evidence.pures import AXIS_CM1, Pures, low_pass, snip, unit_maximum
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


def foreign_pures(spectra: list[MeasuredSpectrum]) -> Pures:
    """Unit-maximum Raman spectra on AXIS_CM1, cut from their baselines as `measured_pures` are."""
    rows = []
    for one in spectra:
        axis, intensity = one.spectrum.wavenumber_cm1, one.spectrum.intensity
        counts = np.interp(AXIS_CM1, axis, intensity)
        raman = np.maximum(low_pass(counts - snip(counts)), 0.0)
        # beyond what was measured the last value would be repeated
        rows.append(np.where((axis[0] <= AXIS_CM1) & (axis[-1] >= AXIS_CM1), raman, 0.0))
    return Pures(tuple(one.name for one in spectra), unit_maximum(np.stack(rows)))
