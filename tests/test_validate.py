"""A bundle judged by mixtures: each kind of error is counted and drawn; faulty tables refused."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from device.answer.identifier import Identifier
from device.installation import default_model_path
from tests.measured import solvents
from tests.own_mixtures import write_mixtures, write_spectrum, write_truth
from train.cli import main
from train.validation.mixtures import Mixture, Mixtures, TruthProblems, read_mixtures
from train.validation.outcomes import Amount, Missed, Outcome, outcome_of
from train.validation.report import Report
from train.validation.scores import scores_of

ROOT = Path(__file__).resolve().parent.parent
WIDE = {"COLUMNS": "200"}
ACETONE = ROOT / "data" / "wasatch785" / "acetone.csv"


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(solvents())


def read(folder: Path, truth: Path) -> Mixtures:
    return read_mixtures(truth, folder, solvents().manifest.compounds)


def one(tmp_path: Path, identifier: Identifier, *, made: dict[str, float], said: Any) -> Outcome:
    """The outcome for a mixture of `made`, of which the table says `said`."""
    write_spectrum(tmp_path / "mix.csv", solvents(), made)
    truth = write_truth(tmp_path / "truth.csv", {"mix.csv": said})
    (mixture,) = read(tmp_path, truth).mixtures
    return outcome_of(identifier, mixture)[0]


# ---- one mixture ----


def test_a_right_answer_has_amounts_with_intervals(tmp_path: Path, identifier: Identifier) -> None:
    made = {"Toluene": 1.0, "ethanol": 3.0}
    outcome = one(tmp_path, identifier, made=made, said={"108-88-3": 2, "EtOH": 6, "methanol": 0})
    assert outcome.exact and not outcome.wrong
    assert {amount.name: round(amount.true, 3) for amount in outcome.amounts} == {
        "Toluene": 0.25,
        "ethanol": 0.75,
    }
    assert all(amount.held and abs(amount.error) < 0.02 for amount in outcome.amounts)


def test_a_false_name_is_one(tmp_path: Path, identifier: Identifier) -> None:
    made = {"Toluene": 1.0, "ethanol": 3.0}
    outcome = one(tmp_path, identifier, made=made, said={"Toluene": 1})
    assert outcome.false_names == ("ethanol",)
    assert outcome.wrong and outcome.amounts == ()


def test_a_trace_is_missed_below_the_limit_that_was_stated(
    tmp_path: Path, identifier: Identifier
) -> None:
    made = {"Toluene": 1.0, "ethanol": 0.002}
    outcome = one(tmp_path, identifier, made=made, said=made)
    (missed,) = outcome.missed
    factors = {one.name: one.response_factor or 0.0 for one in solvents().manifest.compounds}
    signal = {name: part * factors[name] for name, part in made.items()}
    assert missed.expected_share == pytest.approx(signal["ethanol"] / sum(signal.values()))
    assert missed.limit is not None and missed.below_limit is True


def test_what_was_never_put_in_is_missed_above_the_limit(
    tmp_path: Path, identifier: Identifier
) -> None:
    outcome = one(tmp_path, identifier, made={"Toluene": 1.0}, said={"Toluene": 1, "ethanol": 1})
    assert [(one.name, one.below_limit) for one in outcome.missed] == [("ethanol", False)]


def test_an_unknown_amount_is_judged_by_name_alone(tmp_path: Path, identifier: Identifier) -> None:
    made = {"Toluene": 1.0, "ethanol": 1.0}
    outcome = one(tmp_path, identifier, made=made, said={"Toluene": 1, "ethanol": "x"})
    assert outcome.exact and outcome.amounts == ()
    outcome = one(tmp_path, identifier, made={"Toluene": 1.0}, said={"Toluene": 1, "ethanol": "x"})
    assert [one.below_limit for one in outcome.missed] == [None]


def test_a_substance_from_outside_may_not_be_called_identified(
    tmp_path: Path, identifier: Identifier
) -> None:
    shutil.copy(ACETONE, tmp_path / "acetone.csv")
    truth = write_truth(tmp_path / "truth.csv", {"acetone.csv": {"acetone": 1}})
    found = read(tmp_path, truth)
    assert "acetone matches no name" in " ".join(found.notices)
    outcome = outcome_of(identifier, found.mixtures[0])[0]
    assert outcome.verdict == "UNKNOWN"
    assert outcome.exact and not outcome.identified_with_outside
    # negative control: it is not there, the answer IDENTIFIED is wrong by the table
    unseen = one(tmp_path, identifier, made={"Toluene": 1.0}, said={"Toluene": 1, "acetone": 1})
    assert unseen.exact and unseen.identified_with_outside and unseen.wrong


# ---- all together ----


def made_up(parts: dict[str, float | None], named: tuple[str, ...], **changes: Any) -> Outcome:
    mixture = Mixture(2, "a.csv", None, parts, changes.pop("outside", ()))  # type: ignore[arg-type]
    values = {
        "verdict": "IDENTIFIED",
        "false_names": tuple(name for name in named if name not in parts),
        "missed": tuple(Missed(name, None, None) for name in parts if name not in named),
        "amounts": (),
        "reasons": (),
    }
    return Outcome(mixture, named=named, **values | changes)


def test_every_count_has_its_own_n() -> None:
    amounts = (Amount("a", 0.5, 0.6, 0.05), Amount("b", 0.5, 0.4, 0.15))
    outcomes = [
        made_up({"a": 1.0, "b": 1.0}, ("a", "b"), amounts=amounts),
        made_up({"a": 1.0, "b": 1.0}, ("a",), missed=(Missed("b", 0.01, 0.02),)),
        made_up({"a": 1.0, "b": 1.0}, ("a",), missed=(Missed("b", 0.03, 0.02),)),
        made_up({"a": 1.0}, ("a", "b"), verdict="PARTIAL"),
        made_up({"a": 1.0}, ("a",), outside=("water",)),
        made_up({}, (), outside=("water", "oil"), verdict="UNKNOWN"),
        made_up({"b": None}, (), verdict="NO_RESULT", reasons=("no_signal",)),
    ]
    scores = scores_of(outcomes, [("a", "1"), ("b", ""), ("c", "")])
    counts = {
        name: (part.hits, part.n) for name, part in vars(scores).items() if hasattr(part, "hits")
    }
    assert counts == {
        "exact": (3, 7),
        "exact_identified": (1, 5),
        "with_false_name": (1, 7),
        "false_names": (1, 12),
        "missed": (3, 9),
        "missed_below_limit": (1, 2),
        "identified_with_outside": (1, 2),
    }
    assert scores.missed_without_limit == 1
    assert {name: part.hits for name, part in scores.verdicts.items()} == {
        "IDENTIFIED": 4, "PARTIAL": 1, "UNKNOWN": 1, "NO_RESULT": 1,
    }  # fmt: skip
    assert scores.amounts is not None
    assert scores.amounts.mean_absolute_error == pytest.approx(0.1)
    assert (scores.amounts.held.hits, scores.amounts.mixtures) == (1, 1)
    a, b = scores.compounds  # c is in no mixture and no answer
    assert (a.found.hits, a.found.n, a.false_names.n) == (5, 5, 2)
    assert (b.found.hits, b.found.n, b.false_names.hits, b.false_names.n) == (1, 4, 1, 3)
    assert a.amounts is not None and a.amounts.bias == pytest.approx(0.1)
    assert [(one.name, one.n, one.verdicts["IDENTIFIED"]) for one in scores.outside] == [
        ("water", 2, 1),
        ("oil", 1, 0),
    ]


# ---- the table against folder and bundle ----


def test_every_problem_is_told_at_once_with_its_row(tmp_path: Path) -> None:
    truth = write_mixtures(tmp_path, solvents(), [{"Toluene": 1.0}])
    (tmp_path / "empty.csv").write_text("")
    truth |= {"none.csv": {"Toluene": 1}, "empty.csv": {"methylbenzene": 1}, "b.csv": {"x": "?"}}
    with pytest.raises(TruthProblems) as caught:
        read(tmp_path, write_truth(tmp_path / "truth.csv", truth))
    said = "\n".join(caught.value.problems)
    assert "row 5: '?' of x is no amount" in said
    assert "the columns Toluene and methylbenzene are one compound, Toluene" in said
    assert "row 3: There is no file" in said and "row 4: empty.csv is empty" in said
    assert len(caught.value.problems) == 4
    assert all(problem in caught.value.text for problem in caught.value.problems)
    with pytest.raises(TruthProblems, match="There is no file"):
        read(tmp_path, tmp_path / "elsewhere.csv")


def test_files_that_no_row_names_are_noticed(tmp_path: Path) -> None:
    truth = write_mixtures(tmp_path, solvents(), [{"Toluene": 1.0}] * 2)
    del truth["mix1.csv"]
    (notice,) = read(tmp_path, write_truth(tmp_path / "truth.csv", truth)).notices
    assert notice == "1 file of the folder is named by no row and not used: mix1.csv"


# ---- the command ----


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two right rows, and a third that says something else than what was mixed."""
    mixtures: list[dict[str, float]] = [
        {"Toluene": 1.0, "ethanol": 2.0},
        {"methanol": 1.0, "n-Heptane": 1.0},
        {"Toluene": 1.0},
    ]
    truth = write_mixtures(tmp_path / "mixtures", solvents(), mixtures)
    truth["mix2.csv"] = {"cyclohexane": 1}
    write_truth(tmp_path / "truth.csv", truth)
    return tmp_path


