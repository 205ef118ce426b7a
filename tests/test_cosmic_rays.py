"""Cosmic rays go, Raman lines stay."""

from pathlib import Path

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.spectra.cosmic_rays import cosmic_rays, without_cosmic_rays
from device.spectra.files.reading import read_spectrum
from device.spectra.resampling import MODEL_GRID
from device.spectra.spectrum import Floats, GridSpectrum, Spectrum, to_grid
from device.verdict.identification import Verdict
from tests.measured import solvents

DATA = Path(__file__).parents[1] / "data"
NOISE = 1.0


def on_grid(intensity: Floats) -> Spectrum:
    noise = np.random.default_rng(3).normal(0.0, NOISE, len(intensity))
    variance = np.full(len(intensity), NOISE**2)
    return Spectrum(MODEL_GRID.wavenumber_cm1, intensity + noise, variance=variance)


def without(spectrum: Spectrum) -> GridSpectrum:
    return without_cosmic_rays(to_grid(spectrum), spectrum)


def handheld_axis(pitch_cm1: float) -> Floats:
    """Of a detector that such pixels fill between 250 and 2,600 cm-1, the last ones a third finer
    than the first, as on real ones."""
    place = np.linspace(0.0, 1.0, int(2350.0 / pitch_cm1))
    result: Floats = 250.0 + 2350.0 * (1.2 * place - 0.2 * place**2)
    return result


def pseudo_voigt(axis_cm1: Floats, at_cm1: float, fwhm_cm1: float, lorentzian: float) -> Floats:
    distance = np.square((axis_cm1 - at_cm1) / fwhm_cm1)
    gaussian: Floats = np.exp(-4.0 * np.log(2.0) * distance)
    result: Floats = lorentzian / (1.0 + 4.0 * distance) + (1.0 - lorentzian) * gaussian
    return result


def line(at_cm1: float, fwhm_cm1: float, height: float) -> Floats:
    distance = (MODEL_GRID.wavenumber_cm1 - at_cm1) / fwhm_cm1
    result: Floats = height * np.exp(-4.0 * np.log(2.0) * distance**2)
    return result


@pytest.mark.parametrize("shape", [(1.0,), (0.5, 1.0, 0.5), (0.6, 1.0), (0.4, 1.0, 0.9)])
@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_a_ray_is_taken_out_and_the_rest_untouched(shape: tuple[float, ...], slope: float) -> None:
    calm = line(900.0, 9.0, 500.0) + slope * np.arange(MODEL_GRID.size)
    struck = calm.copy()
    struck[1000 : 1000 + len(shape)] += 200.0 * np.array(shape)
    before, after = to_grid(on_grid(struck)), without(on_grid(struck))
    changed = np.flatnonzero(before.intensity != after.intensity)
    assert set(changed) <= set(range(996, 1000 + len(shape) + 4))
    assert np.abs(after.intensity - to_grid(on_grid(calm)).intensity).max() < 8.0 * NOISE
    assert (after.variance[changed] > before.variance[changed]).all()
    assert set(changed) <= set(np.flatnonzero(after.struck)) <= set(range(995, 1008))


@pytest.mark.parametrize("fwhm_cm1", [4.5, 5.5, 8.5, 14.0, 40.0])
def test_a_line_is_no_ray_however_strong(fwhm_cm1: float) -> None:
    spectrum = on_grid(line(1003.4, fwhm_cm1, 5000.0) + line(1012.0, fwhm_cm1, 900.0))
    assert not cosmic_rays(spectrum).any()
    gridded = to_grid(spectrum)
    assert without_cosmic_rays(gridded, spectrum) is gridded


@pytest.mark.parametrize(
    ("pitch_cm1", "fwhm_cm1"), [(1.1, 4.0), (1.1, 5.5), (0.8, 4.0), (0.5, 3.0), (1.8, 5.5)]
)
@pytest.mark.parametrize("lorentzian", [0.0, 0.5, 1.0])
def test_no_sharp_line_is_a_ray_in_the_pixels_of_its_instrument(
    pitch_cm1: float, fwhm_cm1: float, lorentzian: float
) -> None:
    """1.1 cm-1 are 2,048 pixels over this range; every place on a pixel, every signal to noise."""
    rng = np.random.default_rng(8)
    axis = handheld_axis(pitch_cm1)
    for snr in (20.0, 100.0, 1000.0):
        for at in rng.uniform(350.0, 2450.0, 8):
            intensity = 1000.0 * pseudo_voigt(axis, at, fwhm_cm1, lorentzian)
            intensity += rng.normal(0.0, 1000.0 / snr, len(axis))
            assert not cosmic_rays(Spectrum(axis, intensity))[np.abs(axis - at) < 8.0].any()


