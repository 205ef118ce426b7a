"""What `ramix run` and its neighbours write: starts, people, hazards, settings, simulated apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from device.cli.main import run_command
from device.records.journal import usual_store

MIX = "sim:mix=toluene:1&snr=100"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))


def events(kind: str) -> list[dict[str, Any]]:
    with usual_store(simulated=True, read_only=True) as store:
        return [dict(one.content) for one in store.events(kind)]


def test_a_run_keeps_its_start_and_what_stands_beside_each_measurement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run_command(
        ["run", "--port", MIX, "--triggers", "1", "--countdown", "0", "--budget", "3",
         "--operator", "A. Nalyst", "--sample", "S-1", "--note", "from the drum",
         "--repeat-reason", "first one spilt", "--json"]
    )  # fmt: skip
    assert code == 0
    shown = json.loads(capsys.readouterr().out)
    (start,) = events("start")
    assert start["by"] == "run" and start["simulated"] is True and start["port"] == MIX
    assert start["model"]["name"] == "solvents13-2" and start["overrides"] == {"budget_s": 3.0}
    with usual_store(simulated=True, read_only=True) as store:
        record = store.get(shown["record_id"])
        assert store.verify().problems == ()
    body = record.body
    assert shown.pop("record_code") == record.code
    assert record.simulated and record.result == shown
    assert body["about"] == {"operator": "A. Nalyst", "sample": "S-1", "note": "from the drum",
                             "repeat_reason": "first one spilt"}  # fmt: skip
    assert "H225" in record.hazards["Toluene"]
    assert body["overrides"] == {"budget_s": 3.0}
    assert body["analyzer"]["firmware_version"] == "simulated-1.0"
    assert body["software"] and len(body["measurement"]["calibration_page_sha256"]) == 64
    assert len(body["clock"]["boot_id"]) == 36 and body["clock"]["since_boot_s"] > 0
    assert len(record.array("raw_counts")) == len(record.array("dark_counts")) == 2048
    assert run_command(["records", "show", record.record_id, "--simulated"]) == 0
    card = " ".join(capsys.readouterr().out.split())
    for words in (
        "DANGER Toluene",
        "Sample: S-1",
        "Operator: A. Nalyst",
        record.code,
        "no light was made",
    ):
        assert words in card
    assert run_command(["records", "list"]) == 0
    assert "kept apart" in capsys.readouterr().err


def test_a_failed_start_is_kept_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "--port", "tcp://127.0.0.1:1"]) == 3
    capsys.readouterr()
    with usual_store(read_only=True) as store:
        (failed,) = store.events("failed_start")
    assert (failed.content["by"], failed.content["code"]) == ("run", "no_analyzer")


def test_unprintable_words_are_refused_before_anything_is_opened(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_command(["run", "--port", MIX, "--sample", "\x1b[2J"]) == 1
    assert "unprintable" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_field_compound_added_and_removed_is_two_events(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = "data/solvents13/mixtures/FourSolvent-1.txt"
    assert run_command(["library", "add", file, "--name", "my mixture"]) == 0
    assert run_command(["library", "remove", "my mixture"]) == 0
    assert run_command(["library", "remove", "my mixture"]) != 0
    capsys.readouterr()
    with usual_store(read_only=True) as store:
        kept = [(one.content["action"], one.content["name"]) for one in store.events("library")]
    assert kept == [("remove", "my mixture"), ("add", "my mixture")]


def test_a_calibration_is_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    port = "sim:scene=neon"
    assert run_command(["calibrate", "--port", port, "--lamp", "neon", "--dry-run", "--yes"]) == 0
    with usual_store(simulated=True) as store:
        assert store.events("calibration") == ()
    assert run_command(["calibrate", "--port", port, "--lamp", "neon", "--yes"]) == 0
    capsys.readouterr()
    (done,) = events("calibration")
    assert done["action"] == "calibrated" and len(done["page_sha256"]) == 64