def run(folder: Path, *options: str) -> Any:
    words = ["validate", str(default_model_path()), str(folder / "mixtures")]
    return CliRunner().invoke(main.cli, [*words, str(folder / "truth.csv"), *options], env=WIDE)


def test_the_command_says_which_row_is_wrong_and_ends_with_0(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert "66.7% (20.8-93.9, n=3)" in result.output
    assert "not there: Toluene; missed: cyclohexane" in result.output


def test_the_object_is_alone_on_stdout_and_its_pictures_are_there(folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    (out / "miss-9-old.png").write_bytes(b"of an earlier run")
    result = run(folder, "--json", "--out", str(out))
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["exact"] == {"value": 0.6667, "low": 0.2077, "high": 0.9385, "n": 3}
    assert [one["exact"] for one in said["files"]] == [True, True, False]
    wrong = said["files"][2]
    assert wrong["false_names"] == ["Toluene"] and wrong["missed"][0]["name"] == "cyclohexane"
    assert {path.name for path in out.glob("*.png")} == {wrong["picture"], "amounts.png"}
    page = (out / "report.md").read_text()
    assert f"]({wrong['picture']})" in page and "(amounts.png)" in page
    assert str(folder) not in page
    assert said["amounts"]["mixtures"] == 2 and "bias" not in said["amounts"]
    assert all("bias" in one["amounts"] for one in said["compounds"] if one["amounts"])
    # the same spectra give the same page
    run(folder, "--out", str(out))
    assert (out / "report.md").read_text() == page


def test_a_wrong_table_is_one_sentence_a_problem_or_one_object(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "truth.csv").write_text("file,Toluene\nmix0.csv,much\nmix9.csv,1\n")
    words = ["ramix-train", "validate", str(default_model_path()), str(folder / "mixtures")]
    for option in ((), ("--json",)):
        monkeypatch.setattr(sys, "argv", [*words, str(folder / "truth.csv"), *option])
        with pytest.raises(SystemExit) as ended:
            main.main()
        assert ended.value.code == 1
        written = capsys.readouterr()
        if option:
            error = json.loads(written.out)["error"]
            assert error["code"] == "truth_invalid" and "row 2" in error["text"]
        else:
            assert "row 2" in written.err and "row 3" in written.err and not written.out


def test_a_report_that_cannot_be_written_is_told_before_the_work(folder: Path) -> None:
    (folder / "taken").write_text("a file")
    with pytest.raises(Exception, match="cannot be written"):
        Report(folder / "taken")


def test_a_picture_of_no_result_can_be_drawn(tmp_path: Path, identifier: Identifier) -> None:
    axis = np.arange(300.0, 2500.0, 2.0)
    np.savetxt(tmp_path / "flat.csv", np.c_[axis, np.full(len(axis), 7.0)], delimiter=",")
    truth = write_truth(tmp_path / "truth.csv", {"flat.csv": {"Toluene": 1}})
    outcome, answer = outcome_of(identifier, read(tmp_path, truth).mixtures[0])
    assert outcome.verdict == "NO_RESULT" and not outcome.exact
    report = Report(tmp_path / "out")
    report.draw(outcome, answer, solvents())
    assert (tmp_path / "out" / report.pictures[2]).read_bytes().startswith(b"\x89PNG")