@pytest.mark.parametrize("pitch_cm1", [0.8, 1.1, 1.6])
@pytest.mark.parametrize("pixels", [1, 2, 3])
def test_rays_between_lines_are_found_whole(pitch_cm1: float, pixels: int) -> None:
    rng = np.random.default_rng(9)
    axis = handheld_axis(pitch_cm1)
    lines = sum(900.0 * pseudo_voigt(axis, at, 8.5, 0.5) for at in (520.0, 1004.0, 1605.0))
    found = 0
    for at_cm1 in rng.uniform(1080.0, 1530.0, 20):
        at = int(np.searchsorted(axis, at_cm1))
        intensity = lines + rng.normal(0.0, 3.0, len(axis))
        intensity[at : at + pixels] += rng.uniform(200.0, 1000.0) * rng.uniform(0.5, 1.0, pixels)
        struck = cosmic_rays(Spectrum(axis, intensity))
        assert not struck[: at - 2].any()
        assert not struck[at + pixels + 2 :].any()
        found += bool(struck[at : at + pixels].all())
    assert found >= 19


def test_a_ray_on_the_flank_of_a_line_leaves_the_line() -> None:
    axis = handheld_axis(1.1)
    calm = 1000.0 * pseudo_voigt(axis, 1004.0, 12.0, 0.5)
    at = int(np.searchsorted(axis, 1010.0))
    struck = calm + np.random.default_rng(4).normal(0.0, 1.0, len(axis))
    struck[at] += 700.0
    left = without(Spectrum(axis, struck))
    assert left.struck.any()
    inside = (MODEL_GRID.wavenumber_cm1 > 990.0) & (MODEL_GRID.wavenumber_cm1 < 1020.0)
    assert np.abs(left.intensity - to_grid(Spectrum(axis, calm)).intensity)[inside].max() < 60.0


def test_nothing_is_taken_out_beside_missing_pixels() -> None:
    axis, intensity = MODEL_GRID.wavenumber_cm1, np.zeros(MODEL_GRID.size)
    intensity[1000] = 200.0
    kept = np.ones(len(axis), dtype=np.bool_)
    kept[1002:1005] = False
    struck = on_grid(intensity)
    assert struck.variance is not None
    assert not cosmic_rays(
        Spectrum(axis[kept], struck.intensity[kept], variance=struck.variance[kept])
    ).any()


def test_nothing_is_taken_out_of_steps_coarser_than_a_pixel() -> None:
    axis = np.arange(300.0, 2501.0, 5.0)
    intensity = np.random.default_rng(3).normal(0.0, NOISE, len(axis))
    intensity[200] += 200.0
    assert not cosmic_rays(Spectrum(axis, intensity)).any()


@pytest.mark.parametrize("from_the_end", [1, 3, 5, 7])
@pytest.mark.parametrize("measured", [slice(0, MODEL_GRID.size), slice(40, 2000)])
def test_a_ray_near_an_end_of_what_was_measured_is_taken_out(
    from_the_end: int, measured: slice
) -> None:
    for at in (measured.start + from_the_end, measured.stop - 1 - from_the_end):
        intensity = 2.0 * np.arange(MODEL_GRID.size, dtype=np.float64)
        intensity[at] += 300.0
        whole = on_grid(intensity)
        assert whole.variance is not None
        spectrum = Spectrum(
            whole.wavenumber_cm1[measured],
            whole.intensity[measured],
            variance=whole.variance[measured],
        )
        struck = np.flatnonzero(cosmic_rays(spectrum)) + measured.start
        assert at in struck
        assert set(struck) <= set(range(at - 4, at + 5))


@pytest.mark.parametrize("fwhm_cm1", [5.5, 8.5, 14.0])
@pytest.mark.parametrize("from_the_end_cm1", [-2.0, 0.0, 3.0, 6.0])
def test_a_line_that_an_end_cuts_is_no_ray(fwhm_cm1: float, from_the_end_cm1: float) -> None:
    for at_cm1 in (MODEL_GRID.first_cm1 + from_the_end_cm1, MODEL_GRID.last_cm1 - from_the_end_cm1):
        assert not cosmic_rays(on_grid(line(at_cm1, fwhm_cm1, 5000.0))).any()


