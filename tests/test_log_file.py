"""Every measurement's lines in the log carry one id; a log that cannot be kept costs no answer."""

import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest

from device import log_file
from device.cli.main import run_command
from device.measurement_id import measurement_id, numbered

Capture = pytest.CaptureFixture[str]
SIMULATED = ["--port", "sim:mix=toluene:1&seed=3", "--json"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    return tmp_path


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_measurement_has_an_id_and_its_record_is_told_under_it(
    home: Path, capsys: Capture
) -> None:
    assert run_command(["run", *SIMULATED, "--triggers", "2"]) == 0
    records = [json.loads(line)["record_id"] for line in capsys.readouterr().out.splitlines()]
    told = entries(home / "log" / "ramix.jsonl")
    ids = list(dict.fromkeys(one["measurement"] for one in told if "measurement" in one))
    assert len(ids) == 2 and "measurement" not in told[0]
    for measurement, record in zip(ids, records, strict=True):
        texts = [one["text"] for one in told if one.get("measurement") == measurement]
        assert any("LASER ON, " in text for text in texts)
        assert any(record in text for text in texts)
    assert all(one["utc"].endswith("+00:00") for one in told)


def test_only_its_owner_reads_it(home: Path) -> None:
    run_command(["identify", *SIMULATED, "--no-store"])
    assert stat.S_IMODE((home / "log").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "log" / "ramix.jsonl").stat().st_mode) == 0o600


def test_none_keeps_none_and_a_name_says_where(home: Path) -> None:
    assert run_command(["identify", *SIMULATED, "--no-store", "--log-file", "none"]) == 0
    assert not (home / "log").exists()
    other = home / "other" / "day.jsonl"
    assert run_command(["identify", *SIMULATED, "--no-store", "--log-file", str(other)]) == 0
    assert entries(other)


def test_a_log_that_cannot_be_kept_is_told_and_the_answer_comes(
    home: Path, capsys: Capture
) -> None:
    (home / "log").write_text("a file where the folder should be")
    assert run_command(["identify", *SIMULATED, "--no-store"]) == 0
    output = capsys.readouterr()
    assert "Warning: no log is kept" in output.err
    assert json.loads(output.out)["verdict"] == "IDENTIFIED"


def test_nothing_stays_behind_when_the_command_ends(home: Path) -> None:
    logger = logging.getLogger("ramix")
    before = list(logger.handlers), logger.level
    run_command(["identify", *SIMULATED, "--no-store"])
    assert (list(logger.handlers), logger.level) == before


def test_files_rotate_and_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "FILE_BYTES", 2_000)
    close = log_file.keep_log(tmp_path / "a.jsonl")
    try:
        for number in range(200):
            logging.getLogger("ramix.test").info("line %d", number)
    finally:
        close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + log_file.OLDER_FILES
    assert all(path.stat().st_size <= 2_000 for path in files)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert entries(tmp_path / "a.jsonl")[-1]["text"] == "line 199"


def test_whatever_a_text_holds_it_is_one_line(tmp_path: Path) -> None:
    close = log_file.keep_log(tmp_path / "a.jsonl")
    try:
        logging.getLogger("ramix.test").info("two\nlines \x1b[31m \u2028 %s", "x" * 9_000)
    finally:
        close()
    text = (tmp_path / "a.jsonl").read_text()
    assert text.count("\n") == 1 and "\x1b" not in text and len(text) < 3_000


def test_a_full_disk_costs_the_log_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    close = log_file.keep_log(tmp_path / "a.jsonl")

    def full(_self: log_file.Rotating) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_file.Rotating, "flush", full)
    try:
        logging.getLogger("ramix.test").info("lost")
    finally:
        monkeypatch.undo()
        close()
    assert capsys.readouterr().err == ""


def test_an_id_lasts_until_the_next_measurement() -> None:
    @numbered
    def measure() -> str | None:
        return measurement_id()

    first = measure()
    assert first is not None and measurement_id() == first
    assert measure() != first
