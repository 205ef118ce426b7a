"""`ramix-train figures`: make every table and picture again, into one folder.

Read next: `registry.py` for what there is, `figure.py` for what a figure is.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from train.cli.options import work_option

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from evidence.figure import Progress as Report

NOT_THERE = "there is no figure {name!r}; there are: {names}"


@click.command()
@click.option("--only", multiple=True, metavar="NAME", help="Make this figure; may be repeated.")
@click.option("--paper", is_flag=True, help="Reproduce the paper too: trains four small networks.")
@click.option(
    "--size",
    type=click.Choice(["tiny", "full"]),
    default="full",
    show_default=True,
    help="tiny shows in seconds that everything runs; only full may be quoted.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/figures"),
    show_default=True,
    help="Where tables (.md, .json) and pictures (.png) go.",
)
@click.option(
    "--models",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the bundles to measure. Default: the shipped ones.",
)
@work_option
@click.option("--seed", type=click.IntRange(0), help="Of all random spectra. Default: 7850.")
@click.option(
    "--repeats",
    type=click.FloatRange(0.0, 1000.0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="FACTOR",
    help="Times as many random spectra: 5 where an interval is too wide.",
)
@click.option("--list", "only_list", is_flag=True, help="Name the figures and make none.")
def figures(
    only: tuple[str, ...],
    paper: bool,
    size: str,
    out: Path,
    models: Path | None,
    work: Path,
    seed: int | None,
    repeats: float,
    only_list: bool,
) -> None:
    """Make the tables and pictures that README and model cards quote, from seeds.

    \b
    ramix-train figures                         # everything that trains nothing
    ramix-train figures --only measured --only unequal
    ramix-train figures --paper                 # only the paper: Tables 4 and 5
    ramix-train figures --only int8             # float against int8, from the work folder
    ramix-train figures --only experiments      # what was tried: trains small networks, resumes
    ramix-train figures --only robustness --seed 20261123 --repeats 5
    """
    from rich.progress import Progress

    from device.installation import shipped_models_dir
    from evidence.figure import DEFAULT_SEED, Context, Size
    from evidence.writing import remove_old, write, write_index
    from notebook.registry import FIGURES

    if only_list:
        for one in FIGURES:
            click.echo(f"{one.name:12} {one.title}{' (trains networks)' if one.trains else ''}")
        return
    names = [one.name for one in FIGURES]
    for name in only:
        if name not in names:
            raise click.BadParameter(NOT_THERE.format(name=name, names=", ".join(names)))
    wanted = set(only) | ({"paper"} if paper else set())
    chosen = [f for f in FIGURES if (f.name in wanted if wanted else not f.trains)]
    out.mkdir(parents=True, exist_ok=True)

    with Progress() as bar:
        for one in chosen:
            task = bar.add_task(one.name, total=None)
            context = Context(
                out=out,
                size=Size(size),
                models=models or shipped_models_dir(),
                work=work,
                seed=DEFAULT_SEED if seed is None else seed,
                repeats=repeats,
                progress=_advance(bar, task),
            )
            remove_old(one, out)
            page = write(one, one.make(context), context)
            bar.update(task, completed=1, total=1)
            bar.console.print(f"{page}", highlight=False)
    write_index(FIGURES, out)
    click.echo(f"{out / 'index.md'}: start reading here")


def _advance(bar: "Progress", task: "TaskID") -> "Report":
    return lambda done, of_all: bar.update(task, completed=done, total=of_all)
