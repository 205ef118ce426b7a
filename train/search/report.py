"""A search written down: a table and a picture for people, search.json for programs.

Next: `search.py`, which makes what is written here.
"""

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.durable import written_whole
from train.pages.drawing import BLUE, GREY, ORANGE, canvas, save
from train.pages.table import Table, markdown
from train.recipe import NetworkSettings, Recipe
from train.search.front import Choice, Finalist, SearchTrial, front
from train.search.space import Cost, Limits


@dataclass(frozen=True)
class Found:
    """Everything a search found out."""

    recipe: Recipe  # with the steps of a trial
    own: Cost  # of the recipe's own network
    limits: Limits
    outcomes: tuple[SearchTrial, ...]  # by number; number 0 is the recipe's own network
    finalists: tuple[Finalist, ...]  # best first
    choice: Choice


def tables(found: Found) -> tuple[Table, ...]:
    """The trials, the finalists and what they come to."""
    on_front = front(found.outcomes)
    trials = Table(
        title=f"{found.recipe.name}: trials of {found.recipe.training.steps} steps",
        columns=("trial", *_NETWORK, "kB", "work", "steps", "exact match", "dosage error", "front"),
        rows=tuple(
            (
                str(one.number),
                *_network(one.network),
                *_cost(one.cost, found.own),
                str(one.step) if one.state == "finished" else f"{one.step} ({one.state})",
                str(one.exact),
                "" if one.dosage_error is None else f"{one.dosage_error:.4f}",
                "*" if one in on_front else "",
            )
            for one in found.outcomes
        ),
        notes=(
            "M, N, D: filters, sizes and dense layer; S: strides. Trial 0 is the recipe's own.",
            f"kB: estimated int8 file, at most {found.limits.file_bytes / 1000:g}. "
            "work: multiply-accumulates against the recipe's own network, at most "
            f"{found.limits.multiply_accumulates / found.own.multiply_accumulates:g}.",
            "exact match: float network, generated spectra that no trial trains on, Wilson "
            "interval; stopped trials at their last look.",
        ),
    )
    if not found.finalists:
        return (trials,)
    last = Table(
        title="Trained again from fresh seeds",
        columns=(*_NETWORK, "kB", "work", "mean exact match", "each seed"),
        rows=tuple(
            (
                *_network(one.network),
                *_cost(one.cost, found.own),
                f"{one.mean:.4f}",
                ", ".join(f"{value:.4f}" for value in one.exact),
            )
            for one in found.finalists
        ),
        notes=(found.choice.reason[0].upper() + found.choice.reason[1:] + ".",),
    )
    return trials, last


def network_lines(network: NetworkSettings) -> str:
    """As a recipe takes them."""
    return (
        "[network]\n"
        f"filters = {list(network.filters)}\n"
        f"sizes = {list(network.sizes)}\n"
        f"strides = {list(network.strides)}\n"
        f"dense = {network.dense}"
    )


def write_found(found: Found, folder: Path) -> tuple[Path, ...]:
    """search.md, search.json and search.png in `folder`; returns their paths."""
    page = "\n".join(line for table in tables(found) for line in markdown(table))
    lines = f"{page}\nThe choice:\n\n```toml\n{network_lines(found.choice.network)}\n```\n"
    files = {
        folder / "search.md": lines,
        folder / "search.json": json.dumps(as_json(found), indent=1, allow_nan=False) + "\n",
    }
    for path, text in files.items():
        with written_whole(path) as stream:
            stream.write(text.encode())
    return *files, plot(found, folder / "search.png")


def as_json(found: Found) -> dict[str, Any]:
    on_front = front(found.outcomes)
    return {
        "recipe": found.recipe.name,
        "steps": found.recipe.training.steps,
        "limits": dataclasses.asdict(found.limits),
        "own": dataclasses.asdict(found.own),
        "trials": [
            dataclasses.asdict(one) | {"exact": one.exact.to_json(), "front": one in on_front}
            for one in found.outcomes
        ],
        "finalists": [
            dataclasses.asdict(one) | {"mean": round(one.mean, 4)} for one in found.finalists
        ],
        "choice": {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in dataclasses.asdict(found.choice).items()
        },
    }


def plot(found: Found, path: Path) -> Path:
    """Exact match over file size, the front joined, bars for the 95% intervals."""
    figure = canvas(4.5)
    axes = figure.subplots()
    on_front = front(found.outcomes)
    axes.step(*_points(on_front), where="post", color=BLUE, linewidth=1, label="front")
    for states, colour, label in (
        (("stopped",), GREY, "stopped early"),
        (("finished",), BLUE, "finished"),
    ):
        shown = [one for one in found.outcomes if one.state in states]
        sizes, exact = _points(shown)
        below = [one.exact.value - one.exact.interval[0] for one in shown]
        above = [one.exact.interval[1] - one.exact.value for one in shown]
        axes.errorbar(sizes, exact, (below, above), fmt="o", color=colour, capsize=2, label=label)
        for one, size, value in zip(shown, sizes, exact, strict=True):
            axes.annotate(str(one.number), (size, value), xytext=(4, 4), textcoords="offset points")
    own = [one for one in found.outcomes if one.number == 0 and one.state != "failed"]
    axes.plot(*_points(own), "s", markersize=12, fillstyle="none", color=ORANGE, label="own")
    axes.set_xlabel("int8 file, kB (estimated)")
    axes.set_ylabel("exact match, float network")
    axes.set_title(f"{found.recipe.name}: trials of {found.recipe.training.steps} steps")
    axes.legend()
    return save(figure, path)


_NETWORK = ("M", "N", "S", "D")


def _network(network: NetworkSettings) -> tuple[str, ...]:
    lists = (network.filters, network.sizes, network.strides)
    return *(" ".join(map(str, numbers)) for numbers in lists), str(network.dense)


def _cost(cost: Cost, own: Cost) -> tuple[str, str]:
    work = cost.multiply_accumulates / own.multiply_accumulates
    return f"{cost.file_bytes / 1000:.0f}", f"{work:.2f}"


def _points(outcomes: Sequence[SearchTrial]) -> tuple[list[float], list[float]]:
    return [one.cost.file_bytes / 1000 for one in outcomes], [one.exact.value for one in outcomes]
