"""References keep peaks where they are and lose what is not Raman signal."""

from pathlib import Path

import numpy as np
import pytest

from device.spectra.resampling import MODEL_GRID
from train.library.grids import MARGIN, wide_grid
from train.library.references import (
    TrainingLibrary,
    literature_reference,
    load_library,
)
from train.recipe import RecipeError

WIDE = wide_grid(MODEL_GRID)
SOLVENTS = (
    "1,2-Dichloroethane",
    "Acetonitrile",
    "cyclohexane",
    "Dichloromethane",
    "Diethylene glycol dimethyl ether",
    "ethanol",
    "isopropanol",
    "methanol",
    "n-Butanol",
    "n-Heptane",
    "n-Heptanol",
    "n-Nonane",
    "Toluene",
)


@pytest.fixture(scope="module")
def solvents() -> TrainingLibrary:
    return load_library("solvents13")


@pytest.fixture(scope="module")
def aromatics() -> TrainingLibrary:
    return load_library("aromatics4")


def test_class_order_is_the_order_of_the_files(
    solvents: TrainingLibrary, aromatics: TrainingLibrary
) -> None:
    assert solvents.names == SOLVENTS
    assert aromatics.names == ("aniline", "o-xylene", "pyridine", "toluene")


@pytest.mark.parametrize("name", ["solvents13", "aromatics4"])
def test_references_are_non_negative_with_unit_maximum(name: str) -> None:
    references = load_library(name).references
    assert references.shape[1] == MODEL_GRID.size
    assert references.dtype == np.float32
    assert references.min() >= 0.0
    np.testing.assert_allclose(references.max(axis=1), 1.0, atol=1e-6)


def test_toluene_peaks_are_where_they_were_measured(solvents: TrainingLibrary) -> None:
    toluene = solvents.references[SOLVENTS.index("Toluene")]
    axis = MODEL_GRID.wavenumber_cm1
    for peak_cm1 in (521.4, 786.4, 1004.4, 1030.3, 1211.2, 1606.0):
        near = np.abs(axis - peak_cm1) <= 8
        found = axis[near][toluene[near].argmax()]
        assert abs(found - peak_cm1) <= 1.5


def test_toluene_line_keeps_its_width(solvents: TrainingLibrary) -> None:
    toluene = solvents.references[SOLVENTS.index("Toluene")]
    line = toluene[704 - 15 : 704 + 16]
    assert 7.5 <= int((line > line.max() / 2).sum()) <= 10.5


def test_response_factors_of_the_solvents_come_from_mixtures(solvents: TrainingLibrary) -> None:
    """Not from the pures: cyclohexane's and n-heptane's came out far too weak (data/README.md)."""
    factors = {spec.name: spec.response_factor for spec in solvents.compounds}
    assert "mixtures" in solvents.response_source
    assert max(factor or 0.0 for factor in factors.values()) == 1.0
    assert (factors["cyclohexane"] or 0.0) > 2.0 * (factors["isopropanol"] or 1.0)
    assert all(0.0 < (spec.response_factor_sd or 0.0) < 0.15 for spec in solvents.compounds)


def test_literature_library_says_that_it_was_not_measured(aromatics: TrainingLibrary) -> None:
    assert aromatics.references_are == "literature lines, not measured"
    assert "not measured" in aromatics.title
    assert all(spec.response_factor is None for spec in aromatics.compounds)
    assert all(spec.source_sha256 is None for spec in aromatics.compounds)


def test_literature_line_has_its_position_height_and_width() -> None:
    axis = WIDE.wavenumber_cm1
    spectrum = literature_reference([[1000.0, 0.5, 10.0]], WIDE)
    assert axis[spectrum.argmax()] == 1000.0
    assert spectrum.max() == pytest.approx(0.5)
    assert spectrum[np.abs(axis - 1005.0).argmin()] == pytest.approx(0.25)


def test_margin_continues_the_references(solvents: TrainingLibrary) -> None:
    assert solvents.wide.shape[1] == MODEL_GRID.size + 2 * MARGIN
    margin = solvents.wide[0, :MARGIN]  # the flank of dichloroethane's line at 301 cm-1
    assert margin[0] < 0.2 < 0.4 < margin[-1]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "TOML"),
        ('name = "x"', "compound"),
        ('name = "x"\n[[compound]]\nname = "a"\nlines = [[500.0, 1.0, 9.0]]\n', "resolution_cm1"),
    ],
)
def test_broken_library_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "broken.toml").write_text(text)
    with pytest.raises(RecipeError, match=complaint):
        load_library("broken", tmp_path)


def test_missing_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        load_library("nowhere", tmp_path)


def test_two_instruments_make_one_library_without_response_factors() -> None:
    everything = load_library("measured37")
    assert len(everything.names) == 37
    assert all(spec.response_factor is None for spec in everything.compounds)
    assert any("sesame oil" in notice for notice in everything.notices)
