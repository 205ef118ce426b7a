"""A wrong reference is named with the reason before anything trains."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from train.library.check import LibraryProblems
from train.library.file import read_library_file
from train.library.references import TrainingLibrary, load_library
from train.recipe import RecipeError

Floats = npt.NDArray[np.float64]
SOLVENTS = Path(__file__).resolve().parent.parent / "data" / "solvents13" / "components"
AXIS = np.arange(250.0, 2560.0, 2.0)
TOP = 'name = "mine"\nresolution_cm1 = 9.0\ndata_license = "mine"\nexposure_ms = 1000.0\n'
NAMES = ("ester", "ketone", "amine")


def spectrum(seed: int, height: float = 1e4) -> Floats:
    rng = np.random.default_rng(seed)
    centers = rng.choice(np.arange(400.0, 2300.0, 60.0), size=6, replace=False)
    lines = np.exp(-(((AXIS - centers[:, None]) / 6.0) ** 2)).sum(axis=0)
    result: Floats = height * lines + rng.normal(0.0, 10.0, len(AXIS)) + 300.0
    return result


def write(path: Path, intensity: Floats) -> None:
    np.savetxt(path, np.c_[AXIS, intensity], delimiter=",", fmt="%.2f")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three invented liquids and the TOML file that describes them."""
    spectra = tmp_path / "spectra"
    spectra.mkdir()
    for seed, name in enumerate(NAMES, start=1):
        write(spectra / f"{name}.csv", spectrum(seed, height=1e4 * seed))
    describe(tmp_path, *(f'name = "{name}"' for name in NAMES))
    return tmp_path


def describe(folder: Path, *compounds: str, top: str = "") -> None:
    body = "".join(f"[[compound]]\n{compound}\n" for compound in compounds)
    (folder / "mine.toml").write_text(f'{TOP}folder = "spectra"\n{top}\n{body}')


def load(folder: Path) -> TrainingLibrary:
    return load_library(str(folder / "mine.toml"))


def problems(folder: Path) -> str:
    with pytest.raises(LibraryProblems) as caught:
        load(folder)
    return "\n".join(caught.value.problems)


def test_a_sound_folder_becomes_a_library(folder: Path) -> None:
    library = load(folder)
    assert library.names == NAMES
    assert library.title == "mine"
    assert library.notices == ()
    factors = [compound.response_factor for compound in library.compounds]
    assert factors == pytest.approx([1 / 3, 2 / 3, 1.0], rel=0.05)
    assert len({compound.source_sha256 for compound in library.compounds}) == 3


def test_a_file_is_found_by_a_synonym_or_by_its_own_name(folder: Path) -> None:
    (folder / "spectra" / "ester.csv").rename(folder / "spectra" / "ETHYL acetate.csv")
    (folder / "spectra" / "ketone.csv").rename(folder / "spectra" / "sample 17.csv")
    describe(
        folder,
        'name = "ester"\nsynonyms = ["ethyl acetate"]',
        'name = "ketone"\nfile = "sample 17.csv"',
        'name = "amine"',
    )
    assert load(folder).names == NAMES


def test_exposure_and_power_give_the_response(folder: Path) -> None:
    describe(
        folder,
        'name = "ester"\nlaser_power_mw = 10.0\nexposure_ms = 100.0',
        'name = "ketone"\nlaser_power_mw = 20.0\nexposure_ms = 100.0',
        'name = "amine"\nlaser_power_mw = 10.0\nexposure_ms = 300.0\nresponse_doubtful = true',
    )
    factors = [compound.response_factor for compound in load(folder).compounds]
    assert factors[:2] == pytest.approx([1.0, 1.0], rel=0.05)
    assert factors[2] is None


def test_without_exposure_no_response_is_claimed(folder: Path) -> None:
    text = (folder / "mine.toml").read_text().replace("exposure_ms = 1000.0\n", "")
    (folder / "mine.toml").write_text(text)
    assert all(compound.response_factor is None for compound in load(folder).compounds)


def test_power_for_some_is_refused(folder: Path) -> None:
    describe(folder, 'name = "ester"\nlaser_power_mw = 10.0', 'name = "ketone"')
    with pytest.raises(RecipeError, match="laser_power_mw"):
        load(folder)


def test_a_file_nobody_names_and_a_short_range_are_noticed(folder: Path) -> None:
    describe(folder, 'name = "ester"', 'name = "ketone"')
    inside = (AXIS >= 450.0) & (AXIS <= 2000.0)
    short = np.c_[AXIS, spectrum(2)][inside]
    np.savetxt(folder / "spectra" / "ketone.csv", short, delimiter=",", fmt="%.2f")
    notices = " ".join(load(folder).notices)
    assert "amine.csv is named by no compound" in notices
    assert "measured over 450 to 2000 cm-1 only: ketone" in notices


# ---- one fault each; every one names the compound and the file or the other compound ----


def _missing(spectra: Path) -> None:
    (spectra / "ketone.csv").unlink()


def _twice(spectra: Path) -> None:
    (spectra / "ketone.txt").write_bytes((spectra / "ketone.csv").read_bytes())


def _empty(spectra: Path) -> None:
    (spectra / "ketone.csv").write_bytes(b"")


def _no_spectrum(spectra: Path) -> None:
    (spectra / "ketone.csv").write_text("dear colleague,\nplease find attached\n")


