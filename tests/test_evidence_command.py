"""`ramix-train evidence`: what any bundle says, and nothing that it cannot say."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evidence.registry import FIGURES
from evidence.under_test import BundlesDiffer
from tests.bundles_under_test import AROMATICS, TINY
from train.cli.main import cli
from train.library.file import LIBRARY_FOLDER
from train.recipe import read_toml

ROOT = Path(__file__).resolve().parent.parent
BUNDLES = {"aromatics4-2": AROMATICS.paths[0], "tiny-2": TINY.paths[0]}
# No liquid of the fixture was ever measured, and it has two compounds.
NOTHING = {"aromatics4-2": set(), "tiny-2": {"sums", "worsened", "limits", "bound"}}
OF_MEASURED_SPECTRA = {"measured", "sums", "worsened"}
OF_THE_DECISIONS_OWN = {
    "decided"
}  # scenes, and its page says so: they are no test of anything else
FLATTERED = "which flatters it"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["evidence", *arguments])


@pytest.fixture(scope="module", params=BUNDLES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name: str = request.param
    out = tmp_path_factory.mktemp("evidence") / name
    result = run(str(BUNDLES[name]), "--size", "tiny", "--out", str(out))
    assert result.exit_code == 0, result.output
    return out


def test_every_figure_measures_or_says_in_one_sentence_why_not(made: Path) -> None:
    empty = set()
    for figure in FIGURES:
        page = (made / f"{figure.name}.md").read_text()
        content = json.loads((made / f"{figure.name}.json").read_text())
        assert f"`ramix-train evidence {made.name}.ramix --only {figure.name}" in page
        assert list(content["bundles"]) == [made.name]
        if "nothing_to_show" in content:
            empty.add(figure.name)
            assert f"Nothing to show: {content['nothing_to_show']}" in page
            assert content["nothing_to_show"].endswith(".") and not content["data"]
        else:
            assert content["data"] and re.search(r"\d+\.\d% \(\d+\.\d-\d+\.\d, n=\d+\)", page)
    assert empty == NOTHING[made.name]


def test_scenes_of_the_references_are_said_to_flatter(made: Path) -> None:
    flattered = {
        figure.name for figure in FIGURES if FLATTERED in (made / f"{figure.name}.md").read_text()
    }
    every = {figure.name for figure in FIGURES}
    assert flattered == every - OF_MEASURED_SPECTRA - OF_THE_DECISIONS_OWN - NOTHING[made.name]


def test_measured_pures_do_not_flatter(tmp_path: Path) -> None:
    """The control, of a library whose native files are at hand."""
    names = ("solvents13-1", "solvents13-2")
    bundles = [f"models/{name}.ramix" for name in names]
    arguments = ("--only", "unequal", "--size", "tiny", "--out", str(tmp_path))
    assert run(*bundles, *arguments).exit_code == 0
    assert FLATTERED not in (tmp_path / "unequal.md").read_text()
    content = json.loads((tmp_path / "unequal.json").read_text())
    assert set(content["data"]) == {"measured pures", "references"}
    assert tuple(sorted(content["bundles"])) == names
    # and the same numbers as `figures`, which has these bundles by itself
    CliRunner().invoke(cli, ["figures", *arguments])
    usual = json.loads((tmp_path / "unequal.json").read_text())
    assert usual == {key: value for key, value in content.items() if key != "command"}


def test_bundles_of_two_libraries_are_refused(tmp_path: Path) -> None:
    asked = [str(path) for path in BUNDLES.values()]
    result = run(*asked, "--size", "tiny", "--out", str(tmp_path / "none"))
    assert isinstance(result.exception, BundlesDiffer)
    assert "do not have the same compounds" in str(result.exception)
    assert not (tmp_path / "none").exists()


def test_list_and_usage_need_no_bundle() -> None:
    listed = run("--list")
    assert listed.exit_code == 0
    assert all(figure.name in listed.output for figure in FIGURES)
    assert run().exit_code == 2


def names_of_libraries() -> set[str]:
    """Shipped libraries, and their compounds with all synonyms."""
    found = set()
    for path in LIBRARY_FOLDER.glob("*.toml"):
        found.add(path.stem)
        for entry in read_toml(path).get("compound", ()):
            found |= {entry["name"], *entry.get("synonyms", ())}
    return found


def named_in(text: str, names: set[str]) -> set[str]:
    words = (re.escape(name) for name in sorted(names))
    return set(re.findall(rf"(?i)(?<!\w)(?:{'|'.join(words)})(?!\w)", text))


def test_no_file_of_evidence_names_a_library_or_a_compound() -> None:
    names = names_of_libraries()
    assert {"solvents13", "aromatics4", "Toluene", "pyridine"} <= names
    for path in sorted((ROOT / "evidence").glob("*.py")):
        assert not named_in(path.read_text(encoding="utf-8"), names), path.name
    # the control: names are seen in code, in text and inside an expression
    assert named_in('load("solvents13")', names) == {"solvents13"}
    assert named_in("of toluene's line", names) == {"toluene"}
