"""The count on ARM: marks and decisions are read right, a difference is never missed.

The last test counts really, where an emulated ARM was made before (`python -m tools.arm_check`).
"""

import json
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tools import arm_check as tool
from tools.arm_report import (
    ArmCheckFailed,
    Counted,
    Decision,
    count,
    differences,
    groups,
    over_budget,
    parse_intervals,
    parse_run,
    table,
    to_json,
)
from tools.arm_userland import (
    LOCK,
    ROOT,
    WHEELS,
    compile_kernel,
    locked,
    make_userland,
    userland_is_made,
)
from tools.arm_verdicts import INVOKES

USERLAND = ROOT / "out" / "arm"
MIXTURE = Decision("mixture.txt", "IDENTIFIED", (), {"ethanol": 0.6, "Toluene": 0.4})
FOREIGN = Decision("foreign.csv", "UNKNOWN", ("not_in_library",), {})
COUNTED = [
    Counted("a.txt", "IDENTIFIED", ("ethanol",), 40.0),
    Counted("b.txt", "IDENTIFIED", ("Toluene",), 60.0),
    Counted("c.csv", "UNKNOWN", (), 80.0),
]


def printed(*decisions: Decision) -> str:
    """As `arm_verdicts.py` prints it."""
    described = [
        {"file": one.file, "verdict": one.verdict, "reasons": one.reasons, "shares": one.shares}
        for one in decisions
    ]
    return json.dumps({"machine": "aarch64", "numpy": "1.26.4", "decisions": described})


def log(*marks: int) -> str:
    return "".join(f"mark {mark}\n" for mark in marks)


def test_what_the_program_prints_is_read_back() -> None:
    run = parse_run(printed(MIXTURE, FOREIGN))
    assert run.decisions == (MIXTURE, FOREIGN)
    assert run.environment == {"machine": "aarch64", "numpy": "1.26.4"}


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


def test_the_budget_is_that_of_every_verdict() -> None:
    assert over_budget(COUNTED, None) == []
    assert over_budget(COUNTED, 80.0) == []
    assert [one.file for one in over_budget(COUNTED, 59.9)] == ["b.txt", "c.csv"]


def test_verdicts_are_reported_apart() -> None:
    assert groups(COUNTED) == {"IDENTIFIED": [40.0, 60.0], "UNKNOWN": [80.0]}
    result = to_json({"machine": "aarch64"}, COUNTED, 0.5, ["They differ."])
    assert result["same_decisions"] is False
    verdicts = result["verdicts"]
    assert isinstance(verdicts, dict)
    assert verdicts["IDENTIFIED"]["median_millions"] == 50.0
    shown = table(COUNTED, 0.5, ["They differ."])
    assert "this machine: no" in shown
    assert "They differ." in shown
    assert "this machine: yes" in table(COUNTED, 0.5, [])


def test_the_spectra_are_there_and_both_kinds_come_first() -> None:
    every = tool.chosen_spectra(tool.DATA, 1000)
    assert len(set(every)) == len(every) > 50
    assert all(path.is_file() for path in every)
    assert [path.parent.name for path in every[:2]] == ["mixtures", "wasatch785"]
    assert tool.chosen_spectra(tool.DATA, 3) == every[:3]


@pytest.mark.parametrize("name", WHEELS)
def test_a_wheels_entry_in_the_lock_has_its_hashes_and_no_other_package(name: str) -> None:
    entry = locked(name, LOCK.read_text())
    assert entry.startswith(f"{name}==")
    assert entry.count("==") == 1
    assert "--hash=sha256:" in entry
    with pytest.raises(ArmCheckFailed, match="is not in"):
        locked(name, entry.replace(name, "other"))


def test_a_missing_emulator_comes_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ArmCheckFailed, match="qemu-aarch64") as failure:
        make_userland(tmp_path / "arm")
    assert failure.value.remedy.endswith("qemu-user mmdebstrap gcc libc6-dev")


