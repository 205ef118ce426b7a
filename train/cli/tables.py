"""What a trainer reads on the terminal: tables of figures, and a picture of the references.

Next: `main.py`, which decides when.
"""

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from train.library.references import TrainingLibrary
from train.network.evaluate import Figures
from train.pages.table import Table as PageTable


def print_references(library: TrainingLibrary) -> None:
    """One line a compound: what is in the file, and what follows from the spectrum."""
    table = Table(title=f"{library.title}\n{library.source}")
    for column in ("compound", "CAS", "response factor", "strongest line / cm-1"):
        table.add_column(column)
    axis = library.grid.wavenumber_cm1
    for spec, reference in zip(library.compounds, library.references, strict=True):
        factor = "unknown" if spec.response_factor is None else f"{spec.response_factor:.3f}"
        table.add_row(spec.name, spec.cas, factor, f"{axis[reference.argmax()]:.0f}")
    Console().print(table)


def print_figures(name: str, figures: Figures) -> None:
    table = Table(title=f"{name}: generated spectra of another seed, int8, network alone")
    table.add_column("what")
    table.add_column("value (95% Wilson interval)")
    table.add_row("all right", str(figures.exact))
    table.add_row("all right, every share at least 5%", str(figures.exact_without_traces))
    table.add_row("found of shares below 5%", str(figures.trace_recall))
    for count, part in figures.exact_by_components.items():
        table.add_row(f"{count} components", str(part))
    for snr, part in figures.exact_by_snr.items():
        table.add_row(f"SNR {snr}", str(part))
    table.add_row("foreign alone: nothing named", str(figures.foreign_alone_silent))
    for compound in figures.compounds:
        table.add_row(
            compound.name,
            f"recall {compound.recall.value:.3f}, precision {compound.precision.value:.3f}",
        )
    if figures.dosage_error is not None:
        table.add_row("dosage error, present", f"{figures.dosage_error:.4f}")
        table.add_row("dosage error, absent", f"{figures.dosage_error_absent:.4f}")
    Console().print(table)


def print_page_table(page: PageTable) -> None:
    """A table of a page, with its notes, on the terminal."""
    table = Table(title=page.title, title_justify="left")
    for column in page.columns:
        table.add_column(escape(column), overflow="fold")
    for row in page.rows:
        table.add_row(*map(escape, row))
    console = Console()
    console.print(table)
    for note in page.notes:
        console.print(f"- {note}", highlight=False, markup=False)


def print_groups(groups: dict[str, Any]) -> None:
    for name, group in groups.items():
        click.echo(f"{name}: {group['agree']} of {group['n']} agree")
        for case in group["disagreements"]:
            parts = [
                f"{word} {', '.join(case[word])}" for word in ("missed", "added") if case[word]
            ]
            click.echo(f"    {case['spectrum']}: {'; '.join(parts)}")


def plot_references(library: TrainingLibrary, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    count = len(library.compounds)
    figure, axes = pyplot.subplots(
        count, 1, figsize=(10, 1.3 * count), sharex=True, layout="constrained"
    )
    for axis, name, reference in zip(axes, library.names, library.references, strict=True):
        axis.plot(library.grid.wavenumber_cm1, reference, linewidth=0.8)
        axis.set_ylabel(name, rotation=0, ha="right", fontsize=8)
        axis.set_yticks([])
    axes[-1].set_xlabel("Raman shift / cm-1")
    figure.suptitle(f"{library.title} ({library.references_are})")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
