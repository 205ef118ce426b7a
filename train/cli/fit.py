"""`ramix-train fit`: the float network of a recipe, by one process or by several together.

Next: `fit_display.py`, what it shows; `network/cluster.py`, several processes.
"""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from train.cli.options import fresh_option, recipe_argument, work_option, workers_options

if TYPE_CHECKING:
    from train.network.cluster import Cluster
    from train.recipe import Recipe

_SETTINGS = "fitted.json"


@click.command()
@recipe_argument
@work_option
@fresh_option
@workers_options
def fit(
    recipe: "Recipe",
    work: Path,
    fresh: bool,
    workers: int,
    cluster: str | None,
    index: int | None,
) -> bool:
    """Train the float network of a recipe or a library file.

    Interrupted, it goes on where it was when the same command is given again.

    Several workers share each batch and take every step together. On several machines, start the
    same command on each, with its own index; the first one (index 0) shows the progress and keeps
    checkpoint and weights. A worker that is lost ends the training within a minute, with a word;
    started again, it goes on from the checkpoint.

    While workers train, each listens at its port, on every network of its machine (here too), and
    TensorFlow does not ask who calls: do it only where you trust all who can reach that port.

    \b
    Examples:
      ramix-train fit solvents13-2
      ramix-train fit my-liquids.toml
      ramix-train fit solvents13-2 --workers 2
      ramix-train fit solvents13-2 --cluster alpha:2222,beta:2222 --index 0   # on alpha
      ramix-train fit solvents13-2 --cluster alpha:2222,beta:2222 --index 1   # on beta
    """
    if (cluster is None) != (index is None):
        raise click.UsageError("--cluster and --index go together.")
    if cluster is not None and workers > 1:
        raise click.UsageError("--workers is for this machine alone, --cluster for several.")
    if cluster is None and workers == 1:
        _lead(recipe, work, fresh, None)
        return True
    from train.network.cluster import cluster_of, spread
    from train.network.launch import follow, local_workers

    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # a lost worker is said in one sentence, not in ten
    if cluster is None or index is None:
        recipe = spread(recipe, workers)
        with local_workers(recipe, workers) as leader:
            _lead(recipe, work, fresh, leader)
        return True
    own = cluster_of(cluster, index)
    recipe = spread(recipe, len(own.addresses))
    if own.leads:
        _lead(recipe, work, fresh, own)
    else:
        click.echo(f"{recipe.name}: worker {own.index}, led by {own.addresses[0]}")
        follow(recipe, own)
    return own.leads


def _lead(recipe: "Recipe", work: Path, fresh: bool, cluster: "Cluster | None") -> None:
    from train.cli.fit_display import fit_and_show

    folder = work / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    fit_and_show(recipe, folder, fresh=fresh, cluster=cluster)
    (folder / _SETTINGS).write_text(json.dumps({"streams": recipe.training.streams}))


def as_fitted(recipe: "Recipe", work: Path) -> "Recipe":
    """The recipe with the streams of spectra that its weights were really trained from."""
    path = work / recipe.name / _SETTINGS
    if not path.exists():  # of an earlier version: the recipe's own
        return recipe
    streams = int(json.loads(path.read_text())["streams"])
    return replace(recipe, training=replace(recipe.training, streams=streams))
