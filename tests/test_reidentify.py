"""Stored measurements answered again: what differs is told, nothing old is changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from device.cli.main import run_command
from device.installation import default_model_path
from device.records import again as again_module
from device.records.again import Again, answered_again, answered_before, event_content, model_json
from device.records.store import RecordStore
from tests.record_exhibits import COLUMNS, COUNTS, UNKNOWN, answered, identifier
from tests.record_stores import column, edit
from tests.sample_answers import answer

OTHER = Path(__file__).parent.parent / "models" / "aromatics4-1.ramix"
SAME = default_model_path()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    path = tmp_path / "records.sqlite"
    answered(path, COUNTS, COLUMNS, UNKNOWN)
    return path


def run(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> tuple[int, list[Any]]:
    """The lines of `--json`."""
    code = run_command(["records", "reidentify", "--store", str(path), "--json", *words])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_same_model_gives_no_difference(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, path, "--all", "--model", str(SAME))
    assert code == 0 and len(lines) == 3
    assert not any(one["differs"] for one in lines)
    for one in lines:
        assert one["was"]["components"] == one["now"]["components"]


def test_another_model_gives_differences_first_and_the_old_records_stay(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = [column(path, "body", number, "contents") for number in (1, 2, 3)]
    code, lines = run(capsys, path, "--all", "--model", str(OTHER))
    assert code == 0
    differs = [one["differs"] for one in lines]  # UNKNOWN stays so, the mixture of four does not
    assert differs == sorted(differs, reverse=True) and set(differs) == {True, False}
    assert lines[0]["was"]["verdict"] == "IDENTIFIED" and lines[0]["now"]["verdict"] == "PARTIAL"
    assert [column(path, "body", number, "contents") for number in (1, 2, 3)] == bodies
    with RecordStore(path, read_only=True) as store:
        assert store.verify().problems == ()
        (event,) = store.events("reidentified")
    assert len(event.content["answers"]) == 3
    assert run_command(["records", "show", "1", "--store", str(path)]) == 0
    assert "Answered again by aromatics4-1" in capsys.readouterr().out


def test_only_records_of_the_recalled_model_are_touched(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RecordStore(path) as store:
        store.append(answer())  # by solvents13 1.0.0
    code, lines = run(capsys, path, "--recalled", "solvents13@1.0.0", "--model", str(SAME))
    assert code == 0 and [one["record_id"][:7] for one in lines] == ["0000004"]
    code, lines = run(capsys, path, "--model-sha256", "ABABAB", "--model", str(SAME))
    assert [one["record_id"][:7] for one in lines] == ["0000004"]
    assert run(capsys, path, "--recalled", "other@9", "--model", str(SAME))[0] == 1
    for words in (["--recalled", "solvents13"], []):
        assert run_command(
            ["records", "reidentify", "--store", str(path), "--model", str(SAME), *words]
        ) == 2  # fmt: skip


def test_an_interrupted_run_goes_on_where_it_stopped(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again_module, "ANSWERS_OF_AN_EVENT", 1)
    asked: list[str] = []
    original = answered_again

    def interrupted(record: Any, by: Any, **how: Any) -> Again:
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(record.record_id)
        return original(record, by, **how)

    with monkeypatch.context() as patch:
        patch.setattr(again_module, "answered_again", interrupted)
        code = run_command(
            ["records", "reidentify", "--store", str(path), "--all", "--model", str(SAME)]
        )
    assert code == 130
    capsys.readouterr()
    monkeypatch.setattr(
        again_module, "answered_again", lambda record, by, **how: _told(asked, record, by, **how)
    )
    code, lines = run(capsys, path, "--all", "--model", str(SAME))
    assert code == 0 and len(lines) == 3
    assert len(asked) == 3 and len(set(asked)) == 3  # each was answered once
    code, lines = run(capsys, path, "--all", "--model", str(SAME), "--again")
    assert len(lines) == 3 and len(asked) == 6


def _told(asked: list[str], record: Any, by: Any, **how: Any) -> Again:
    asked.append(record.record_id)
    return answered_again(record, by, **how)


def test_what_cannot_be_answered_says_why(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = column(path, "data", 2, "contents")
    edit(path, "UPDATE contents SET data = ? WHERE sequence = 2", data[:-1] + b"\1")
    code, lines = run(capsys, path, "--all", "--model", str(SAME))
    assert code == 1
    assert lines[0]["record_id"].startswith("0000002") and lines[0]["now"] is None
    assert "measured data was changed" in lines[0]["why_not"]
    with RecordStore(path, read_only=True) as store:
        record = store.get("1")
    through = {**record.body, "result": {**record.result, "containers": [{"file": "vial.txt"}]}}
    field = {**record.body, "field_compounds": [{"name": "acetone", "sha256": "00" * 32}]}
    from dataclasses import replace

    for body, words in ((through, "container"), (field, "field library")):
        one = answered_again(replace(record, body=body), identifier())
        assert one.now is None and words in one.why_not


def test_a_changed_event_is_no_answer(path: Path) -> None:
    model = model_json(identifier())
    with RecordStore(path) as store:
        record = store.get("1")
        one = answered_again(record, identifier())
        store.append_event("reidentified", event_content(model, [one]))
        store.append_event("reidentified", {"model": model, "answers": [{"record_id": 3}, 7]})
        assert answered_before(store, model) == {one.record_sha256: one}
        assert answered_before(store, {**model, "decision_sha256": "x"}) == {}
        number = int(store.events("reidentified")[1].event_id[:7])
    body = column(path, "body", number, "contents").replace(b"IDENTIFIED", b"IDENTIFIEE")
    edit(path, "UPDATE contents SET body = ? WHERE sequence = ?", body, number)
    with RecordStore(path, read_only=True) as store:
        assert answered_before(store, model) == {}
