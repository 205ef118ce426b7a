"""A library has a range and a line width of its own, from its file to the analyzer's answer."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from device.answer.identifier import Identifier
from device.inference.bundle import Bundle, read_bundle
from device.inference.trust import default_trust_policy
from device.spectra.files.reading import read_spectrum
from device.spectra.resampling import MODEL_GRID, WavenumberGrid
from tests.lax_rates import lax
from tests.tiny_training import tiny_training
from train.bundle.golden_spectra import NoGoldenSpectrum
from train.cli.main import cli
from train.library.check import LibraryProblems
from train.library.grids import MARGIN, common_part, grid_of, wide_grid
from train.library.references import TrainingLibrary, load_library
from train.recipe import RECIPE_FOLDER, RecipeError, load_recipe
from train.spectra.generator import Generator

Floats = npt.NDArray[np.float64]
DATA = Path(__file__).resolve().parent.parent / "data"
SOLVENTS = DATA / "solvents13" / "components"
AXIS = np.arange(380.0, 1820.0, 0.8)  # what this instrument measures
WIDTH_CM1 = 4.0
SOLIDS = {
    "carbonate": (711.0, 1086.0, 1434.0),
    "amide": (548.0, 1010.0, 1540.0),
    "phosphate": (620.0, 960.0, 1330.0),
}


def lines(centers: tuple[float, ...], axis: Floats = AXIS, fwhm_cm1: float = WIDTH_CM1) -> Floats:
    heights = 1.0 - 0.2 * np.arange(len(centers))
    distance = (axis[:, None] - np.array(centers)) / (fwhm_cm1 / 2)
    result: Floats = (heights / (1.0 + distance**2)).sum(axis=1)
    return result


def write_spectrum(path: Path, intensity: Floats, axis: Floats = AXIS) -> None:
    noise = np.random.default_rng(len(path.name)).normal(0.0, 20.0, len(axis))
    path.parent.mkdir(exist_ok=True)
    np.savetxt(path, np.c_[axis, 1e4 * intensity + 500.0 + noise], delimiter=";", fmt="%.2f")


def describe(
    folder: Path, *names: str, head: str = "range_cm1 = [400, 1800]", end: str = ""
) -> str:
    body = "".join(f'[[compound]]\nname = "{name}"\n' for name in names)
    path = folder / "solids.toml"
    path.write_text(
        'name = "solids"\nresolution_cm1 = 4\ndata_license = "own"\nfolder = "spectra"\n'
        f"exposure_ms = 200\n{head}\n{body}{end}"
    )
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("narrow")
    for name, centers in SOLIDS.items():
        write_spectrum(made / "spectra" / f"{name}.csv", lines(centers))
    return made


def build(folder: Path, steps: int) -> Result:
    path = describe(folder, *SOLIDS, end=tiny_training(steps))
    words = ["build", path, "--work", str(folder / "work"), "--out", str(folder / "out"), "--fresh"]
    with lax():
        return CliRunner().invoke(cli, words)


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Bundle:
    result = build(folder, steps=120)
    assert result.exit_code == 0, result.output
    return read_bundle((folder / "out" / "solids-2.ramix").read_bytes(), default_trust_policy())


def test_references_generator_and_bundle_have_the_librarys_range(
    folder: Path, bundle: Bundle
) -> None:
    library = load_library(describe(folder, *SOLIDS))
    assert library.grid == WavenumberGrid(400.0, 1800.0)
    assert library.references.shape == (3, 1401)
    assert library.wide.shape == (3, 1401 + 2 * MARGIN)
    recipe = load_recipe(RECIPE_FOLDER / "solvents13-2.toml")
    assert Generator(library, recipe, 1).batch(20).inputs.shape == (20, 1401)
    assert bundle.manifest.grid == library.grid
    assert bundle.manifest.resolution_cm1 == 4.0
    np.testing.assert_array_equal(bundle.references, library.references)


def test_narrow_lines_keep_position_and_width(folder: Path) -> None:
    library = load_library(describe(folder, *SOLIDS))
    axis = library.grid.wavenumber_cm1
    for reference, centers in zip(library.references, SOLIDS.values(), strict=True):
        assert abs(axis[reference.argmax()] - centers[0]) <= 1.0
        near = reference[np.abs(axis - centers[0]) <= 10]
        assert WIDTH_CM1 - 1 <= int((near > near.max() / 2).sum()) <= WIDTH_CM1 + 1


def test_its_model_names_the_parts_of_a_mixture(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "mixture.csv"
    write_spectrum(path, 0.6 * lines(SOLIDS["carbonate"]) + 0.4 * lines(SOLIDS["phosphate"]))
    found = Identifier(bundle).identify(read_spectrum(path)).identification
    assert [one.name for one in found.components] == ["carbonate", "phosphate"]


def test_the_report_shows_that_range(folder: Path, bundle: Bundle) -> None:
    page = (folder / "work" / "solids-2" / "report.html").read_text()
    assert bundle.sha256 in page
    assert "400-1800 cm-1" in (folder / "out" / "solids-2.md").read_text()


def test_a_training_that_is_too_short_has_a_report_with_a_remedy_that_fits(
    folder: Path, tmp_path: Path
) -> None:
    for path in (folder / "spectra").iterdir():
        (tmp_path / "spectra").mkdir(exist_ok=True)
        (tmp_path / "spectra" / path.name).write_bytes(path.read_bytes())
    result = build(tmp_path, steps=2)
    assert isinstance(result.exception, NoGoldenSpectrum)
    assert result.exception.remedy.startswith("Train it longer: it had 2 steps")
    assert "publisher" not in result.exception.remedy
    usual = re.findall(r"usually gets (\d+)", result.exception.remedy)
    page = (tmp_path / "work" / "solids-2" / "report.html").read_text()
    assert result.exception.text in page
    assert f"steps = {usual[0]}" in page
    assert "How it learned" in page and 'src="data:image/png' in page
    assert not (tmp_path / "out").exists()


# ---- what a range may be, and what may be measured for it ----


def library_of(
    folder: Path, axis: Floats, centers: tuple[float, ...], head: str
) -> TrainingLibrary:
    write_spectrum(folder / "spectra" / "one.csv", lines(centers, axis), axis)
    return load_library(describe(folder, "one", head=head))


@pytest.mark.parametrize(
    ("first", "last", "range_cm1"),
    [
        (380.0, 1420.0, "[400, 1400]"),  # ends before 1800
        (190.0, 3700.0, "[200, 3600]"),  # a 532 nm instrument, up to the OH stretch
        (2580.0, 3650.0, "[2600, 3600]"),  # nothing of the fingerprint
        (10.0, 1800.0, "[20, 1750]"),  # lattice modes; the margin goes below zero
    ],
)
@pytest.mark.parametrize("step", [0.5, 1.7])
def test_what_was_measured_over_the_librarys_range_is_not_refused(
    tmp_path: Path, first: float, last: float, range_cm1: str, step: float
) -> None:
    axis = np.arange(first, last, step)
    centers = tuple(first + part * (last - first) for part in (0.3, 0.5, 0.8))
    library = library_of(tmp_path, axis, centers, f"range_cm1 = {range_cm1}")
    assert library.notices == ()
    recipe = load_recipe(RECIPE_FOLDER / "solvents13-2.toml")
    batch = Generator(library, recipe, 1).batch(40)
    assert batch.inputs.shape == (40, library.grid.size)
    assert np.abs(batch.inputs).max(axis=1).min() > 0


def test_a_file_that_does_not_cover_the_range_is_refused_for_that(tmp_path: Path) -> None:
    axis = np.arange(380.0, 1420.0)
    with pytest.raises(LibraryProblems, match="needs 500 to 1700 cm-1"):
        library_of(tmp_path, axis, (700.0, 1000.0), "range_cm1 = [400, 1700]")


@pytest.mark.parametrize(
    ("range_cm1", "words"),
    [
        ("[400]", "two whole numbers"),
        ("[400.5, 1800]", "two whole numbers"),
        ("[1800, 400]", "must rise"),
        ("[-50, 1800]", "between 0 and 5000"),
        ("[400, 700]", "too narrow"),
        ('"400-1800"', "must be a list"),
    ],
)
def test_a_range_that_no_network_can_use_is_refused(
    tmp_path: Path, range_cm1: str, words: str
) -> None:
    with pytest.raises(RecipeError, match=f"solids.toml.*{words}"):
        load_library(describe(tmp_path, "one", head=f"range_cm1 = {range_cm1}"))


def test_without_a_range_it_is_that_of_the_shipped_models() -> None:
    assert load_library("aromatics4").grid == MODEL_GRID


def test_mislabelled_liquids_are_found_in_another_range_as_well(tmp_path: Path) -> None:
    (tmp_path / "spectra").mkdir()
    for name, holds in (("ethanol", "methanol"), ("methanol", "ethanol")):
        target = tmp_path / "spectra" / f"{name}.txt"
        target.write_bytes((SOLVENTS / f"{holds}.txt").read_bytes())
    path = describe(tmp_path, "ethanol", "methanol")
    Path(path).write_text(Path(path).read_text().replace("exposure_ms = 200\n", ""))
    with pytest.raises(LibraryProblems, match="ethanol.txt is that of methanol"):
        load_library(path)


@given(st.integers(0, 4000), st.integers(400, 3000), st.integers(0, 4000), st.integers(400, 3000))
def test_what_two_ranges_share_has_the_same_points_in_both(
    first: int, width: int, other_first: int, other_width: int
) -> None:
    one = WavenumberGrid(float(first), float(first + width))
    other = WavenumberGrid(float(other_first), float(other_first + other_width))
    parts = common_part(one, other)
    if parts is not None:
        here, there = one.wavenumber_cm1[parts[0]], other.wavenumber_cm1[parts[1]]
        np.testing.assert_array_equal(here, there)
        assert min(here[-1], 1800.0) - max(here[0], 500.0) >= 650.0


@given(st.integers(0, 4600), st.integers(400, 5000))
def test_a_grid_begins_and_ends_where_it_is_told(first: int, width: int) -> None:
    if first + width > 5000:
        return
    grid = grid_of((float(first), float(first + width)))
    assert (grid.first_cm1, grid.last_cm1, grid.size) == (first, first + width, width + 1)
    assert wide_grid(grid).size == grid.size + 2 * MARGIN
