"""Pures of one library share an axis, or the one that does not is moved, and that is said."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.spectra.files.reading import read_spectrum
from device.spectra.reference_spectrum import reference_of
from device.spectra.resampling import MODEL_GRID
from train.library.alignment import SHIFT_SD_CM1, shift_between, strays
from train.library.file import CompoundEntry
from train.library.known import KnownReferences, shipped_references
from train.library.references import TrainingLibrary, load_library

DATA = Path(__file__).resolve().parent.parent / "data"
WASATCH = DATA / "wasatch785"
NINE = (
    "1-Butanol",
    "Dichloromethane",
    "Heptane",
    "acetonitrile",
    "cyclohexane",
    "ethanol",
    "isopropanol",
    "methanol",
    "toluene",
)
SOME = ("toluene", "ethanol", "acetonitrile", "cyclohexane")


@pytest.fixture(scope="module")
def known() -> KnownReferences:
    found = shipped_references()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def shifts(known: KnownReferences) -> Mapping[str, float]:
    result = {}
    for name in NINE:
        index = known.index_of(CompoundEntry(name))
        assert index is not None
        own = reference_of(read_spectrum(WASATCH / f"{name}.csv"), MODEL_GRID)[0]
        result[name] = shift_between(own, known.references[index])
    return result


def library(
    folder: Path, by_cm1: Mapping[str, float], with_headers: Callable[[str], bool] = lambda _: False
) -> TrainingLibrary:
    """Wasatch pures with their axes moved, as plain files or with their headers."""
    (folder / "spectra").mkdir(exist_ok=True)
    for name, by in by_cm1.items():
        if with_headers(name):
            shutil.copy(WASATCH / f"{name}.csv", folder / "spectra" / f"{name}.csv")
            continue
        spectrum = read_spectrum(WASATCH / f"{name}.csv")
        rows = np.c_[spectrum.wavenumber_cm1 + by, spectrum.intensity]
        np.savetxt(folder / "spectra" / f"{name}.csv", rows, delimiter=",", fmt="%.3f")
    head = 'name = "own"\nresolution_cm1 = 6.0\ndata_license = "own"\nfolder = "spectra"\n'
    body = "\n".join(f'[[compound]]\nname = "{name}"' for name in by_cm1)
    (folder / "own.toml").write_text(head + body)
    return load_library(str(folder / "own.toml"))


def about_axes(library: TrainingLibrary) -> str:
    return "\n".join(notice for notice in library.notices if "measured over" not in notice)


def test_the_uncertainty_of_a_shift_is_that_of_nine_solvents_on_two_instruments(
    shifts: Mapping[str, float],
) -> None:
    found = np.array(list(shifts.values()))
    assert np.std(found, ddof=1) == pytest.approx(SHIFT_SD_CM1, abs=0.005)
    assert np.mean(found) == pytest.approx(-1.5, abs=0.05)
    assert np.abs(found - np.median(found)).max() < 0.5  # none would be moved


@settings(max_examples=25, deadline=None)
@given(st.floats(-6.0, 6.0), st.sampled_from([4.0, 8.5, 15.0]))
def test_a_shift_is_found_between_grid_points(by_cm1: float, fwhm_cm1: float) -> None:
    axis, lines = MODEL_GRID.wavenumber_cm1[:, None], np.array([620.0, 1004.0, 1605.0])
    there, here = (
        (1.0 / (1.0 + ((axis - lines - by) / (fwhm_cm1 / 2)) ** 2)).sum(axis=1)
        for by in (0.0, by_cm1)
    )
    assert shift_between(here, there) == pytest.approx(by_cm1, abs=0.1)


def test_another_instruments_axis_is_told_and_left(tmp_path: Path) -> None:
    loaded = library(tmp_path, dict.fromkeys(SOME, 0.0))
    notice = about_axes(loaded)
    assert notice.startswith("the lines of 4 pures lie -1.3 cm-1")
    assert "left as it is" in notice
    toluene = loaded.references[0]
    assert MODEL_GRID.wavenumber_cm1[toluene.argmax()] == 1003.0


def test_the_shipped_pures_are_where_the_shipped_references_are() -> None:
    assert load_library("solvents13").notices == ()


@pytest.mark.parametrize("by_cm1", [2.0, -2.0, 9.0])
def test_a_pure_on_another_axis_is_moved_to_that_of_the_others(
    tmp_path: Path, by_cm1: float, shifts: Mapping[str, float]
) -> None:
    right = library(tmp_path, dict.fromkeys(SOME, 0.0))
    loaded = library(tmp_path, dict.fromkeys(SOME, 0.0) | {"acetonitrile": by_cm1})
    (notice,) = [one for one in loaded.notices if "was moved" in one]
    assert notice.startswith("acetonitrile: its axis was moved by ")
    row = SOME.index("acetonitrile")
    assert "axis moved by" in loaded.compounds[row].source
    left = shift_between(*(one.references[row].astype(np.float64) for one in (loaded, right)))
    assert abs(left) < 3 * SHIFT_SD_CM1
    for other in range(len(SOME)):
        if other != row:
            np.testing.assert_array_equal(loaded.references[other], right.references[other])
            assert loaded.compounds[other].source == ""


def test_of_nine_pures_each_one_that_is_off_by_two_wavenumbers_is_found(
    shifts: Mapping[str, float],
) -> None:
    for name in NINE:
        for by_cm1 in (-2.0, 2.0):
            assert list(strays({**shifts, name: shifts[name] + by_cm1})) == [name]
    assert not strays(shifts)


def test_pures_of_one_instrument_are_moved_together(tmp_path: Path) -> None:
    """Also the one that no shipped reference knows."""
    away = {"cyclohexane": 0.0, "methanol": 0.0, "acetone": 0.0}
    by_cm1 = dict.fromkeys(SOME[:3], 4.0) | away
    loaded = library(tmp_path, by_cm1, with_headers=lambda name: name in away)
    said = [one.split(":")[0] for one in loaded.notices if "was moved" in one]
    assert said == list(away)
    lines = dict(zip(loaded.names, loaded.references, strict=True))
    assert abs(MODEL_GRID.wavenumber_cm1[lines["acetone"].argmax()] - 790.0) < 1.6  # 786 + 4


def test_of_pures_without_a_header_only_those_that_are_known_are_moved(tmp_path: Path) -> None:
    plain = dict.fromkeys(("cyclohexane", "methanol", "acetone"), 4.0)
    by_cm1 = dict.fromkeys(SOME[:3], 0.0) | plain
    loaded = library(tmp_path, by_cm1, with_headers=lambda name: name not in plain)
    said = [one.split(":")[0] for one in loaded.notices if "was moved" in one]
    assert said == ["cyclohexane", "methanol"]


def test_two_that_contradict_each_other_are_told_and_none_is_moved(tmp_path: Path) -> None:
    said = about_axes(library(tmp_path, {"toluene": 0.0, "ethanol": 4.0}))
    assert "which is right is not known" in said
    assert "toluene -1.1 cm-1, ethanol +2" in said
    assert "its axis was moved" not in said


@pytest.mark.parametrize("first", [800, 700, 1100])  # within a strong line of one of them
def test_a_range_that_ends_within_a_line_makes_no_stranger_of_it(
    tmp_path: Path, first: int
) -> None:
    library(tmp_path, dict.fromkeys(NINE, 0.0))
    path = tmp_path / "own.toml"
    path.write_text(f"range_cm1 = [{first}, {first + 700}]\n{path.read_text()}")
    loaded = load_library(str(path))
    assert "does not show" not in about_axes(loaded)
    assert "was moved" not in about_axes(loaded)


def test_a_spectrum_that_is_not_what_its_name_says_is_told(tmp_path: Path) -> None:
    """Acetone is in no shipped library, so only its false name can be doubted."""
    library(tmp_path, {"toluene": 0.0, "ethanol": 0.0})
    shutil.copy(WASATCH / "acetone.csv", tmp_path / "spectra" / "toluene.csv")
    said = about_axes(load_library(str(tmp_path / "own.toml")))
    assert "toluene: toluene.csv does not show the lines of Toluene in solvents13-2" in said
