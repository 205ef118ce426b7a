"""What a trainer sees while a network learns: a bar, the pace, and every look at unseen spectra.

Next: `network/fit.py`, the training itself.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from train.library.references import load_library
from train.network.checkpoint import Validation
from train.network.fit import fit
from train.recipe import Recipe

if TYPE_CHECKING:
    from train.network.cluster import Cluster
    from train.network.workers import Workers

CHECKPOINT, HISTORY, WEIGHTS = "checkpoint.npz", "history.json", "float.weights.h5"


class Pace(ProgressColumn):
    """Spectra per second."""

    def __init__(self, batch: int) -> None:
        super().__init__()
        self._batch = batch

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed * self._batch:,.0f} spectra/s" if task.speed else "")


def fit_and_show(
    recipe: Recipe, folder: Path, *, fresh: bool = False, cluster: "Cluster | None" = None
) -> None:
    """Train, going on where an earlier run was interrupted; weights and history go to `folder`.

    With `cluster`, as the leader of its workers.

    Raises:
        RecipeError: the library cannot be used.
        CheckpointError: the earlier run's checkpoint is damaged.
        ClusterError, WorkerLost, WorkersDiffer: the workers could not train together.
    """
    library = load_library(recipe.library)
    checkpoint = folder / CHECKPOINT
    if fresh:
        checkpoint.unlink(missing_ok=True)
    console = Console()
    for notice in library.notices:
        console.print(f"note: {notice}", highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=6),  # the rest just fits into 80 columns
        TextColumn("{task.completed}/{task.total}, loss {task.fields[loss]:.4f}"),
        TextColumn("exact {task.fields[exact]}"),
        Pace(recipe.training.batch),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(recipe.name, total=recipe.training.steps, loss=float("nan"), exact="-")

        earlier = checkpoint.exists()

        def step(number: int, loss: float) -> None:
            if number == 1 and earlier:
                console.print("the earlier run had another recipe or library: starting over")
            if bar.tasks[0].completed == 0 and number > 1:
                console.print(f"going on after step {number - 1}")
                bar.reset(task, completed=number - 1)  # the pace is that of this run
            bar.update(task, completed=number, loss=loss)

        def validated(look: Validation) -> None:
            console.print(
                f"step {look.step}: loss {look.loss:.4f}, every compound right in "
                f"{look.exact:.1%} of unseen generated spectra",
                highlight=False,
            )
            bar.update(task, exact=f"{look.exact:.3f}")

        if cluster is not None:
            console.print(f"waiting until all {len(cluster.addresses)} workers are there")
        with _company(cluster) as workers:
            fitted = fit(library, recipe, step, validated, checkpoint, workers=workers)
    if fitted.resumed_at * recipe.training.batch == fitted.spectra_seen:
        console.print(f"{recipe.name} was trained already (--fresh trains it again)")
    unfinished = folder / f"unfinished.{WEIGHTS}"
    fitted.model.save_weights(unfinished)
    unfinished.replace(folder / WEIGHTS)
    history = json.dumps([asdict(look) for look in fitted.history], indent=1)
    (folder / HISTORY).write_text(history)
    early = " (ended early: no longer learning)" if fitted.stopped_early else ""
    console.print(
        f"{recipe.name}: {fitted.spectra_seen} spectra seen, loss {fitted.final_loss:.4f}{early}",
        highlight=False,
    )


@contextmanager
def _company(cluster: "Cluster | None") -> Iterator["Workers | None"]:
    if cluster is None:
        yield None
        return
    from train.network.workers import working_together

    with working_together(cluster) as workers:
        yield workers
