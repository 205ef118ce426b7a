"""Light in a dark frame: its shape is found, its part fitted, and the operator told."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from device.answer.identifier import Identifier
from device.spectra import stray_light
from device.spectra.files.bwtek import BwtekFile, read_bwtek
from device.spectra.spectrum import Spectrum, spectrum_from_acquisition, to_grid
from device.spectra.stray_light import dark_shape, with_dark_frame, without_nuisances
from device.verdict.identification import Identification, Verdict
from tests.measured import solvents

Floats = npt.NDArray[np.float64]

SOLVENTS = Path(__file__).parents[1] / "data" / "solvents13"
PIXELS = np.arange(1200, dtype=np.float64)


@cache
def native(name: str) -> BwtekFile:
    return read_bwtek(SOLVENTS / f"{name}.txt")


@cache
def identifier() -> Identifier:
    return Identifier(solvents())


def lamp(height: float) -> Floats:
    places = (100.0, 320.0, 512.0, 777.0, 1010.0)
    apart = PIXELS - np.array(places)[:, None]
    result: Floats = height * np.exp(-0.5 * (apart / 2.1) ** 2).sum(axis=0)
    return result


def weak(name: str, part: float, dark: Floats, light: Floats | float = 0.0) -> Spectrum:
    """A pure liquid at a part of its counts, taken with such a dark frame and such a light."""
    file = native(f"components/{name}")
    rng = np.random.default_rng(7)
    offset = float(np.median(file.dark_counts))
    lit = offset + part * np.maximum(file.raw_counts - file.dark_counts, 0.0) + light
    lit += rng.normal(size=len(lit)) * np.sqrt(20.0 + np.maximum(lit - offset, 0.0) / 4.0)
    return replace(file, raw_counts=np.rint(lit), dark_counts=dark).to_spectrum()


def daylight() -> Floats:
    return native("mixtures/FourSolvent-1").dark_counts


def answer(spectrum: Spectrum) -> Identification:
    return identifier().identify(spectrum).identification


def named(found: Identification) -> set[str]:
    return {component.name for component in found.components}


def codes(found: Identification) -> list[str]:
    return [reason.code for reason in found.reasons]


# ---- the shape ----


def test_the_sizes_of_details_are_those_of_white_noise() -> None:
    smooth = np.random.default_rng(0).normal(size=200_000)
    for scale, sigma in enumerate(stray_light._DETAIL_SIGMAS):
        coarser = stray_light._smoothed(smooth, 2**scale)
        assert float((smooth - coarser).std()) == pytest.approx(sigma, rel=0.01)
        smooth = coarser


@given(st.integers(0, 10**6), st.floats(0.5, 50.0))
def test_noise_and_slow_drift_have_no_shape(seed: int, sigma: float) -> None:
    noise = np.random.default_rng(seed).normal(size=len(PIXELS)) * sigma
    assert dark_shape(240.0 + 30.0 * np.cos(PIXELS / 400.0) + noise) is None


@given(st.integers(0, 10**6), st.floats(0.5, 50.0))
def test_a_lamp_has_one_with_less_noise_than_was_measured(seed: int, sigma: float) -> None:
    noise = np.random.default_rng(seed).normal(size=len(PIXELS)) * sigma
    truth = lamp(30.0 * sigma)
    shape = dark_shape(240.0 + truth + noise)
    assert shape is not None
    error = shape - float(np.median(shape - truth)) - truth
    assert float(error.std()) < 0.5 * sigma


@given(arrays(np.float64, st.integers(2, 200), elements=st.floats(0.0, 65535.0)))
def test_a_shape_is_finite_and_begins_at_zero(counts: Floats) -> None:
    shape = dark_shape(counts)
    if shape is not None:
        assert np.isfinite(shape).all()
        assert float(shape.min()) == 0.0


def test_of_the_native_files_one_has_light_in_its_dark_frame() -> None:
    paths = list(SOLVENTS.glob("*/*.txt"))
    lit = []
    for path in paths:
        spectrum = read_bwtek(path).to_spectrum()
        if with_dark_frame(to_grid(spectrum), spectrum).nuisances:
            lit.append(path.stem)
    assert lit == ["FourSolvent-1"]
    assert len(paths) == 15


def test_where_no_counts_are_known_there_is_none() -> None:
    spectrum = native("mixtures/FourSolvent-1").to_spectrum()
    bare = Spectrum(spectrum.wavenumber_cm1, spectrum.intensity)
    assert with_dark_frame(to_grid(bare), bare).nuisances == ()


def test_taken_out_whole_only_the_lit_frame_is_left() -> None:
    spectrum = native("mixtures/FourSolvent-1").to_spectrum()
    gridded = with_dark_frame(to_grid(spectrum), spectrum)
    lit = without_nuisances(gridded, np.array([-1.0]))
    assert lit.nuisances == ()
    vapour, apart = slice(1350, 1600), 20  # no line of a liquid there
    rest, before = (
        np.abs(one.intensity[vapour][apart:] - one.intensity[vapour][:-apart]).mean()
        for one in (lit, gridded)
    )
    assert rest < 0.5 * before


# ---- the answer ----


@pytest.mark.parametrize("part", [1.0, 0.1, 0.05])
@pytest.mark.parametrize("liquid", ["Toluene", "isopropanol", "Acetonitrile"])
def test_a_weak_sample_is_identified_with_a_dark_frame_in_daylight(
    liquid: str, part: float
) -> None:
    found = answer(weak(liquid, part, daylight()))
    assert found.verdict is Verdict.IDENTIFIED
    assert named(found) == {liquid}
    assert set(codes(found)) <= {"dark", "light_in_the_dark"}


def test_believed_the_same_dark_frame_leaves_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the shape is not given to the fit."""
    monkeypatch.setattr("device.answer.identifier.with_dark_frame", lambda gridded, _: gridded)
    found = answer(weak("Acetonitrile", 0.1, daylight()))
    assert found.verdict is Verdict.NO_RESULT
    assert codes(found) == ["dark"]


