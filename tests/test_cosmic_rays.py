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


def on_grid(intensity: Floats) -> GridSpectrum:
    noise = np.random.default_rng(3).normal(0.0, NOISE, len(intensity))
    everywhere = np.ones(len(intensity), dtype=np.bool_)
    variance = np.full(len(intensity), NOISE**2)
    return GridSpectrum(
        intensity + noise, variance, variance, everywhere, ~everywhere, ~everywhere, MODEL_GRID
    )


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
    before, after = on_grid(struck), without_cosmic_rays(on_grid(struck))
    changed = np.flatnonzero(before.intensity != after.intensity)
    assert set(changed) <= set(range(995, 1008))
    assert np.abs(after.intensity - on_grid(calm).intensity).max() < 8.0 * NOISE
    assert (after.variance[changed] > before.variance[changed]).all()
    assert set(changed) <= set(np.flatnonzero(after.struck)) <= set(range(995, 1008))


@pytest.mark.parametrize("fwhm_cm1", [5.5, 8.5, 14.0, 40.0])
def test_a_line_is_no_ray_however_strong(fwhm_cm1: float) -> None:
    spectrum = on_grid(line(1003.4, fwhm_cm1, 5000.0) + line(1012.0, fwhm_cm1, 900.0))
    assert not cosmic_rays(spectrum).any()
    assert without_cosmic_rays(spectrum) is spectrum


def test_nothing_is_taken_out_beside_what_was_not_measured() -> None:
    intensity = np.zeros(MODEL_GRID.size)
    intensity[1000] = 200.0
    spectrum = on_grid(intensity)
    spectrum.valid[1004:1040] = False
    assert not cosmic_rays(spectrum).any()


@pytest.mark.parametrize("from_the_end", [1, 3, 5, 7])
@pytest.mark.parametrize("measured", [slice(0, MODEL_GRID.size), slice(40, 2000)])
def test_a_ray_near_an_end_of_what_was_measured_is_taken_out(
    from_the_end: int, measured: slice
) -> None:
    for at in (measured.start + from_the_end, measured.stop - 1 - from_the_end):
        intensity = 2.0 * np.arange(MODEL_GRID.size, dtype=np.float64)
        intensity[at] += 300.0
        spectrum = on_grid(intensity)
        outside = np.ones(MODEL_GRID.size, dtype=np.bool_)
        outside[measured] = False
        spectrum.valid[outside] = False
        struck = np.flatnonzero(cosmic_rays(spectrum))
        assert at in struck
        assert set(struck) <= set(range(at - 3, at + 4)) & set(np.flatnonzero(~outside))


@pytest.mark.parametrize("fwhm_cm1", [5.5, 8.5, 14.0])
@pytest.mark.parametrize("from_the_end_cm1", [-2.0, 0.0, 3.0, 6.0])
def test_a_line_that_an_end_cuts_is_no_ray(fwhm_cm1: float, from_the_end_cm1: float) -> None:
    for at_cm1 in (MODEL_GRID.first_cm1 + from_the_end_cm1, MODEL_GRID.last_cm1 - from_the_end_cm1):
        assert not cosmic_rays(on_grid(line(at_cm1, fwhm_cm1, 5000.0))).any()


def test_no_real_spectrum_has_lines_that_look_like_rays() -> None:
    files = [*DATA.glob("solvents13/*/*.txt"), *DATA.glob("wasatch785/*.csv")]
    assert len(files) > 40
    found = {path.name: np.flatnonzero(cosmic_rays(to_grid(read_spectrum(path)))) for path in files}
    spike = found.pop("sesame oil.csv")  # it has one: 41 counts from one point to the next
    assert set(MODEL_GRID.wavenumber_cm1[spike]) <= set(range(1560, 1569))
    assert [name for name, points in found.items() if len(points)] == []


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
