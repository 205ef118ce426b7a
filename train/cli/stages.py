"""The stages from references to a signed model, and `build` for all of them.

Stages hand on through a work folder (default `out/train/NAME`), so that each can be repeated by
itself. Heavy imports stand inside the verbs: `--help` must not wait for TensorFlow.
Next: `train/recipe.py`, what decides a model.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from train.cli.fit import as_fitted
from train.cli.fit import fit as fit_command
from train.cli.options import (
    RecipeName,
    fresh_option,
    key_option,
    out_option,
    recipe_argument,
    work_option,
    workers_options,
)
from train.cli.quantize import MODEL, PRICE, as_quantized, kind_option, stage_file
from train.cli.quantize import quantize as quantize_command
from train.recipe import RECIPE_FOLDER

if TYPE_CHECKING:
    from train.recipe import Recipe

_HISTORY, _REPORT = "history.json", "report.html"


@click.command()
@click.argument("library")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Write a PNG.")
def references(library: str, plot: Path | None) -> None:
    """Check a library, and show its references as networks and library fit see them.

    A missing, empty, unfit, double or mislabelled file is named with the reason.

    \b
    Examples:
      ramix-train references solvents13 --plot solvents13.png
      ramix-train references my-liquids.toml
    """
    from train.cli.tables import plot_references, print_references
    from train.library.references import load_library

    loaded = load_library(library)
    print_references(loaded)
    for notice in loaded.notices:
        click.echo(f"note: {notice}")
    if plot is not None:
        plot_references(loaded, plot)


@click.command()
@recipe_argument
@work_option
@out_option
@key_option
def export(recipe: "Recipe", work: Path, out: Path, key: Path | None) -> None:
    """Measure the int8 file; write the signed bundle, its model card and an HTML report.

    A network that is not good enough to be signed gets its report all the same, with a remedy.

    \b
    Examples:
      ramix-train export solvents13-2 --out models
      ramix-train export my-liquids.toml --key release.pem
    """
    import numpy as np

    from device.inference.bundle import read_bundle
    from device.inference.trust import SigningKey, TrustPolicy, demo_signing_key
    from train.bundle.card import choices_of, library_of, model_card
    from train.bundle.export import export_bundle, write_model
    from train.bundle.golden_spectra import NoGoldenSpectrum
    from train.bundle.report import html_report
    from train.bundle.shortfall import remedy_for
    from train.cli.tables import print_figures
    from train.library.references import load_library
    from train.network.evaluate import PRESENCE_THRESHOLD, evaluate_generated

    recipe = as_quantized(as_fitted(recipe, work), work)
    library = load_library(recipe.library)
    model = stage_file(work, recipe, MODEL, "quantize").read_bytes()
    thresholds = np.full(len(library.compounds), PRESENCE_THRESHOLD, dtype=np.float32)
    figures = evaluate_generated(model, library, recipe, thresholds)
    price = json.loads(stage_file(work, recipe, PRICE, "quantize").read_text())
    signer = demo_signing_key() if key is None else SigningKey.from_file(key)
    report = work / recipe.name / _REPORT
    history = work / recipe.name / _HISTORY
    looks = json.loads(history.read_text()) if history.exists() else []

    def write_report(bundle: bytes | None, shortfall: str = "") -> None:
        page = html_report(library, recipe, model, figures, price, looks, bundle, shortfall)
        report.write_text(page, encoding="utf-8")
        click.echo(f"{report}: the figures as plots")

    try:
        bundle = export_bundle(model, library, recipe, thresholds, figures, price, [signer])
    except NoGoldenSpectrum as error:
        remedy = remedy_for(library, recipe, looks)
        print_figures(recipe.name, figures)
        write_report(None, f"{error.text} {remedy}")
        raise NoGoldenSpectrum(error.text, remedy=remedy) from error
    written = read_bundle(bundle, TrustPolicy(1, {signer.key_id: signer.public_key}))
    choices = choices_of(recipe.name, library_of(written))
    card = model_card(written, library.title, choices=choices)
    path = write_model(out, recipe, bundle, card)
    print_figures(recipe.name, figures)
    signed = "the demo key" if key is None else f"key {signer.key_id}"
    click.echo(f"{path}: {len(bundle)} bytes, signed with {signed}")
    write_report(bundle)


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--recipe", type=RecipeName(), help="Default: the recipe of the bundle's name.")
@click.option("--development", is_flag=True, help="On the measured development spectra instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def evaluate(bundle: Path, recipe: "Recipe | None", development: bool, as_json: bool) -> None:
    """Measure a bundle's int8 network alone, through the code the analyzer runs.

    \b
    Examples:
      ramix-train evaluate models/solvents13-2.ramix
      ramix-train evaluate models/solvents13-2.ramix --development
    """
    import numpy as np

    from device.inference.bundle import read_bundle_file
    from device.inference.trust import default_trust_policy

    loaded = read_bundle_file(bundle, default_trust_policy())
    if development:
        from train.cli.tables import print_groups
        from train.library.measured import development_cases, summary

        groups = summary(development_cases(loaded))
        click.echo(json.dumps(groups, indent=1)) if as_json else print_groups(groups)
        return
    from train.cli.tables import print_figures
    from train.library.references import load_library
    from train.network.evaluate import evaluate_generated
    from train.recipe import load_recipe

    chosen = recipe or load_recipe(RECIPE_FOLDER / f"{loaded.manifest.name}.toml")
    thresholds = np.array(loaded.manifest.presence_thresholds, dtype=np.float32)
    figures = evaluate_generated(loaded.model, load_library(chosen.library), chosen, thresholds)
    if as_json:
        click.echo(json.dumps(figures.to_json(), indent=1))
    else:
        print_figures(loaded.manifest.name, figures)


@click.command()
@recipe_argument
@work_option
@out_option
@fresh_option
@key_option
@kind_option
@workers_options
@click.pass_context
def build(
    ctx: click.Context,
    recipe: "Recipe",
    work: Path,
    out: Path,
    fresh: bool,
    key: Path | None,
    kind: str | None,
    workers: int,
    cluster: str | None,
    index: int | None,
) -> None:
    """Fit, quantize, export: one command for one model.

    A library file (a folder of spectra, described in one TOML file) gets a recipe sized by the
    number of its compounds.

    \b
    Examples:
      ramix-train build solvents13-2 --out models
      ramix-train build my-liquids.toml --key release.pem
      ramix-train build my-liquids.toml --workers 4
    """
    leads = ctx.invoke(
        fit_command,
        recipe=recipe,
        work=work,
        fresh=fresh,
        workers=workers,
        cluster=cluster,
        index=index,
    )
    if not leads:
        return
    ctx.invoke(quantize_command, recipe=recipe, work=work, kind=kind)
    ctx.invoke(export, recipe=recipe, work=work, out=out, key=key)
