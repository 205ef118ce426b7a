"""Planted weights are found within their errors, and a cut keeps the rate that it promises."""

from math import comb, erfc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measured import Floats
from train.decision.logistic import TooFewExamples, allowed_exceedances, cut_above, logistic

WEIGHTS = np.array([1.3, -0.7, 0.4, -1.0])  # the last of a constant


def drawn(rng: np.random.Generator, count: int, weights: Floats = WEIGHTS) -> tuple[Floats, Floats]:
    columns = rng.standard_normal((count, len(weights)))
    columns[:, -1] = 1.0
    chance = 1.0 / (1.0 + np.exp(-columns @ weights))
    return columns, (rng.random(count) < chance).astype(np.float64)


# ---- the regression ----


def test_planted_weights_are_found_within_their_errors() -> None:
    found = logistic(*drawn(np.random.default_rng(1), 20_000))
    assert (np.abs(found.weights - WEIGHTS) < 3.5 * found.errors).all()
    assert (found.errors < 0.03).all()


def test_errors_are_those_by_which_weights_scatter() -> None:
    rng = np.random.default_rng(2)
    found = [logistic(*drawn(rng, 600)) for _ in range(150)]
    off = np.array([(one.weights - WEIGHTS) / one.errors for one in found])
    assert 0.85 < off.std() < 1.15
    assert np.abs(off.mean(axis=0)).max() < 0.4


def test_what_is_known_already_is_left_to_the_offset() -> None:
    columns, labels = drawn(np.random.default_rng(3), 20_000)
    rest, known = columns[:, 1:], columns[:, 0] * WEIGHTS[0]
    found = logistic(rest, labels, known)
    assert (np.abs(found.weights - WEIGHTS[1:]) < 3.5 * found.errors).all()
    without = logistic(rest, labels)  # control
    assert (np.abs(without.weights - WEIGHTS[1:]) > 5.0 * without.errors).any()


def test_the_likelihood_is_the_largest_nearby() -> None:
    columns, labels = drawn(np.random.default_rng(4), 500)
    found = logistic(columns, labels)

    def likelihood(weights: Floats) -> float:
        odds = columns @ weights
        return float(-np.logaddexp(0.0, np.where(labels > 0, -odds, odds)).sum())

    assert found.log_likelihood == pytest.approx(likelihood(found.weights), abs=0.01)
    for step in 0.05 * np.eye(4):
        assert likelihood(found.weights + step) < likelihood(found.weights)
        assert likelihood(found.weights - step) < likelihood(found.weights)


@pytest.mark.parametrize("labels", ["separable", "all", "none"])
def test_examples_without_a_doubt_give_finite_weights(labels: str) -> None:
    columns, _ = drawn(np.random.default_rng(5), 200)
    known = {"separable": columns[:, 0] > 0, "all": np.ones(200), "none": np.zeros(200)}[labels]
    found = logistic(columns, known.astype(np.float64))
    assert np.isfinite(found.weights).all() and np.isfinite(found.errors).all()
    if labels == "separable":
        assert found.weights[0] > 5.0 * np.abs(found.weights[1:]).max()


def test_labels_that_do_not_depend_on_the_columns_give_no_weight() -> None:
    """Negative control of the planted weights."""
    rng = np.random.default_rng(6)
    columns, labels = drawn(rng, 5_000)
    found = logistic(columns, rng.permutation(labels))
    assert (np.abs(found.weights[:-1]) < 4.0 * found.errors[:-1]).all()


# ---- cuts ----


def binomial_tail(n: int, most: int, rate: float) -> float:
    """Chance of no more than `most` of n."""
    return sum(comb(n, k) * rate**k * (1.0 - rate) ** (n - k) for k in range(most + 1))


@given(st.integers(1, 600), st.sampled_from([0.01, 0.02, 0.05, 0.1, 0.3]))
def test_the_allowed_number_is_that_of_the_direct_sum(n: int, rate: float) -> None:
    try:
        allowed = allowed_exceedances(n, rate)
    except TooFewExamples:
        assert binomial_tail(n, 0, rate) > 0.05
        return
    assert binomial_tail(n, allowed, rate) <= 0.05 < binomial_tail(n, allowed + 1, rate)


def test_the_fewest_scenes_that_show_a_rate() -> None:
    """0.98^n falls below 0.05 at 149."""
    assert allowed_exceedances(149, 0.02) == 0
    with pytest.raises(TooFewExamples, match=r"148 scenes cannot show a rate of 0\.02"):
        allowed_exceedances(148, 0.02)
    with pytest.raises(TooFewExamples):
        cut_above(np.zeros(0), 0.5, np.random.default_rng(1))


def test_no_more_than_the_allowed_number_exceeds_the_cut() -> None:
    rng = np.random.default_rng(7)
    for n in (149, 400, 3000):
        worst = rng.standard_normal(n)
        cut, error = cut_above(worst, 0.02, rng)
        assert int((worst > cut).sum()) <= allowed_exceedances(n, 0.02)
        assert 0.0 < error < 1.0


def too_often(cut_of: "list[float]", rate: float) -> float:
    """Part of cuts that more than `rate` of all normal scores exceed."""
    return float(np.mean([0.5 * erfc(cut / 2**0.5) > rate for cut in cut_of]))


def test_a_cut_keeps_its_rate_on_fresh_scenes() -> None:
    rng, rate = np.random.default_rng(8), 0.05
    samples = [rng.standard_normal(400) for _ in range(200)]
    kept = too_often([cut_above(one, rate, rng)[0] for one in samples], rate)
    assert kept < 0.1  # 0.05 and chance
    plain = too_often([float(np.quantile(one, 1.0 - rate)) for one in samples], rate)
    assert plain > 0.35  # control: a plain quantile breaks it every other time


def test_the_error_of_a_cut_is_that_by_which_it_scatters() -> None:
    rng = np.random.default_rng(9)
    found = [cut_above(rng.standard_normal(500), 0.05, rng) for _ in range(100)]
    cuts, errors = np.array(found).T
    assert np.mean(errors) == pytest.approx(cuts.std(), rel=0.35)
