"""What `ramix-train build` takes for a recipe: a name, a file, a library's file, or a sentence."""

from pathlib import Path

import pytest

from train.cli.options import RecipeName
from train.recipe import RECIPE_FOLDER, Recipe, RecipeError


def recipe(word: str) -> Recipe:
    found = RecipeName().convert(word, None, None)
    assert isinstance(found, Recipe)
    return found


def test_a_name_and_its_file_are_the_same_recipe() -> None:
    assert recipe("solvents13-2") == recipe(str(RECIPE_FOLDER / "solvents13-2.toml"))


def test_a_library_gets_a_recipe_of_its_size() -> None:
    assert recipe("measured37").name == "measured37-2"


@pytest.mark.parametrize("word", ["no-such", "no-such.toml"])
def test_what_is_not_there_is_told_with_the_names_that_are(word: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=f"no library file {word}") as caught:
        recipe(word)
    assert "solvents13-2" in caught.value.remedy
