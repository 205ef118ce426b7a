"""The photon-limited bound: right where it can be worked out by hand, and reached by experiment."""

from dataclasses import replace

import numpy as np
import pytest

from device.fit.derivative import without_baseline
from evidence.bound import SHARES, Truth, bounds, truths
from evidence.bound_pool import BOUND, Cell, pool
from evidence.bound_tables import ANY
from evidence.counting import Light
from evidence.photon_bound import (
    BASELINE_TERMS,
    MixtureModel,
    State,
    Unknown,
    baseline_polynomials,
    share_bound,
    shares_of,
)
from evidence.pures import AXIS_CM1, Floats
from firmware_bridge.simulator.detector import DetectorModel
from tests.bundles_under_test import pures as solvent_pures
from train.network.evaluate import Proportion

POINTS = 2201
REPEATS = 200


def gaussians(*centers_cm1: float) -> Floats:
    rows = [np.exp(-0.5 * ((AXIS_CM1 - center) / 5.0) ** 2) for center in centers_cm1]
    return np.stack(rows)


def flat(*amounts: float) -> State:
    return State(np.array(amounts), 0.4, 3.0, np.zeros(POINTS))


@pytest.fixture(scope="module")
def truth() -> Truth:
    return next(truths(np.random.default_rng(3), solvent_pures(), (30_000.0,)))


@pytest.fixture(scope="module")
def scatter(truth: Truth) -> Floats:
    """[REPEATS, K]: shares by weighted least squares from counted photons."""
    rng = np.random.default_rng(6)
    rows = []
    for _ in range(REPEATS):
        _, electrons = truth.light.counted(rng)
        rows.append(shares_of(truth.model.solve(electrons, truth.light.variance).amounts))
    return np.stack(rows)


def test_bound_of_two_lines_far_apart_is_the_one_worked_out_by_hand() -> None:
    model, state = MixtureModel(gaussians(800.0, 1600.0)), flat(300.0, 100.0)
    of_amount = 50.0**2 / (model.jacobian(state, Unknown.NOTHING)[0] ** 2).sum()
    variance = np.full(POINTS, 50.0**2)
    found = share_bound(model.jacobian(state, Unknown.NOTHING), variance, state.amounts)
    # share = a / (a + b): errors of both amounts, independent of each other
    by_hand = np.sqrt((0.25**2 + 0.75**2) * of_amount) / 400.0
    assert found == pytest.approx([by_hand, by_hand], rel=1e-6)


@pytest.mark.parametrize("unknown", [Unknown.COMMON, Unknown.OWN])
def test_derivatives_are_those_of_the_expected_spectrum(unknown: Unknown) -> None:
    model, state, step = MixtureModel(gaussians(800.0, 815.0)), flat(300.0, 100.0), 1e-3
    jacobian = model.jacobian(state, unknown)

    def slope(other: State, less: State) -> Floats:
        return (model.expected(other) - model.expected(less)) / (2 * step)

    by_amount = slope(
        replace(state, amounts=state.amounts + [step, 0.0]),
        replace(state, amounts=state.amounts - [step, 0.0]),
    )
    by_shift = slope(
        replace(state, shift_cm1=state.shift_cm1 + step),
        replace(state, shift_cm1=state.shift_cm1 - step),
    )
    by_width = slope(
        replace(state, variance_cm2=state.variance_cm2 + step),
        replace(state, variance_cm2=state.variance_cm2 - step),
    )
    shifts, widths = (1, 1) if unknown is Unknown.COMMON else (2, 2)
    assert jacobian[0] == pytest.approx(by_amount, abs=1e-6)
    assert jacobian[2 : 2 + shifts].sum(axis=0) == pytest.approx(by_shift, abs=1e-3)
    last = 2 + shifts + widths
    assert jacobian[2 + shifts : last].sum(axis=0) == pytest.approx(by_width, abs=1e-3)
    assert len(jacobian) == last + BASELINE_TERMS


def test_least_squares_on_counted_photons_scatters_as_the_bound_says(
    truth: Truth, scatter: Floats
) -> None:
    smallest = bounds(truth)[BOUND]
    ratio = scatter.std(axis=0, ddof=1) / smallest
    assert ratio == pytest.approx(np.ones(len(SHARES)), abs=0.13)  # 2.6 sd of an sd of 200
    assert np.sqrt(np.mean(ratio**2)) == pytest.approx(1.0, abs=0.07)
    bias = np.abs(scatter.mean(axis=0) - SHARES) / (smallest / np.sqrt(REPEATS))
    assert bias.max() < 3.5


def test_who_forgets_what_is_unknown_promises_too_much(truth: Truth, scatter: Floats) -> None:
    found = bounds(truth)
    assert (found[Unknown.NOTHING] < found[BOUND]).all()
    assert (found[BOUND] < found[Unknown.OWN]).all()
    assert (found[BOUND] < found[ANY]).all()
    # and by experiment: the bound without shift, width and baseline is not reached
    too_small = scatter.std(axis=0, ddof=1) / found[Unknown.NOTHING]
    assert np.sqrt(np.mean(too_small**2)) > 1.07


