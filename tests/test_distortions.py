"""Distortions move, widen and disturb spectra by what the recipe says, and not more."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from device.spectra.needed_range import needed_cm1
from device.spectra.resampling import MODEL_GRID, WavenumberGrid
from train.library.grids import MARGIN, wide_grid
from train.library.references import (
    CompoundSpec,
    TrainingLibrary,
    literature_reference,
    load_library,
)
from train.recipe import RECIPE_FOLDER, load_recipe
from train.spectra.distortions import (
    NoisePool,
    ReferenceBank,
    add_damage,
    add_noise,
    broaden,
    measured_range,
    move_axis,
    smooth_windows,
    vary_response,
)
from train.spectra.foreign import ForeignPool, moved_compound, patchwork, random_lines

SETTINGS = load_recipe(RECIPE_FOLDER / "solvents13-2.toml").distortions
STILL = replace(SETTINGS, compound_shift_cm1=0.0, intensity_jitter=0.0, broadening_levels=1)
SIZE = MODEL_GRID.size
WIDE = wide_grid(MODEL_GRID)
Singles = npt.NDArray[np.float32]
Maker = Callable[[np.random.Generator, Singles], Singles]


def two_lines() -> TrainingLibrary:
    wide = np.stack(
        [
            literature_reference([[600.0, 1.0, 8.5]], WIDE),
            literature_reference([[1500.0, 1.0, 8.5]], WIDE),
        ]
    )
    specs = tuple(CompoundSpec(name, "", (), "", None, None, None) for name in ("a", "b"))
    return TrainingLibrary("two", "", "lines", 8.5, "", "", specs, wide.astype(np.float32))


def width(line: Singles) -> int:
    return int((line > line.max() / 2).sum())


def test_without_distortion_a_mixture_is_the_weighted_sum() -> None:
    library = two_lines()
    shares = np.array([[0.25, 0.75], [1.0, 0.0]], dtype=np.float32)
    mixed = ReferenceBank(library, STILL).mix(np.random.default_rng(1), shares)
    np.testing.assert_allclose(mixed, shares @ library.wide, atol=1e-5)


def test_line_widths_run_from_the_references_to_the_widest() -> None:
    settings = replace(STILL, broadening_levels=5, largest_fwhm_cm1=14.0)
    mixed = ReferenceBank(two_lines(), settings).mix(
        np.random.default_rng(2), np.tile(np.array([[1.0, 0.0]], np.float32), (200, 1))
    )
    widths = [width(row) for row in mixed]
    assert min(widths) == 9
    assert 13 <= max(widths) <= 15


def test_compounds_shift_by_themselves() -> None:
    settings = replace(STILL, compound_shift_cm1=0.8)
    shares = np.full((300, 2), 0.5, dtype=np.float32)
    mixed = ReferenceBank(two_lines(), settings).mix(np.random.default_rng(3), shares)
    axis = WIDE.wavenumber_cm1
    lines = [np.abs(axis - center) < 30 for center in (600, 1500)]
    first, second = ((mixed[:, at] @ axis[at]) / mixed[:, at].sum(axis=1) for at in lines)
    assert 0.3 < (first - 600).std() < 1.0
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.2


def test_broadening_keeps_the_area() -> None:
    line = literature_reference([[1000.0, 1.0, 8.5]], WIDE)[None].astype(np.float32)
    wider = broaden(line, 5.0)
    assert wider.sum() == pytest.approx(line.sum(), rel=1e-3)
    assert width(wider[0]) > width(line[0])


def test_axis_moves_within_shift_and_stretch() -> None:
    wide = np.tile(literature_reference([[1400.0, 1.0, 8.5]], WIDE).astype(np.float32), (500, 1))
    settings = replace(SETTINGS, shift_cm1=6.0, stretch_cm1=0.0)
    moved = move_axis(np.random.default_rng(4), wide, settings)
    assert moved.shape == (500, SIZE)
    peaks = MODEL_GRID.wavenumber_cm1[moved.argmax(axis=1)] - 1400
    assert -6.5 <= peaks.min() < -4.5
    assert 4.5 < peaks.max() <= 6.5


def test_no_shift_leaves_the_spectrum_alone() -> None:
    wide = two_lines().wide
    settings = replace(SETTINGS, shift_cm1=0.0, stretch_cm1=0.0)
    moved = move_axis(np.random.default_rng(5), wide, settings)
    np.testing.assert_allclose(moved, wide[:, MARGIN:-MARGIN], atol=1e-6)


def test_response_curve_stays_within_its_limit_and_is_smooth() -> None:
    ones = np.ones((300, SIZE), dtype=np.float32)
    curves = vary_response(np.random.default_rng(6), ones, 0.3)
    assert 0.7 <= curves.min() < 0.85
    assert 1.15 < curves.max() <= 1.3
    assert np.abs(np.diff(curves, axis=1)).max() < 0.002


@pytest.mark.parametrize("snr", [20.0, 200.0])
def test_noise_at_the_highest_raman_peak_is_peak_over_snr(snr: float) -> None:
    rng = np.random.default_rng(7)
    raman = np.zeros((4000, 50), dtype=np.float32)
    raman[:, 25] = 1.0
    snrs = np.full((4000, 1), snr, dtype=np.float32)
    noisy = add_noise(rng, raman, raman, NoisePool(rng, 50), snrs)
    assert noisy[:, 25].std() == pytest.approx(1 / snr, rel=0.06)
    assert noisy[:, 5].std() < noisy[:, 25].std()  # shot noise grows with the signal


def test_damage_strikes_as_often_as_asked() -> None:
    calm = replace(SETTINGS, cosmic_ray_probability=0.0, dark_structure_probability=0.0)
    spectra = np.zeros((2000, 200), dtype=np.float32)
    add_damage(np.random.default_rng(8), spectra, calm)
    assert not spectra.any()
    rays = replace(calm, cosmic_ray_probability=0.1)
    add_damage(np.random.default_rng(9), spectra, rays)
    struck = (spectra.max(axis=1) > 0).mean()
    assert 0.07 < struck < 0.13
    assert spectra.min() == 0.0


def test_missing_ends_are_at_the_ends() -> None:
    settings = replace(SETTINGS, missing_ends_probability=0.5, missing_at_most_cm1=200.0)
    valid = measured_range(np.random.default_rng(10), 1000, MODEL_GRID, settings)
    assert valid[:, 200:-200].all()
    assert (np.abs(np.diff(valid.astype(int), axis=1)).sum(axis=1) <= 2).all()
    assert 0.4 < (~valid[:, 0]).mean() < 0.6
    whole = replace(settings, missing_ends_probability=0.0)
    assert measured_range(np.random.default_rng(11), 100, MODEL_GRID, whole).all()


@pytest.mark.parametrize(("first", "last"), [(400.0, 1800.0), (600.0, 1000.0), (1700.0, 2200.0)])
def test_what_the_quality_gate_asks_for_is_never_missing(first: float, last: float) -> None:
    grid = WavenumberGrid(first, last)
    settings = replace(SETTINGS, missing_ends_probability=1.0, missing_at_most_cm1=200.0)
    valid = measured_range(np.random.default_rng(12), 200, grid, settings)
    axis, (lowest, highest) = grid.wavenumber_cm1, needed_cm1(grid)
    assert valid[:, (axis >= lowest) & (axis <= highest)].all()


def test_intensity_windows_have_one_width_in_every_range() -> None:
    assert len(smooth_windows(WIDE.size)) == 10
    assert len(smooth_windows(wide_grid(WavenumberGrid(400.0, 1800.0)).size)) == 7
    for size in (481, 1481, 4781):
        windows = smooth_windows(size)
        np.testing.assert_allclose(windows.sum(axis=0), 1.0, atol=1e-5)
        assert 200 < size / (len(windows) - 1) < 300


def test_foreign_signal_is_added_only_where_asked() -> None:
    library = two_lines()
    mixed = np.zeros((40, library.wide.shape[1]), dtype=np.float32)
    amount = np.tile(np.array([0.0, 0.5], dtype=np.float32), 20)
    rng = np.random.default_rng(12)
    ForeignPool(rng, library).add_to(rng, mixed, amount)
    assert not mixed[::2].any()
    np.testing.assert_allclose(mixed[1::2].max(axis=1), 0.5, atol=1e-4)


def test_foreign_signal_that_looks_like_a_compound_is_not_labelled_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = two_lines()
    rng = np.random.default_rng(13)
    pool = ForeignPool(rng, library)
    twin = np.tile(library.wide[0], (3, 1))
    monkeypatch.setattr(pool, "_draw", lambda _, count: twin[:count])
    similar = pool.add_to(rng, np.zeros_like(twin), np.array([1.0, 0.3, 0.0], np.float32))
    assert similar.tolist() == [[True, False], [True, False], [False, False]]


@pytest.mark.parametrize("make", [random_lines, moved_compound, patchwork])
def test_foreign_spectra_have_unit_maximum_and_resemble_no_reference(make: Maker) -> None:
    rng = np.random.default_rng(14)
    wide = load_library("aromatics4").wide
    spectra = np.stack([make(rng, wide) for _ in range(60)])
    np.testing.assert_allclose(spectra.max(axis=1), 1.0, atol=1e-5)
    assert spectra.min() >= 0
    steps = np.diff(spectra, axis=1)
    own = np.diff(wide, axis=1)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    assert np.median((steps @ own.T).max(axis=1)) < 0.5
