"""Invented compounds: like literature lines, all different, and marked as what they are."""

from pathlib import Path

import numpy as np
import pytest

from device.spectra.reference_spectrum import NEARLY_IDENTICAL, similarities
from train.library.check import LibraryProblems
from train.library.default_recipe import recipe_for
from train.library.file import Fill, read_library_file
from train.library.lines import filled_up, random_lines
from train.library.references import TrainingLibrary, load_library
from train.recipe import RecipeError

BASE = 'name = "two"\nresolution_cm1 = 8.5\ndata_license = "none"\nreferences = "lines"\n'
REAL = '[[compound]]\nname = "{0}"\nlines = [[{1}, 1.0, 9.0], [{2}, 0.5, 9.0]]\n'
FILL = "[fill]\ncompounds = {0}\nseed = 3\n"
SMALL = BASE + REAL.format("a", 500.0, 1000.0) + REAL.format("b", 700.0, 1450.0)


def load(folder: Path, text: str) -> TrainingLibrary:
    (folder / "two.toml").write_text(text)
    return load_library(str(folder / "two.toml"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> TrainingLibrary:
    return load(tmp_path_factory.mktemp("filled"), SMALL + FILL.format(60))


def test_lists_are_like_those_of_the_literature() -> None:
    rng = np.random.default_rng(1)
    lists = [random_lines(rng, 8.5) for _ in range(300)]
    assert {6, 12, 18} <= {len(lines) for lines in lists} <= set(range(6, 26))
    position, intensity, fwhm = np.concatenate([np.array(lines) for lines in lists]).T
    assert position.min() > 200.0
    assert position.max() < 2300.0
    assert all(max(line[1] for line in lines) == 1.0 for lines in lists)
    assert intensity.min() >= 0.02
    assert fwhm.min() > 8.5  # nothing is sharper than the instrument
    assert 9.0 < np.median(fwhm) < 16.0


def test_lines_crowd_where_bonds_vibrate_and_leave_the_silent_region() -> None:
    rng = np.random.default_rng(2)
    position = np.concatenate([np.array(random_lines(rng, 8.5))[:, 0] for _ in range(400)])

    def density(low: float, high: float) -> float:
        return float(((position > low) & (position < high)).sum()) / (high - low)

    for low, high in ((995.0, 1007.0), (1435.0, 1470.0), (2215.0, 2265.0)):
        assert density(low, high) > 2 * density(low - 100, low - 50)
    assert density(1780.0, 2090.0) == 0.0


def test_real_compounds_come_first_and_stay_as_they_are(
    filled: TrainingLibrary, tmp_path: Path
) -> None:
    alone = load(tmp_path, SMALL)
    assert filled.names[:4] == ("a", "b", "synthetic-001", "synthetic-002")
    assert len(filled.names) == 60
    np.testing.assert_array_equal(filled.wide[:2], alone.wide)


def test_no_two_are_nearly_the_same(filled: TrainingLibrary) -> None:
    references = filled.references.astype(np.float64)
    alike = np.triu(similarities(references, references), 1)
    assert alike.max() <= NEARLY_IDENTICAL


def test_what_looks_like_one_before_is_drawn_again() -> None:
    asked = []

    def first_three_are_refused(spectra: np.ndarray, others: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        asked.append(len(spectra))
        refused = np.zeros((len(spectra), len(others)), dtype=np.bool_)
        refused[:3, 0] = len(asked) == 1
        return refused

    entries, spectra = filled_up(
        Fill(9, 1), np.ones((2, 5)), 8.5, lambda _: np.zeros(5), first_three_are_refused
    )
    assert asked == [7, 3]
    assert [entry.name for entry in entries] == [f"synthetic-{n:03d}" for n in range(1, 8)]
    assert len(spectra) == 9


def test_where_all_look_alike_it_says_so_and_does_not_go_on_for_ever() -> None:
    with pytest.raises(RecipeError, match="seed 1"):
        filled_up(
            Fill(9, 1),
            np.ones((2, 5)),
            8.5,
            lambda _: np.zeros(5),
            lambda one, other: np.ones((len(one), len(other)), dtype=np.bool_),
        )


def test_the_same_seed_gives_the_same_library(filled: TrainingLibrary, tmp_path: Path) -> None:
    np.testing.assert_array_equal(load(tmp_path, SMALL + FILL.format(60)).wide, filled.wide)


def test_everywhere_it_is_called_synthetic(filled: TrainingLibrary) -> None:
    assert filled.references_are == "lines, and 58 synthetic ones of no real substance"
    for spec in filled.compounds[2:]:
        assert spec.name.startswith("synthetic-")
        assert spec.source == "synthetic: lines drawn from seed 3, no real substance"
        assert not spec.cas
        assert not spec.hazard
    assert not any(spec.source for spec in filled.compounds[:2])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SMALL + FILL.format(1), "2 stand there already"),
        (SMALL + "[fill]\ncompounds = 5\n", "missing keys"),
        (SMALL + "[fill]\ncompounds = 5\nseed = 1\nsead = 2\n", "sead"),
    ],
)
def test_a_wrong_fill_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        load(tmp_path, text)


def test_a_real_compound_must_not_bear_a_synthetic_name(tmp_path: Path) -> None:
    with pytest.raises(LibraryProblems, match="synthetic-001"):
        load(tmp_path, SMALL + REAL.format("Synthetic-001", 900.0, 1300.0) + FILL.format(5))


def test_a_library_may_stand_on_another_file_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(SMALL)
    path = tmp_path / "more.toml"
    path.write_text('base = "base.toml"\nname = "more"\n' + FILL.format(200))
    file = read_library_file(path)
    assert (file.name, file.data_license, file.compound_count) == ("more", "none", 200)
    recipe = recipe_for(path)
    assert recipe.name == "more-2"
    path.write_text('base = "none.toml"\nname = "more"\n')
    with pytest.raises(RecipeError, match=r"none\.toml cannot be read"):
        read_library_file(path)


def test_a_catalogue_is_taught_what_samples_are_made_of_and_a_bench_what_it_was(
    tmp_path: Path,
) -> None:
    sizes = {}
    for count in (13, 37, 200):
        (tmp_path / "two.toml").write_text(SMALL + FILL.format(count))
        sizes[count] = recipe_for(tmp_path / "two.toml")
    assert len(sizes[13].mixtures.component_count_weights) == 13
    assert sizes[37].mixtures == sizes[13].mixtures
    assert (sizes[37].training.steps, sizes[37].network.dense) == (13500, 136)
    assert len(sizes[200].mixtures.component_count_weights) == 7
    assert sizes[200].training.steps > sizes[37].training.steps
