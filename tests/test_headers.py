"""A library is held against what its files' headers say of light, instrument and calibration."""

from pathlib import Path

import pytest

from train.library.check import LibraryProblems, read_folder
from train.library.file import library_path, read_library_file
from train.library.headers import light_of
from train.library.references import TrainingLibrary, load_library
from train.recipe import RecipeError

DATA = Path(__file__).resolve().parent.parent / "data"
WASATCH = DATA / "wasatch785"
SOLVENTS = DATA / "solvents13" / "components"
PURES = ("acetone", "melamine", "Tetrahydrofuran")  # 1161, 960 and 913 ms


def library(folder: Path, *more: str, **files: Path | str) -> TrainingLibrary:
    """Each compound with its file's path or text; `more` are lines of the head."""
    spectra = folder / "spectra"
    spectra.mkdir(exist_ok=True)
    head = ['name = "own"', "resolution_cm1 = 6.0", 'data_license = "own"', 'folder = "spectra"']
    for name, file in files.items():
        text = file if isinstance(file, str) else file.read_text(encoding="latin-1")
        (spectra / f"{name}.txt").write_text(text, encoding="latin-1")
    body = [f'[[compound]]\nname = "{name}"' for name in files]
    (folder / "own.toml").write_text("\n".join([*head, *more, *body]))
    return load_library(str(folder / "own.toml"))


def wasatch(name: str, *changes: tuple[str, str]) -> str:
    return changed((WASATCH / f"{name}.csv").read_text(encoding="latin-1"), *changes)


def solvent(name: str, *changes: tuple[str, str]) -> str:
    return changed((SOLVENTS / f"{name}.txt").read_text(encoding="latin-1"), *changes)


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def factors(library: TrainingLibrary) -> list[float | None]:
    return [compound.response_factor for compound in library.compounds]


def test_where_the_library_file_is_silent_the_headers_exposure_is_used(tmp_path: Path) -> None:
    files = {name: wasatch(name) for name in PURES}
    silent = library(tmp_path, **files)
    assert silent.notices[0].startswith("measured over")
    given = [1161.0, 960.0, 913.0]
    told = (tmp_path / "own.toml").read_text()
    for name, time_ms in zip(PURES, given, strict=True):
        told = told.replace(f'name = "{name}"', f'name = "{name}"\nexposure_ms = {time_ms}')
    (tmp_path / "own.toml").write_text(told)
    assert factors(silent) == factors(load_library(str(tmp_path / "own.toml")))
    assert max(factor or 0.0 for factor in factors(silent)) == 1.0
    assert None not in factors(silent)


def test_every_contradicted_exposure_is_told_at_once(tmp_path: Path) -> None:
    files = {name: wasatch(name) for name in PURES}
    with pytest.raises(LibraryProblems) as caught:
        library(tmp_path, "exposure_ms = 1000.0", **files)
    assert len(caught.value.problems) == 3
    for name, time_ms in zip(PURES, (1161, 960, 913), strict=True):
        (said,) = [one for one in caught.value.problems if one.startswith(f"{name}:")]
        assert "1000 in the library file" in said
        assert f"{time_ms} ms in the header of {name}.txt" in said


def test_a_rounded_exposure_is_no_contradiction(tmp_path: Path) -> None:
    assert library(tmp_path, "exposure_ms = 1160.0", acetone=wasatch("acetone"))
    with pytest.raises(LibraryProblems, match="1150"):
        library(tmp_path, "exposure_ms = 1150.0", acetone=wasatch("acetone"))


def test_the_headers_power_in_mw_makes_the_response(tmp_path: Path) -> None:
    as_it_is = factors(library(tmp_path, **{name: wasatch(name) for name in PURES}))
    power = ("Laser Power mW,", "Laser Power mW,30"), ("Laser Power mW,", "Laser Power mW,60")
    files = {
        name: wasatch(name, power[name == "acetone"], ("Laser Power %,100.0", "Laser Power %,50"))
        for name in PURES
    }
    lit = factors(library(tmp_path, **files))
    ratios = [a / b for a, b in zip(lit, as_it_is, strict=True) if a and b]
    assert ratios[1] == pytest.approx(2 * ratios[0], rel=1e-3)
    assert ratios[1] == pytest.approx(ratios[2], rel=1e-3)
    with pytest.raises(LibraryProblems, match="laser_power_mw is 30 in the library file, and 60"):
        library(tmp_path, "laser_power_mw = 30.0", **files)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("Laser Power %,100.0", "Laser Power %,40.0"), "several laser settings (40%, 100%)"),
        (("Laser Power mW,", "Laser Power mW,30"), "not that of melamine, Tetrahydrofuran"),
        (("Integration Time,1161", "Integration Time,"), "the exposure of acetone is not known"),
        (("Serial Number,WP-01990", "Serial Number,WP-2"), "pures of two instruments: 1 of WP-78"),
    ],
)
def test_pures_whose_heights_cannot_be_compared_have_no_response_factors(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    rest = {name: wasatch(name) for name in PURES[1:]}
    loaded = library(tmp_path, acetone=wasatch("acetone", change), **rest)
    (notice,) = [one for one in loaded.notices if words in one]
    assert "response factors are left out" in notice
    assert factors(loaded) == [None, None, None]


def test_given_response_factors_stand_whatever_the_instruments(tmp_path: Path) -> None:
    library(tmp_path, toluene=solvent("Toluene"), acetone=wasatch("acetone"))
    text = (tmp_path / "own.toml").read_text()
    for name, factor in (("toluene", 1.0), ("acetone", 0.4)):
        text = text.replace(f'name = "{name}"', f'name = "{name}"\nresponse_factor = {factor}')
    (tmp_path / "own.toml").write_text(text)
    loaded = load_library(str(tmp_path / "own.toml"))
    assert factors(loaded) == [1.0, 0.4]
    (notice,) = [one for one in loaded.notices if "two instruments" in one]
    assert "left out" not in notice


def test_power_for_some_in_the_library_file_may_be_completed_by_headers(tmp_path: Path) -> None:
    files = {
        "acetone": wasatch("acetone"),
        "melamine": wasatch("melamine", ("Laser Power mW,", "Laser Power mW,30")),
    }
    library(tmp_path, **files)
    text = (tmp_path / "own.toml").read_text()
    text = text.replace('name = "acetone"', 'name = "acetone"\nlaser_power_mw = 30.0')
    (tmp_path / "own.toml").write_text(text)
    assert None not in factors(load_library(str(tmp_path / "own.toml")))
    (tmp_path / "spectra" / "melamine.txt").write_text(wasatch("melamine"))
    with pytest.raises(RecipeError, match="laser_power_mw"):
        load_library(str(tmp_path / "own.toml"))


def test_a_pure_under_another_calibration_of_the_same_instrument_is_told(tmp_path: Path) -> None:
    """A correction of 2 cm-1 more in one header, as after a recalibration."""
    other = wasatch("acetone", ("Wavenumber Correction,0.49", "Wavenumber Correction,2.49"))
    rest = {name: wasatch(name) for name in PURES[1:]}
    (notice,) = [one for one in library(tmp_path, acetone=other, **rest).notices if "axes" in one]
    assert notice.endswith("axes that differ by up to 2.0 cm-1: acetone")
    assert "another calibration of WP-785XS-F13-A-I WP-01990" in notice


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("CCD C0,756.0833740234375", "CCD C0,756.2333740234375"), True),  # 0.15 nm
        (("Laser Wavelength,784.896", "Laser Wavelength,785.0"), True),
        (("CCD C0,756.0833740234375", "CCD C0,756.0843740234375"), False),  # 0.001 nm
        (("Serial Number,WP-01990", "Serial Number,"), False),  # perhaps another instrument
    ],
)
def test_calibrations_that_differ_by_more_than_half_a_wavenumber_are_two(
    tmp_path: Path, change: tuple[str, str], told: bool
) -> None:
    rest = {name: wasatch(name) for name in PURES[1:]}
    loaded = library(tmp_path, acetone=wasatch("acetone", change), **rest)
    assert any("another calibration" in one for one in loaded.notices) == told


def test_the_shipped_libraries_contradict_no_header() -> None:
    assert load_library("solvents13").notices == ()
    path = library_path("measured37")
    file = read_library_file(path)
    measured, _, _ = read_folder(file.compound, path.parent / file.folder)
    lit = light_of(file.compound, measured)
    assert not lit.problems and not lit.comparable
    (told,) = lit.notices
    assert "13 of BTC667N-785S-HT THS" in told
    assert "24 of WP-785XS-F13-A-I WP-01990" in told


def test_contradictions_stand_beside_the_other_problems(tmp_path: Path) -> None:
    with pytest.raises(LibraryProblems) as caught:
        library(
            tmp_path,
            "exposure_ms = 500.0",
            ethanol=solvent("methanol"),
            methanol=solvent("ethanol"),
        )
    said = "\n".join(caught.value.problems)
    assert "ethanol: exposure_ms is 500" in said
    assert "ethanol: the spectrum in ethanol.txt is that of methanol" in said
