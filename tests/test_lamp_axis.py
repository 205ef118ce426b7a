"""A recorded neon lamp gives the axis from nothing; what gives none is refused with its reason."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from device.calibration import refused
from device.calibration.full_pixels import full_pixels
from device.calibration.lamp_axis import LAMPS, WORST_RMS_CM1, LampAxis, lamp_axis
from device.calibration.lamp_match import matches
from device.calibration.line_fit import FWHM_PER_SIGMA, fit_line
from device.calibration.new_page import page_from_lamp, page_to_begin
from device.calibration.refused import CalibrationRefused
from device.spectra.files.bwtek import BwtekFile, read_bwtek
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.lamp_lines import vacuum_from_air_nm
from firmware_bridge.simulator.detector import Detector, DetectorModel, default_calibration
from firmware_bridge.simulator.scenes import EmptyScene, LampScene, Scene
from tests.clipped import DATA

Floats = npt.NDArray[np.float64]
NEON = DATA / "charisma785" / "Ne_785nm_x20_50ms.txt"


@pytest.fixture(scope="module")
def neon() -> BwtekFile:
    return read_bwtek(NEON)


@pytest.fixture(scope="module")
def counts(neon: BwtekFile) -> Floats:
    result: Floats = neon.raw_counts - neon.dark_counts
    return result


@pytest.fixture(scope="module")
def found(counts: Floats) -> LampAxis:
    return lamp_axis(counts, "neon")


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(CalibrationRefused) as caught:
        act()
    assert caught.value.text.endswith(".")
    assert caught.value.remedy
    return caught.value.reason


def test_real_neon_from_an_uncalibrated_start(found: LampAxis) -> None:
    assert found.rms_cm1 <= 0.5  # measured: 0.09
    assert found.rms_cm1 < 0.2
    assert sum(line.fitted for line in found.lines) >= 20
    assert found.axis.degree == 3
    assert not found.unnamed_pixels


def test_the_axis_is_the_makers_within_what_air_makes(found: LampAxis, neon: BwtekFile) -> None:
    """The file's axis is in air: at 794-933 nm vacuum wavelengths are 0.22 to 0.26 nm longer."""
    lines = np.array([line.center_pixel for line in found.lines if line.fitted])
    theirs = np.interp(lines, np.arange(2048), neon.calibration.wavelength_nm())
    in_vacuum = np.array([vacuum_from_air_nm(float(nm)) for nm in theirs])
    ours = found.axis.wavelength_nm(lines)
    assert np.abs(ours - in_vacuum).max() < 0.08  # half a pixel


def test_a_blend_that_the_list_does_not_have_is_left_out_and_shown(found: LampAxis) -> None:
    """867.95 nm stands in a blend with 868.19, which the list does not have."""
    left = {round(line.line_nm, 2): line for line in found.lines if not line.fitted}
    assert abs(left[868.19].residual_cm1) > 2.0


@pytest.mark.parametrize("moved_pixels", [-30, -17, 0, 23, 30])
def test_an_old_page_may_be_off_by_thirty_pixels(
    counts: Floats, neon: BwtekFile, found: LampAxis, moved_pixels: int
) -> None:
    nm = np.polynomial.Polynomial(neon.calibration.wavelength_coefficients_nm)
    moved = nm(np.polynomial.Polynomial([0.97 * moved_pixels, 1.0]))
    page = replace(neon.calibration, wavelength_coefficients_nm=tuple(moved.coef.tolist()))
    again = lamp_axis(counts, "neon", page=page)
    assert again.axis.coefficients_nm == found.axis.coefficients_nm


def test_a_frame_without_dark_frame_does_as_well(neon: BwtekFile) -> None:
    assert lamp_axis(neon.raw_counts, "neon").rms_cm1 < 0.2


def test_a_mirrored_frame_is_refused(counts: Floats, neon: BwtekFile) -> None:
    page = neon.calibration
    assert refusal(lambda: lamp_axis(counts[::-1], "neon")) == refused.MIRRORED
    assert refusal(lambda: lamp_axis(counts[::-1], "neon", page=page)) == refused.MIRRORED


@pytest.mark.parametrize("pixels", [-200, -60, 60, 200])
def test_a_shifted_frame_is_refused(counts: Floats, neon: BwtekFile, pixels: int) -> None:
    moved = np.roll(counts, pixels)
    page = neon.calibration
    assert refusal(lambda: lamp_axis(moved, "neon", page=page)) == refused.SHIFTED


def test_only_the_page_tells_a_shifted_frame(counts: Floats, found: LampAxis) -> None:
    """The negative control: the lines themselves are as good 200 pixels aside."""
    moved = lamp_axis(np.roll(counts, 200), "neon")
    assert moved.rms_cm1 == pytest.approx(found.rms_cm1, abs=1e-6)
    assert moved.axis.wavelength_nm(np.array([1000.0])) == pytest.approx(
        found.axis.wavelength_nm(np.array([800.0])), abs=1e-6
    )


