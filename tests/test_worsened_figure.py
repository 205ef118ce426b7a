"""Measured spectra made worse: each condition does what it says, and nothing else."""

import numpy as np
import pytest

from device.spectra.spectrum import Spectrum
from evidence.worsening import (
    CONDITIONS,
    MEASURED_CM1,
    RESPONSE,
    SHIFT_CM1,
    STRETCH_CM1,
    Condition,
    worsened,
)

HEIGHT = 5_000.0


def spectrum() -> Spectrum:
    axis = np.arange(240.0, 3001.0, 2.0)
    line = HEIGHT * np.exp(-0.5 * ((axis - 1004.0) / 3.0) ** 2)
    return Spectrum(axis, line + 40.0, source="made up")


def made(start: str, seed: int = 2) -> Spectrum:
    (condition,) = (one for one in CONDITIONS if one.name.startswith(start))
    return worsened(np.random.default_rng(seed), spectrum(), condition)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: one.name)
def test_the_file_itself_stays_as_it_was(condition: Condition) -> None:
    before = spectrum()
    worse = worsened(np.random.default_rng(3), before, condition)
    assert np.array_equal(before.intensity, spectrum().intensity)
    assert np.array_equal(before.wavenumber_cm1, spectrum().wavenumber_cm1)
    changed = len(worse.wavenumber_cm1) != len(before.wavenumber_cm1) or not (
        np.array_equal(worse.intensity, before.intensity)
        and np.array_equal(worse.wavenumber_cm1, before.wavenumber_cm1)
    )
    assert changed == (condition.name != "as measured")
    assert worse.source == "made up"
    assert worse.variance is None


@pytest.mark.parametrize("snr", [100, 50, 30])
def test_noise_is_the_highest_line_over_snr(snr: int) -> None:
    noise = made(f"SNR {snr}").intensity - spectrum().intensity
    assert float(noise.std()) == pytest.approx(HEIGHT / snr, rel=0.1)


def test_a_baseline_is_as_high_as_it_says() -> None:
    added = made("baseline 10").intensity - spectrum().intensity
    assert float(added.max()) == pytest.approx(10 * HEIGHT, rel=0.05)


def test_axes_are_off_by_what_they_say() -> None:
    before = spectrum().wavenumber_cm1
    shifted = made(f"axis off by {SHIFT_CM1:g}").wavenumber_cm1 - before
    assert np.allclose(np.abs(shifted), SHIFT_CM1)
    stretched = made("axis off by -+").wavenumber_cm1 - before
    assert np.abs(stretched[[0, -1]]).tolist() == pytest.approx([STRETCH_CM1, STRETCH_CM1])
    assert np.interp(0.5 * (before[0] + before[-1]), before, stretched) == pytest.approx(0.0)


def test_response_and_etalon_are_as_large_as_they_say() -> None:
    factor = made("response").intensity / spectrum().intensity
    assert np.abs(factor - 1.0).max() <= RESPONSE + 1e-9
    assert np.ptp(factor) > 0.5 * RESPONSE
    calm = slice(600, 1300)  # no line there
    lit, position = made("etalon").intensity[calm], np.linspace(-1.0, 1.0, 700)
    smooth = np.vander(position, 4) @ np.linalg.lstsq(np.vander(position, 4), lit, rcond=None)[0]
    assert float(np.std(lit / smooth - 1.0)) == pytest.approx(0.01 / np.sqrt(2.0), rel=0.15)


def test_wide_lines_are_wide_and_keep_their_area() -> None:
    wide, before = made("lines of 12"), spectrum()
    width = [
        float(np.sqrt(np.average((x - 1004.0) ** 2, weights=np.maximum(y - 40.0, 0.0) ** 2)))
        for x, y in (
            (one.wavenumber_cm1[near], one.intensity[near])
            for one in (wide, before)
            for near in [np.abs(one.wavenumber_cm1 - 1004.0) < 20.0]
        )
    ]
    assert width[0] / width[1] == pytest.approx(np.sqrt((9.0 + 18.0) / 9.0), rel=0.1)
    area = [
        float((one.intensity - 40.0).sum() * np.diff(one.wavenumber_cm1)[0])
        for one in (wide, before)
    ]
    assert area[0] == pytest.approx(area[1], rel=0.1)


def test_ends_go_missing_and_one_point_is_struck() -> None:
    axis = made("measured from").wavenumber_cm1
    assert (axis[0], axis[-1]) == MEASURED_CM1
    struck = np.flatnonzero(made("one cosmic ray").intensity != spectrum().intensity)
    assert len(struck) == 1
