"""Acquisition -> Spectrum -> grid: axes, missing ends, holes, flags, noise."""

from pathlib import Path

import numpy as np
import pytest

from device.fit.derivative import noise_of_derivative, smoothed_derivative
from device.spectra.files.bwtek import read_bwtek
from device.spectra.resampling import MODEL_GRID, Resampler, WavenumberGrid, resampler_for
from device.spectra.spectrum import Acquisition, Spectrum, spectrum_from_acquisition, to_grid
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CalibrationMismatch

DATA = Path(__file__).parents[1] / "data"
PIXELS = 1200


def page(**changes: object) -> CalibrationPage:
    values: dict[str, object] = {
        "wavelength_coefficients_nm": (800.0, 0.15),
        "excitation_nm": 785.0,
        "first_valid_pixel": 10,
        "last_valid_pixel": 1100,
        "pixel_count": PIXELS,
    }
    return CalibrationPage(**(values | changes))  # type: ignore[arg-type]


def acquisition(calibration: CalibrationPage, **changes: object) -> Acquisition:
    rng = np.random.default_rng(5)
    values: dict[str, object] = {
        "raw_counts": rng.integers(1000, 2000, PIXELS).astype(float),
        "dark_counts": rng.integers(100, 200, PIXELS).astype(float),
        "variance": rng.uniform(1, 2, PIXELS),
        "saturated": np.zeros(PIXELS, bool),
        "dead": calibration.dead_mask(),
        "integration_time_ms": 100.0,
        "frames": 1,
        "laser_power_mw": 70.0,
        "detector_temperature_c": -10.0,
        "calibration": calibration,
        "acquired_utc": "2026-01-01T00:00:00+00:00",
    }
    return Acquisition(**(values | changes))  # type: ignore[arg-type]


def test_spectrum_is_dark_subtracted_counts_of_the_calibrated_pixels() -> None:
    measured = acquisition(page())
    spectrum = spectrum_from_acquisition(measured)
    pixels = slice(10, 1101)
    expected = measured.raw_counts[pixels] - measured.dark_counts[pixels]
    assert np.array_equal(spectrum.intensity, expected)
    assert np.array_equal(spectrum.wavenumber_cm1, page().wavenumber_cm1()[pixels])
    assert spectrum.variance is not None
    assert np.array_equal(spectrum.variance, measured.variance[pixels])
    assert spectrum.raw is measured


def test_dead_pixels_are_left_out_whoever_names_them() -> None:
    calibration = page(dead_pixels=(500, 501))
    dead = np.zeros(PIXELS, bool)
    dead[700] = True
    spectrum = spectrum_from_acquisition(acquisition(calibration, dead=dead))
    lost = np.setdiff1d(calibration.wavenumber_cm1()[10:1101], spectrum.wavenumber_cm1)
    assert np.array_equal(lost, calibration.wavenumber_cm1()[[500, 501, 700]])
    assert to_grid(spectrum).valid[MODEL_GRID.wavenumber_cm1 < 1600].all()  # bridged


def test_axis_is_shared_between_acquisitions_of_one_page_and_read_only() -> None:
    first = spectrum_from_acquisition(acquisition(page()))
    second = spectrum_from_acquisition(acquisition(page()))
    assert first.wavenumber_cm1 is second.wavenumber_cm1
    with pytest.raises(ValueError, match="read-only"):
        first.wavenumber_cm1[0] = 0.0
    other = spectrum_from_acquisition(acquisition(page(excitation_nm=784.0)))
    assert other.wavenumber_cm1[0] != first.wavenumber_cm1[0]


def test_page_for_another_detector_is_refused() -> None:
    with pytest.raises(CalibrationMismatch):
        spectrum_from_acquisition(acquisition(page(pixel_count=PIXELS + 1), dead=np.array([])))


def test_arrays_of_different_length_are_refused() -> None:
    axis = np.arange(300.0, 400.0)
    with pytest.raises(ValueError, match="intensity"):
        Spectrum(axis, np.zeros(99))
    with pytest.raises(ValueError, match="variance"):
        Spectrum(axis, np.zeros(100), variance=np.zeros(99))
    with pytest.raises(ValueError, match="two points"):
        Spectrum(axis[:1], np.zeros(1))


def test_model_grid_is_the_papers() -> None:
    assert MODEL_GRID.size == 2201
    assert MODEL_GRID.wavenumber_cm1[[0, -1]].tolist() == [300.0, 2500.0]
    assert WavenumberGrid(300, 2500, 4).size == 551
    assert WavenumberGrid(0, 1, 0.1).size == 11  # ten steps of 0.1 are not exactly 1
    for wrong in ((300, 300, 1), (300, 2500, 0), (300, float("nan"), 1)):
        with pytest.raises(ValueError, match="grid"):
            WavenumberGrid(*wrong)


def test_resampling_agrees_with_numpy_inside_and_repeats_the_edge_outside() -> None:
    rng = np.random.default_rng(1)
    axis = np.sort(rng.uniform(350, 2300, 1200))
    values = rng.normal(size=1200)
    resampler = Resampler(axis)
    assert np.allclose(resampler.apply(values), np.interp(MODEL_GRID.wavenumber_cm1, axis, values))
    grid = MODEL_GRID.wavenumber_cm1
    assert np.array_equal(resampler.valid, (grid >= axis[0]) & (grid <= axis[-1]))


