"""Response factors from any known parts: right within their errors, whatever one bad row says."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.library.log_ratios import LogSignals, normal_equations, residuals
from train.validation.response_fit import Prior, chi2_point, fit_response

Floats = npt.NDArray[np.float64]

COMPOUNDS = 5
STATED = 0.06  # relative standard deviation of a share
NO_PRIOR = Prior(np.zeros(COMPOUNDS), np.full(COMPOUNDS, np.inf))


def factors_of(seed: int) -> Floats:
    return np.random.default_rng([seed, 1]).normal(0.0, 1.0, COMPOUNDS)


def signals_of(seed: int, mixtures: int = 12, scatter: float = 0.0) -> LogSignals:
    """Two to four compounds each, the first ones in a chain; each of a brightness of its own."""
    rng = np.random.default_rng(seed)
    logs = np.full((mixtures, COMPOUNDS), np.nan)
    for number, row in enumerate(logs):
        held = rng.choice(COMPOUNDS, int(rng.integers(2, 5)), replace=False)
        if number < COMPOUNDS - 1:
            held = np.array([number, number + 1])
        noise = rng.normal(0.0, np.hypot(STATED, scatter), len(held))
        row[held] = rng.normal(0.0, 3.0) + factors_of(seed)[held] + noise
    return LogSignals(logs, np.full_like(logs, STATED**2))


def spoiled(signals: LogSignals, row: int, times: float) -> LogSignals:
    """One amount of one mixture is wrong by `times`."""
    logs = signals.logs.copy()
    logs[row, np.flatnonzero(np.isfinite(logs[row]))[0]] += np.log(times)
    return LogSignals(logs, signals.variance)


def pull(found: Floats, errors: Floats, seed: int, pair: tuple[int, int] = (0, 3)) -> float:
    """Error of one ratio in its standard errors."""
    wrong = found - factors_of(seed)
    return float((wrong[pair[0]] - wrong[pair[1]]) / np.hypot(*errors[list(pair)]))


@pytest.mark.parametrize("scatter", [0.0, 0.1])
def test_ratios_scatter_around_the_truth_as_their_errors_say(scatter: float) -> None:
    seeds = range(40)
    fitted = [fit_response(signals_of(seed, scatter=scatter), NO_PRIOR) for seed in seeds]
    pulls = [
        pull(one.log_factors, one.standard_errors, seed)
        for seed, one in zip(seeds, fitted, strict=True)
    ]
    assert 0.75 < np.sqrt(np.mean(np.square(pulls))) < 1.25
    assert float(np.median([one.scatter for one in fitted])) == pytest.approx(scatter, abs=0.03)


def test_a_wrong_row_is_far_from_the_others_and_moves_nothing() -> None:
    """And plain least squares, beside, it does move."""
    clean, bad = signals_of(3), spoiled(signals_of(3), 5, times=4.0)
    fitted, undisturbed = fit_response(bad, NO_PRIOR), fit_response(clean, NO_PRIOR)
    point = chi2_point(1.0 - 0.01 / 12, bad.free)
    assert np.flatnonzero(fitted.distance2 > point).tolist() == [5]
    assert not (undisturbed.distance2 > point).any()
    nothing = np.zeros(COMPOUNDS)
    plain = normal_equations(bad, np.ones(12)).solve(nothing, nothing)
    pairs = [(0, 1), (1, 4), (2, 4)]
    robust = [pull(fitted.log_factors, fitted.standard_errors, 3, pair) for pair in pairs]
    squares = [pull(plain, undisturbed.standard_errors, 3, pair) for pair in pairs]
    assert np.abs(robust).max() < 2.5 < np.abs(squares).max()


def test_two_wrong_rows_of_twelve_are_found() -> None:
    signals = signals_of(8)
    for row in (1, 6):
        signals = spoiled(signals, row, times=6.0)
    fitted = fit_response(signals, NO_PRIOR)
    point = chi2_point(1.0 - 0.01 / 12, signals.free)
    assert np.flatnonzero(fitted.distance2 > point).tolist() == [1, 6]


def test_where_more_than_a_quarter_is_wrong_the_scatter_says_so() -> None:
    signals = signals_of(8)
    for row in range(0, 12, 2):
        signals = spoiled(signals, row, times=6.0 if row % 4 else 1.0 / 6.0)
    assert fit_response(signals, NO_PRIOR).scatter > 0.3


def test_a_prior_counts_by_its_uncertainty_and_not_against_the_data() -> None:
    truth, signals = factors_of(4), signals_of(4)
    few = signals.rows(np.arange(12) < 4)
    good = Prior(truth, np.full(COMPOUNDS, 0.03**2))
    alone, helped = fit_response(few, NO_PRIOR), fit_response(few, good)
    assert (helped.standard_errors < alone.standard_errors).all()
    assert np.abs(helped.log_factors - truth).max() < 0.1
    # one factor of before is wrong by 3 where 4% were stated: the mixtures win
    wrong = truth.copy()
    wrong[2] += np.log(3.0)
    fitted = fit_response(signals, Prior(wrong, np.full(COMPOUNDS, 0.04**2)))
    assert abs(pull(fitted.log_factors, fitted.standard_errors, 4, (2, 4))) < 2.5
    # negative control: at full weight such a prior would hold
    held = normal_equations(signals, np.ones(12)).solve(wrong, np.full(COMPOUNDS, 0.04**-2))
    assert abs(pull(held, fitted.standard_errors, 4, (2, 4))) > 5.0


def test_where_most_factors_of_before_are_wrong_the_mixtures_are_not_blamed() -> None:
    """Nine mixtures of five compounds agree with each other; of five priors most are wrong by far
    more than they state. Taken together they would leave a scatter of 33%."""
    wrong = factors_of(2) + np.random.default_rng(2).normal(0.0, 0.25, COMPOUNDS)
    fitted = fit_response(signals_of(2, mixtures=9), Prior(wrong, np.full(COMPOUNDS, 0.05**2)))
    assert fitted.scatter < 0.05 and 0.2 < fitted.prior_error < 0.6
    assert abs(pull(fitted.log_factors, fitted.standard_errors, 2)) < 2.5
    sound = Prior(factors_of(2), np.full(COMPOUNDS, 0.05**2))
    assert fit_response(signals_of(2, mixtures=9), sound).prior_error < 0.05  # negative control


def test_the_level_is_that_of_the_priors_and_what_no_mixture_holds_keeps_its_own() -> None:
    signals = signals_of(5)
    logs = signals.logs.copy()
    logs[:, 4] = np.nan
    two = np.isfinite(logs).sum(axis=1) > 1
    prior = Prior(factors_of(5) + 7.0, np.full(COMPOUNDS, 0.2**2))
    fitted = fit_response(LogSignals(logs[two], signals.variance[two]), prior)
    assert fitted.log_factors[4] == pytest.approx(prior.logs[4])
    assert np.abs(fitted.log_factors - prior.logs).max() < 0.3


def test_chi_squared_points_are_those_of_the_tables() -> None:
    for probability, freedom, table in ((0.95, 1, 3.841), (0.99, 1, 6.635), (0.99, 10, 23.209)):
        assert float(chi2_point(probability, freedom)) == pytest.approx(table, rel=0.03)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(-5.0, 5.0), st.permutations(range(COMPOUNDS)))
def test_brightness_and_the_order_of_compounds_do_not_matter(
    seed: int, brightness: float, order: list[int]
) -> None:
    signals = signals_of(seed)
    fitted = fit_response(signals, NO_PRIOR)
    logs = signals.logs.copy()
    logs[0] += brightness
    other = fit_response(LogSignals(logs[:, order], signals.variance), NO_PRIOR)
    assert other.scatter == fitted.scatter
    for one, two in ((0, 1), (2, 3)):
        difference = other.log_factors[one] - other.log_factors[two]
        there = fitted.log_factors[order[one]] - fitted.log_factors[order[two]]
        assert difference == pytest.approx(there, abs=1e-5)
    left = residuals(signals, fitted.log_factors)
    assert np.abs(left.sum(axis=1)).max() < 1e-9
