"""A reference keeps its lines and loses what is under them; look-alikes are found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from device.spectra.files.reading import read_spectrum
from device.spectra.provenance import Provenance
from device.spectra.reference_spectrum import (
    NEARLY_IDENTICAL,
    asymmetric_baseline,
    reference_of,
    savitzky_golay,
    similarities,
)
from device.spectra.resampling import MODEL_GRID
from device.spectra.response import silicon_response
from tests.measured import OTHER_INSTRUMENT

DATA = Path(__file__).resolve().parent.parent / "data"


def test_baseline_passes_under_bands_and_follows_fluorescence() -> None:
    axis = np.arange(2201.0)
    fluorescence = 300 * np.exp(-(((axis - 900) / 900) ** 2))
    bands = 1000 * np.exp(-(((axis - 800) / 6) ** 2)) + 400 * np.exp(-(((axis - 1200) / 20) ** 2))
    baseline = asymmetric_baseline(fluorescence + bands)
    inside = slice(100, -100)
    assert np.abs(baseline - fluorescence)[inside].max() < 0.1 * fluorescence.max()
    assert np.abs(asymmetric_baseline(bands))[inside].max() < 12


def test_smoothing_keeps_a_parabola_and_quiets_noise() -> None:
    x = np.arange(200.0)
    parabola = 3 + 0.5 * x - 0.01 * x**2
    np.testing.assert_allclose(savitzky_golay(parabola, 9)[8:-8], parabola[8:-8], rtol=1e-9)
    noise = np.random.default_rng(1).standard_normal(5000)
    assert savitzky_golay(noise, 9).std() < 0.6


def test_nothing_is_invented_where_nothing_was_measured() -> None:
    reference, valid = reference_of(
        read_spectrum(DATA / "wasatch785" / "sesame oil.csv"), MODEL_GRID
    )
    axis = MODEL_GRID.wavenumber_cm1
    assert axis[valid][0] == 500.0
    assert axis[valid][-1] == 2303.0
    assert not reference[~valid].any()
    assert reference.min() >= 0.0


def test_the_same_compound_is_nearly_identical_on_two_instruments_and_no_other_is() -> None:
    theirs = {
        path.stem: reference_of(read_spectrum(path), MODEL_GRID)[0]
        for path in sorted((DATA / "solvents13" / "components").glob("*.txt"))
    }
    ours = np.stack(list(theirs.values()))
    names = list(theirs)
    for other, own in OTHER_INSTRUMENT.items():
        path = DATA / "wasatch785" / f"{other}.csv"
        alike = similarities(reference_of(read_spectrum(path), MODEL_GRID)[0][None], ours)[0]
        found = {name for name, value in zip(names, alike, strict=True) if value > NEARLY_IDENTICAL}
        assert found == {own}, other


@pytest.mark.parametrize("factor", [0.01, 1.0, 3e4])
def test_similarity_knows_neither_height_nor_a_small_shift(factor: float) -> None:
    axis = MODEL_GRID.wavenumber_cm1
    lines = sum(np.exp(-(((axis - at) / 6.0) ** 2)) for at in (620.0, 1003.0, 1600.0))
    moved = sum(np.exp(-(((axis - 4.0 - at) / 7.0) ** 2)) for at in (620.0, 1003.0, 1600.0))
    far = sum(np.exp(-(((axis - 40.0 - at) / 6.0) ** 2)) for at in (620.0, 1003.0, 1600.0))
    alike = similarities(lines[None], factor * np.stack([lines, moved, far]))[0]
    assert alike[0] == pytest.approx(1.0)
    assert alike[1] > 0.98
    assert alike[2] < 0.1


def test_an_empty_reference_is_like_nothing() -> None:
    lines = np.exp(-(((MODEL_GRID.wavenumber_cm1 - 1000.0) / 6.0) ** 2))
    assert similarities(lines[None], np.zeros((1, MODEL_GRID.size))) == 0.0


def test_a_corrected_pure_becomes_the_reference_that_its_counts_give() -> None:
    counts = read_spectrum(DATA / "wasatch785" / "acetonitrile.csv")
    response = np.interp(
        counts.wavenumber_cm1, MODEL_GRID.wavenumber_cm1, silicon_response(MODEL_GRID)
    )
    corrected = replace(
        counts,
        intensity=counts.intensity / response,
        taken=Provenance(intensity_corrected=True),
    )
    of_counts, _ = reference_of(counts, MODEL_GRID)
    seen_alike, _ = reference_of(corrected, MODEL_GRID)
    unsaid, _ = reference_of(replace(corrected, taken=None), MODEL_GRID)
    nitrile = slice(1900, 2001)  # its line at 2250 cm-1

    def line(reference: npt.NDArray[np.float64]) -> float:
        return float(reference[nitrile].max() / reference[:1000].max())

    assert line(seen_alike) == pytest.approx(line(of_counts), rel=0.02)
    assert line(unsaid) > 2.0 * line(of_counts)  # control: what the header says matters
