"""`ramix-train figures`: every table and picture of the shipped models again, into one folder.

What cards and docs quote (`evidence/`), and what was tried (`notebook/`).
Read next: `registry.py` for what there is, `evidence/command.py` for the loop.
"""

from pathlib import Path

import click

from evidence.command import chosen_of, figure_options, list_figures, make_figures
from train.cli.options import work_option


@click.command()
@click.option("--paper", is_flag=True, help="Reproduce the paper too: trains four small networks.")
@figure_options("out/figures")
@click.option(
    "--models",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the bundles to measure. Default: the shipped ones.",
)
@work_option
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
    """Make the tables and pictures that docs and model cards quote, from seeds.

    \b
    Examples:
      ramix-train figures                         # everything that trains nothing
      ramix-train figures --only measured --only unequal
      ramix-train figures --paper                 # only the paper: Tables 4 and 5
      ramix-train figures --only int8             # float against int8, from the work folder
      ramix-train figures --only experiments      # the decision, one part at a time
      ramix-train figures --only trainings        # one setting at a time: trains, resumes
      ramix-train figures --only robustness --seed 20261123 --repeats 5
    """
    from device.installation import shipped_models_dir
    from evidence.figure import DEFAULT_SEED, Context, Size
    from notebook.registry import FIGURES
    from notebook.shipped import LIBRARY, networks_of

    chosen = chosen_of(FIGURES, (*only, *(("paper",) if paper else ())))
    if only_list:
        return list_figures(FIGURES)
    folder = models or shipped_models_dir()
    context = Context(
        out=out,
        size=Size(size),
        under_test=networks_of(folder, LIBRARY),
        seed=DEFAULT_SEED if seed is None else seed,
        repeats=repeats,
        models=folder,
        work=work,
    )
    make_figures(chosen, FIGURES, context)