def test_a_folder_with_something_else_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("qemu-aarch64", "mmdebstrap", "gcc"):
        (programs / name).touch(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(ArmCheckFailed, match="holds something else"):
        make_userland(tmp_path)
    assert programs.is_dir()


def test_a_kernel_is_none_or_a_file(tmp_path: Path) -> None:
    assert tool.kernel_for(None, tmp_path) is None
    assert tool.kernel_for("none", tmp_path) == "none"
    library = tmp_path / "kernel.so"
    library.touch()
    assert tool.kernel_for(str(library), tmp_path) == str(library)
    with pytest.raises(ArmCheckFailed, match="no kernel"):
        tool.kernel_for(str(tmp_path / "other.so"), tmp_path)


@pytest.mark.skipif(shutil.which("aarch64-linux-gnu-gcc") is None, reason="no compiler for ARM")
def test_a_kernel_in_c_is_compiled_for_arm(tmp_path: Path) -> None:
    source = tmp_path / "kernel.c"
    source.write_text("double twice(double value) { return 2.0 * value; }\n")
    made = compile_kernel(source, tmp_path).read_bytes()
    assert made[:4] == b"\x7fELF"
    assert int.from_bytes(made[18:20], "little") == 183  # the machine: 64-bit ARM


def check_with(
    monkeypatch: pytest.MonkeyPatch, there: Decision, *arguments: str
) -> tuple[Result, dict[str, str]]:
    """The command on one spectrum without an emulator: 4 rounds in 200 million instructions."""
    variables: dict[str, str] = {}

    def emulated(*given: object) -> tuple[str, str]:
        extra = given[-1]
        assert isinstance(extra, dict)
        variables.update(extra)
        return printed(there), log(5, 200_000_005, 300_000_000, 300_000_000 + INVOKES * 800_000)

    monkeypatch.setattr(tool, "make_userland", lambda folder: None)
    monkeypatch.setattr(tool, "run_here", lambda arguments: printed(MIXTURE))
    monkeypatch.setattr(tool, "run_emulated", emulated)
    command = ["--spectra", "1", "--rounds", "4", *arguments]
    return CliRunner().invoke(tool.arm_check, command, catch_exceptions=False), variables


def test_the_exit_code_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = tmp_path / "arm.json"
    good, _ = check_with(
        monkeypatch, MIXTURE, "--budget-millions", "50", "--json", str(result), "--kernel", "none"
    )
    assert good.exit_code == 0
    written = json.loads(result.read_text())
    assert written["spectra"][0]["millions"] == 50.0
    assert written["bare_invoke_millions"] == 0.8
    assert written["same_decisions"] is True
    assert written["environment"]["kernel"] == "none"

    dear, _ = check_with(monkeypatch, MIXTURE, "--budget-millions", "49")
    assert dear.exit_code == tool.EXIT_OVER_BUDGET
    assert "mixture.txt, 50.00" in dear.output

    other, _ = check_with(monkeypatch, replace(MIXTURE, verdict="PARTIAL"))
    assert other.exit_code == tool.EXIT_DIFFERENT


def test_the_kernel_is_named_to_the_emulated_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_with(monkeypatch, MIXTURE)[1] == {}
    assert check_with(monkeypatch, MIXTURE, "--kernel", "none")[1] == {"RAMIX_KERNEL": "none"}


@pytest.mark.skipif(
    shutil.which("qemu-aarch64") is None or not userland_is_made(USERLAND),
    reason="no emulated ARM here: run `python -m tools.arm_check` once",
)
def test_verdicts_are_counted_on_an_emulated_arm(tmp_path: Path) -> None:
    result = tmp_path / "arm.json"
    command = ["--spectra", "2", "--rounds", "1", "--json", str(result)]
    outcome = CliRunner().invoke(tool.arm_check, command, catch_exceptions=False)
    assert outcome.exit_code == 0
    written = json.loads(result.read_text())
    assert written["environment"]["machine"] == "aarch64"
    assert [one["verdict"] for one in written["spectra"]] == ["IDENTIFIED", "UNKNOWN"]
    assert 0.1 < written["bare_invoke_millions"] < 10.0
    assert all(one["millions"] > written["bare_invoke_millions"] for one in written["spectra"])
