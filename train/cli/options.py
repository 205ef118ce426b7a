"""The arguments and options that several verbs of `ramix-train` share, spelled once.

Next: `main.py`, the verbs.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from train.recipe import RECIPE_FOLDER

if TYPE_CHECKING:
    from train.recipe import Recipe


class RecipeName(click.ParamType):  # type: ignore[type-arg]  # generic in stubs only
    """A recipe's name (`solvents13-2`) or file, or a library's (which has a recipe by default)."""

    name = "recipe"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Recipe":
        from train.library.default_recipe import recipe_for
        from train.library.file import is_library_file, library_path
        from train.recipe import RecipeError, load_recipe

        path = library_path(value)  # any TOML file, or a shipped library
        recipe = RECIPE_FOLDER / f"{value}.toml"
        if recipe.exists():
            return load_recipe(recipe)
        if not path.exists():
            known = ", ".join(sorted(one.stem for one in RECIPE_FOLDER.glob("*.toml")))
            raise RecipeError(
                f"There is no recipe and no library file {value}.",
                remedy=f"Recipes: {known}. Spectra of your own are named by their TOML file.",
            )
        return recipe_for(path) if is_library_file(path) else load_recipe(path)


recipe_argument = click.argument("recipe", type=RecipeName())
work_option = click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/train"),
    show_default=True,
    help="Where the stages hand on their results.",
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("models"),
    show_default=True,
    help="Where bundle and model card go.",
)


fresh_option = click.option(
    "--fresh", is_flag=True, help="Train from the first step, whatever an earlier run left."
)
key_option = click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign with this private key. [default: the published demo key]",
)
_workers_options = (
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=1,
        show_default=True,
        help="Processes of this machine that train together.",
    ),
    click.option(
        "--cluster",
        metavar="HOST:PORT,...",
        help="Workers on several machines: the same list for all, the leader's address first.",
    ),
    click.option("--index", type=click.IntRange(0, 255), help="This worker's place in it, from 0."),
)


def workers_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Who trains: `--workers`, or `--cluster` and `--index`."""
    for option in reversed(_workers_options):
        command = option(command)
    return command
