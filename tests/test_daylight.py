"""Daylight in a file that has lost its dark frame: known by its lines, and no substance."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from device.answer import identifier as module
from device.answer.identifier import Answer, Identifier
from device.inference.bundle import read_bundle_file
from device.inference.trust import default_trust_policy
from device.installation import default_model_path
from device.spectra.daylight import DAYLIGHT, DAYLIGHT_IN_THE_DARK, daylight, with_daylight
from device.spectra.files.reading import read_spectrum
from device.spectra.resampling import MODEL_GRID
from device.spectra.response import EXCITATION_NM
from device.spectra.spectrum import GridSpectrum, Spectrum, to_grid
from device.spectra.stray_light import dark_shape
from device.verdict.identification import Verdict
from tests.asking import named
from train.library.measured import measured_spectra

FOUR = Path(__file__).parents[1] / "data" / "solvents13" / "mixtures" / "FourSolvent-1.txt"
AXIS_CM1 = MODEL_GRID.wavenumber_cm1


@cache
def identifier() -> Identifier:
    return Identifier(read_bundle_file(default_model_path(), default_trust_policy()))


def two_columns(light: float, seed: int = 1) -> Spectrum:
    """Toluene and ethanol with so much daylight, of the highest Raman line."""
    library = identifier().library.references
    names = [one.name for one in identifier().compounds]
    raman = 0.5 * library[names.index("Toluene")] + 0.5 * library[names.index("ethanol")]
    counts = 2000.0 * (raman / raman.max() + light * daylight(MODEL_GRID))
    counts += np.random.default_rng(seed).normal(0.0, 10.0, len(counts))
    return Spectrum(AXIS_CM1, counts)


def codes(answer: Answer) -> list[str]:
    return [reason.code for reason in answer.identification.reasons]


def unoffered(spectrum: GridSpectrum, _: Spectrum) -> GridSpectrum:
    return spectrum


def test_the_table_is_the_dark_frame_that_it_says() -> None:
    measured = read_spectrum(FOUR)
    assert measured.dark_counts is not None
    seen_nm = 1e7 / (1e7 / EXCITATION_NM - measured.wavenumber_cm1)
    part = (seen_nm >= 796.0) & (seen_nm <= 995.0)
    shape = dark_shape(measured.dark_counts[part])
    assert shape is not None
    there = 1e7 / (1e7 / EXCITATION_NM - AXIS_CM1)
    expected = np.interp(there, seen_nm[part], shape)
    assert np.corrcoef(expected, daylight(MODEL_GRID))[0, 1] > 0.999


@pytest.mark.parametrize("calcium_nm", [849.8, 854.2, 866.2])
def test_it_has_the_lines_of_calcium_in_the_sun(calcium_nm: float) -> None:
    """Absorption lines, within a pixel and a half; air wavelengths of the triplet."""
    seen_nm = 1e7 / (1e7 / EXCITATION_NM - AXIS_CM1)
    nearby = np.abs(seen_nm - calcium_nm) < 1.2
    lowest = seen_nm[nearby][np.argmin(daylight(MODEL_GRID)[nearby])]
    assert lowest == pytest.approx(calcium_nm, abs=0.6)


def test_daylight_in_a_lost_dark_frame_is_taken_out_and_told() -> None:
    answer = identifier().identify(two_columns(-0.3))
    assert answer.identification.verdict is Verdict.IDENTIFIED
    assert named(answer.identification) == {"Toluene", "ethanol"}
    assert codes(answer) == ["light_in_the_dark"]


def test_without_its_shape_the_same_spectrum_holds_something_foreign(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "with_daylight", unoffered)
    assert identifier().identify(two_columns(-0.3)).identification.verdict is Verdict.PARTIAL


def test_daylight_in_the_lit_frame_is_told_as_light() -> None:
    answer = identifier().identify(two_columns(0.3))
    assert named(answer.identification) == {"Toluene", "ethanol"}
    assert "light_of_a_lamp" in codes(answer)
    assert "daylight" in answer.identification.reasons[-1].text


def test_real_mixtures_subtracted_with_a_dark_frame_of_daylight_are_identified() -> None:
    spectra = {one.name: one for one in measured_spectra(identifier().bundle.manifest)}
    for name in ("mixture036", "mixture044"):
        answer = identifier().identify(spectra[name].spectrum)
        assert answer.identification.verdict is Verdict.IDENTIFIED
        assert named(answer.identification) == set(spectra[name].expected)
        assert codes(answer) == ["light_in_the_dark"]


def test_where_there_is_none_none_is_found() -> None:
    found = identifier().identify(two_columns(0.0)).identification
    assert found.verdict is Verdict.IDENTIFIED and not found.reasons
    for one in measured_spectra(identifier().bundle.manifest):
        if one.group == "other instrument, not in library":
            fit = identifier().identify(one.spectrum).identification.fit
            assert fit is None or not fit.nuisance_parts.any()


def test_it_is_offered_in_both_signs_and_only_where_no_dark_frame_is_at_hand() -> None:
    spectrum = two_columns(0.0)
    gridded = to_grid(spectrum)
    offered = with_daylight(gridded, spectrum).nuisances
    assert [one.name for one in offered] == [DAYLIGHT, DAYLIGHT_IN_THE_DARK]
    assert np.array_equal(offered[0].values, -offered[1].values)
    with_dark = replace(spectrum, dark_counts=np.zeros(len(AXIS_CM1)))
    assert with_daylight(gridded, with_dark) is gridded


def test_what_is_not_known_of_its_lines_is_a_model_error() -> None:
    """Else a fit beside doubted lines would count as a close one, and chance as evidence."""
    fits = [identifier().identify(two_columns(light)).identification.fit for light in (0.0, -0.3)]
    clear, doubted = (fit.model_error for fit in fits if fit is not None)
    assert doubted > 2.0 * clear