def test_a_dark_frame_brighter_than_the_measurement_is_told_beside_the_answer() -> None:
    found = answer(weak("Acetonitrile", 0.1, daylight()))
    assert codes(found) == ["dark"]
    assert "brighter" in found.reasons[0].text


def test_light_that_leaves_little_is_told_too_and_light_in_both_frames_is_not() -> None:
    found = answer(native("mixtures/FourSolvent-1").to_spectrum())
    assert found.verdict is Verdict.IDENTIFIED
    assert codes(found) == ["light_in_the_dark"]
    assert "the fit has taken out" in found.reasons[0].text
    smooth = np.convolve(np.pad(daylight(), 2, mode="edge"), np.full(5, 0.2), "valid")
    both = answer(weak("Toluene", 0.3, daylight(), smooth - float(np.median(smooth))))
    assert (both.verdict, named(both), codes(both)) == (Verdict.IDENTIFIED, {"Toluene"}, [])


def test_light_in_both_frames_is_left_to_the_subtraction(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shape keeps of the dark frame's noise would be fitted: the control shows it."""
    taps = np.exp(-0.5 * np.square(np.arange(-12, 13) / 3.0))
    light = np.convolve(np.pad(daylight(), 12, mode="edge"), taps / taps.sum(), "valid")
    dark = np.rint(light + np.random.default_rng(5).normal(size=len(light)) * 9.0)
    offset = float(np.median(native("components/Toluene").dark_counts))
    both = weak("Toluene", 0.05, dark, light - offset)
    assert _part(both) == 0.0
    monkeypatch.setattr("device.fit.first_look._NOISE_OF_SHAPES", -1.0)
    assert -0.3 < _part(both) < -0.02


def _part(spectrum: Spectrum) -> float:
    fit = Identifier(solvents()).identify(spectrum).identification.full_fit
    assert fit is not None
    return float(fit.nuisance_parts[0])


def test_without_a_sample_there_is_no_result_and_the_dark_frame_is_blamed_as_well() -> None:
    found = answer(weak("Toluene", 0.0, daylight()))
    assert found.verdict is Verdict.NO_RESULT
    assert codes(found)[-1] == "dark"
    assert set(codes(found)) & {"no_sample", "no_signal"}


def test_what_the_library_has_not_is_not_told_from_a_bright_dark_frame() -> None:
    """Something is left unexplained: it may be the dark frame's fault."""
    file = native("components/Toluene")
    foreign = np.zeros(len(file.raw_counts))
    foreign[[700, 850, 1000, 1100, 1300]] = 900.0
    shape = np.exp(-0.5 * (np.arange(-12, 13) / 2.5) ** 2)
    found = answer(weak("Toluene", 0.0, daylight(), np.convolve(foreign, shape, "same")))
    assert found.verdict is Verdict.NO_RESULT
    assert codes(found) == ["dark"]


def test_the_lasers_light_in_the_dark_frame_costs_no_name() -> None:
    file = native("components/Toluene")
    signal = np.maximum(file.raw_counts - file.dark_counts, 0.0)
    found = answer(weak("Toluene", 0.3, np.rint(file.dark_counts + 0.1 * signal)))
    assert (found.verdict, named(found)) == (Verdict.IDENTIFIED, {"Toluene"})


@pytest.mark.parametrize("name", ["FourSolvent-1", "ThreeSolvent-1"])
def test_a_file_and_its_counts_from_the_detector_name_the_same(name: str) -> None:
    file = native(f"mixtures/{name}")
    measured = file.to_acquisition()
    electrons = np.maximum(measured.raw_counts - 165.0, 0.0) / 4.6 + 12.0
    detector = replace(measured, variance=2.0 * electrons)
    one, other = answer(file.to_spectrum()), answer(spectrum_from_acquisition(detector))
    assert (one.verdict, named(one), codes(one)) == (other.verdict, named(other), codes(other))
