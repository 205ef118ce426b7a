"""Detection limits assume log odds at which, on scenes, what they state is named."""

import numpy as np
import pytest

from tests.measured import Floats
from tests.tiny_bundles import NUMBERS, tiny_bundle
from train.decision import limit_rows as module
from train.decision.examples import ExampleMaker
from train.decision.limit_rows import limit_rows, network_at_limit

TRIED = module._TRIED
LIMITS = 0.01 * np.exp(0.3 * (3.0 - TRIED))  # the lower the odds, the larger the share asked for
RNG = np.random.default_rng(1)


def rows(named_above: float, count: int = 4000) -> Floats:
    """Shares of which those above `named_above` are named, and the same limits for all."""
    share = np.exp(RNG.uniform(np.log(0.005), np.log(0.5), count))
    score = np.where(share > named_above, 1.0, -1.0)
    return np.column_stack([share, score, np.tile(LIMITS, (count, 1))])


@pytest.mark.parametrize("place", [8, 14, 18])
def test_the_highest_log_odds_whose_limits_hold_are_taken(place: int) -> None:
    at = float(LIMITS[place])
    odds, error = network_at_limit(rows(at * 0.999), 0.0, RNG)
    assert odds == TRIED[place]
    assert 0.0 <= error < 0.6
    for found, limit in zip(TRIED, LIMITS, strict=True):
        assert (found <= odds) == (limit >= 0.99 * at)  # control: higher odds state smaller shares


def test_where_nothing_is_named_or_seldom_seen_the_lowest_is_taken() -> None:
    assert network_at_limit(rows(1.0), 0.0, RNG) == (TRIED[0], 0.0)
    assert network_at_limit(rows(0.01, count=15), 0.0, RNG)[0] == TRIED[0]


def test_odds_of_few_shares_that_hold_by_chance_are_not_taken() -> None:
    """Between them and the lowest are some whose limits do not hold."""
    at = float(LIMITS[8])
    made = rows(at * 0.999)
    lucky = (made[:, 0] >= LIMITS[18]) & (made[:, 0] <= 1.5 * LIMITS[18])
    made[lucky, 1] = 1.0
    share, score = made[:, 0], made[:, 1]
    assert (score[lucky] > 0.0).all() and np.count_nonzero(lucky) > 20  # control: 3.0 would do
    assert network_at_limit(made, 0.0, RNG)[0] == TRIED[8]
    assert (score[share < at * 0.999] > 0.0).any()


def test_a_scene_of_one_compound_alone_has_no_limit_and_a_mixture_one_of_each() -> None:
    for one in ExampleMaker(tiny_bundle(2), 4).examples(0, 40, lambda: None):
        score = np.array([0.7, 0.9])[: len(one.shares)]
        found = limit_rows(one, score, NUMBERS)
        there = np.flatnonzero(one.present)
        beside = [i for i in there if one.fit.coefficients[[j for j in there if j != i]].sum() > 0]
        assert found.shape == (len(beside), 2 + len(TRIED))
        if len(found):
            assert found[:, 0].tolist() == one.shares[beside].tolist()
            assert found[:, 1].tolist() == score[beside].tolist()
            assert (np.diff(found[:, 2:], axis=1) <= 0.0).all()  # the less a network says


def test_a_library_without_mixtures_has_limits_too() -> None:
    """One compound: no scene has others beside it."""
    odds, error = network_at_limit(np.zeros((0, 2 + len(TRIED))), 0.0, RNG)
    assert (odds, error) == (TRIED[0], 0.0)
