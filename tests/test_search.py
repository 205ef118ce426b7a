"""The search of network sizes: what may be tried, what it costs, and when a gain is believed."""

import json
import math
import sys
import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from train.cli.main import cli
from train.cli.search import SearchUnavailable
from train.int8.quantize import quantize
from train.library.references import load_library
from train.network.checkpoint import fingerprint
from train.network.evaluate import Proportion
from train.network.ramixnet import build
from train.recipe import (
    RECIPE_FOLDER,
    NetworkSettings,
    Recipe,
    RecipeError,
    Task,
    from_table,
    load_recipe,
)
from train.search.front import Finalist, SearchTrial, State, best, choose, finalists, front
from train.search.plan import SearchError, SearchSettings, claim, forget
from train.search.report import Found, network_lines, tables, write_found
from train.search.space import Cost, Limits, candidates, cost_of, in_space
from train.search.trial import Look, fresh_seeds, shortened, train_candidate

OWN = NetworkSettings(filters=(16, 32, 32), sizes=(17, 9, 5), strides=(4, 4, 3), dense=80)
SMALL = NetworkSettings(filters=(8, 8), sizes=(9, 5), strides=(8, 6), dense=48)
SHAPE: tuple[int, int, Task] = (2201, 13, "ramixnet2")
LIMITS = Limits(file_bytes=160_000, multiply_accumulates=2_000_000)
COST = Cost(file_bytes=100_000, multiply_accumulates=1_000_000)
SETTINGS = SearchSettings(3, 20, 160, 2.0, 1, 1, 1)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    whole = load_recipe(RECIPE_FOLDER / "aromatics4-2.toml")
    return replace(
        whole,
        network=SMALL,
        training=replace(whole.training, batch=16),
        evaluation=replace(whole.evaluation, spectra=50),
    )


def outcome(
    number: int,
    hits: int,
    cost: Cost = COST,
    state: State = "finished",
    network: NetworkSettings | None = None,
) -> SearchTrial:
    """One of 1000 spectra."""
    chosen = network or (OWN if number == 0 else replace(SMALL, dense=48 + number))
    step = 1000 if state == "finished" else 250
    return SearchTrial(number, 1, chosen, cost, state, step, Proportion(hits, 1000), None)


def test_multiply_accumulates_are_those_counted_by_hand() -> None:
    network = NetworkSettings(filters=(2, 3), sizes=(5, 3), strides=(4, 2), dense=7)
    # 2201 points / 4 -> 551, / 2 -> 276; 13 compounds
    by_hand = 551 * 5 * 2 + 276 * 2 * 3 * 3 + 276 * 3 * 7 + 7 * 13
    assert cost_of(network, 2201, 13, "ramixnet1").multiply_accumulates == by_hand
    assert cost_of(network, 2201, 13, "ramixnet2").multiply_accumulates == by_hand + 7 * 13


@pytest.mark.parametrize("network", [SMALL, OWN])
def test_the_estimated_size_is_that_of_the_converted_file(network: NetworkSettings) -> None:
    spectra = np.random.default_rng(1).integers(-127, 128, (5, 2201)).astype(np.int8)
    converted = quantize(build(network, 2201, 13, "ramixnet2"), spectra)
    assert abs(cost_of(network, *SHAPE).file_bytes - len(converted)) < 1000


def test_candidates_start_with_the_recipes_own_and_keep_to_the_limits() -> None:
    chosen = candidates(OWN, 30, LIMITS, SHAPE, seed=5)
    assert chosen[0] == OWN
    assert len(set(chosen)) == 30
    assert all(in_space(network) for network in chosen)
    assert all(LIMITS.allow(cost_of(network, *SHAPE)) for network in chosen)
    assert {len(network.filters) for network in chosen} >= {2, 3}
    assert candidates(OWN, 30, LIMITS, SHAPE, seed=5) == chosen
    assert candidates(OWN, 30, LIMITS, SHAPE, seed=6) != chosen


def test_limits_are_no_decoration() -> None:
    too_large = replace(OWN, dense=128)
    assert not LIMITS.allow(cost_of(too_large, *SHAPE))
    assert not in_space(replace(OWN, strides=(2, 2, 2)))
    with pytest.raises(RecipeError, match="only 0 other networks"):
        candidates(OWN, 2, Limits(1000, 1000), SHAPE, seed=5)


def test_a_trial_is_the_recipe_in_small(recipe: Recipe) -> None:
    training = shortened(recipe, 90).training
    assert training.steps == 90
    assert training.warmup_steps == 18
    assert training.validate_every == 22
    forgotten = 1 - training.average_decay
    assert forgotten == pytest.approx(
        (1 - recipe.training.average_decay) * recipe.training.steps / 90
    )
    assert shortened(recipe, 1).training.average_decay == 0
    long = shortened(recipe, recipe.training.steps * 2).training
    assert long.average_decay == pytest.approx(recipe.training.average_decay)


def test_fresh_seeds_are_no_seeds_of_training_or_evaluation(recipe: Recipe) -> None:
    close = replace(recipe, seed=7, evaluation=replace(recipe.evaluation, seed=9))
    assert fresh_seeds(close, 3) == [8, 16, 17]


