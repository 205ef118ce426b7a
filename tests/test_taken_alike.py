"""A spectrum corrected to relative intensity is weighed as the references were; no other is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.fit.library import Library
from device.spectra.files.reading import read_spectrum
from device.spectra.provenance import Provenance
from device.spectra.resampling import MODEL_GRID, WavenumberGrid
from device.spectra.response import said_corrected, silicon_response
from device.spectra.spectrum import GridSpectrum, Spectrum
from tests.asking import ask, named
from tests.measured import lines, references, scene, solvents

MIXTURE = {"Acetonitrile": 0.6, "Toluene": 0.4}  # a nitrile has its line at 2250 cm-1


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(references())


def corrected(spectrum: GridSpectrum) -> GridSpectrum:
    """As ASTM E2911 has it: without the detector's response."""
    response = silicon_response(spectrum.grid)
    return replace(
        spectrum,
        intensity=spectrum.intensity / response,
        variance=spectrum.variance / response**2,
        white_variance=spectrum.white_variance / response**2,
    )


def test_the_response_falls_towards_the_red_and_is_1_at_its_best() -> None:
    response = silicon_response(MODEL_GRID)
    assert response.max() == 1.0 and (response > 0.0).all()
    assert (np.diff(response) < 0.0).all()
    assert response[-1] < 0.5 * response[0]
    assert not response.flags.writeable
    assert silicon_response(WavenumberGrid(400.0, 1800.0)).shape == (1401,)


def test_a_corrected_spectrum_is_weighed_and_answered_as_the_measured_one(
    library: Library,
) -> None:
    measured = scene(MIXTURE)
    weighed = library.as_taken(corrected(measured))
    assert weighed.weighed
    assert weighed.intensity == pytest.approx(measured.intensity)
    assert weighed.variance == pytest.approx(measured.variance)
    assert named(ask(library, weighed, *MIXTURE)) == set(MIXTURE)


def test_counts_stay_as_they_are(library: Library) -> None:
    for shares in (MIXTURE, {"ethanol": 1.0}, {"n-Heptane": 0.5, "Toluene": 0.5}):
        for shift_cm1 in (0.0, 2.0):
            spectrum = scene(shares, shift_cm1=shift_cm1)
            assert library.as_taken(spectrum) is spectrum


def test_what_the_library_does_not_know_stays_as_it_is(library: Library) -> None:
    for seed, at in enumerate([(470.0, 680.0, 1130.0), (830.0, 1450.0, 2100.0)]):
        spectrum = scene({}, foreign=lines(*at), seed=seed)
        assert library.as_taken(spectrum) is spectrum


def test_an_empty_spectrum_stays_as_it_is(library: Library) -> None:
    empty = scene(MIXTURE)
    empty = replace(empty, intensity=np.zeros_like(empty.intensity))
    assert library.as_taken(empty) is empty


def test_a_line_of_something_else_far_in_the_red_does_not_make_it_corrected(
    library: Library,
) -> None:
    """A foreign line is no reason to weigh the rest."""
    spectrum = scene({"Toluene": 1.0}, foreign=lines(2150.0, height=0.5))
    assert library.as_taken(spectrum) is spectrum


def test_a_file_that_says_it_is_corrected_is_weighed_without_asking_the_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = Path(__file__).parents[1] / "data/solvents13/components/Toluene.txt"
    counts, identifier = read_spectrum(path), Identifier(solvents())
    inside = (counts.wavenumber_cm1 > 300.0) & (counts.wavenumber_cm1 < 2500.0)
    axis = counts.wavenumber_cm1[inside]
    response = np.interp(axis, MODEL_GRID.wavenumber_cm1, silicon_response(MODEL_GRID))
    e2911 = Spectrum(axis, counts.intensity[inside] / response)
    assert said_corrected(e2911) is None and said_corrected(counts) is False
    monkeypatch.setattr(Library, "as_taken", lambda self, gridded: gridded)
    for said in (True, False, None):
        spectrum = replace(e2911, taken=Provenance(intensity_corrected=said))
        answer = identifier.identify(spectrum)
        assert answer.gridded.weighed is (said is True)
        assert named(answer.identification) == {"Toluene"}
