"""Lines that moved or widened are measured with honest errors, whatever the background does."""

import numpy as np
import pytest

from device.driver.line_positions import LinePositions, Moved
from firmware_bridge.simulator.scenes import FloatArray

AXIS_CM1 = np.linspace(300.0, 2500.0, 2048)
FWHM_PER_SIGMA = float(np.sqrt(8.0 * np.log(2.0)))
RESOLUTION_CM1 = 12.0


def lines(lower_cm1: float = 0.0, width2_cm2: float = 0.0, glow: float = 0.0) -> FloatArray:
    """Three lines of unit height at most; `width2_cm2`: growth of their squared width."""
    narrow = RESOLUTION_CM1 / FWHM_PER_SIGMA
    sigma = np.sqrt(RESOLUTION_CM1**2 + width2_cm2) / FWHM_PER_SIGMA
    sample = sum(
        height * narrow / sigma * np.exp(-0.5 * ((AXIS_CM1 - at_cm1 + lower_cm1) / sigma) ** 2)
        for at_cm1, height in ((520.0, 1.0), (1000.0, 0.6), (1450.0, 0.3))
    )
    return np.asarray(sample + glow * np.exp(-(((AXIS_CM1 - 300.0) / 2000.0) ** 2)))


def compared(seed: int, height: float, later: FloatArray, early: FloatArray | None = None) -> Moved:
    """Three spectra with photon noise and that of a dark frame of 300 counts."""
    chance = np.random.default_rng(seed)

    def measured(light: FloatArray) -> FloatArray:
        return np.asarray(chance.poisson(height * light + 300.0) - 300.0, np.float64)

    first = lines() if early is None else early
    template, second, third = (measured(one) for one in (first, first, later))
    return LinePositions(AXIS_CM1, template, RESOLUTION_CM1).compared(second, third)


@pytest.mark.parametrize("height", [30.0, 20_000.0])
def test_nothing_moved_is_found_within_its_errors(height: float) -> None:
    found = [compared(seed, height, lines()) for seed in range(60)]
    for deviates in (
        [one.shift_cm1 / one.shift_error_cm1 for one in found],
        [one.width2_cm2 / one.width2_error_cm2 for one in found],
    ):
        assert 0.5 < float(np.std(deviates)) < 1.1
        assert float(np.max(np.abs(deviates))) < 4.5


def test_a_move_and_a_growth_are_found_under_a_background_that_rises() -> None:
    hot = lines(lower_cm1=1.5, width2_cm2=40.0, glow=0.3)
    found = [compared(seed, 20_000.0, hot) for seed in range(20)]
    assert np.mean([one.shift_cm1 for one in found]) == pytest.approx(-1.5, abs=0.1)
    assert np.mean([one.width2_cm2 for one in found]) == pytest.approx(40.0, rel=0.3)
    assert all(-one.shift_cm1 > 5.0 * one.shift_error_cm1 for one in found)


def test_a_fading_background_moves_nothing() -> None:
    for seed in range(20):
        one = compared(seed, 20_000.0, lines(glow=0.2), lines(glow=1.0))
        assert abs(one.shift_cm1) < 0.2 and abs(one.width2_cm2) < 10.0


def test_a_cosmic_ray_on_a_flank_moves_nothing() -> None:
    struck = lines()
    at = int(np.searchsorted(AXIS_CM1, 526.0))
    struck[at : at + 2] += 2.0
    for seed in range(20):
        assert abs(compared(seed, 20_000.0, struck).shift_cm1) < 0.2


def test_without_noise_and_without_lines_there_is_an_answer() -> None:
    flat = np.full(2048, 5.0)
    moved = LinePositions(AXIS_CM1, flat, RESOLUTION_CM1).compared(flat, flat)
    assert moved.shift_cm1 == 0.0 and moved.width2_cm2 == 0.0
