"""Results into files: NAME.md for readers, NAME.json for machines, index.md over all.

No time, no host and no path of this machine is written, so that two runs can be compared by `diff`.
Next: `command.py`, which calls this for every figure.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evidence.figure import DEFAULT_SEED, USUAL_COMMAND, Context, Figure, NothingToShow, Result
from train.pages.table import markdown


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
    for sentence in _before_the_tables(result, context):
        lines += [sentence, ""]
    for table in result.tables:
        lines += markdown(table)
    for plot in result.plots:
        lines += [f"![{plot.stem}]({Path(os.path.relpath(plot, context.out)).as_posix()})", ""]
    lines += [f"Made by `{command_of(figure, context)}`, seed {context.seed}.", ""]
    if context.bundles:
        named = (f"{name} `{sha256[:12]}`" for name, sha256 in sorted(context.bundles.items()))
        lines += [f"Bundles (SHA-256): {', '.join(named)}.", ""]
    page.write_text("\n".join(lines), encoding="utf-8")
    if result.times:
        times = [f"# {figure.title}: times", ""]
        times += [line for table in result.times for line in markdown(table)]
        (context.out / f"{figure.name}-times.md").write_text("\n".join(times), encoding="utf-8")
    content: dict[str, Any] = {
        "name": figure.name,
        "title": figure.title,
        "size": context.size.value,
        "seed": context.seed,
        "repeats": context.repeats,
        "bundles": context.bundles,
        "data": result.data,
    }
    # left out where there is nothing to say: the usual file is what it always was
    if context.command != USUAL_COMMAND:
        content["command"] = context.command
    if isinstance(result, NothingToShow):
        content["nothing_to_show"] = result.why
    elif context.caveats:
        content["caveats"] = list(context.caveats.values())
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
    page.with_suffix(".json").write_text(text, encoding="utf-8")
    return page


def _before_the_tables(result: Result, context: Context) -> tuple[str, ...]:
    if isinstance(result, NothingToShow):
        return (f"Nothing to show: {result.why}",)
    return tuple(context.caveats.values())


def command_of(figure: Figure, context: Context) -> str:
    """What makes this page again."""
    words = [f"ramix-train {context.command} --only {figure.name}"]
    if context.size.value != "full":
        words.append(f"--size {context.size.value}")
    if context.seed != DEFAULT_SEED:
        words.append(f"--seed {context.seed}")
    if context.repeats != 1.0:
        words.append(f"--repeats {context.repeats:g}")
    return " ".join(words)


def write_index(figures: Sequence[Figure], out: Path) -> None:
    """index.md over every page in `out`, in the order of the registry, each with its seed."""
    lines = ["# Figures", ""]
    for figure in figures:
        page = out / f"{figure.name}.md"
        if page.exists():
            lines.append(f"- [{figure.title}]({page.name}): {_origin(page.with_suffix('.json'))}")
    (out / "index.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _origin(path: Path) -> str:
    """Seed and amount of a page that may be of an earlier run than its neighbours."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        seed, size, repeats = content["seed"], content["size"], content["repeats"]
    except (OSError, ValueError, KeyError):
        return "seed not known"
    more = "" if repeats == 1.0 else f", {repeats:g} times the spectra"
    return f"seed {seed}{more}{', tiny size' if size == 'tiny' else ''}"
