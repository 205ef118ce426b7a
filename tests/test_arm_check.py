"""The count on ARM: its options, its exit codes, and a kernel that is really the one that ran.

The last test counts really, where an emulated ARM was made before (`python -m tools.arm_check`).
"""

import json
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.arm_runs import MIXTURE, log, printed
from tools import arm_check as tool
from tools.arm_report import ArmCheckFailed, Counted, Decision, over_budget
from tools.arm_userland import (
    GCC,
    LOCK,
    WHEELS,
    locked,
    make_userland,
    userland_is_made,
)
from tools.arm_verdicts import INVOKES
from tools.cross_compiler import ROOT, TARGETS, has_zig, machine_of

USERLAND = ROOT / "out" / "arm"
NO_COMPILER = not has_zig() and shutil.which(GCC) is None


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


def test_a_kernel_is_none_or_a_path(tmp_path: Path) -> None:
    assert tool.kernel_for("none", tmp_path) == ("none", "none")
    library = tmp_path / "kernel.so"
    library.touch()
    assert tool.kernel_for(str(library), tmp_path) == (str(library), "none")
    for missing in (tmp_path / "other.so", tmp_path / "other.c", tmp_path):  # no C file in it
        with pytest.raises(ArmCheckFailed, match="no kernel"):
            tool.kernel_for(str(missing), tmp_path)


@pytest.mark.skipif(NO_COMPILER, reason="no compiler for ARM")
def test_a_kernel_in_c_is_compiled_for_arm(tmp_path: Path) -> None:
    """Every C file of a folder, or one alone."""
    sources = tmp_path / "sources"
    sources.mkdir()
    seen = '__attribute__((visibility("default")))'  # the flags hide what is not exported
    for name, factor in (("twice", 2.0), ("thrice", 3.0)):
        function = f"{seen} double {name}(double value) {{ return {factor} * value; }}\n"
        (sources / f"{name}.c").write_text(function)
    for kernel, names in (("", [b"twice", b"thrice"]), ("twice.c", [b"twice"])):
        value, compiler = tool.kernel_for(str(sources / kernel), tmp_path)
        made = Path(value).read_bytes()
        assert machine_of(made) == TARGETS["aarch64"].machine
        assert [name for name in (b"twice", b"thrice") if b"\0" + name + b"\0" in made] == names
        assert compiler != "none"


def check_with(
    monkeypatch: pytest.MonkeyPatch, there: Decision, *arguments: str, backend: str = "native"
) -> tuple[Result, dict[str, str]]:
    """The command on one spectrum without an emulator: 4 rounds in 120 million instructions."""
    variables: dict[str, str] = {}

    def emulated(*given: object) -> tuple[str, str]:
        extra = given[-1]
        assert isinstance(extra, dict)
        variables.update(extra)
        marks = (5, 120_000_005, 300_000_000, 300_000_000 + INVOKES * 800_000)
        return printed(there, backend=backend), log(*marks)

    monkeypatch.setattr(tool, "make_userland", lambda folder: None)
    monkeypatch.setattr(tool, "arm_compiler", lambda: ["cc"])
    monkeypatch.setattr(tool, "compile_kernel", lambda *_, **__: Path("/kernel.elf"))
    monkeypatch.setattr(tool, "version_of", lambda compiler: "a compiler")
    monkeypatch.setattr(tool, "run_here", lambda arguments: printed(MIXTURE))
    monkeypatch.setattr(tool, "run_emulated", emulated)
    command = ["--spectra", "1", "--rounds", "4", *arguments]
    return CliRunner().invoke(tool.arm_check, command, catch_exceptions=False), variables


def test_the_exit_code_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = tmp_path / "arm.json"
    good, _ = check_with(monkeypatch, MIXTURE, "--budget-millions", "30", "--json", str(result))
    assert good.exit_code == 0
    assert "backend native" in good.output
    assert "median 30.00, most 30.00 million; budget of the median 30: held" in good.output
    written = json.loads(result.read_text())
    assert written["spectra"][0]["millions"] == 30.0
    assert written["bare_invoke_millions"] == 0.8
    assert written["same_decisions"] is True
    assert written["budget_millions"] == 30.0
    assert written["environment"]["kernel"] == "native"
    assert written["environment"]["compiler"] == "a compiler"

    dear, _ = check_with(monkeypatch, MIXTURE, "--budget-millions", "29")
    assert dear.exit_code == tool.EXIT_OVER_BUDGET
    assert "budget of the median 29: exceeded" in dear.output

    other, _ = check_with(monkeypatch, replace(MIXTURE, verdict="PARTIAL"))
    assert other.exit_code == tool.EXIT_DIFFERENT


def test_the_kernel_is_named_to_the_emulated_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    native, variables = check_with(monkeypatch, MIXTURE)
    assert variables == {"RAMIX_KERNEL": "/kernel.elf"}
    assert f"budget of the median {tool.BUDGET:g}: held" in native.output
    none, variables = check_with(monkeypatch, MIXTURE, "--kernel", "none", backend="numpy")
    assert variables == {"RAMIX_KERNEL": "none"}
    assert f"budget of the median {tool.BUDGET_OF_NUMPY:g}: held" in none.output


@pytest.mark.parametrize(("kernel", "ran"), [("native", "numpy"), ("none", "native")])
def test_a_count_of_the_other_backend_is_refused(
    kernel: str, ran: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArmCheckFailed, match=f"--kernel {kernel} was asked for, and on ARM {ran}"):
        check_with(monkeypatch, MIXTURE, "--kernel", kernel, backend=ran)


@pytest.mark.skipif(
    NO_COMPILER or shutil.which("qemu-aarch64") is None or not userland_is_made(USERLAND),
    reason="no emulated ARM here, or no compiler for it: run `make arm` once",
)
def test_verdicts_are_counted_on_an_emulated_arm(tmp_path: Path) -> None:
    """Within a budget; the same count is over a smaller one. The first spectrum has light in its
    dark frame and costs more than the median; Debian's compiler makes a slower kernel."""
    result = tmp_path / "arm.json"
    command = ["--spectra", "2", "--rounds", "1", "--json", str(result), "--budget-millions", "60"]
    outcome = CliRunner().invoke(tool.arm_check, command, catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    written = json.loads(result.read_text())
    assert written["environment"]["machine"] == "aarch64"
    assert written["environment"]["backend"] == "native"
    assert [one["verdict"] for one in written["spectra"]] == ["IDENTIFIED", "UNKNOWN"]
    assert 0.1 < written["bare_invoke_millions"] < 10.0
    assert all(one["millions"] > written["bare_invoke_millions"] for one in written["spectra"])
    counted = [Counted(**one) for one in written["spectra"]]
    assert over_budget(counted, counted[0].millions - 0.01)
