"""What more compounds cost: one verdict with 13 and with 200 references, and a thousand verdicts.

Of 200 references no measured library is at hand: each is eight lines of 8.5 cm-1 at drawn places.
The network takes no part; its presence is drawn near the truth, and the decision's numbers are
those of the measured model. Next: `bench_processes.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.fit.library import Library
from device.inference.decision_numbers import DecisionNumbers
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.spectra.resampling import MODEL_GRID
from device.spectra.spectrum import (
    Acquisition,
    GridSpectrum,
    Spectrum,
    spectrum_from_acquisition,
    to_grid,
)
from device.verdict.identification import identify
from tools.bench_timing import Aim, Row, interleaved, rows

SMALL, LARGE = "13 references", "200 references"
BATCH = "1,000 verdicts"
_SIZES = {SMALL: 13, LARGE: 200}
_SCENES = 24
_BATCH_SIZE = 1000
_LEAST_ROUNDS_FOR_A_BATCH = 100  # fewer are a try-out
_LINES = 8
_LINE_SIGMA_CM1 = 3.6  # 8.5 cm-1 full width at half maximum
_SNR = 100.0  # highest peak over the noise of a point
_SEED = 20240918

Floats = npt.NDArray[np.float64]


def measure(identifier: Identifier, acquisitions: Sequence[Acquisition], rounds: int) -> list[Row]:
    """Rows of the groups "library" and "batch"."""
    cases = {name: _case(size, identifier.numbers) for name, size in _SIZES.items()}
    times = interleaved(cases, max(1, rounds // 10))
    aims = {LARGE: Aim(SMALL, "<= 6")}
    made = rows("library", times, unit="us", scale=1e6, aims=aims)
    if rounds < _LEAST_ROUNDS_FOR_A_BATCH:
        return made
    return [*made, *rows("batch", {BATCH: [_batch(identifier, acquisitions)]}, unit="s", scale=1.0)]


def line_references(count: int) -> Floats:
    """[count, G], unit maximum."""
    rng = np.random.default_rng([_SEED, count])
    axis = MODEL_GRID.wavenumber_cm1
    places = rng.uniform(axis[0] + 20.0, axis[-1] - 20.0, (count, _LINES, 1))
    heights = rng.uniform(0.1, 1.0, (count, _LINES, 1))
    spectra = (heights * np.exp(-0.5 * ((axis - places) / _LINE_SIGMA_CM1) ** 2)).sum(axis=1)
    result: Floats = spectra / spectra.max(axis=1, keepdims=True)
    return result


def _case(count: int, numbers: DecisionNumbers) -> Callable[[int], object]:
    references = line_references(count)
    library = Library(references)
    compounds = [Compound(f"compound {k}", "", (), "", None, None, "drawn") for k in range(count)]
    rng = np.random.default_rng([_SEED, count, 1])
    scenes = [_scene(rng, references) for _ in range(_SCENES)]

    def verdict(number: int) -> object:
        # another object every time: nothing of the spectrum is prepared already
        gridded, prediction = scenes[number % _SCENES]
        return identify(replace(gridded), prediction, library, compounds, numbers)

    return verdict


def _scene(rng: np.random.Generator, references: Floats) -> tuple[GridSpectrum, Prediction]:
    """One to five components of at least 5%."""
    count = len(references)
    present = rng.permutation(count)[: rng.integers(1, 6)]
    parts = 0.05 + rng.dirichlet(np.ones(len(present))) * (1.0 - 0.05 * len(present))
    raman = parts @ references[present]
    sigma = float(raman.max()) / _SNR
    intensity = raman + sigma * rng.standard_normal(len(raman))
    axis = MODEL_GRID.wavenumber_cm1
    spectrum = Spectrum(axis, intensity, variance=np.full(len(axis), sigma**2))
    near = np.where(np.isin(np.arange(count), present), 0.95, 0.02)
    return to_grid(spectrum, MODEL_GRID), Prediction(near.astype(np.float32), None)


def _batch(identifier: Identifier, acquisitions: Sequence[Acquisition]) -> float:
    """Seconds that a thousand stored measurements take, one after the other."""
    start = perf_counter()
    for number in range(_BATCH_SIZE):
        acquisition = acquisitions[number % len(acquisitions)]
        identifier.identify(spectrum_from_acquisition(acquisition))
    return perf_counter() - start
