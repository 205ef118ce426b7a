"""The networks that are compared: the paper's way, with its target mended, and our way.

All have the same architecture and see as many spectra, and all end as int8 files inside signed
bundles, read back by `device.inference`. Next: `paper.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from device.answer.identifier import Identifier
from device.inference.bundle import read_bundle
from device.inference.trust import default_trust_policy, demo_signing_key
from evidence.figure import Context, Progress, Size
from train.bundle.export import export_bundle
from train.library.references import TrainingLibrary, load_library
from train.network.evaluate import PRESENCE_THRESHOLD, evaluate_generated
from train.recipe import RECIPE_FOLDER, Recipe, load_recipe
from train.spectra.distortions import broaden
from train.spectra.generator import Generator

INSTRUMENT_FWHM_CM1 = 12.0  # the paper measured its four references on the instrument itself
_FWHM_PER_SIGMA = 2.3548200450309493
OUR_WAY = "II, our way (relative target)"
_TINY_STEPS = 20


@dataclass(frozen=True)
class Way:
    """One way of training, as a row of the tables."""

    label: str
    recipe: Recipe
    paper_references: bool  # at the instrument's line width, as the paper's were


def ways(size: Size) -> tuple[Way, ...]:
    """What is compared; the recipes differ in data and target alone."""
    paper_one, paper_two = (_recipe(f"paper4-{task}", size) for task in (1, 2))
    every = (
        Way("I, the paper's way", paper_one, True),
        Way("I, our way", _ours("aromatics4-1", paper_one), False),
        Way("II, the paper's way (absolute target)", paper_two, True),
        Way("II, the paper's way but relative target", replace(paper_two, target="relative"), True),
        Way(OUR_WAY, _ours("aromatics4-2", paper_two), False),
    )
    return every if size is Size.FULL else (every[2], every[4])


def train_way(way: Way, size: Size, advance: Callable[[int], None]) -> Identifier:
    """Fit, quantize, sign and read back one network; `advance` is called with the steps done."""
    from train.int8.quantize import quantize
    from train.network.fit import fit

    library = load_library(way.recipe.library)
    if way.paper_references:
        library = at_instrument_width(library)
    recipe = way.recipe
    fitted = fit(library, recipe, lambda step, _loss: advance(step))
    generator = Generator(library, recipe, recipe.evaluation.seed)
    calibration = generator.batch(recipe.evaluation.calibration_spectra).inputs
    model = quantize(fitted.model, calibration)
    thresholds = np.full(len(library.compounds), PRESENCE_THRESHOLD, dtype=np.float32)
    spectra = 40 if size is Size.TINY else None
    figures = evaluate_generated(model, library, recipe, thresholds, spectra)
    data = export_bundle(model, library, recipe, thresholds, figures, {}, [demo_signing_key()])
    return Identifier(read_bundle(data, default_trust_policy()))


def at_instrument_width(library: TrainingLibrary) -> TrainingLibrary:
    """The library as the instrument of 12 cm-1 would have measured it."""
    missing = np.sqrt(INSTRUMENT_FWHM_CM1**2 - library.resolution_cm1**2)
    wide = broaden(library.wide, float(missing) / _FWHM_PER_SIGMA)
    wide = wide / wide.max(axis=1, keepdims=True)
    return replace(library, wide=wide, resolution_cm1=INSTRUMENT_FWHM_CM1)


def train_all(context: Context, of_all: int) -> dict[str, Identifier]:
    """Every way's network, in order; reports steps to the context's progress."""
    done = 0
    trained = {}
    for way in ways(context.size):
        trained[way.label] = train_way(way, context.size, _after(done, of_all, context.progress))
        done += way.recipe.training.steps
    return trained


def _after(before: int, of_all: int, progress: Progress) -> Callable[[int], None]:
    return lambda step: progress(before + step, of_all)


def _recipe(name: str, size: Size) -> Recipe:
    recipe = load_recipe(RECIPE_FOLDER / f"{name}.toml")
    if size is Size.FULL:
        return recipe
    training = replace(recipe.training, steps=_TINY_STEPS, warmup_steps=5, average_decay=0.5)
    evaluation = replace(recipe.evaluation, calibration_spectra=20)
    return replace(recipe, training=training, evaluation=evaluation)


def _ours(name: str, like: Recipe) -> Recipe:
    """A shipped recipe with the network and the training time of another."""
    ours = load_recipe(RECIPE_FOLDER / f"{name}.toml")
    return replace(ours, network=like.network, training=like.training, evaluation=like.evaluation)
