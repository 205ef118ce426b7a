"""Several files give one line each; none ends the others, and the exit code is the worst's."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from device.cli.batch import batch_exit_code
from device.cli.exit_codes import EXIT_NO_RESULT, EXIT_UNKNOWN
from device.cli.main import run_command

ROOT = Path(__file__).resolve().parent.parent
PURE = "data/solvents13/components/Toluene.txt"
STRANGE = "data/wasatch785/urea.csv"
LAMP = "data/charisma785/Ne_785nm_x20_50ms.txt"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


def batch(capsys: pytest.CaptureFixture[str], *files: str) -> tuple[int, list[dict[str, Any]]]:
    code = run_command(["identify", *(word for one in files for word in ("--file", one)), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_file_has_its_line_and_a_bad_one_ends_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("no numbers here\n")
    code, told = batch(capsys, PURE, str(bad), STRANGE)
    assert code == 1
    assert [one["file"] for one in told] == [PURE, str(bad), STRANGE]
    assert told[0]["verdict"] == "IDENTIFIED"
    assert told[1]["error"]["code"] == "unreadable_file"
    assert told[2]["verdict"] == "UNKNOWN"
    assert run_command(["identify", "--file", PURE, "--file", str(bad)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "Toluene 100 %" in lines[0] and "danger" in lines[0]
    assert lines[1].startswith("ERROR")


def test_a_folder_is_its_spectra_in_order(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("b.txt", "a.TXT", ".hidden.txt", "LICENSE", "picture.png"):
        shutil.copy(ROOT / PURE, tmp_path / name)
    (tmp_path / "deeper.txt").mkdir()
    code, told = batch(capsys, str(tmp_path))
    assert code == 0
    assert [Path(one["file"]).name for one in told] == ["a.TXT", "b.txt"]
    (tmp_path / "home").mkdir(exist_ok=True)
    assert run_command(["identify", "--file", str(tmp_path / "deeper.txt")]) == 1
    assert "holds no spectrum" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([("IDENTIFIED", 0), ("IDENTIFIED", 0)], 0),
        ([("PARTIAL", 9), ("UNKNOWN", 10), ("IDENTIFIED", 0)], EXIT_UNKNOWN),
        ([("UNKNOWN", 10), ("NO_RESULT", 11)], EXIT_NO_RESULT),
        ([("NO_RESULT", 11), ("ERROR", 1), ("ERROR", 4)], 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst(outcomes: list[tuple[str, int]], code: int) -> None:
    assert batch_exit_code(outcomes) == code


def test_stdin_is_a_file_like_any_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(buffer=io.BytesIO((ROOT / PURE).read_bytes()))
    )
    code, told = batch(capsys, "-")
    assert (code, told[0]["verdict"]) == (0, "IDENTIFIED")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    code, told = batch(capsys, "-")
    assert (code, told[0]["error"]["code"]) == (1, "unreadable_file")


def test_every_answer_of_a_batch_is_stored(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = str(tmp_path / "r.sqlite")
    files = ["--file", PURE, "--file", LAMP]
    assert run_command(["identify", *files, "--store", store, "--json"]) == EXIT_NO_RESULT
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(one["record_id"] for one in told)
    assert run_command(["records", "verify", "--store", store]) == 0


@pytest.mark.parametrize("option", ["--limits", "--watch=toluene", "--plot=x.png"])
def test_what_one_file_alone_can_have_is_a_usage_error(option: str) -> None:
    assert run_command(["identify", "--file", PURE, "--file", LAMP, option]) == 2


@pytest.mark.parametrize("arguments", [[], ["--json"]])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "cp437"])
def test_a_name_outside_the_terminal_s_letters_costs_no_answer(
    arguments: list[str], encoding: str, tmp_path: Path
) -> None:
    name = os.fsencode(tmp_path) + b"/\xce\xb1-\xff.txt"  # alpha, and a byte that is no UTF-8
    shutil.copy(os.fsencode(ROOT / PURE), name)
    words: list[Any] = [sys.executable, "-m", "device.cli.main", "identify", "--file", name]
    done = subprocess.run(
        [*words, *arguments],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"IDENTIFIED" in done.stdout
    if arguments:
        assert json.loads(done.stdout.decode(encoding))["verdict"] == "IDENTIFIED"
