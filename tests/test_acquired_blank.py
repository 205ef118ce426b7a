"""`--blank acquire`: the empty container is measured first, step by step, and kept as a file."""

import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from device.cli.asking import NobodyConfirms
from device.cli.main import run_command
from device.cli.walls import Walls, _wait
from device.driver.growing import SequentialSettings

MODEL = ["--model", "models/solvents13-2.ramix"]
WALL = "sim:scene=polystyrene&seed=5"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody who presses Enter at each step."""
    lines = tmp_path / "lines"
    lines.write_text("\n" * 10)
    with lines.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield


@pytest.mark.usefixtures("enter")
def test_the_empty_container_is_measured_before_the_sample_and_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["identify", "--port", WALL, "--blank", "acquire", "--budget", "2", *MODEL, "--json"]
    run_command(words)
    printed = capsys.readouterr()
    result: dict[str, Any] = json.loads(printed.out)
    steps = [line for line in printed.err.splitlines() if line.startswith(("Step", "Measured"))]
    assert [line[:6] for line in steps] == ["Step 1", "Measur", "Step 2"]
    (kept,) = (tmp_path / "home" / "blanks").iterdir()
    (one,) = result["containers"]
    assert one["file"] == kept.name
    assert one["sha256"] == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert one["part"] == pytest.approx(1.0, abs=0.2)
    assert result["components"] == []
    again = ["identify", "--port", WALL, "--blank", str(kept), "--budget", "2", *MODEL, "--json"]
    run_command(again)
    assert json.loads(capsys.readouterr().out)["containers"][0]["sha256"] == one["sha256"]


@pytest.mark.usefixtures("enter")
def test_an_unusable_blank_is_refused_before_the_sample_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["identify", "--port", "sim:scene=empty&seed=3", "--blank", "acquire", *MODEL]
    assert run_command([*words, "--budget", "2"]) == 1
    told = capsys.readouterr().err
    assert "cannot be used" in told
    assert "Step 2" not in told


def test_without_a_terminal_and_a_trigger_nobody_can_confirm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analyzer: Any = SimpleNamespace(capabilities=SimpleNamespace(has_trigger=False))
    for stdin in (None, io.StringIO("")):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(NobodyConfirms):
            _wait(analyzer)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    _wait(analyzer)  # the control
    pressed: Any = SimpleNamespace(
        capabilities=SimpleNamespace(has_trigger=True), wait_trigger=lambda _seconds: 1
    )
    monkeypatch.setattr(sys, "stdin", None)
    _wait(pressed)


def test_files_need_no_station() -> None:
    walls = Walls([], SequentialSettings(), sample_next=True)
    identifier: Any = None
    assert walls.containers(identifier) == ()


@pytest.mark.parametrize(
    "words",
    [
        ["identify", "--file", "x.csv"],
        ["verify-material", "toluene", "--file", "x.csv"],
        ["verify-material", "--method", "m.json", "--port", "usb:"],
    ],
)
def test_a_file_has_nothing_to_be_acquired_with(words: list[str]) -> None:
    assert run_command([*words, "--blank", "acquire"]) == 2
