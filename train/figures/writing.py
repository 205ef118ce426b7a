"""Results into files: NAME.md for readers, NAME.json for machines, index.md over all.

No time, no host and no path of this machine is written, so that two runs can be compared by `diff`.
"""

import json
import os
from pathlib import Path

from train.figures.figure import Context, Figure, Result, Table


def remove_old(figure: Figure, out: Path) -> None:
    """A picture of a disagreement that is no more must not stay behind."""
    for ending in ("md", "json", "png"):
        for path in out.glob(f"{figure.name}-*.{ending}"):
            path.unlink()


def write(figure: Figure, result: Result, context: Context) -> Path:
    """Write one figure's files into `context.out`; returns the page."""
    page = context.out / f"{figure.name}.md"
    lines = [f"# {figure.title}", ""]
    if context.size.value == "tiny":
        lines += ["**Tiny size: shows that the command works. Quote nothing from it.**", ""]
    for table in result.tables:
        lines += markdown(table)
    for plot in result.plots:
        lines += [f"![{plot.stem}]({Path(os.path.relpath(plot, context.out)).as_posix()})", ""]
    lines += [f"Made by `ramix-train figures --only {figure.name}`, seed {context.seed}.", ""]
    page.write_text("\n".join(lines), encoding="utf-8")
    if result.times:
        times = [f"# {figure.title}: times", ""]
        times += [line for table in result.times for line in markdown(table)]
        (context.out / f"{figure.name}-times.md").write_text("\n".join(times), encoding="utf-8")
    content = {
        "name": figure.name,
        "title": figure.title,
        "size": context.size.value,
        "seed": context.seed,
        "data": result.data,
    }
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
    page.with_suffix(".json").write_text(text, encoding="utf-8")
    return page


def markdown(table: Table) -> list[str]:
    """A pipe table with its notes, as lines."""
    lines = [f"## {table.title}", "", _row(table.columns), _row(("---",) * len(table.columns))]
    lines += [_row(row) for row in table.rows]
    lines.append("")
    for note in table.notes:
        lines += [f"- {note}"]
    return [*lines, ""] if table.notes else lines


def write_index(figures: tuple[Figure, ...], out: Path) -> None:
    """index.md over every page in `out`, in the order of the registry."""
    lines = ["# Figures", ""]
    lines += [f"- [{f.title}]({f.name}.md)" for f in figures if (out / f"{f.name}.md").exists()]
    (out / "index.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
