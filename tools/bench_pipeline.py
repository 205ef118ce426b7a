"""The way from the last raw count to the verdict, beside a bare invoke of the same network.

Inputs are the measured solvent frames with fresh shot noise, rotated: one input again and again
would sit in the cache and read low. Next: `bench_library.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from device.answer.identifier import Identifier
from device.inference.bundle import Bundle
from device.spectra.cosmic_rays import without_cosmic_rays
from device.spectra.files.reading import read_spectrum
from device.spectra.preprocessing import model_input
from device.spectra.quality import check
from device.spectra.spectrum import Acquisition, spectrum_from_acquisition, to_grid
from device.verdict.identification import identify
from tools.bench_timing import Aim, Row, interleaved, rows

INPUTS = 64
ELECTRONS_PER_COUNT = 4.0
SEED = 20240917

BARE = "bare invoke"
PIPELINE = "counts -> prediction"
GATED = "the same with quality gate"
FIT = "library fit"
VERDICT = "counts -> verdict"


def recorded_acquisitions(folder: Path, count: int = INPUTS) -> list[Acquisition]:
    """Every native file below `folder` in turn, each time with other shot noise."""
    spectra = [read_spectrum(path) for path in sorted(folder.rglob("*.txt"))]
    recorded = [spectrum.raw for spectrum in spectra if spectrum.raw is not None]
    generator = np.random.default_rng(SEED)
    made = []
    for number in range(count):
        original = recorded[number % len(recorded)]
        spread = np.sqrt(np.maximum(original.raw_counts, 0.0) / ELECTRONS_PER_COUNT)
        noisy = original.raw_counts + spread * generator.standard_normal(spread.shape)
        made.append(replace(original, raw_counts=np.clip(noisy, 0.0, 65535.0)))
    return made


def measure(
    bundle: Bundle, runtime: str, acquisitions: list[Acquisition], rounds: int
) -> list[Row]:
    """Rows of the groups "pipeline", "verdict" and "stages of the pipeline"."""
    identifier = Identifier(bundle, runtime)
    grids = [to_grid(spectrum_from_acquisition(one)) for one in acquisitions]
    inputs = [model_input(one.intensity, one.valid) for one in grids]
    predictions = [identifier.interpreter.predict(one) for one in inputs]
    invoke = bare_invoke(bundle.model, identifier.interpreter.runtime_name)

    def pipeline(number: int) -> object:
        spectrum = spectrum_from_acquisition(acquisitions[number % len(acquisitions)])
        return identifier.predict(without_cosmic_rays(to_grid(spectrum), spectrum))

    def gated(number: int) -> object:
        spectrum = spectrum_from_acquisition(acquisitions[number % len(acquisitions)])
        gridded = to_grid(spectrum)
        check(spectrum, gridded)
        return identifier.predict(without_cosmic_rays(gridded, spectrum))

    def fit(number: int) -> object:
        turn = number % len(grids)
        return identify(
            grids[turn],
            predictions[turn],
            identifier.library,
            bundle.manifest.compounds,
            identifier.numbers,
        )

    def verdict(number: int) -> object:
        return identifier.identify(
            spectrum_from_acquisition(acquisitions[number % len(acquisitions)])
        )

    def bare(number: int) -> object:
        return invoke(inputs[number % len(inputs)])

    # Two runs: a fit of milliseconds would empty the caches before every other case.
    without_fit = interleaved({BARE: bare, PIPELINE: pipeline, GATED: gated}, rounds)
    with_fit = interleaved({BARE: bare, FIT: fit, VERDICT: verdict}, max(1, rounds // 5))
    stages = _stages(identifier, acquisitions, rounds)
    return [
        *_rows("pipeline", without_fit, {PIPELINE: Aim(BARE, "<= 1.25"), GATED: Aim(BARE)}),
        *_rows("verdict", with_fit, {FIT: Aim(BARE), VERDICT: Aim(BARE, "<= 40")}),
        *_rows("stages of the pipeline", stages, {}),
    ]


def _rows(group: str, times: Mapping[str, Sequence[float]], aims: Mapping[str, Aim]) -> list[Row]:
    return rows(group, times, unit="us", scale=1e6, aims=aims)


def bare_invoke(model: bytes, runtime_name: str) -> Callable[[Any], object]:
    """What any program must do at least: set the input, invoke, get the outputs."""
    if runtime_name == "litert":
        from ai_edge_litert.interpreter import Interpreter
    else:
        from tflite_runtime.interpreter import Interpreter
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    index, shape = entry["index"], entry["shape"]
    outputs = [output["index"] for output in interpreter.get_output_details()]

    def invoke(model_input: Any) -> object:
        interpreter.set_tensor(index, model_input.reshape(shape))
        interpreter.invoke()
        return [interpreter.get_tensor(output) for output in outputs]

    return invoke


@dataclass
class _Clock:
    """Splits one pass into named laps."""

    laps: dict[str, list[float]]
    last: float = 0.0

    def start(self) -> None:
        self.last = perf_counter()

    def lap(self, name: str) -> None:
        now = perf_counter()
        self.laps.setdefault(name, []).append(now - self.last)
        self.last = perf_counter()


def _stages(
    identifier: Identifier, acquisitions: list[Acquisition], rounds: int
) -> dict[str, list[float]]:
    """Where the pipeline's time goes, one stage after the other as they really follow."""
    clock = _Clock({})
    for number in range(rounds):
        acquisition = acquisitions[number % len(acquisitions)]
        clock.start()
        spectrum = spectrum_from_acquisition(acquisition)
        clock.lap("counts -> spectrum")
        gridded = to_grid(spectrum)
        clock.lap("onto the grid")
        check(spectrum, gridded)
        clock.lap("quality gate")
        gridded = without_cosmic_rays(gridded, spectrum)
        clock.lap("cosmic rays")
        prepared = model_input(gridded.intensity, gridded.valid)
        clock.lap("network's input")
        identifier.interpreter.predict(prepared)
        clock.lap("predict")
    return clock.laps
