"""A clipped line is known without raw counts, and no smooth top is taken for one."""

import numpy as np
import pytest

from device.spectra import flat_top
from device.spectra.files.reading import read_spectrum
from device.spectra.flat_top import has_flat_top
from device.spectra.resampling import MODEL_GRID
from device.spectra.spectrum import Floats, Spectrum
from tests.clipped import AXES, DATA, clipped_files, native_files, smooth_spectra

AXIS = np.arange(300.0, 2501.0, 1.0)


def found(spectrum: Spectrum) -> bool:
    return has_flat_top(spectrum, MODEL_GRID)


# What `python -m tests.measure_flat_tops` printed, less the spread of so few files.
@pytest.mark.parametrize(
    ("axis", "pixels", "least"),
    [("native", 3, 0.9), ("native", 5, 0.95), ("1 cm-1", 4, 0.85), ("2 cm-1", 5, 0.85)],
)
@pytest.mark.parametrize(("level", "spread"), [(65_535.0, 0.0), (64_000.0, 8.0)])
def test_a_top_clipped_before_the_dark_was_subtracted_is_found(
    axis: str, pixels: int, least: float, level: float, spread: float
) -> None:
    files = clipped_files(native_files(), (1.2, 1.5, 2.5, 4.0), (3.0, 40.0), level, spread)
    cases = [file for file in files if file.axis == axis and file.clipped_pixels >= pixels]
    assert len(cases) > 60
    tops = [np.sort(file.spectrum.intensity)[-3:] for file in cases]
    assert np.mean([top[0] < top[2] for top in tops]) > 0.7  # equality does not show it
    assert np.mean([found(file.spectrum) for file in cases]) >= least


def test_the_same_just_below_full_scale_is_never_found() -> None:
    files = list(clipped_files(native_files(), (0.5, 0.98), (0.0, 40.0, 1000.0)))
    assert len(files) == 15 * 2 * 3 * len(AXES)
    assert not [file.name for file in files if found(file.spectrum)]


@pytest.mark.parametrize("lines", [1, 2])
def test_no_single_line_and_no_doublet_is_taken_for_clipped(lines: int) -> None:
    assert not any(found(spectrum) for spectrum in smooth_spectra(250, lines, seed=lines))


def test_the_allowance_for_doublets_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: with a tenth of it flat doublets are found."""
    monkeypatch.setattr(flat_top, "_FALL", 0.15)
    assert any(found(spectrum) for spectrum in smooth_spectra(250, 2, seed=2))


def test_no_measured_file_is_found() -> None:
    paths = [*native_files(), *(DATA / "wasatch785").glob("*.csv")]
    paths += [*(DATA / "charisma785").glob("*.txt")]
    assert not [path.name for path in paths if found(read_spectrum(path))]


def gaussians(axis: Floats, sigma: float, *places: float) -> Floats:
    return np.asarray(sum(np.exp(-0.5 * ((axis - at) / sigma) ** 2) for at in places))


def test_several_clipped_lines_of_different_width_are_found_by_one_of_them() -> None:
    rng = np.random.default_rng(2)
    counts = 9e4 * gaussians(AXIS, 2.6, 620.0) + 7.2e4 * gaussians(AXIS, 9.0, 1450.0)
    noise = 20.0 * rng.standard_normal((2, len(AXIS)))
    assert found(Spectrum(AXIS, np.minimum(counts + noise[0], 6e4) - noise[1]))
    assert not found(Spectrum(AXIS, counts + noise[0] - noise[1]))


def test_the_quiet_of_a_clipped_top_finds_what_its_kinks_alone_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [f.spectrum for f in clipped_files(native_files(), (1.05, 1.1, 1.2), (3.0,))]
    both = sum(map(found, files))
    monkeypatch.setattr(flat_top, "_QUIET", ())
    assert sum(map(found, files)) < 0.85 * both


def test_a_top_that_the_end_of_the_range_cuts_is_not_judged() -> None:
    counts = np.minimum(9e4 * gaussians(AXIS, 6.0, 301.0), 6e4)
    assert not found(Spectrum(AXIS, counts))


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_constants_and_steps_are_no_lines(value: float) -> None:
    assert not found(Spectrum(AXIS, np.full(len(AXIS), value)))
    assert not found(Spectrum(AXIS[:5], AXIS[:5]))


def test_a_line_between_two_pixels_is_not_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both pixels are equal, and interpolation draws a plateau between them."""
    axis = np.cumsum(np.linspace(2.3, 1.5, 1200)) + 280.0
    axis += 1000.0 - axis[300]
    counts = 1e4 * gaussians(axis, 3.8, float(axis[300:302].mean()))
    assert counts[300] == pytest.approx(counts[301])
    assert not found(Spectrum(axis, counts))
    interpolated = Spectrum(AXIS, np.interp(AXIS, axis, counts))
    assert not found(interpolated)
    monkeypatch.setattr(flat_top, "_WIDTH_IF_EVEN_CM1", 0.0)
    assert found(interpolated)  # negative control
