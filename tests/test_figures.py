"""Every figure is made at the tiny size: that they run, say what they measured, and repeat."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.inference.bundle import read_bundle_file
from device.inference.trust import default_trust_policy
from evidence.command import chosen_of
from evidence.figure import Context, Figure, Size
from evidence.figure import Result as EmptyResult
from evidence.registry import FIGURES
from evidence.tallies import Said, Tally, percent
from evidence.under_test import FiguresNeedModels
from tests.bundles_under_test import SOLVENTS
from train.bundle.card_evidence import FiguresNotQuotable, evidence_for
from train.bundle.card_quotes import QUOTES
from train.cli.main import cli
from train.pages.table import Table, markdown

QUICK = [figure.name for figure in FIGURES if not figure.trains]
PROPORTION = re.compile(r"\d+\.\d% \(\d+\.\d-\d+\.\d, n=\d+\)")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["figures", *arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("figures")
    only = [word for name in QUICK for word in ("--only", name)]
    result = run("--size", "tiny", "--out", str(out), *only)
    assert result.exit_code == 0, result.output
    return out


@pytest.mark.parametrize("name", QUICK)
def test_every_figure_writes_a_page_with_intervals_and_numbers_for_machines(
    made: Path, name: str
) -> None:
    page = (made / f"{name}.md").read_text()
    assert PROPORTION.search(page)
    assert "Quote nothing from it" in page
    content = json.loads((made / f"{name}.json").read_text())
    assert content["size"] == "tiny"
    assert content["data"]


def test_index_names_what_was_made(made: Path) -> None:
    index = (made / "index.md").read_text()
    assert [name for name in QUICK if f"({name}.md)" in index] == QUICK
    assert "paper" not in index


def test_pictures_on_a_page_are_there(made: Path) -> None:
    for page in made.glob("*.md"):
        for picture in re.findall(r"!\[.*?\]\((.*?)\)", page.read_text()):
            assert (made / picture).stat().st_size > 1000


def test_a_figure_made_twice_is_the_same_to_the_byte(made: Path, tmp_path: Path) -> None:
    assert run("--size", "tiny", "--only", "unequal", "--out", str(tmp_path)).exit_code == 0
    for name in ("unequal.md", "unequal.json"):
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


def test_another_seed_and_more_repeats_are_written_on_page_and_index(
    made: Path, tmp_path: Path
) -> None:
    asked = ("--size", "tiny", "--only", "unequal", "--seed", "41", "--repeats", "2")
    assert run(*asked, "--out", str(tmp_path)).exit_code == 0
    content, usual = (json.loads((at / "unequal.json").read_text()) for at in (tmp_path, made))
    method = "RaMixNet II alone"
    data, usual_data = (one["data"]["measured pures"][method] for one in (content, usual))
    assert (content["seed"], content["repeats"], usual["seed"]) == (41, 2.0, 7850)
    assert data["exact"]["n"] == 2 * usual_data["exact"]["n"]
    assert data["share_error"] != usual_data["share_error"]
    page = (tmp_path / "unequal.md").read_text()
    assert "--only unequal --size tiny --seed 41 --repeats 2`, seed 41" in page
    assert "seed 41, 2 times the spectra, tiny size" in (tmp_path / "index.md").read_text()
    assert "seed 7850, tiny size" in (made / "index.md").read_text()


def test_more_repeats_do_not_invent_compounds(tmp_path: Path) -> None:
    context = Context(tmp_path, Size.FULL, SOLVENTS, repeats=5.0)
    assert (context.count(2, 200), context.part(2, 13)) == (1000, 13)
    assert Context(tmp_path, Size.FULL, SOLVENTS, repeats=0.01).count(1, 8) == 1


def test_a_figure_says_of_which_bundles_it_speaks(made: Path) -> None:
    content = json.loads((made / "unequal.json").read_text())
    for name in ("solvents13-1", "solvents13-2"):
        sha256 = hashlib.sha256(Path(f"models/{name}.ramix").read_bytes()).hexdigest()
        assert content["bundles"][name] == sha256
        assert f"{name} `{sha256[:12]}`" in (made / "unequal.md").read_text()


@pytest.mark.parametrize("name", [name for name in QUOTES if name in QUICK])
@pytest.mark.parametrize("label", ["I", "II"])
def test_what_a_card_quotes_is_in_the_figure(made: Path, name: str, label: str) -> None:
    rows = list(QUOTES[name](json.loads((made / f"{name}.json").read_text())["data"], label))
    only_one_network = {"coverage", "bound"}
    assert rows or (name in only_one_network and label == "I")
    for what, result in rows:
        assert re.search(r"n=\d+", result) or "Scatter" in what
        assert label != "I" or "II" not in what


def test_tiny_figures_are_not_quoted(made: Path) -> None:
    bundle = read_bundle_file(Path("models/solvents13-2.ramix"), default_trust_policy())
    with pytest.raises(FiguresNotQuotable, match="tiny"):
        evidence_for(bundle, made)


def test_agreement_with_inferred_labels_is_not_called_accuracy(made: Path) -> None:
    assert "is not accuracy" in (made / "measured.md").read_text()


def test_pictures_of_an_earlier_run_are_removed_and_others_kept(tmp_path: Path) -> None:
    old, other = tmp_path / "traces-gone.png", tmp_path / "mine.png"
    for path in (old, other):
        path.write_bytes(b"x")
    assert run("--size", "tiny", "--only", "traces", "--out", str(tmp_path)).exit_code == 0
    assert not old.exists()
    assert other.exists()


def test_without_names_everything_is_made_that_trains_nothing() -> None:
    trains = Figure("learns", "Needs TensorFlow", lambda _: EmptyResult(), trains=True)
    assert [one.name for one in chosen_of((*FIGURES, trains), ())] == QUICK
    assert chosen_of((*FIGURES, trains), ("learns",)) == [trains]


def test_list_names_every_figure_and_makes_none(tmp_path: Path) -> None:
    result = run("--list", "--out", str(tmp_path / "none"))
    assert all(figure.name in result.output for figure in FIGURES)
    assert not (tmp_path / "none").exists()


def test_an_unknown_figure_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    result = run("--only", "unequall", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "unequall" in result.output and "measured" in result.output


def test_missing_models_are_named(tmp_path: Path) -> None:
    result = run("--only", "unequal", "--models", str(tmp_path), "--out", str(tmp_path / "out"))
    assert isinstance(result.exception, FiguresNeedModels)
    assert "solvents13-1.ramix or " in str(result.exception)


def test_tally_counts_what_was_missed_added_and_how_far_off() -> None:
    import numpy as np

    found = Tally()
    truth, shares = np.array([True, True, False]), np.array([0.96, 0.04, 0.0])
    found.add(truth, shares, Said(truth, np.array([0.94, 0.06, 0.0]), "IDENTIFIED"))
    found.add(truth, shares, Said(np.array([True, False, True]), np.array([0.9, 0.0, 0.1])))
    assert (found.exact, found.n, found.identified_exact) == (1, 2, 1)
    assert (found.missed, found.added) == ({1: 1}, {2: 1})
    assert found.share_error == pytest.approx((0.02 + 0.02 + 0.06 + 0.04) / 4)
    assert percent(found.weak_recall) == "50.0% (9.5-90.5, n=2)"
    assert found.false_positives.n == 2


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    lines = markdown(Table("t", ("a",), (("x|y",),)))
    assert "x\\|y" in "\n".join(lines)
