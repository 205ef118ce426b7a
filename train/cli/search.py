"""`ramix-train search`: which numbers of filters, sizes and neurons a recipe's network should have.

Read next: `search/search.py`.
"""

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.installation import how_to_install
from firmware_bridge.errors import RamixError
from train.cli.options import recipe_argument

if TYPE_CHECKING:
    from train.recipe import Recipe

# Set before Ray is imported, inherited by its processes.
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent anywhere
    "RAY_AIR_NEW_OUTPUT": "0",  # with it, tables of its own come in spite of `verbose=0`
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # what a coming version does, without its notice
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # no TensorBoard files
    "TUNE_GLOBAL_CHECKPOINT_S": "1",  # what a kill may cost of the bookkeeping
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
}


class SearchUnavailable(RamixError):
    """The optional packages for searching are not installed."""

    code = "search_unavailable"
    default_remedy = f"Install them: {how_to_install('ray[tune] pyarrow matplotlib')}"


@click.command()
@recipe_argument
@click.option(
    "--trials",
    type=click.IntRange(2, 10_000),
    default=12,
    show_default=True,
    help="Networks to try.",
)
@click.option(
    "--steps",
    type=click.IntRange(4, 10_000_000),
    default=1000,
    show_default=True,
    help="Of one training.",
)
@click.option(
    "--max-size-kb",
    type=click.FloatRange(1, 1_000_000),
    default=160,
    show_default=True,
    help="Largest int8 file, in 1000 bytes.",
)
@click.option(
    "--max-work",
    type=click.FloatRange(0, 1000, min_open=True),
    default=2.0,
    show_default=True,
    help="Most multiply-accumulates, as a multiple of those of the recipe's own network.",
)
@click.option(
    "--finalists",
    type=click.IntRange(0, 1000),
    default=2,
    show_default=True,
    help="Networks trained again from fresh seeds, beside the recipe's own; 0: choose nothing.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    default=2,
    show_default=True,
    help="Fresh seeds of each.",
)
@click.option(
    "--cpus-per-trial",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    help="As many trials run at once as the cores allow.",
)
@click.option(
    "--address", help="Of a Ray cluster: auto, HOST:PORT or ray://HOST:PORT. Default: this machine."
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/search"),
    show_default=True,
    help="Where it goes on from, and where the results go; shared by all machines of a cluster.",
)
@click.option("--fresh", is_flag=True, help="Begin anew, whatever an earlier search left.")
def search(
    recipe: "Recipe",
    trials: int,
    steps: int,
    max_size_kb: float,
    max_work: float,
    finalists: int,
    seeds: int,
    cpus_per_trial: int,
    address: str | None,
    work: Path,
    fresh: bool,
) -> None:
    """Search the network of a recipe: filters, sizes, strides and dense layer.

    Prints what every trial came to, and the [network] lines that the recipe should have.
    Interrupted, it goes on where it was when the same command is given again.

    \b
    Examples:
      ramix-train search solvents13-2
      ramix-train search my-liquids.toml --trials 40 --steps 2000 --address auto --work /srv/search
    """
    os.environ.update(_SETTINGS)
    try:
        for package in ("ray.tune", "tensorflow", "matplotlib"):
            import_module(package)
    except ImportError as error:
        raise SearchUnavailable(f"A search cannot run: {error}") from error
    from train.pages.table import markdown
    from train.search.plan import SearchSettings, forget
    from train.search.report import network_lines, tables, write_found
    from train.search.search import search as run_search

    folder = work / recipe.name
    if fresh:
        forget(folder)
    settings = SearchSettings(
        trials, steps, max_size_kb, max_work, finalists, seeds, cpus_per_trial
    )
    try:
        found = run_search(recipe, settings, folder, address)
    except KeyboardInterrupt:
        click.echo("Interrupted: the same command goes on from here.", err=True)
        raise
    for table in tables(found):
        click.echo("\n".join(markdown(table)))
    click.echo(network_lines(found.choice.network))
    for path in write_found(found, folder):
        click.echo(f"{path}")
