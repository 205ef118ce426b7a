"""Cards say what the bundle says, and quote only figures made with the very same bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from device.inference.bundle import Bundle, read_bundle_file
from device.inference.trust import default_trust_policy
from train.bundle.card import NOT_YET, choices_of, model_card
from train.bundle.card_evidence import (
    FiguresNotQuotable,
    FiguresOfOtherBundle,
    evidence_for,
)
from train.bundle.card_quotes import proportion_text
from train.cli.main import cli
from train.network.evaluate import Proportion

BUNDLE = Path("models/solvents13-2.ramix")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle_file(BUNDLE, default_trust_policy())


def write_unequal(folder: Path, bundle: Bundle, **changes: Any) -> Path:
    """What the figure `unequal` writes, as far as a card reads it."""

    def tally(hits: int, error: float) -> dict[str, Any]:
        exact, recall = Proportion(hits, 400).to_json(), Proportion(1000, 1010).to_json()
        return {"exact": exact, "recall": recall, "share_error": error}

    pures = {
        "RaMixNet II and library fit": tally(397, 0.0031),
        "least squares, 3%": tally(380, 0.0049),
    }
    content = {
        "bundles": {"solvents13-1": "0" * 64, "solvents13-2": bundle.sha256},
        "size": "full",
        "seed": 7850,
        "repeats": 1.0,
        "data": {"measured pures": pures},
    }
    path = folder / "unequal.json"
    path.write_text(json.dumps(content | changes))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["card", *arguments])


def test_card_quotes_figures_with_n_and_interval_and_says_what_made_them(
    bundle: Bundle, tmp_path: Path
) -> None:
    write_unequal(tmp_path, bundle, seed=11, repeats=2.5)
    card = model_card(bundle, "Solvents", evidence_for(bundle, tmp_path))
    assert "| 0.993 (0.978-0.997, n=400) | unequal |" in card
    assert "0.31% (0.49%) over n=1010 components" in card
    assert "`ramix-train figures --seed 11 --repeats 2.5` (unequal)" in card
    assert NOT_YET not in card


def test_card_names_the_bundles_hash_data_licence_network_and_limits(bundle: Bundle) -> None:
    card = model_card(bundle, "Solvents", choices="Chosen by a search.")
    for part in (
        f"SHA-256: `{bundle.sha256}`",
        bundle.manifest.data_license,
        "the published demo key",
        "ramix-train build solvents13-2",
        "| 1 | 16 | 17 | 4 |",
        "D = 80",
        "Chosen by a search.",
        "calibrated on 300 generated spectra",
        "water, salts and metals barely show",
        NOT_YET,
    ):
        assert part in card


def test_every_proportion_of_the_card_has_n_and_an_interval(bundle: Bundle, tmp_path: Path) -> None:
    write_unequal(tmp_path, bundle)
    card = model_card(bundle, "Solvents", evidence_for(bundle, tmp_path))
    analyzer = card.split("## Through the analyzer")[1].split("## Quantization")[0]
    rows = [line for line in analyzer.splitlines() if line.startswith("|")]
    without = [row for row in rows if "n=" not in row and "error" not in row]
    # heads and rules of tables, and the sizes of the network
    assert all(row.startswith(("| What", "|---", "| Block")) or row[2].isdigit() for row in without)


def test_numbers_are_those_of_the_count_and_not_rounded_twice() -> None:
    part = Proportion(351, 386)
    assert proportion_text(part.to_json()) == str(part) == "0.909 (0.877-0.934, n=386)"
    assert proportion_text(Proportion(0, 0).to_json()) == "none"
    assert proportion_text(Proportion(3, 90_000).to_json()).endswith("n=90000)")


def test_figures_of_other_bytes_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    write_unequal(tmp_path, bundle, bundles={"solvents13-2": "ab" * 32})
    with pytest.raises(FiguresOfOtherBundle, match="abababababab"):
        evidence_for(bundle, tmp_path)


def test_figures_of_another_name_say_nothing_of_this_bundle(bundle: Bundle, tmp_path: Path) -> None:
    write_unequal(tmp_path, bundle, bundles={"solvents13-1": bundle.sha256})
    with pytest.raises(FiguresNotQuotable, match="No figure"):
        evidence_for(bundle, tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": "tiny"}, "tiny size"),
        ({"bundles": None}, "old version"),
        ({"data": {"measured pures": {"RaMixNet II and library fit": {}}}}, "does not hold"),
        ({"data": {"other": {}}}, "does not hold"),
    ],
)
def test_figures_that_may_not_be_quoted_are_refused(
    bundle: Bundle, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    write_unequal(tmp_path, bundle, **changes)
    with pytest.raises(FiguresNotQuotable, match=words):
        evidence_for(bundle, tmp_path)


def test_a_damaged_file_is_named(bundle: Bundle, tmp_path: Path) -> None:
    write_unequal(tmp_path, bundle).write_text("{")
    with pytest.raises(FiguresNotQuotable, match=r"unequal\.json"):
        evidence_for(bundle, tmp_path)


def test_the_verb_writes_the_same_card_twice_and_touches_nothing_when_it_refuses(
    bundle: Bundle, tmp_path: Path
) -> None:
    write_unequal(tmp_path, bundle)
    out = tmp_path / "card.md"
    arguments = (str(BUNDLE), "--figures", str(tmp_path), "--out", str(out))
    assert run(*arguments).exit_code == 0
    first = out.read_bytes()
    assert b"Thirteen common solvents" in first and b"| unequal |" in first
    assert run(*arguments).exit_code == 0
    assert out.read_bytes() == first
    write_unequal(tmp_path, bundle, size="tiny")
    assert isinstance(run(*arguments).exception, FiguresNotQuotable)
    assert out.read_bytes() == first


def test_a_network_is_found_under_its_kind_or_under_kind_and_name(
    bundle: Bundle, tmp_path: Path
) -> None:
    """Two networks of a kind in one figure: neither is taken for the other."""
    content = json.loads(write_unequal(tmp_path, bundle).read_text())
    usual = evidence_for(bundle, tmp_path).rows
    found, rival = content["data"]["measured pures"].values()
    other = found | {"share_error": 0.9}
    named = {
        "RaMixNet II (other-2) and library fit": other,
        "RaMixNet II (solvents13-2) and library fit": found,
        "least squares, 3%": rival,
    }
    write_unequal(tmp_path, bundle, data={"measured pures": named})
    assert evidence_for(bundle, tmp_path).rows == usual
    nameless = {"RaMixNet II (other-2) and library fit": other, "least squares, 3%": rival}
    write_unequal(tmp_path, bundle, data={"measured pures": nameless})
    with pytest.raises(FiguresNotQuotable, match="No figure"):
        evidence_for(bundle, tmp_path)


def test_a_card_says_which_command_made_its_rows_and_what_flatters_them(
    bundle: Bundle, tmp_path: Path
) -> None:
    caveat = "The fit knows these very spectra."
    write_unequal(tmp_path, bundle, command="evidence solvents13-2.ramix", caveats=[caveat])
    card = model_card(bundle, "Solvents", evidence_for(bundle, tmp_path))
    assert "`ramix-train evidence solvents13-2.ramix --seed 7850` (unequal)" in card
    assert caveat in card
    write_unequal(tmp_path, bundle)  # the control
    assert caveat not in model_card(bundle, "Solvents", evidence_for(bundle, tmp_path))


def test_a_figure_with_nothing_to_show_is_passed_over(bundle: Bundle, tmp_path: Path) -> None:
    content = json.loads(write_unequal(tmp_path, bundle).read_text())
    empty = content | {"nothing_to_show": "Nothing.", "data": {}}
    (tmp_path / "sums.json").write_text(json.dumps(empty))
    assert {figure for _, _, figure in evidence_for(bundle, tmp_path).rows} == {"unequal"}


def test_choices_are_those_of_the_model_or_else_of_its_library(tmp_path: Path) -> None:
    assert choices_of("a-2", "a", tmp_path) == ""
    (tmp_path / "a.md").write_text("For both.\n")
    assert choices_of("a-2", "a", tmp_path) == "For both."
    (tmp_path / "a-2.md").write_text("For one.\n")
    assert choices_of("a-2", "a", tmp_path) == "For one."