def test_the_last_look_of_a_trial_is_its_exam(recipe: Recipe, tmp_path: Path) -> None:
    looks: list[Look] = []
    library = load_library("aromatics4")
    small = shortened(recipe, 8)
    train_candidate(library, small, SMALL, 3, tmp_path / "0.npz", 1, looks.append)
    assert [look.step for look in looks] == [2, 4, 6, 8]
    assert [look.spectra for look in looks] == [1000, 1000, 1000, 50]
    assert looks[-1].dosage_error is not None
    again: list[Look] = []
    train_candidate(library, small, SMALL, 3, tmp_path / "0.npz", 1, again.append)
    assert again == looks[-1:]  # it had come to its end


def test_the_front_holds_what_nothing_beats() -> None:
    trials = [
        outcome(0, 500),
        outcome(1, 500, Cost(90_000, 1_000_000)),  # beats 0
        outcome(2, 400, Cost(80_000, 1_000_000)),
        outcome(3, 400, Cost(95_000, 900_000)),
        outcome(4, 390, Cost(96_000, 950_000)),  # beaten by 3
        outcome(5, 900, Cost(10_000, 10_000), "stopped"),
    ]
    assert [one.number for one in front(trials)] == [2, 1, 3]


def test_the_best_are_finished_ones_besides_the_recipes_own() -> None:
    trials = [outcome(0, 900), outcome(1, 500), outcome(2, 600), outcome(3, 700, state="stopped")]
    assert best(trials, OWN, 2) == (trials[2].network, trials[1].network)


def compared(own: tuple[int, ...], other: tuple[int, ...]) -> tuple[Finalist, ...]:
    runs = [outcome(n, hits, network=OWN) for n, hits in enumerate(own)]
    runs += [outcome(n, hits, network=SMALL) for n, hits in enumerate(other)]
    return finalists(runs)


@pytest.mark.parametrize(
    ("own", "other", "chosen", "why"),
    [
        ((500, 502), (600, 601), SMALL, "more than chance"),
        ((500, 560), (520, 580), OWN, "no more than chance"),
        ((600, 601), (500, 502), OWN, "no more than chance"),
        ((500,), (600,), OWN, "one seed cannot tell"),
    ],
)
def test_a_network_is_taken_for_another_only_beyond_chance(
    own: tuple[int, ...], other: tuple[int, ...], chosen: NetworkSettings, why: str
) -> None:
    choice = choose(OWN, compared(own, other))
    assert choice.network == chosen
    assert why in choice.reason


def test_without_finalists_the_recipe_stays() -> None:
    choice = choose(OWN, ())
    assert choice.network == OWN
    assert math.isnan(choice.gain)


def test_a_network_whose_repetition_failed_is_no_finalist() -> None:
    runs = [outcome(0, 500), outcome(1, 600), outcome(1, 0, state="failed")]
    assert [one.network for one in finalists(runs)] == [OWN]


def test_what_was_found_is_written_for_people_and_programs(recipe: Recipe, tmp_path: Path) -> None:
    trials = (outcome(0, 500), outcome(1, 600), outcome(2, 30, state="stopped"))
    failed = replace(outcome(3, 0, state="failed"), exact=Proportion(0, 0))
    again = compared((500, 502), (600, 601))
    found = Found(
        shortened(recipe, 1000),
        trials[0].cost,
        LIMITS,
        (*trials, failed),
        again,
        choose(OWN, again),
    )
    page, data, picture = write_found(found, tmp_path)
    assert network_lines(SMALL) in page.read_text()
    assert "250 (stopped)" in page.read_text()
    assert [one["front"] for one in json.loads(data.read_text())["trials"]] == [False, True] + [
        False
    ] * 2
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert len(tables(replace(found, finalists=()))) == 1


def test_the_proposed_lines_are_those_of_a_recipe() -> None:
    table = tomllib.loads(network_lines(OWN))["network"]
    assert from_table(NetworkSettings, table, "lines") == OWN


def test_a_folder_goes_on_with_its_own_search_only(recipe: Recipe, tmp_path: Path) -> None:
    mark = fingerprint(load_library("aromatics4"), recipe)
    folder = tmp_path / "work" / "aromatics4-2"
    claim(folder, mark, SETTINGS)
    claim(folder, mark, SETTINGS)
    with pytest.raises(SearchError, match="other settings"):
        claim(folder, mark, replace(SETTINGS, steps=21))
    with pytest.raises(SearchError, match="of another recipe"):
        claim(folder, mark[::-1], SETTINGS)
    (folder / "plan.json").write_text("{")
    with pytest.raises(SearchError):
        claim(folder, mark, SETTINGS)
    (folder / "notes.txt").write_text("mine")
    forget(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    claim(folder, mark, SETTINGS)
    assert asdict(SETTINGS).items() <= json.loads((folder / "plan.json").read_text()).items()


def test_without_ray_what_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray.tune", None)
    result = CliRunner().invoke(cli, ["search", "aromatics4-2"])
    assert isinstance(result.exception, SearchUnavailable)
    assert "pip install ray[tune]" in result.exception.remedy
