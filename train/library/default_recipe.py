"""The recipe of a library that has none: that of the shipped solvents, sized by the compounds.

A chemist describes the spectra; how to train on them is decided here, and every number of it can
be overruled in the library file's `[recipe]` table, with the keys of a recipe file.
Next: `recipe.py`, what each number means.
"""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from train.library.file import read_library_file
from train.recipe import RECIPE_FOLDER, Recipe, RecipeError, from_table, read_toml

# The shipped recipe was chosen for so many compounds; steps and dense layer grow with the square
# root of their number, within limits: beyond the upper ones patience ends the training first.
_BASE_COMPOUNDS = 13
_STEPS = (1500, 32000)
_DENSE = (48, 512)
_PATIENCE = 6

# A bench's few liquids may all be in one bottle; a catalogue's are not. Beyond so many compounds
# the network is taught what samples are made of, and what the noise hides is left to the fit.
_BENCH = 64
_CATALOGUE: dict[str, Any] = {
    "mixtures": {
        "component_count_weights": [4, 6, 6, 6, 6, 4, 2],
        "traces": 2.0,
        "present_from": 0.02,
        "absent_below": 0.01,
    },
    # each compound comes by more seldom: what one learns between two looks is less
    "training": {"validate_every": 1000},
}


def recipe_for(path: Path) -> Recipe:
    """The recipe for the library that the TOML file `path` describes.

    Raises:
        RecipeError: the file cannot be used as written.
    """
    file = read_library_file(path)
    task = file.recipe.get("task", "ramixnet2")
    number = {"ramixnet1": 1, "ramixnet2": 2}.get(task)
    if number is None:
        raise RecipeError(f"{path.name}: recipe.task must be ramixnet1 or ramixnet2, not {task!r}")
    # of the file, not of the clock: building again gives the same bytes
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    table = _sized(file.compound_count, number)
    table["name"] = f"{file.name}-{number}"
    table["library"] = str(path)
    table["created_utc"] = f"{written:%Y-%m-%dT%H:%M:%SZ}"
    _merge(table, file.recipe)
    return from_table(Recipe, table, f"{path.name}: recipe")


def recipe_of_size(compounds: int) -> Recipe:
    """RaMixNet II for any library of so many compounds."""
    return from_table(Recipe, _sized(compounds, 2), f"{compounds} compounds: recipe")


def _sized(compounds: int, number: int) -> dict[str, Any]:
    table = read_toml(RECIPE_FOLDER / f"solvents13-{number}.toml")
    factor = math.sqrt(compounds / _BASE_COMPOUNDS)
    training, network = table["training"], table["network"]
    training["steps"] = _within(training["steps"] * factor, _STEPS, 100)
    training["patience"] = _PATIENCE
    network["dense"] = _within(network["dense"] * factor, _DENSE, 8)
    if compounds > _BENCH:
        _merge(table, _CATALOGUE)
    return table


def _within(value: float, limits: tuple[int, int], step: int) -> int:
    return min(max(round(value / step) * step, limits[0]), limits[1])


def _merge(table: dict[str, Any], changes: dict[str, Any]) -> None:
    """Tables are merged, everything else is replaced."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(table.get(key), dict):
            _merge(table[key], value)
        else:
            table[key] = value