@pytest.mark.parametrize("level", [8_000.0, 20_000.0, 40_000.0])
def test_a_saturated_frame_is_refused(neon: BwtekFile, level: float) -> None:
    raw = np.minimum(neon.raw_counts, level)
    saturated = full_pixels(raw, level)
    assert refusal(lambda: lamp_axis(raw, "neon", saturated=saturated)) == refused.SATURATED


def test_a_level_below_the_converters_end_is_noticed(neon: BwtekFile) -> None:
    assert full_pixels(np.minimum(neon.raw_counts, 20_000.0), 65_535.0).sum() >= 3
    assert not full_pixels(neon.raw_counts, 65_535.0).any()
    assert not full_pixels(np.zeros(100), 65_535.0).any()


def test_frames_without_a_lamp_are_refused(neon: BwtekFile) -> None:
    assert refusal(lambda: lamp_axis(neon.dark_counts, "neon")) == refused.NO_LAMP
    assert refusal(lambda: lamp_axis(np.zeros(2048), "neon")) == refused.NO_LAMP
    spikes = np.random.default_rng(1).normal(1000.0, 10.0, 2048)
    spikes[::100] += 5_000.0  # hot pixels have no neighbours
    assert refusal(lambda: lamp_axis(spikes, "neon")) == refused.NO_LAMP


NO_LAMP_FRAMES = sorted((DATA / "solvents13" / "components").glob("*.txt")) + [
    DATA / "charisma785" / "PST02_iRPlus785_Z020_100_1300ms.txt",
    DATA / "charisma785" / "nCAL02_iRPlus785_Z020_100_1100ms.txt",
]


@pytest.mark.parametrize("lamp", LAMPS)
@pytest.mark.parametrize("path", NO_LAMP_FRAMES, ids=lambda path: path.stem)
def test_raman_spectra_are_no_lamps(path: object, lamp: str) -> None:
    file = read_bwtek(str(path))
    frame = file.raw_counts - file.dark_counts
    assert refusal(lambda: lamp_axis(frame, lamp)) in {
        refused.NO_LAMP,
        refused.TOO_FEW_LINES,
        refused.NO_MATCH,
        refused.AMBIGUOUS,
    }


def test_the_wrong_lamp_is_refused(counts: Floats) -> None:
    assert refusal(lambda: lamp_axis(counts, "argon")) == refused.NO_MATCH


def test_few_lines_are_refused(counts: Floats) -> None:
    few = counts.copy()
    few[:600] = few[700:] = 0.0
    assert refusal(lambda: lamp_axis(few, "neon")) in {refused.NO_LAMP, refused.TOO_FEW_LINES}


