"""Why a verdict is what it is: sums that add up, in `--json`, in records and in words."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from device.answer.identifier import Identifier
from device.answer.result import result_json
from device.cli.main import cli, run_command
from device.records.store import RecordStore
from device.show.explanation import NothingToExplain, explanation
from device.spectra.files.reading import read_spectrum
from tests.measured import solvents
from tests.sample_answers import answer

MIXTURE = Path(__file__).parents[1] / "data" / "solvents13" / "mixtures" / "FourSolvent-1.txt"


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    found: dict[str, Any] = result_json(Identifier(solvents()).identify(read_spectrum(MIXTURE)))
    return found


def test_every_sum_is_that_of_its_terms(result: dict[str, Any]) -> None:
    why = result["why"]
    assert why["compounds"]
    for one in (*why["compounds"], why["foreign"]):
        assert one["log_odds"] == pytest.approx(sum(one["terms"].values()), abs=0.004)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_those_above_the_cut_are_those_named(result: dict[str, Any]) -> None:
    why = result["why"]
    named = {one["name"] for one in result["components"]}
    assert {one["name"] for one in why["compounds"] if one["named"]} == named
    assert {one["name"] for one in why["compounds"] if one["log_odds"] > why["cut"]} == named
    assert (why["foreign"]["log_odds"] > 0.0) == (result["verdict"] != "IDENTIFIED")
    odds = [one["log_odds"] for one in why["compounds"]]
    assert odds == sorted(odds, reverse=True)


def test_the_words_hold_every_compound_and_the_terms(result: dict[str, Any]) -> None:
    text = explanation(result)
    for one in result["why"]["compounds"]:
        verb = "named" if one["named"] else "not named"
        assert f"{one['name']}: {verb}, {one['log_odds']:+.1f}" in text
        assert one["named"] or re.search(
            rf"{re.escape(one['name'])}: not named.*?Missing", text, re.S
        )
    assert "Something foreign: not seen" in text


def test_one_compound_alone_in_any_case(result: dict[str, Any]) -> None:
    name = result["components"][0]["name"]
    other = result["components"][1]["name"]
    text = explanation(result, name.upper())
    assert f"{name}: named" in text
    assert other not in text and "foreign" not in text


@pytest.mark.parametrize("lacking", ["support", "network", "evidence"])
def test_what_is_missing_is_what_speaks_most_against_it(lacking: str) -> None:
    terms = {"evidence": 1.0, "network": 0.5, "support": 2.0, "constant": -5.0}
    one = {"evidence": 3.0, "presence": 0.6, "support": 1.0}
    words = {
        "support": "its own lines are not all there (40%)",
        "network": "the network does not see it",
        "evidence": "what only it explains is too little",
    }
    if lacking == "support":
        one["support"] = 0.4
    elif lacking != "evidence":
        terms[lacking] = -2.0
    log_odds = sum(terms.values())
    told = {"name": "x", "named": False, "log_odds": log_odds, "terms": terms, **one}
    foreign = {"log_odds": -1.0, "terms": {}, "lone_line": 0.0, "worst_line": 0.0}
    why = {"cut": 0.3, "compounds": [told], "foreign": foreign}
    text = explanation({"verdict": "UNKNOWN", "why": why})
    (missing,) = re.findall(r"Missing (\d+\.\d): (.*)\.", text)
    assert missing == (f"{0.3 - log_odds:.1f}", words[lacking])


def test_what_holds_no_sums_is_refused_with_a_way_out(result: dict[str, Any]) -> None:
    older = {key: value for key, value in result.items() if key != "why"}
    for nothing in (older, result | {"why": None}):
        with pytest.raises(NothingToExplain) as caught:
            explanation(nothing)
        assert "again with this version" in caught.value.remedy
    with pytest.raises(NothingToExplain, match="nothing of benzene") as caught:
        explanation(result, "benzene")
    assert "--watch" in caught.value.remedy


def test_where_nothing_was_decided_its_reason_and_remedy_are_told(result: dict[str, Any]) -> None:
    reason = {"code": "no_light", "text": "No light comes back.", "remedy": "Place the sample."}
    nothing = result | {"why": None, "verdict": "NO_RESULT", "reasons": [reason]}
    with pytest.raises(NothingToExplain, match="No light comes back") as caught:
        explanation(nothing)
    assert caught.value.remedy == "Place the sample."


# ---- the verb ----


def test_a_file_and_its_record_are_explained_alike(tmp_path: Path) -> None:
    store = tmp_path / "records.sqlite"
    with RecordStore(store) as opened:
        kept = opened.append(Identifier(solvents()).identify(read_spectrum(MIXTURE)))
    of_file = CliRunner().invoke(cli, ["explain", str(MIXTURE)])
    of_record = CliRunner().invoke(cli, ["explain", str(kept), "--store", str(store)])
    assert of_file.exit_code == of_record.exit_code == 0, of_record.output
    assert of_file.output == of_record.output
    assert "IDENTIFIED. Log odds" in of_file.output


def test_a_record_of_a_simulated_analyzer_is_found_among_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    port = f"sim:replay={MIXTURE}"
    assert CliRunner().invoke(cli, ["identify", "--port", port]).exit_code == 0
    assert CliRunner().invoke(cli, ["explain", "1"]).exit_code != 0
    done = CliRunner().invoke(cli, ["explain", "1", "--simulated"])
    assert done.exit_code == 0 and "IDENTIFIED. Log odds" in done.output


def test_json_prints_the_sums_alone() -> None:
    done = CliRunner().invoke(cli, ["explain", str(MIXTURE), "--json"])
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.output)) == {"verdict", "why"}


def test_a_record_without_sums_ends_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "records.sqlite"
    with RecordStore(store) as opened:
        kept = opened.append(answer())
    assert run_command(["explain", str(kept), "--store", str(store)]) != 0
    assert "does not say why" in capsys.readouterr().err
