"""Figures of an int8 network, measured through `device.inference` as the analyzer runs it.

On generated spectra of another seed (what the recipe promised), and on measured spectra nobody
trained on (`library/measured.py`). Every proportion carries n and a Wilson interval.
Next: `bundle/export.py`, which writes the figures into the bundle.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.inference.interpreter import Interpreter
from train.library.references import TrainingLibrary
from train.recipe import Recipe
from train.spectra.generator import Batch, Generator

Singles = npt.NDArray[np.float32]

PRESENCE_THRESHOLD = 0.5
TRACE = 0.05  # share of all signal; below it int8's 256 levels and the noise begin to tell
_Z_95 = 1.959964


@dataclass(frozen=True)
class Proportion:
    """`hits` of `n`, with its 95% Wilson interval."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        return self.hits / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson 1927; (0, 1) when there is nothing to count."""
        if self.n == 0:
            return 0.0, 1.0
        p, z2 = self.value, _Z_95**2
        middle = (p + z2 / (2 * self.n)) / (1 + z2 / self.n)
        half = _Z_95 * math.sqrt(p * (1 - p) / self.n + z2 / (4 * self.n**2)) / (1 + z2 / self.n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        if self.n == 0:
            return "none"
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f}-{high:.3f}, n={self.n})"

    def to_json(self) -> dict[str, Any]:
        low, high = self.interval
        value = round(self.value, 4) if self.n else None
        return {"value": value, "low": round(low, 4), "high": round(high, 4), "n": self.n}


@dataclass(frozen=True)
class CompoundFigures:
    name: str
    recall: Proportion
    precision: Proportion


@dataclass(frozen=True)
class Figures:
    """What an int8 network does on generated spectra that it was not trained on."""

    exact: Proportion  # every labelled compound right
    exact_without_traces: Proportion  # no foreign signal, every component at least TRACE
    trace_recall: Proportion  # of the labelled components below TRACE
    exact_by_components: dict[int, Proportion]  # without foreign signal
    exact_by_snr: dict[str, Proportion]  # without foreign signal
    foreign_alone_silent: Proportion  # nothing named where nothing of the library is
    compounds: tuple[CompoundFigures, ...]
    dosage_error: float | None  # mean absolute, over compounds that are present
    dosage_error_absent: float | None

    def to_json(self) -> dict[str, Any]:
        return {
            "what": "generated spectra of another seed, int8 file, network alone",
            "exact": self.exact.to_json(),
            "exact_without_traces": self.exact_without_traces.to_json(),
            "trace_recall": self.trace_recall.to_json(),
            "exact_by_components": {
                str(count): part.to_json() for count, part in self.exact_by_components.items()
            },
            "exact_by_snr": {name: part.to_json() for name, part in self.exact_by_snr.items()},
            "foreign_alone_silent": self.foreign_alone_silent.to_json(),
            "compounds": {
                figures.name: {
                    "recall": figures.recall.to_json(),
                    "precision": figures.precision.to_json(),
                }
                for figures in self.compounds
            },
            "dosage_error": self.dosage_error,
            "dosage_error_absent": self.dosage_error_absent,
        }


def evaluate_generated(
    model: bytes,
    library: TrainingLibrary,
    recipe: Recipe,
    thresholds: Singles,
    spectra: int | None = None,
) -> Figures:
    """Measure on `recipe.evaluation.spectra` spectra of the evaluation seed."""
    # + 1: the calibration of the int8 file and the golden vectors use the seed itself
    generator = Generator(library, recipe, recipe.evaluation.seed + 1)
    batch = generator.batch(spectra or recipe.evaluation.spectra)
    presence, dosage = predict_int8(model, batch.inputs)
    return figures_of(batch, presence, dosage, library.names, thresholds)


def predict_int8(
    model: bytes, inputs: npt.NDArray[np.int8], runtime: str = "auto"
) -> tuple[Singles, Singles | None]:
    """(presence, dosage or None), float32[N, C] each, as the analyzer computes them."""
    interpreter = Interpreter(model, runtime)
    predictions = [interpreter.predict(model_input) for model_input in inputs]
    presence = np.stack([prediction.presence for prediction in predictions])
    dosages = [p.dosage for p in predictions if p.dosage is not None]
    return presence, np.stack(dosages) if dosages else None


def figures_of(
    batch: Batch,
    presence: Singles,
    dosage: Singles | None,
    names: tuple[str, ...],
    thresholds: Singles,
) -> Figures:
    """Compare predictions with labels; compounds without a label weight count as right."""
    named = presence >= thresholds
    present, labelled = batch.presence > 0, batch.presence_weight > 0
    right = ((named == present) | ~labelled).all(axis=1)
    alone = ~batch.has_foreign & (batch.shares.sum(axis=1) > 0)
    count = (batch.shares > 0).sum(axis=1)
    nothing = batch.shares.sum(axis=1) == 0
    trace = (batch.shares > 0) & (batch.shares < TRACE)

    def proportion(hits: npt.NDArray[np.bool_], of: npt.NDArray[np.bool_]) -> Proportion:
        return Proportion(int((hits & of).sum()), int(of.sum()))

    snr_limits = (0.0, 30.0, 100.0, 300.0, np.inf)
    by_snr = {
        f"{low:g}-{high:g}": proportion(right, alone & (batch.snr >= low) & (batch.snr < high))
        for low, high in zip(snr_limits, snr_limits[1:], strict=False)
    }
    return Figures(
        exact=Proportion(int(right.sum()), len(right)),
        exact_without_traces=proportion(right, alone & ~trace.any(axis=1)),
        trace_recall=proportion(named, trace & present),
        exact_by_components={
            int(number): proportion(right, alone & (count == number))
            for number in np.unique(count[alone])
        },
        exact_by_snr={name: part for name, part in by_snr.items() if part.n},
        foreign_alone_silent=proportion(right, nothing & batch.has_foreign),
        compounds=tuple(
            CompoundFigures(
                name=name,
                recall=proportion(named[:, c], present[:, c]),
                precision=proportion(present[:, c], named[:, c] & labelled[:, c]),
            )
            for c, name in enumerate(names)
        ),
        dosage_error=None if dosage is None else _mean_error(dosage, batch.dosage, present),
        dosage_error_absent=(
            None if dosage is None else _mean_error(dosage, batch.dosage, batch.shares == 0)
        ),
    )


def _mean_error(found: Singles, expected: Singles, where: npt.NDArray[np.bool_]) -> float | None:
    return round(float(np.abs(found - expected)[where].mean()), 4) if where.any() else None
