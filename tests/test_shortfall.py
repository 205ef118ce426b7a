"""A network that cannot be signed: what to do follows from its steps, its looks and its library."""

from dataclasses import replace

import numpy as np
import pytest

from train.bundle.shortfall import remedy_for
from train.library.default_recipe import recipe_of_size
from train.library.references import CompoundSpec, TrainingLibrary
from train.recipe import Recipe

AXIS = np.arange(260.0, 2541.0)


def library(*centers_cm1: float) -> TrainingLibrary:
    wide = np.stack([np.exp(-(((AXIS - at) / 5.0) ** 2)) for at in centers_cm1])
    specs = tuple(CompoundSpec(f"at {at:g}", "", (), "", None, None, None) for at in centers_cm1)
    return TrainingLibrary("lines", "", "lines", 8.5, "", "", specs, wide.astype(np.float32))


def recipe(steps: int) -> Recipe:
    usual = recipe_of_size(3)
    return replace(usual, training=replace(usual.training, steps=steps))


def looks(*exact: float) -> list[dict[str, float]]:
    return [{"step": 10.0 * n, "loss": 1.0, "exact": one} for n, one in enumerate(exact, start=1)]


APART = library(600.0, 1004.0, 1500.0)
USUAL = recipe_of_size(3).training.steps


def test_fewer_steps_than_usual_are_named_with_the_number_to_give() -> None:
    remedy = remedy_for(APART, recipe(60), looks(0.1, 0.2))
    assert f"it had 60 steps, a library of this size usually gets {USUAL}" in remedy
    assert f"`steps = {USUAL}`" in remedy


def test_one_that_was_still_learning_gets_twice_the_steps() -> None:
    remedy = remedy_for(APART, recipe(USUAL), looks(0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55))
    assert f"`steps = {2 * USUAL}`" in remedy


@pytest.mark.parametrize("exact", [(0.3, 0.5, 0.5, 0.4, 0.45, 0.5, 0.5, 0.4), ()])
def test_one_that_had_learned_all_it_could_names_the_compounds_that_look_alike(
    exact: tuple[float, ...],
) -> None:
    remedy = remedy_for(library(600.0, 1004.0, 1005.0), recipe(USUAL), looks(*exact))
    assert "at 1004 and at 1005 (similarity 1.00)" in remedy
    assert "steps =" not in remedy


def test_a_library_of_one_is_told_to_look_at_the_report() -> None:
    assert "report" in remedy_for(library(600.0), recipe(USUAL), looks(0.3, 0.2, 0.2, 0.2))
