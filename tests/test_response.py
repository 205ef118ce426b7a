"""Response factors from equal mixtures: recovered, scattered as they scatter, honest about gaps."""

import numpy as np
import pytest

from train.library.response import Amounts, leave_one_out_errors, solve_response

FACTORS = np.array([1.0, 0.25, 0.5, 0.1])


def mixtures(noise: float, seed: int = 0) -> list[Amounts]:
    rng = np.random.default_rng(seed)
    result = []
    for number in range(30):
        parts = np.sort(rng.choice(4, size=int(rng.integers(2, 5)), replace=False))
        brightness = rng.uniform(50.0, 500.0)
        scatter = np.exp(rng.normal(scale=noise, size=len(parts)))
        result.append(Amounts(f"m{number}", parts, brightness * FACTORS[parts] * scatter))
    return result


def test_factors_come_back_whatever_the_brightness_of_each_mixture() -> None:
    solved = solve_response(mixtures(noise=0.0), 4)
    np.testing.assert_allclose(solved.factors, FACTORS, rtol=1e-9)
    np.testing.assert_allclose(solved.relative_sd, 0.0, atol=1e-9)


def test_the_scatter_of_the_mixtures_is_the_uncertainty() -> None:
    solved = solve_response(mixtures(noise=0.1), 4)
    np.testing.assert_allclose(solved.factors, FACTORS, rtol=0.15)
    assert 0.04 < solved.relative_sd.mean() < 0.11


def test_a_compound_in_no_mixture_is_not_known() -> None:
    solved = solve_response(mixtures(noise=0.0), 5)
    assert np.isnan(solved.factors[4])
    assert np.isfinite(solved.factors[:4]).all()


def test_each_mixture_is_judged_by_the_others_alone() -> None:
    clean = mixtures(noise=0.0)
    assert leave_one_out_errors(clean, 4).max() < 1e-9
    wrong = clean[0].coefficients.copy()
    wrong[0] *= 2.0
    spoiled = [Amounts("m0", clean[0].components, wrong), *clean[1:]]
    errors = leave_one_out_errors(spoiled, 4)
    assert errors[0] == errors.max()
    assert errors[0] > 0.05


def test_a_wrong_factor_shows_in_the_volumes() -> None:
    part = Amounts("m", np.array([0, 1]), np.array([1.0, 0.5]))
    equal = Amounts("n", np.array([0, 1]), np.array([1.0, 0.25]))
    assert leave_one_out_errors([part, equal], 2)[0] == pytest.approx(1 / 6, abs=1e-9)