def test_no_real_spectrum_has_lines_that_look_like_rays() -> None:
    """Calcite's 1086 cm-1 has a full width of 4.5 cm-1 here, 2.3 pixels."""
    files = [
        *DATA.glob("solvents13/*/*.txt"),
        *DATA.glob("wasatch785/*.csv"),
        *(path for path in DATA.glob("charisma785/*.txt") if not path.name.startswith("Ne_")),
    ]
    assert len(files) > 50
    assert [path.name for path in files if cosmic_rays(read_spectrum(path)).any()] == []


@pytest.mark.parametrize("start", ["nCAL02", "PST02"])
def test_calcite_and_polystyrene_keep_their_lines_at_every_place_on_a_pixel(start: str) -> None:
    (path,) = (DATA / "charisma785").glob(f"{start}*")
    spectrum = read_spectrum(path)
    level = np.linspace(spectrum.intensity[0], spectrum.intensity[-1], len(spectrum.intensity))
    parts = np.fft.rfft(spectrum.intensity - level)
    for pixel in np.arange(0.0, 1.0, 0.1):
        turned = parts * np.exp(2j * np.pi * np.fft.rfftfreq(len(level)) * pixel)
        moved = np.fft.irfft(turned, len(level)) + level
        assert not cosmic_rays(Spectrum(spectrum.wavenumber_cm1, moved)).any()


@pytest.mark.parametrize(
    ("at_cm1", "shape"), [(702.0, (0.8, 0.8)), (1032.0, (0.4, 0.8, 0.56)), (2250.0, (0.8,))]
)
def test_a_ray_where_an_absent_compound_has_its_line_changes_no_answer(
    at_cm1: float, shape: tuple[float, ...]
) -> None:
    """Left in, these are named as dichloromethane and methanol, or hide acetonitrile."""
    measured = read_spectrum(DATA / "solvents13" / "mixtures" / "FourSolvent-1.txt")
    identifier = Identifier(solvents())
    expected = {c.name for c in identifier.identify(measured).identification.components}
    struck = measured.intensity.copy()
    at = int(np.argmin(np.abs(measured.wavenumber_cm1 - at_cm1)))
    struck[at : at + len(shape)] += np.ptp(struck) * np.array(shape)
    answer = identifier.identify(Spectrum(measured.wavenumber_cm1, struck)).identification
    assert answer.verdict is Verdict.IDENTIFIED
    assert {c.name for c in answer.components} == expected


def test_a_ray_alone_is_no_sample() -> None:
    intensity = 1000.0 + np.random.default_rng(5).normal(0.0, 5.0, MODEL_GRID.size)
    intensity[900] += 3000.0
    answer = Identifier(solvents()).identify(Spectrum(MODEL_GRID.wavenumber_cm1, intensity))
    assert answer.identification.verdict is Verdict.NO_RESULT
    assert [reason.code for reason in answer.identification.reasons] == ["cosmic_ray"]


@pytest.mark.parametrize("at_cm1", [1050.0, 1086.0])
@pytest.mark.parametrize("snr", [60.0, 300.0])
def test_a_sharp_foreign_line_is_told_and_not_taken_out(at_cm1: float, snr: float) -> None:
    """Nitrate's or carbonate's beside toluene, in the pixels of the handheld."""
    toluene = read_spectrum(DATA / "wasatch785" / "toluene.csv")
    axis = handheld_axis(1.1)
    axis = axis[(axis > toluene.wavenumber_cm1[0]) & (axis < toluene.wavenumber_cm1[-1])]
    intensity = np.interp(axis, toluene.wavenumber_cm1, toluene.intensity)
    intensity /= intensity.max()
    intensity += 0.4 * pseudo_voigt(axis, at_cm1, 5.0, 0.3)
    intensity += np.random.default_rng(6).normal(0.0, 1.0 / snr, len(axis))
    answer = Identifier(solvents()).identify(Spectrum(axis, 1e4 * intensity)).identification
    assert answer.verdict is Verdict.PARTIAL
    assert [component.name for component in answer.components] == ["Toluene"]
    assert answer.fit is not None
    assert answer.fit.spike_part == 0.0


@pytest.mark.parametrize("part", [0.2, 0.8])
def test_real_calcite_beside_toluene_is_told(part: float) -> None:
    toluene, calcite = (
        read_spectrum(DATA / "wasatch785" / f"{name}.csv")
        for name in ("toluene", "calcium carbonate")
    )
    sums = toluene.intensity / toluene.intensity.max()
    sums = 1e4 * (sums + part * calcite.intensity / calcite.intensity.max())
    answer = Identifier(solvents()).identify(Spectrum(toluene.wavenumber_cm1, sums))
    assert answer.identification.verdict is Verdict.PARTIAL
