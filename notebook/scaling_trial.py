"""One size of library: a short training, and what its network and fit take for a spectrum.

Every trial trains the same number of steps with the default recipe of its size, in a process of
its own where memory is to be compared. Next: `scaling.py`, which puts sizes side by side.
"""

import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from time import perf_counter, process_time

import numpy as np

from device.fit.library import Library
from device.inference.interpreter import Interpreter, Prediction
from device.inference.manifest import Compound
from device.spectra.preprocessing import preprocess, quantize
from device.spectra.spectrum import to_grid
from device.verdict.identification import identify
from evidence.pures import references_of
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from notebook.shipped import shipped_numbers
from train.library.default_recipe import recipe_of_size
from train.library.references import TrainingLibrary, load_library
from train.spectra.generator import Generator

# 1-5 components of at least 5% at SNR 100: what the models are asked for. Every compound sits a
# little aside and has intensities of its own, for the scenes' pures are the library's references.
CONDITIONS = Conditions(
    snr=100.0, shift_cm1=(-1.0, 1.0), baseline=0.5, own_shift_cm1=0.5, intensity_jitter=0.05
)
COMPONENTS, SMALLEST_SHARE = (1, 5), 0.05

LIBRARIES = {13: "solvents13", 37: "measured37", 200: "filled200"}  # whole, by their size
_WARM_UP_STEPS = 3  # tracing the graph, filling caches
_GENERATOR_BATCHES = 6
_KIBIBYTE = 1024 if sys.platform == "linux" else 1  # ru_maxrss has another unit elsewhere


@dataclass(frozen=True)
class Trial:
    """What so many compounds cost."""

    compounds: int
    batch: int  # spectra a step
    parameters: int
    model: bytes  # int8, hardly trained
    step_s: float  # wall clock, generator and network beside each other
    step_cpu_s: float  # of all threads
    generator_cpu_s: float  # for one batch
    peak_bytes: int  # resident memory of the whole process
    grown_bytes: int  # of that, in the second half of the steps


@dataclass(frozen=True)
class Latency:
    """Median of one spectrum, seconds of processor time."""

    invoke_s: float
    fit_s: float
    verdict_s: float  # preprocessing, network, fit and decision


def library_of(compounds: int) -> TrainingLibrary:
    """The smallest of our libraries that has so many, without the rest."""
    whole = _whole(next(name for size, name in LIBRARIES.items() if compounds <= size))
    return replace(whole, compounds=whole.compounds[:compounds], wide=whole.wide[:compounds])


@lru_cache(maxsize=len(LIBRARIES))
def _whole(name: str) -> TrainingLibrary:
    return load_library(name)


def train(compounds: int, steps: int) -> Trial:
    """Train for `steps` and convert."""
    from train.int8.quantize import quantize as to_int8
    from train.network.fit import fit

    library = library_of(compounds)
    recipe = recipe_of_size(compounds)
    schedule = replace(
        recipe.training, steps=steps, warmup_steps=min(steps, 20), average_decay=0.9, patience=0
    )
    recipe = replace(recipe, training=schedule)
    generator_cpu_s = _generator_cpu_s(
        Generator(library, recipe, recipe.evaluation.seed), schedule.batch
    )
    marks: dict[int, tuple[float, float, int]] = {}

    def look(step: int, _loss: float) -> None:
        if step in (_WARM_UP_STEPS, steps // 2, steps):
            marks[step] = perf_counter(), process_time(), _peak_bytes()

    fitted = fit(library, recipe, look)
    peak = _peak_bytes()
    first, last = marks[_WARM_UP_STEPS], marks[steps]
    counted = steps - _WARM_UP_STEPS
    calibration = Generator(library, recipe, recipe.evaluation.seed).batch(20).inputs
    return Trial(
        compounds=compounds,
        batch=schedule.batch,
        parameters=int(fitted.model.count_params()),
        model=to_int8(fitted.model, calibration),
        step_s=(last[0] - first[0]) / counted,
        step_cpu_s=(last[1] - first[1]) / counted,
        generator_cpu_s=generator_cpu_s,
        peak_bytes=peak,
        grown_bytes=marks[steps][2] - marks[steps // 2][2],
    )


def latency(trial: Trial, library: TrainingLibrary, scenes: Sequence[Scene]) -> Latency:
    """Medians over `scenes`; the network's presence is replaced by the truth, and the shipped
    model's numbers decide.

    Processor time, which other work on the machine hardly changes; on one thread it is latency.
    """
    interpreter = Interpreter(trial.model)
    fitter = Library(library.references)
    compounds = [Compound(one.name, one.cas, (), "", None, None, "") for one in library.compounds]
    numbers = shipped_numbers()
    invoke, fit, verdict = [], [], []
    for scene in [scenes[0], *scenes]:  # the first one fills caches and does not count
        start = process_time()
        gridded = to_grid(scene.spectrum)
        model_input = quantize(preprocess(gridded.intensity, gridded.valid))
        ready = process_time()
        interpreter.predict(model_input)
        predicted = process_time()
        told = Prediction(scene.present.astype(np.float32), None)
        identify(gridded, told, fitter, compounds, numbers)
        decided = process_time()
        fitter.fit(gridded)
        fit.append(process_time() - decided)
        invoke.append(predicted - ready)
        verdict.append(decided - start)
    return Latency(*(float(np.median(times[1:])) for times in (invoke, fit, verdict)))


def scenes_of(library: TrainingLibrary, count: int, seed: Sequence[int]) -> list[Scene]:
    """`count` mixtures under CONDITIONS."""
    pures = references_of(library.names, library.references, library.resolution_cm1)
    rng = np.random.default_rng(list(seed))
    shares = [draw_shares(rng, len(pures.names), COMPONENTS, SMALLEST_SHARE) for _ in range(count)]
    return [make_scene(rng, pures, row, CONDITIONS) for row in shares]


def _generator_cpu_s(generator: Generator, batch: int) -> float:
    generator.batch(batch)
    start = process_time()
    for _ in range(_GENERATOR_BATCHES):
        generator.batch(batch)
    return (process_time() - start) / _GENERATOR_BATCHES


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBIBYTE
