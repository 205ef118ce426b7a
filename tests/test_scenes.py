"""Scenes as values: what a replay gives back, what a lamp's lines are, what is refused."""

from typing import Any

import numpy as np
import pytest

from firmware_bridge.errors import CallerError
from firmware_bridge.lamp_lines import vacuum_from_air_nm
from firmware_bridge.simulator.scenes import (
    FloatArray,
    ReplayScene,
    SpectrumScene,
    mixture,
    neon_lamp,
)

RAW = np.array([500.0, 900.0, 30_000.0])
DARK = np.array([200.0, 210.0, 220.0])


def test_a_replay_at_its_own_time_gives_the_recording() -> None:
    scene = ReplayScene(RAW, DARK, 1000.0)
    assert np.array_equal(scene.counts(1000.0, 1.0), RAW)
    assert np.array_equal(scene.counts(1000.0, 0.0), DARK)


def test_a_replay_scales_signal_and_dark_with_the_exposure() -> None:
    scene = ReplayScene(RAW, DARK, 1000.0)
    lit, dark = scene.counts(500.0, 1.0), scene.counts(500.0, 0.0)
    assert np.allclose(lit - dark, (RAW - DARK) / 2)
    assert np.allclose(dark, DARK / 2)


def test_half_lit_gives_half_the_signal_over_the_whole_dark() -> None:
    scene = ReplayScene(RAW, DARK, 1000.0)
    assert np.allclose(scene.counts(1000.0, 0.5), DARK + (RAW - DARK) / 2)


def test_a_replay_keeps_its_own_copy_of_the_counts() -> None:
    raw = RAW.copy()
    scene = ReplayScene(raw, DARK, 1000.0)
    raw[:] = 0
    assert np.array_equal(scene.counts(1000.0, 1.0), RAW)
    with pytest.raises(ValueError, match="read-only"):
        scene.raw_counts[0] = 1


@pytest.mark.parametrize(
    ("raw", "dark", "time_ms", "average", "noise"),
    [
        (RAW, DARK[:2], 1000.0, 1, 0.0),
        (RAW, DARK, 0.0, 1, 0.0),
        (RAW, DARK, float("nan"), 1, 0.0),
        (RAW, DARK, 1000.0, 0, 0.0),
        (RAW, DARK, 1000.0, 1, -1.0),
        (np.array([np.nan, 1.0, 2.0]), DARK, 1000.0, 1, 0.0),
        (np.zeros((3, 3)), DARK, 1000.0, 1, 0.0),
        (np.array([]), np.array([]), 1000.0, 1, 0.0),
    ],
)
def test_an_impossible_recording_is_refused(
    raw: FloatArray, dark: FloatArray, time_ms: float, average: int, noise: float
) -> None:
    with pytest.raises(CallerError):
        ReplayScene(raw, dark, time_ms, average, noise)


@pytest.mark.parametrize("change", [{"counts_per_s": -1.0}, {"resolution_cm1": -1.0}, {"snr": 0.0}])
def test_an_impossible_spectrum_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(CallerError):
        SpectrumScene(np.zeros_like, **change)


def test_a_mixture_is_the_weighted_sum_held_flat_at_its_ends() -> None:
    axis = np.array([300.0, 301.0, 302.0])
    intensity = mixture(axis, [(0.25, np.array([4.0, 0.0, 0.0])), (0.5, np.array([0.0, 2.0, 8.0]))])
    assert np.allclose(intensity(np.array([100.0, 300.0, 300.5, 301.0, 900.0])), [1, 1, 1, 1, 4])


def test_air_wavelengths_become_vacuum_wavelengths() -> None:
    # NIST ASD, Ne I: 703.24128 nm in air is 703.43521 nm in vacuum.
    assert vacuum_from_air_nm(703.24128) == pytest.approx(703.43521, abs=5e-4)


def test_the_lamp_lists_vacuum_lines_in_order() -> None:
    lines = [nm for nm, _ in neon_lamp().lines]
    assert lines == sorted(lines)
    assert any(abs(nm - 837.991) < 2e-3 for nm in lines)  # 837.7608 nm in air
    assert max(height for _, height in neon_lamp(5.0).lines) == 5.0
