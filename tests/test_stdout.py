"""Whoever reads stdout may leave, and stdout may be closed or full: no fault, or one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from device.cli import exit_codes
from tests.tiny_bundles import tiny_path

ROOT = Path(__file__).resolve().parent.parent
SIM = f"sim:model={tiny_path(2)}"


def piped(command: str, tmp_path: Path) -> tuple[int, str]:
    """Exit code of `ramix` (the first of a pipeline) and everything on stderr."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True, text=True, cwd=ROOT, timeout=60,
        env={
            **os.environ,
            "RAMIX_HOME": str(tmp_path / "home"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RAMIX": f"{sys.executable} -m device.cli.main",
        },
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "list",
        "list --json",
        f"info --port '{SIM}'",
        "--help",
        "--version",
        "identify --help",
        "identify --file nothing --json",
        f"run --port '{SIM}&mix=fixture A:1' --no-store --json",
        f"run --port '{SIM}&mix=fixture A:1' --no-store",
    ],
)
def test_a_reader_who_leaves_is_no_fault(arguments: str, tmp_path: Path) -> None:
    code, said = piped(f"$RAMIX {arguments} | true", tmp_path)
    assert code == exit_codes.EXIT_READER_LEFT
    assert not any(word in said for word in ("Error", "Traceback", "Exception", "unexpected"))


def test_a_reader_of_the_first_lines_gets_them(tmp_path: Path) -> None:
    code, said = piped(f"[ \"$($RAMIX info --port '{SIM}' | head -1)\" = analyzer ]", tmp_path)
    assert (code, said) == (0, "")


def test_without_stdout_the_command_does_its_work(tmp_path: Path) -> None:
    store = tmp_path / "records.sqlite"
    measure = f"$RAMIX identify --port '{SIM}&mix=fixture A:1' --store '{store}'"
    code, said = piped(f"{measure} >&- 2>&-", tmp_path)
    assert code in set(exit_codes.VERDICT_EXIT_CODES.values()) and said == ""
    code, said = piped(f"$RAMIX records verify --store '{store}'", tmp_path)
    assert code == 0, said


def test_a_full_disk_behind_stdout_is_one_sentence(tmp_path: Path) -> None:
    code, said = piped(f"$RAMIX info --port '{SIM}' > /dev/full", tmp_path)
    assert code == exit_codes.EXIT_ERROR
    assert said.startswith("Error: The output could not be written: no space is left.\n")
