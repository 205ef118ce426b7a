"""The rivals get a fair chance: they solve what they claim to solve, and no more."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.spectra.resampling import MODEL_GRID
from device.spectra.spectrum import GridSpectrum, to_grid
from evidence.ideal import IdealDetector
from evidence.rivals import LeastSquares, nonnegative
from evidence.scenes import Conditions, Scene, make_scene
from tests.bundles_under_test import SOLVENTS

PURES = SOLVENTS.references


def scene(shares: dict[int, float], conditions: Conditions, seed: int = 3) -> Scene:
    row = np.zeros(len(PURES.names))
    row[list(shares)] = list(shares.values())
    return make_scene(np.random.default_rng(seed), PURES, row, conditions)


@given(st.integers(0, 10_000))
def test_nonnegative_meets_the_conditions_of_an_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.random((6, 20))
    data = columns.T @ rng.normal(0.3, 1.0, 6) + rng.normal(0.0, 0.1, 20)
    gram, projection = columns @ columns.T, columns @ data
    solution = nonnegative(gram, projection)
    gradient = projection - gram @ solution
    assert (solution >= 0).all()
    assert gradient.max() <= 1e-6 * np.abs(projection).max()
    assert np.abs(gradient[solution > 0]).max(initial=0.0) <= 1e-6 * np.abs(projection).max()


@pytest.mark.parametrize("derivative", [False, True])
@pytest.mark.parametrize(
    "conditions",
    [
        Conditions(snr=300.0, baseline=0.5),
        Conditions(snr=300.0, baseline=0.2, shift_cm1=(2.3, 2.3)),
        Conditions(snr=300.0, baseline=0.2, fwhm_factor=1.3),
    ],
)
def test_rivals_find_components_and_shares_at_any_shift_and_width(
    derivative: bool, conditions: Conditions
) -> None:
    made = scene({1: 0.6, 5: 0.3, 12: 0.1}, conditions)
    found = LeastSquares(PURES.inside, derivative).answer(to_grid(made.spectrum))
    assert np.array_equal(found.named, made.present)
    assert np.abs(found.shares - made.shares).max() < 0.03


def test_rivals_name_nothing_in_noise() -> None:
    noise = np.random.default_rng(1).normal(0.0, 1.0, 2201)
    flags = np.zeros(2201, dtype=np.bool_)
    spectrum = GridSpectrum(noise, np.ones(2201), np.ones(2201), ~flags, flags, flags, MODEL_GRID)
    for derivative in (False, True):
        assert not LeastSquares(PURES.inside, derivative).answer(spectrum).named.any()


@pytest.mark.parametrize("derivative", [False, True])
def test_noise_chooses_neither_shift_nor_width(derivative: bool) -> None:
    """A fit that smooths its data more at one width prefers it in noise, and errs threefold."""
    method = LeastSquares(PURES.inside, derivative)
    worst = [
        np.abs(method.answer(to_grid(made.spectrum)).shares - made.shares).max()
        for made in (
            scene({1: 0.5, 2: 0.3, 6: 0.2}, Conditions(snr=50.0, baseline=0.3), seed)
            for seed in range(6)
        )
    ]
    assert np.mean(worst) < 0.006


def test_a_lower_limit_names_weaker_components() -> None:
    made = scene({1: 0.98, 12: 0.02}, Conditions(snr=300.0, baseline=0.1))
    named = [
        LeastSquares(PURES.inside, smallest_share=limit).answer(to_grid(made.spectrum)).named[12]
        for limit in (0.03, 0.015)
    ]
    assert named == [False, True]


def test_ideal_detector_is_right_without_noise_and_lost_in_it() -> None:
    detector = IdealDetector(PURES.inside, largest=3, smallest_share=0.05)
    shares = {2: 0.5, 7: 0.44, 11: 0.06}
    clear = scene(shares, Conditions(snr=2000.0, baseline=0.5))
    assert np.array_equal(detector.named(clear.spectrum.intensity, clear.noise_sd), clear.present)
    drowned = scene(shares, Conditions(snr=1.0, baseline=0.5))
    named = detector.named(drowned.spectrum.intensity, drowned.noise_sd)
    assert not np.array_equal(named, drowned.present)