@pytest.mark.parametrize(("pixels", "is_good"), [(0.0, True), (0.5, False)])
def test_lines_beside_a_polynomial_are_refused_as_poor(pixels: float, is_good: bool) -> None:
    """A detector whose pixels are not where a polynomial has them: every line, to and fro."""
    truth = default_calibration(DetectorModel())
    at = np.arange(2048.0)
    bent = at + pixels * np.where((at // 60) % 2 == 0, 1.0, -1.0)
    nm = np.polynomial.Polynomial(truth.wavelength_coefficients_nm)(bent)
    frame = np.full(2048, 100.0)
    for line_nm, top in lit_by("neon").lines:
        frame += top * np.exp(-0.5 * ((nm - line_nm) / 0.12) ** 2)
    if is_good:
        assert lamp_axis(frame, "neon").rms_cm1 < 0.2
    else:
        assert refusal(lambda: lamp_axis(frame, "neon")) == refused.POOR


def test_a_dim_lamp_that_leaves_the_axis_uncertain_is_refused() -> None:
    """A fiftieth of the light: few lines are seen, near to each other."""
    bright, _ = simulated(lit_by("neon"), 12.0, 1)
    assert lamp_axis(bright, "neon").standard_error_cm1 < 0.2
    lines = tuple((nm, 0.02 * top) for nm, top in lit_by("neon").lines)
    dim, _ = simulated(LampScene(lines), 12.0, 1)
    assert refusal(lambda: lamp_axis(dim, "neon")) == refused.TOO_FEW_LINES


def test_equal_counts_of_noise_are_no_saturation() -> None:
    noise = np.rint(np.random.default_rng(1).normal(170.0, 1.5, 2048))
    assert np.count_nonzero(noise == noise.max()) < 2048
    noise[:5] = noise.max()
    assert not full_pixels(noise, 65_535.0).any()


def test_peaks_at_random_are_never_accepted() -> None:
    """The rate of false solutions; 480 such draws gave none."""
    line_nm = np.array([vacuum_from_air_nm(nm) for nm, _ in LAMPS["neon"]])
    strength = np.array([part for _, part in LAMPS["neon"]])
    rng = np.random.default_rng(4)
    for _ in range(10):
        center = np.sort(rng.uniform(0.0, 2047.0, 14))
        found = matches(center, rng.exponential(size=14), line_nm, strength, 2048)
        assert len(found[0].peaks) < 0.7 * 14 or found[1].score > 0.7 * found[0].score


def test_an_evenly_spaced_comb_is_ambiguous() -> None:
    """Its lines fit as well one place aside."""
    line_nm = 800.0 + 10.0 * np.arange(16.0)
    center = 100.0 + 110.0 * np.arange(14.0)
    found = matches(center, np.ones(14), line_nm, np.ones(16), 2048)
    assert found[1].score > 0.7 * found[0].score


# ---- a simulated lamp, where the truth is known ----


def simulated(scene: Scene, resolution_cm1: float, seed: int) -> tuple[Floats, CalibrationPage]:
    model = DetectorModel(resolution_cm1=resolution_cm1)
    truth = default_calibration(model)
    exposure = Detector(model, truth, seed=seed).expose(
        scene, exposure_ms=500.0, lit_fraction=0.0, laser_power_mw=0.0, temperature_c=-20.0
    )
    assert not exposure.saturated
    return exposure.counts.astype(np.float64), truth


def lit_by(lamp: str) -> LampScene:
    return LampScene(tuple((vacuum_from_air_nm(nm), 1e5 * part) for nm, part in LAMPS[lamp]))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("resolution_cm1", [5.0, 8.0, 12.0])
@pytest.mark.parametrize(("lamp", "worst_cm1"), [("neon", 0.3), ("argon", 0.5)])
def test_the_axis_is_true_between_the_lines(
    lamp: str, worst_cm1: float, resolution_cm1: float, seed: int
) -> None:
    frame, truth = simulated(lit_by(lamp), resolution_cm1, seed)
    result = lamp_axis(frame, lamp, page=truth)
    page = page_from_lamp(truth, result)
    off = np.abs(page.wavenumber_cm1() - truth.wavenumber_cm1())
    between = slice(int(result.lines[0].center_pixel), int(result.lines[-1].center_pixel) + 1)
    assert off[between].max() < worst_cm1
    assert off[page.valid_range].max() < 2.0
    assert page.resolution_cm1 == pytest.approx(resolution_cm1, rel=0.1)
    assert result.rms_cm1 < WORST_RMS_CM1


def test_a_page_for_an_analyzer_that_has_none(found: LampAxis) -> None:
    page = page_to_begin(2048, found, 785.0)
    assert page.last_valid_pixel < 2047  # far beyond the last line the axis is not sure
    assert page.wavenumber_cm1()[page.last_valid_pixel] > 2_500.0


def test_an_empty_simulated_frame_is_refused() -> None:
    frame, _ = simulated(EmptyScene(), 12.0, 1)
    assert refusal(lambda: lamp_axis(frame, "neon")) in {refused.NO_LAMP, refused.TOO_FEW_LINES}


# ---- one line ----


@pytest.mark.parametrize("center", [20.0, 20.25, 20.5, 20.9])
def test_a_centre_between_pixels_is_found(center: float) -> None:
    fine = (np.arange(41 * 50) + 0.5) / 50 - 0.5
    sigma = 2.0 / FWHM_PER_SIGMA
    frame = (1e4 * np.exp(-0.5 * ((fine - center) / sigma) ** 2)).reshape(41, 50).mean(axis=1)
    line = fit_line(frame + 300.0, 15, 26, 3.0, 1.0)
    assert line is not None
    assert line.center_pixel == pytest.approx(center, abs=1e-3)
    assert line.fwhm_pixel == pytest.approx(2.0, abs=1e-2)


def test_the_standard_error_is_what_repeats_show() -> None:
    at = np.arange(41.0)
    clean = 2_000.0 * np.exp(-0.5 * ((at - 20.3) / 2.0) ** 2)
    rng = np.random.default_rng(5)
    lines = [fit_line(clean + rng.normal(0.0, 30.0, 41), 12, 28, 4.0, 30.0) for _ in range(200)]
    centers = np.array([line.center_pixel for line in lines if line is not None])
    errors = np.array([line.sigma_pixel for line in lines if line is not None])
    assert np.std(centers) == pytest.approx(np.mean(errors), rel=0.25)


def test_no_line_is_none() -> None:
    assert fit_line(np.zeros(41), 12, 28, 4.0, 1.0) is None
    assert fit_line(np.arange(41.0), 12, 14, 4.0, 1.0) is None
