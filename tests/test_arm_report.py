"""Marks and decisions of a count are read right, a difference or a budget is never missed."""

from dataclasses import replace

import pytest

from tests.arm_runs import MIXTURE, log, printed
from tools.arm_report import (
    ArmCheckFailed,
    Counted,
    Decision,
    budget_line,
    count,
    differences,
    groups,
    over_budget,
    parse_intervals,
    parse_run,
    table,
    to_json,
)

FOREIGN = Decision("foreign.csv", "UNKNOWN", ("not_in_library",), {})
COUNTED = [
    Counted("a.txt", "IDENTIFIED", ("ethanol",), 40.0),
    Counted("b.txt", "IDENTIFIED", ("Toluene",), 60.0),
    Counted("c.csv", "UNKNOWN", (), 80.0),
]


def test_what_the_program_prints_is_read_back() -> None:
    run = parse_run(printed(MIXTURE, FOREIGN))
    assert run.decisions == (MIXTURE, FOREIGN)
    assert run.environment == {"machine": "aarch64", "backend": "native"}


@pytest.mark.parametrize("text", ["", "Traceback", "[]", "{}", '{"decisions": [{"file": "a"}]}'])
def test_other_output_is_refused(text: str) -> None:
    with pytest.raises(ArmCheckFailed, match="Not the output"):
        parse_run(text)


def test_an_interval_lies_between_the_marks_of_a_pair() -> None:
    text = "a line of QEMU\n" + log(1000, 1500, 9000, 9020)
    assert parse_intervals(text, expected=2) == [500, 20]


@pytest.mark.parametrize("marks", [(), (1,), (1, 2, 3), (1, 2, 3, 4, 5, 6)])
def test_marks_that_are_too_few_or_too_many_are_refused(marks: tuple[int, ...]) -> None:
    with pytest.raises(ArmCheckFailed, match="instead of 4"):
        parse_intervals(log(*marks), expected=2)


def test_instructions_are_those_of_one_verdict() -> None:
    run = parse_run(printed(MIXTURE, FOREIGN))
    mixture, foreign = count(run, [90_000_000, 30_000_000], rounds=3)
    assert (mixture.millions, mixture.names) == (30.0, ("ethanol", "Toluene"))
    assert (foreign.millions, foreign.verdict) == (10.0, "UNKNOWN")


def test_the_same_decisions_do_not_differ() -> None:
    shifted = replace(MIXTURE, shares={"Toluene": 0.4009, "ethanol": 0.5991})
    assert differences([MIXTURE, FOREIGN], [shifted, FOREIGN]) == []


@pytest.mark.parametrize(
    ("there", "what"),
    [
        (replace(MIXTURE, verdict="PARTIAL"), "verdict"),
        (replace(MIXTURE, reasons=("unexplained_signal",)), "reasons"),
        (replace(MIXTURE, shares={"ethanol": 0.6}), "components"),
        (replace(MIXTURE, shares={"ethanol": 0.6, "toluene": 0.4}), "components"),
        (replace(MIXTURE, shares={"ethanol": 0.6011, "Toluene": 0.4}), "share of ethanol"),
        (replace(MIXTURE, shares={"ethanol": 0.6, "Toluene": float("nan")}), "share of Toluene"),
    ],
)
def test_one_difference_is_one_sentence(there: Decision, what: str) -> None:
    (sentence,) = differences([MIXTURE, FOREIGN], [there, FOREIGN])
    assert sentence.startswith(f"mixture.txt: {what} ")
    assert differences([there, FOREIGN], [FOREIGN, there]) != []  # never file against other file


def test_the_budget_is_that_of_the_median_of_identified_spectra() -> None:
    assert not over_budget(COUNTED, 50.0)
    assert over_budget(COUNTED, 49.9)
    assert "median 50.00, most 60.00 million; budget of the median 50: held" in budget_line(
        COUNTED, 50.0
    )
    assert budget_line(COUNTED, 49.0).endswith("49: exceeded")


def test_a_budget_that_no_spectrum_is_for_is_told() -> None:
    with pytest.raises(ArmCheckFailed, match="No spectrum was IDENTIFIED"):
        over_budget([one for one in COUNTED if one.verdict == "UNKNOWN"], 99.0)


def test_verdicts_are_reported_apart() -> None:
    assert groups(COUNTED) == {"IDENTIFIED": [40.0, 60.0], "UNKNOWN": [80.0]}
    result = to_json({"machine": "aarch64"}, COUNTED, 0.5, ["They differ."], 33.0)
    assert result["same_decisions"] is False
    verdicts = result["verdicts"]
    assert isinstance(verdicts, dict)
    assert verdicts["IDENTIFIED"]["median_millions"] == 50.0
    shown = table(COUNTED, 0.5, ["They differ."])
    assert "this machine: no" in shown
    assert "They differ." in shown
    assert "this machine: yes" in table(COUNTED, 0.5, [])
