"""Compositions: the paper's grid, random shares, and the labels they get."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from train.recipe import RECIPE_FOLDER, MixtureSettings, RecipeError, load_recipe
from train.spectra.mixtures import MixtureSampler, paper_grid, presence_labels

RECIPES = sorted(RECIPE_FOLDER.glob("*.toml"))
SETTINGS = load_recipe(RECIPE_FOLDER / "solvents13-2.toml").mixtures
NO_RESPONSE = np.full(13, np.nan)


def sampler(settings: MixtureSettings = SETTINGS, count: int = 13) -> MixtureSampler:
    return MixtureSampler(settings, np.full(count, np.nan))


def test_paper_grid_has_the_9999_mixtures_of_four_compounds() -> None:
    grid = paper_grid(4)
    assert grid.shape == (9_999, 4)
    assert len(np.unique(grid, axis=0)) == 9_999
    np.testing.assert_allclose(np.unique(grid), np.arange(10) / 10, atol=1e-6)
    assert grid.sum(axis=1).min() > 0


def test_grid_of_many_compounds_is_refused() -> None:
    with pytest.raises(RecipeError, match="10\\^13"):
        paper_grid(13)


def test_shares_sum_to_one_and_respect_the_smallest() -> None:
    _, shares = sampler().draw(np.random.default_rng(1), 5000)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-5)
    assert shares[shares > 0].min() >= SETTINGS.smallest_share * 0.99


def test_every_component_count_up_to_the_library_occurs() -> None:
    _, shares = sampler().draw(np.random.default_rng(2), 20000)
    counts = np.bincount((shares > 0).sum(axis=1), minlength=14)
    assert (counts[1:] > 0).all()
    assert counts[1:7].sum() > counts[7:].sum()


def test_traces_are_drawn_often() -> None:
    _, shares = sampler().draw(np.random.default_rng(3), 5000)
    traces = (shares > 0) & (shares < 0.05)
    assert 0.1 < traces.any(axis=1).mean() < 0.9


def test_same_seed_same_mixtures() -> None:
    first = sampler().draw(np.random.default_rng(4), 100)
    again = sampler().draw(np.random.default_rng(4), 100)
    other = sampler().draw(np.random.default_rng(5), 100)
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_equal_volumes_follow_the_response_factors() -> None:
    settings = replace(SETTINGS, near_equal=0, dirichlet=0, traces=0, near_equal_volume=1)
    response = np.array([1.0, 0.1, np.nan])
    _, shares = MixtureSampler(settings, response).draw(np.random.default_rng(6), 3000)
    both = (shares[:, 0] > 0) & (shares[:, 1] > 0)
    ratio = np.median(shares[both, 1] / shares[both, 0])
    assert 0.08 < ratio < 0.13


def test_grid_rows_keep_their_absolute_levels() -> None:
    settings = replace(SETTINGS, grid=1, near_equal=0, near_equal_volume=0, dirichlet=0, traces=0)
    levels, shares = sampler(settings, 4).draw(np.random.default_rng(7), 500)
    np.testing.assert_allclose(levels * 10, np.round(levels * 10), atol=1e-5)
    np.testing.assert_allclose(shares, levels / levels.sum(axis=1, keepdims=True), atol=1e-6)


def test_labels_have_a_zone_without_weight() -> None:
    shares = np.array([[0.0, SETTINGS.absent_below * 1.1, SETTINGS.present_from, 0.5]], np.float32)
    present, weight = presence_labels(shares, SETTINGS)
    assert present.tolist() == [[0, 0, 1, 1]]
    assert weight.tolist() == [[1, 0, 1, 1]]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_load_and_bear_their_file_name(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.mixtures.absent_below <= recipe.mixtures.present_from


def test_shipped_recipes_share_no_seed() -> None:
    recipes = [load_recipe(path) for path in RECIPES]
    seeds = [seed for recipe in recipes for seed in (recipe.seed, recipe.evaluation.seed)]
    assert len(recipes) >= 4
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("seed = 90260", "seed = 20260", "training seed"),
        ("traces = ", "tracse = ", "unknown keys"),
        ('task = "ramixnet2"', 'task = "ramixnet3"', "one of"),
        ("dense = 80", 'dense = "80"', "type int"),
        ("sizes = [17, 9, 5]", "sizes = [17, 9]", "length"),
    ],
)
def test_broken_recipe_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = (RECIPE_FOLDER / "solvents13-2.toml").read_text()
    assert old in text
    path = tmp_path / "broken.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(RecipeError, match=complaint):
        load_recipe(path)
