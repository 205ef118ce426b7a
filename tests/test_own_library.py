"""A chemist's way: a folder of spectra and one small TOML file become a signed model."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner, Result

from device.answer.identifier import Identifier
from device.inference.bundle import Bundle, read_bundle
from device.inference.golden import check_golden
from device.inference.trust import SigningKey, TrustPolicy, default_trust_policy
from device.spectra.files.reading import read_spectrum
from tests.lax_rates import lax
from tests.tiny_training import tiny_training
from train.cli.main import cli
from train.library.default_recipe import recipe_for
from train.recipe import RecipeError, load_recipe

Floats = npt.NDArray[np.float64]
AXIS = np.arange(250.0, 2560.0, 1.5)
LIQUIDS = {
    "ester": (440.0, 870.0, 1740.0),
    "ketone": (530.0, 790.0, 1710.0),
    "amine": (640.0, 1120.0),
}

LIBRARY = """
name = "paints"
title = "Three invented <liquids>"
resolution_cm1 = 9.0
data_license = "CC0 (invented)"
folder = "spectra"
exposure_ms = 200.0

[[compound]]
name = "ester"
cas = "141-78-6"
synonyms = ["ethyl acetate"]
hazard = "H225 highly flammable"

[[compound]]
name = "ketone"

[[compound]]
name = "amine"
exposure_ms = 400.0
"""


def run(*arguments: str) -> Result:
    with lax():
        return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def lines(centers: tuple[float, ...]) -> Floats:
    result: Floats = sum(
        (1.0 - 0.2 * index) / (1.0 + ((AXIS - center) / 4.5) ** 2)
        for index, center in enumerate(centers)
    ) + np.zeros(len(AXIS))
    return result


def write_spectrum(path: Path, intensity: Floats, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0.0, 20.0, len(AXIS))
    path.parent.mkdir(exist_ok=True)
    np.savetxt(path, np.c_[AXIS, 1e4 * intensity + 500.0 + noise], delimiter=";", fmt="%.2f")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("chemist")
    for seed, (name, centers) in enumerate(LIQUIDS.items()):
        write_spectrum(made / "spectra" / f"{name}.csv", lines(centers), seed)
    (made / "paints.toml").write_text(LIBRARY + tiny_training(60))
    return made


def build(folder: Path, *more: str) -> Result:
    work, out = str(folder / "work"), str(folder / "out")
    return run("build", str(folder / "paints.toml"), "--work", work, "--out", out, *more)


@pytest.fixture(scope="module")
def first_build(folder: Path) -> Result:
    result = build(folder)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def bundle(folder: Path, first_build: Result) -> Bundle:
    return read_bundle((folder / "out" / "paints-2.ramix").read_bytes(), default_trust_policy())


def test_the_model_knows_what_the_file_says(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert manifest.name == "paints-2"
    assert manifest.compound_names == tuple(LIQUIDS)
    assert manifest.compounds[0].cas == "141-78-6"
    assert manifest.compounds[0].hazard == "H225 highly flammable"
    assert manifest.data_license == "CC0 (invented)"
    factors = [compound.response_factor for compound in manifest.compounds]
    assert factors == pytest.approx(
        [1.0, 1.0, 0.5], rel=0.05
    )  # the amine was exposed twice as long


def test_no_path_of_this_machine_is_in_the_bundle(bundle: Bundle, folder: Path) -> None:
    data = (folder / "out" / "paints-2.ramix").read_bytes()
    assert str(folder).encode() not in data
    assert bundle.manifest.provenance["recipe"]["library"] == "paints"  # type: ignore[index]


def test_the_model_answers_on_the_device(bundle: Bundle, tmp_path: Path) -> None:
    identifier = Identifier(bundle)
    check_golden(bundle, identifier.interpreter)
    path = tmp_path / "mixture.csv"
    write_spectrum(path, 0.6 * lines(LIQUIDS["ester"]) + 0.4 * lines(LIQUIDS["amine"]), seed=9)
    found = identifier.identify(read_spectrum(path)).identification
    assert [one.name for one in found.components] == ["ester", "amine"]


def test_progress_names_pace_and_unseen_spectra(first_build: Result) -> None:
    assert "every compound right in" in first_build.output
    assert "unseen generated spectra" in first_build.output


def test_built_again_it_is_not_trained_again_and_the_bytes_are_the_same(
    folder: Path, bundle: Bundle
) -> None:
    before = (folder / "out" / "paints-2.ramix").read_bytes()
    page = (folder / "work" / "paints-2" / "report.html").read_text()
    again = build(folder)
    assert "was trained already" in again.output
    assert (folder / "out" / "paints-2.ramix").read_bytes() == before
    assert (folder / "work" / "paints-2" / "report.html").read_text() == page


def test_another_recipe_starts_over_and_says_so(
    folder: Path, bundle: Bundle, tmp_path: Path
) -> None:
    earlier = folder / "work" / "paints-2" / "checkpoint.npz"
    (tmp_path / "paints-2").mkdir()
    (tmp_path / "paints-2" / "checkpoint.npz").write_bytes(earlier.read_bytes())
    text = (folder / "paints.toml").read_text().replace("steps = 60", "steps = 2")
    other = folder / "other.toml"
    other.write_text(text)
    assert "starting over" in run("fit", str(other), "--work", str(tmp_path)).output


def test_the_report_stands_by_itself(folder: Path, bundle: Bundle) -> None:
    page = (folder / "work" / "paints-2" / "report.html").read_text()
    assert "<link" not in page
    assert "<script" not in page
    assert "http" not in re.sub(r"base64,[^\"]*", "", page)
    assert len(re.findall(r'src="data:image/png;base64,', page)) == 7
    assert 'src="' not in page.replace('src="data:image/png;base64,', "")
    assert "Three invented &lt;liquids&gt;" in page  # what a file says is text, not markup
    for words in ("CC0 (invented)", "n=200", bundle.sha256, "Mistaken for each other", "int8"):
        assert words in page


def test_the_chemists_own_key_signs(folder: Path, bundle: Bundle, tmp_path: Path) -> None:
    key = SigningKey.generate()
    pem = tmp_path / "release.pem"
    pem.write_bytes(key.to_pem())
    recipe, work = str(folder / "paints.toml"), str(folder / "work")
    out = tmp_path / "out"
    result = run("export", recipe, "--work", work, "--out", str(out), "--key", str(pem))
    assert result.exit_code == 0, result.output
    data = (out / "paints-2.ramix").read_bytes()
    signed = read_bundle(data, TrustPolicy(1, {key.key_id: key.public_key}))
    assert not signed.demo_signed
    card = (out / "paints-2.md").read_text()
    assert key.key_id in card
    assert "demo key" not in card
    assert "ramix-train build paints.toml" in card


def test_a_wrong_file_is_told_before_anything_trains(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "paints.toml").write_text(LIBRARY + tiny_training(60))
    for path in (folder / "spectra").iterdir():
        (tmp_path / "spectra").mkdir(exist_ok=True)
        (tmp_path / "spectra" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "spectra" / "ketone.csv").write_bytes(b"")
    with pytest.raises(RecipeError, match=r"ketone: .*ketone\.csv"):
        build(tmp_path)
    assert not list(tmp_path.glob("work/*/*"))


# ---- the recipe nobody wrote ----


def compounds(count: int) -> str:
    head = LIBRARY.split("[[compound]]")[0]
    entries = (
        f'[[compound]]\nname = "c{n}"\nlines = [[{400 + 7 * n}.0, 1.0, 9.0]]\n'
        for n in range(count)
    )
    return head + "".join(entries)


def test_the_default_recipe_grows_with_the_library(tmp_path: Path) -> None:
    path = tmp_path / "many.toml"
    sizes = []
    for count in (3, 13, 38, 200):
        path.write_text(compounds(count))
        recipe = recipe_for(path)
        sizes.append((recipe.training.steps, recipe.network.dense))
        assert recipe.training.patience > 0
    base = load_recipe(Path("train/recipes/solvents13-2.toml"))
    assert sizes[1] == (base.training.steps, base.network.dense)
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4


def test_the_library_file_may_overrule_any_number_of_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        compounds(2) + '[recipe]\ntask = "ramixnet1"\nseed = 5\n[recipe.training]\nsteps = 7\n'
    )
    recipe = recipe_for(path)
    assert (recipe.name, recipe.task, recipe.seed) == ("paints-1", "ramixnet1", 5)
    assert recipe.training.steps == 7


@pytest.mark.parametrize("line", ["stepz = 7", 'steps = "many"'])
def test_a_misspelt_number_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(compounds(2) + f"[recipe.training]\n{line}\n")
    with pytest.raises(RecipeError, match="mine.toml: recipe"):
        recipe_for(path)


def test_a_recipe_file_may_name_a_library_beside_it(tmp_path: Path) -> None:
    text = Path("train/recipes/solvents13-2.toml").read_text()
    (tmp_path / "r.toml").write_text(
        text.replace('library = "solvents13"', 'library = "mine.toml"')
    )
    assert load_recipe(tmp_path / "r.toml").library == str(tmp_path / "mine.toml")