def _flat(spectra: Path) -> None:
    write(spectra / "ketone.csv", np.full(len(AXIS), 100.0))


def _clipped(spectra: Path) -> None:
    write(spectra / "ketone.csv", np.minimum(spectrum(2), 4000.0))


def _same_file(spectra: Path) -> None:
    (spectra / "ketone.csv").write_bytes((spectra / "ester.csv").read_bytes())


def _same_liquid(spectra: Path) -> None:
    noise = np.random.default_rng(9).normal(0.0, 20.0, len(AXIS))
    write(spectra / "ketone.csv", 2.0 * spectrum(1) + noise)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (_missing, "no file of its name"),
        (_twice, "several files may be meant (ketone.csv, ketone.txt)"),
        (_empty, "ketone.csv"),
        (_no_spectrum, "ketone.csv"),
        (_flat, "ketone.csv"),
        (_clipped, "ketone.csv"),
        (_same_file, "ketone.csv has the same content as ester.csv of ester"),
        (_same_liquid, "nearly identical to that of ester"),
    ],
)
def test_a_faulty_file_is_named_with_the_reason(
    folder: Path, fault: Callable[[Path], None], words: str
) -> None:
    fault(folder / "spectra")
    said = problems(folder)
    assert words in said
    assert "ketone: " in said
    assert "amine" not in said


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ('name = "Ester"', "a name of ester as well"),
        ('name = "ketone"\nsynonyms = ["ESTER"]', "a name of ester as well"),
        ('name = "ketone"\ncas = "67-64-1"', "CAS 67-64-1 is that of ester"),
        ('name = "ketone"\ncas = "67-64-2"', "check digit"),
        ('name = "ketone"\nfile = "amine.csv"', "has the name of amine"),
    ],
)
def test_a_faulty_label_is_named_with_the_reason(folder: Path, second: str, words: str) -> None:
    describe(folder, 'name = "ester"\ncas = "67-64-1"', second, 'name = "amine"')
    assert words in problems(folder)


def test_every_problem_is_told_at_once(folder: Path) -> None:
    _empty(folder / "spectra")
    (folder / "spectra" / "amine.csv").unlink()
    said = problems(folder)
    assert "ketone: " in said
    assert "amine: " in said


def test_twins_are_accepted_when_said_to_be_twins(folder: Path) -> None:
    _same_liquid(folder / "spectra")
    describe(folder, 'name = "ester"', 'name = "ketone"\nlooks_like = ["ester"]', 'name = "amine"')
    assert load(folder).names == NAMES


def test_swapped_files_of_known_liquids_are_found_by_what_they_show(folder: Path) -> None:
    """Names that contradict nothing in the folder: the shipped library knows these spectra."""
    for name, holds in (("ethanol", "methanol"), ("methanol", "ethanol")):
        (folder / "spectra" / f"{name}.txt").write_bytes((SOLVENTS / f"{holds}.txt").read_bytes())
    describe(folder, 'name = "ethanol"', 'name = "methanol"')
    said = problems(folder)
    assert "ethanol: the spectrum in ethanol.txt is that of methanol" in said
    assert "methanol: the spectrum in methanol.txt is that of ethanol" in said


def test_known_liquids_under_their_own_names_are_not_doubted(folder: Path) -> None:
    for name in ("ethanol", "methanol"):
        (folder / "spectra" / f"{name}.txt").write_bytes((SOLVENTS / f"{name}.txt").read_bytes())
    describe(folder, 'name = "EtOH"\nsynonyms = ["ethanol"]', 'name = "methanol"')
    assert load(folder).names == ("EtOH", "methanol")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('colour = "red"', "colour"),
        ('exposure_ms = "long"', "exposure_ms"),
        ("resolution_cm1 = -1.0", "TOML"),  # stands twice
    ],
)
def test_a_misspelt_setting_is_refused(folder: Path, line: str, words: str) -> None:
    text = (folder / "mine.toml").read_text().replace("exposure_ms = 1000.0\n", "")
    (folder / "mine.toml").write_text(f"{line}\n{text}")
    with pytest.raises(RecipeError, match=words):
        load(folder)


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    describe(folder, 'name = "ester"')
    text = (folder / "mine.toml").read_text().replace('"spectra"', '"elsewhere"')
    (folder / "mine.toml").write_text(text)
    with pytest.raises(RecipeError, match="elsewhere"):
        load(folder)


@pytest.mark.parametrize(("key", "value"), [("response_factor", 0.0), ("response_factor_sd", 1.5)])
def test_a_response_factor_that_no_bundle_takes_is_told_before_training(
    tmp_path: Path, key: str, value: float
) -> None:
    given = {"response_factor": 1.0, "response_factor_sd": 0.1}

    def written(numbers: dict[str, float]) -> Path:
        path = tmp_path / "own.toml"
        lines = ['name = "own"', "resolution_cm1 = 8.0", 'data_license = "none"', "[[compound]]"]
        lines += ['name = "x"', "lines = [[1000.0, 1.0, 9.0]]"]
        path.write_text(
            "\n".join(lines + [f"{name} = {number}" for name, number in numbers.items()])
        )
        return path

    read_library_file(written(given))
    with pytest.raises(RecipeError, match=key):
        read_library_file(written(given | {key: value}))
