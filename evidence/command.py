"""`ramix-train evidence`: tables and pictures of what any bundle says, into one folder.

The loop and its options serve `ramix-train figures` too, which adds experiments to them.
Read next: `registry.py` for what there is, `figure.py` for what a figure is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from evidence.figure import Context, Figure
    from evidence.figure import Progress as Report

NOT_THERE = "there is no figure {name!r}; there are: {names}"


def figure_options(out: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--only`, `--size`, `--out`, `--seed`, `--repeats` and `--list`; `out`: the usual folder."""
    options = (
        click.option(
            "--only", multiple=True, metavar="NAME", help="Make this figure; may be repeated."
        ),
        click.option(
            "--size",
            type=click.Choice(["tiny", "full"]),
            default="full",
            show_default=True,
            help="tiny shows in seconds that everything runs; only full may be quoted.",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path(out),
            show_default=True,
            help="Where tables (.md, .json) and pictures (.png) go.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0, 2**32 - 1),
            help="Of all random spectra. Default: 7850.",
        ),
        click.option(
            "--repeats",
            type=click.FloatRange(0.0, 1000.0, min_open=True),
            default=1.0,
            show_default=True,
            metavar="FACTOR",
            help="Times as many random spectra: 5 where an interval is too wide.",
        ),
        click.option("--list", "only_list", is_flag=True, help="Name the figures and make none."),
    )

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


@click.command()
@click.argument(
    "bundles", nargs=-1, type=click.Path(path_type=Path, dir_okay=False), metavar="BUNDLE..."
)
@figure_options("out/evidence")
@click.option(
    "--library",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML file of the bundles' library, where it is none of the shipped ones: scenes are then "
    "mixed from its native files.",
)
def evidence(
    bundles: tuple[Path, ...],
    only: tuple[str, ...],
    size: str,
    out: Path,
    seed: int | None,
    repeats: float,
    only_list: bool,
    library: Path | None,
) -> None:
    """Make the tables and pictures that a model card quotes, for one bundle or several.

    Several bundles are networks of one library, and stand side by side in every table.

    \b
    Examples:
      ramix-train evidence my-liquids-2.ramix --library my-liquids.toml
      ramix-train evidence models/one-1.ramix models/one-2.ramix --only measured --only unequal
      ramix-train card my-liquids-2.ramix --figures out/evidence
    """
    from evidence.figure import DEFAULT_SEED, Context, Size
    from evidence.registry import FIGURES
    from evidence.under_test import UnderTest

    chosen = chosen_of(FIGURES, only)
    if only_list:
        return list_figures(FIGURES)
    if not bundles:
        raise click.UsageError("Missing argument 'BUNDLE...'.")
    under_test = UnderTest(bundles, library)
    under_test.identifiers  # noqa: B018  # says now what is wrong with the bundles
    words = ["evidence", *(path.name for path in bundles)]
    words += [] if library is None else ["--library", library.name]
    context = Context(
        out=out,
        size=Size(size),
        under_test=under_test,
        seed=DEFAULT_SEED if seed is None else seed,
        repeats=repeats,
        command=" ".join(words),
    )
    make_figures(chosen, FIGURES, context)


def list_figures(figures: Sequence["Figure"]) -> None:
    for one in figures:
        click.echo(f"{one.name:12} {one.title}{' (trains networks)' if one.trains else ''}")


def chosen_of(figures: Sequence["Figure"], only: Sequence[str]) -> list["Figure"]:
    """Those that are asked for by name; without names, all that train nothing."""
    names = [one.name for one in figures]
    for name in only:
        if name not in names:
            raise click.BadParameter(NOT_THERE.format(name=name, names=", ".join(names)))
    return [one for one in figures if (one.name in only if only else not one.trains)]


def make_figures(
    chosen: Sequence["Figure"], registry: Sequence["Figure"], context: "Context"
) -> None:
    """One page after the other, then the index over all of the registry that lie there."""
    from rich.progress import Progress

    from evidence.writing import remove_old, write, write_index

    context.out.mkdir(parents=True, exist_ok=True)
    with Progress() as bar:
        for one in chosen:
            task = bar.add_task(one.name, total=None)
            own = replace(context, progress=_advance(bar, task), bundles={}, caveats={})
            remove_old(one, context.out)
            page = write(one, one.make(own), own)
            bar.update(task, completed=1, total=1)
            bar.console.print(f"{page}", highlight=False)
    write_index(registry, context.out)
    click.echo(f"{context.out / 'index.md'}: start reading here")


def _advance(bar: "Progress", task: "TaskID") -> "Report":
    return lambda done, of_all: bar.update(task, completed=done, total=of_all)
