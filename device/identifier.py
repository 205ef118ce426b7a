"""A loaded model, ready to answer: Spectrum in, Answer out.

The order of the work is the order of the lines in `Identifier.identify`.
Next: `answers/identification.py` for how network and fit are weighed.
"""

from time import perf_counter

import numpy as np

from device.answers.answer import Answer, ModelLabel
from device.answers.identification import FitThresholds, identify, no_result
from device.answers.library_fit import Library
from device.inference.bundle import Bundle
from device.inference.golden import check_golden
from device.inference.interpreter import Interpreter, Prediction
from device.spectra.preprocessing import preprocess, quantize
from device.spectra.quality import check
from device.spectra.spectrum import GridSpectrum, Spectrum, to_grid

__all__ = ["Answer", "Identifier", "ModelLabel"]


class Identifier:
    """One model with its interpreter and its library, built once and used many times.

    Args:
        bundle: verified by `device.inference.bundle.read_bundle`.
        runtime: "auto" (LiteRT where installed), "litert" or "tflite".

    Raises:
        BundleError: the model cannot run on this machine.
    """

    def __init__(self, bundle: Bundle, runtime: str = "auto") -> None:
        manifest = bundle.manifest
        self.bundle = bundle
        self.interpreter = Interpreter.for_bundle(bundle, runtime)
        self.library = Library(bundle.references)
        self.thresholds = FitThresholds.from_manifest(manifest.thresholds.fit)
        self.presence_thresholds = np.array(manifest.thresholds.presence, dtype=np.float64)
        self.label = ModelLabel(manifest.name, manifest.version, bundle.sha256, manifest.task)

    def predict(self, gridded: GridSpectrum) -> Prediction:
        """The network alone; what it says is a proposal."""
        return self.interpreter.predict(quantize(preprocess(gridded.intensity, gridded.valid)))

    def identify(self, spectrum: Spectrum) -> Answer:
        """Quality gate, network, library fit, verdict."""
        start = perf_counter()
        gridded = to_grid(spectrum, self.bundle.manifest.grid)
        reasons = check(spectrum, gridded)
        if reasons:
            elapsed = 1e3 * (perf_counter() - start)
            timings = {"preprocess": elapsed, "total": elapsed}
            return Answer(no_result(reasons), timings, self.label, spectrum, gridded)
        model_input = quantize(preprocess(gridded.intensity, gridded.valid))
        preprocessed = perf_counter()
        prediction = self.interpreter.predict(model_input)
        predicted = perf_counter()
        identification = identify(
            gridded,
            prediction,
            self.library,
            self.bundle.manifest.compounds,
            self.presence_thresholds,
            self.thresholds,
        )
        end = perf_counter()
        timings = {
            "preprocess": 1e3 * (preprocessed - start),
            "invoke": 1e3 * (predicted - preprocessed),
            "fit": 1e3 * (end - predicted),
            "total": 1e3 * (end - start),
        }
        return Answer(identification, timings, self.label, spectrum, gridded, prediction)


def proven_identifier(bundle: Bundle, runtime: str = "auto") -> Identifier:
    """An identifier whose model has answered its golden vectors right on this machine.

    Raises:
        BundleError: it does not load here, or answers otherwise than at its publisher's.
        RuntimeMissing: the asked interpreter is not installed.
    """
    identifier = Identifier(bundle, runtime)
    check_golden(bundle, identifier.interpreter)
    return identifier