def test_points_on_the_grid_come_through_bit_for_bit() -> None:
    values = np.random.default_rng(2).normal(size=2201)
    assert np.array_equal(Resampler(MODEL_GRID.wavenumber_cm1).apply(values), values)


def test_a_wide_hole_is_missing_and_a_narrow_one_is_bridged() -> None:
    axis = np.arange(200.0, 2600.0, 2.0)
    narrow = axis[(axis < 1000) | (axis > 1008)]
    assert Resampler(narrow).valid.all()
    wide = axis[(axis < 1000) | (axis > 1040)]
    resampler = Resampler(wide)
    missing = MODEL_GRID.wavenumber_cm1[~resampler.valid]
    assert (missing[0], missing[-1], len(missing)) == (999, 1041, 43)
    on_grid = resampler.apply(wide)  # the intensity is the axis: easy to see which point repeats
    assert set(on_grid[~resampler.valid]) == {998.0, 1042.0}


def test_coarse_files_have_no_holes() -> None:
    assert Resampler(np.arange(300.0, 2501.0, 20.0)).valid.all()


@pytest.mark.parametrize("axis", [[300.0, 300.0], [400.0, 300.0], [300.0, np.nan], [300.0]])
def test_an_axis_that_does_not_rise_is_refused(axis: list[float]) -> None:
    with pytest.raises(ValueError, match="axis"):
        Resampler(np.array(axis))


def test_variance_follows_the_weights() -> None:
    axis = np.arange(299.5, 2502.0, 1.0)  # every grid point half way between two
    resampler = Resampler(axis)
    assert np.allclose(resampler.apply_variance(np.full(len(axis), 4.0)), 2.0)
    rng = np.random.default_rng(3)
    observed = np.var([resampler.apply(rng.normal(size=len(axis)) * 2) for _ in range(200)])
    assert observed == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize("step_cm1", [0.5, 1.0, 1.3, 2.4])
@pytest.mark.parametrize("known", [True, False])
def test_smoothing_finds_as_much_noise_as_white_variance_says(step_cm1: float, known: bool) -> None:
    """What the library fit takes for noise, whatever the points of the instrument or the file."""
    axis = np.arange(290.0, 2510.0, step_cm1)
    rng = np.random.default_rng(5)
    squares, expected = [], []
    for _ in range(20):
        noisy = rng.normal(size=len(axis)) * 3.0
        variance = np.full(len(axis), 9.0) if known else None
        grid = to_grid(Spectrum(axis, noisy, variance))
        squares.append(np.square(smoothed_derivative(grid.intensity[None], 9.0)[0, 20:-20]))
        expected.append(noise_of_derivative(grid.white_variance, 9.0)[20:-20])
    found = float(np.mean(squares) / np.mean(expected))
    # without any signal the fine structure of few points tells their noise roughly
    assert found == pytest.approx(1.0, abs=0.25 if known else 0.4)


def test_saturation_marks_every_grid_point_it_touches_and_no_other() -> None:
    axis = np.arange(300.0, 2501.0, 2.0)
    saturated = np.zeros(len(axis), bool)
    saturated[50] = True  # 400 cm-1
    grid = to_grid(Spectrum(axis, axis * 1.0, saturated=saturated))
    assert MODEL_GRID.wavenumber_cm1[grid.saturated].tolist() == [399.0, 400.0, 401.0]
    assert not to_grid(Spectrum(axis, axis * 1.0)).saturated.any()


def test_resamplers_are_remembered_for_read_only_axes_alone() -> None:
    axis = np.arange(300.0, 2501.0)
    assert resampler_for(axis) is not resampler_for(axis)
    axis[0] = 299.5  # a writeable axis may change: no stale weights
    assert resampler_for(axis).axis_cm1[0] == 299.5
    axis.flags.writeable = False
    assert resampler_for(axis) is resampler_for(axis)
    assert resampler_for(axis) is not resampler_for(axis, WavenumberGrid(300, 2500, 2))


def test_file_and_replayed_frame_give_the_same_bits() -> None:
    native = read_bwtek(DATA / "solvents13/mixtures/FourSolvent-1.txt")
    from_file = native.to_spectrum()
    # what the analyzer sends: uint16 counts, and the page through its bytes
    stored = CalibrationPage.from_bytes(native.calibration.to_bytes())
    frames = [c.astype(np.uint16).astype(float) for c in (native.raw_counts, native.dark_counts)]
    replayed = spectrum_from_acquisition(
        acquisition(
            stored,
            raw_counts=frames[0],
            dark_counts=frames[1],
            variance=np.ones(2048),
            saturated=np.zeros(2048, bool),
        )
    )
    assert np.array_equal(replayed.wavenumber_cm1, from_file.wavenumber_cm1)
    assert np.array_equal(replayed.intensity, from_file.intensity)
    assert len(from_file.wavenumber_cm1) == 1977
