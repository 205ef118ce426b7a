"""`ramix-train quantize`: the float network's weights into the int8 file, and what that costs.

Next: `int8/quantize.py`, the conversion; `int8/aware.py`, the fine-tuning before it.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from train.cli.options import recipe_argument, work_option

if TYPE_CHECKING:
    from train.library.references import TrainingLibrary
    from train.recipe import QuantizationKind, Recipe

WEIGHTS, MODEL, PRICE = "float.weights.h5", "model.tflite", "quantization.json"
_SETTINGS = "quantized.json"
_KINDS: "dict[str, QuantizationKind]" = {"post-training": "post_training", "aware": "aware"}

kind_option = click.option(
    "--kind",
    type=click.Choice(list(_KINDS)),
    help="aware: let the network learn on for a while, rounded as int8 is. Default: the recipe's.",
)


@click.command()
@recipe_argument
@work_option
@kind_option
def quantize(recipe: "Recipe", work: Path, kind: str | None) -> None:
    """Turn the float network into the int8 file.

    \b
    Examples:
      ramix-train quantize solvents13-2
      ramix-train quantize solvents13-2 --kind aware
    """
    from train.int8.quantize import between_codes, quantization_price
    from train.int8.quantize import quantize as run_quantize
    from train.library.references import load_library
    from train.network.ramixnet import build as build_network
    from train.spectra.generator import Generator

    if kind is not None:
        recipe = replace(recipe, quantization=replace(recipe.quantization, kind=_KINDS[kind]))
    folder = work / recipe.name
    library = load_library(recipe.library)
    compound_count, grid_size = library.references.shape
    model = build_network(recipe.network, grid_size, compound_count, recipe.task)
    model.load_weights(stage_file(work, recipe, WEIGHTS, "fit"))
    generator = Generator(library, recipe, recipe.evaluation.seed)
    calibration = generator.batch(recipe.evaluation.calibration_spectra).inputs
    settings, ready = recipe.quantization, model
    if settings.kind == "aware":
        ready = _fine_tuned(ready, library, recipe, calibration)
    if settings.between_codes:
        ready = between_codes(ready, recipe, calibration)
    converted = run_quantize(ready, calibration)
    files = {"int8": converted}
    if ready is not model:  # the card shows what it would have been without
        files["int8, post-training"] = run_quantize(model, calibration)
    (folder / MODEL).write_bytes(converted)
    (folder / _SETTINGS).write_text(json.dumps(asdict(settings)))
    click.echo(f"{recipe.name}: {len(converted)} bytes, {model.count_params()} parameters")
    price = quantization_price(model, files, library, recipe)
    (folder / PRICE).write_text(json.dumps(price, indent=1))
    for name, figures in price.items():
        click.echo(f"{name}: " + ", ".join(f"{what} {value}" for what, value in figures.items()))


def _fine_tuned(model: Any, library: "TrainingLibrary", recipe: "Recipe", calibration: Any) -> Any:
    """`fine_tune` behind a bar."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from train.int8.aware import fine_tune

    steps = recipe.quantization.steps
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.completed}/{task.total}, loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task(f"{recipe.name}, aware of int8", total=steps, loss=float("nan"))
        return fine_tune(
            model,
            library,
            recipe,
            calibration,
            lambda step, loss: bar.update(task, completed=step, loss=loss),
        )


def as_quantized(recipe: "Recipe", work: Path) -> "Recipe":
    """The recipe with the quantization that its int8 file really had."""
    from train.recipe import QuantizationSettings, from_table

    path = work / recipe.name / _SETTINGS
    if not path.exists():  # written by hand, or by an earlier version: the recipe's own
        return recipe
    settings = from_table(QuantizationSettings, json.loads(path.read_text()), str(path))
    return replace(recipe, quantization=settings)


def stage_file(work: Path, recipe: "Recipe", name: str, stage: str) -> Path:
    """A file that an earlier stage left; raises click.ClickException naming the stage to run."""
    path = work / recipe.name / name
    if not path.exists():
        raise click.ClickException(f"{path} is not there: run `ramix-train {stage}` first.")
    return path