def test_more_light_helps_by_the_root_and_more_than_that_beside_read_noise() -> None:
    pures = solvent_pures()
    photons = (100.0, 400.0, 300_000.0, 1_200_000.0)
    weak, weak4, strong, strong4 = (
        bounds(one)[BOUND] for one in truths(np.random.default_rng(5), pures, photons)
    )
    assert strong / strong4 == pytest.approx(np.full(4, 2.0), rel=0.05)
    assert (weak / weak4 > 3.0).all()


def test_shift_width_and_slow_baselines_do_not_move_the_shares_and_a_quick_one_does() -> None:
    model = MixtureModel(gaussians(700.0, 1000.0, 1006.0, 1700.0))
    x = np.linspace(-1.0, 1.0, POINTS)
    slow = 900.0 + 50.0 * x + 300.0 * np.cos(9.0 * np.arccos(x))  # degree 9
    state = State(np.array([10.0, 30.0, 20.0, 40.0]), -2.5, 6.0, slow)
    noise = np.ones(POINTS)
    found = model.solve(model.expected(state), noise)
    assert shares_of(found.amounts) == pytest.approx([0.1, 0.3, 0.2, 0.4], abs=1e-6)
    assert (found.shift_cm1, found.variance_cm2) == pytest.approx((-2.5, 6.0), abs=1e-4)
    quick = replace(state, baseline=20.0 * np.cos(70.0 * x))
    moved = shares_of(model.solve(model.expected(quick), noise).amounts)
    assert np.abs(moved - [0.1, 0.3, 0.2, 0.4]).max() > 0.01


def test_the_baselines_are_those_that_the_library_fit_lets_through() -> None:
    rows = baseline_polynomials(POINTS)
    left = without_baseline(np.gradient(rows, axis=1)[:, 10:-10])
    assert np.abs(left).max() < 1e-6
    x = np.linspace(-1.0, 1.0, POINTS)
    next_one = np.cos(BASELINE_TERMS * np.arccos(x))[None]
    assert np.abs(without_baseline(np.gradient(next_one, axis=1)[:, 10:-10])).max() > 1e-3


def test_counted_photons_have_the_mean_and_the_variance_that_are_claimed() -> None:
    light = Light(np.linspace(200.0, 500_000.0, POINTS))
    assert light.frames == 3  # 60% of the full well each
    rng = np.random.default_rng(8)
    counted = [light.counted(rng) for _ in range(80)]
    electrons = np.stack([one[1] for one in counted])
    assert np.mean((electrons - light.electrons) ** 2 / light.variance) == pytest.approx(
        1.0, abs=0.02
    )
    counts = np.stack([one[0].intensity for one in counted])
    per_count = 3 * DetectorModel().gain_e_per_count
    assert counts * per_count == pytest.approx(electrons)
    stated = np.mean([np.asarray(one[0].variance) for one in counted], axis=0)
    assert stated * per_count**2 == pytest.approx(light.variance, rel=0.02)


def cell_of(answers: Floats, mixture: int = 0, bound: float = 0.01) -> Cell:
    part = Proportion(1, 1)
    return Cell(mixture, "a", 1e4, 100.0, 0.2, {BOUND: bound}, {"m": answers}, {"m": part})


def test_pooled_efficiency_is_one_for_answers_as_good_as_the_bound() -> None:
    rng = np.random.default_rng(9)
    cells = [
        cell_of(0.2 + sd * rng.standard_normal(400), number, sd)
        for number, sd in enumerate((0.01, 0.02, 0.03))
    ]
    found = pool(cells, "m")
    assert found is not None
    assert found.efficiency == pytest.approx(1.0, abs=0.1)
    assert found.interval[0] < 1.0 < found.interval[1]
    assert found.bias < 0.003
    twice = [replace(one, answers={"m": 0.2 + 2 * (one.answers["m"] - 0.2)}) for one in cells]
    worse = pool(twice, "m")
    assert worse is not None
    assert worse.efficiency == pytest.approx(found.efficiency / 4)


def test_a_mixture_whose_component_is_hardly_named_is_left_out_of_the_scatter() -> None:
    rng = np.random.default_rng(10)
    named = 0.2 + 0.01 * rng.standard_normal(40)
    hardly = named.copy()
    hardly[:30] = np.nan
    found = pool([cell_of(named), cell_of(hardly, 1)], "m")
    assert found is not None and found.mixtures == 1
    assert pool([cell_of(hardly)], "m") is None


def test_answers_that_never_change_have_no_efficiency() -> None:
    found = pool([cell_of(np.full(10, 0.25))], "m")
    assert found is not None
    assert (found.sd, found.bias) == pytest.approx((0.0, 0.05))
    assert not np.isfinite(found.efficiency)
