"""What lies before a store that was begun anew is looked into, and never passes for all well."""

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from device.cli.exit_codes import EXIT_BEGUN_ANEW, EXIT_ERROR
from device.cli.main import run_command
from device.records.errors import RecordStoreError
from device.records.mark import mark_path
from device.records.report import ChainReport
from device.records.store import RecordStore
from tests.record_stores import column, edit, filled
from tests.sample_answers import answer
from tests.test_record_hostile import version_1


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "records.sqlite"


def damaged(path: Path) -> Path:
    """A store of three whose newest entry is damaged, and the one that was begun after it; returns
    the first."""
    filled(path, 3)
    edit(
        path,
        "UPDATE records SET signature = zeroblob(64)"
        " WHERE sequence = (SELECT max(sequence) FROM records)",
    )
    before = set(path.parent.glob("*set-aside*.sqlite"))
    filled(path, 2)
    (aside,) = set(path.parent.glob("*set-aside*.sqlite")) - before
    return aside


def verify(path: Path, *accepted: str) -> ChainReport:
    with RecordStore(path, read_only=True) as store:
        return store.verify(accepted=accepted)


def run(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> tuple[int, Any]:
    code = run_command(["records", "verify", "--store", str(path), "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_it_is_no_all_well_until_somebody_accepts_it_by_its_code(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aside = damaged(path)
    code, told = run(capsys, path)
    assert code == EXIT_BEGUN_ANEW and told["whole"] is True
    (one,) = told["interruptions"]
    assert one["file"] == aside.name and one["accepted"] is False
    assert "newest entry is damaged" in one["why"] and one["created_utc"][:2] == "20"
    code, told = run(capsys, path, "--accept", one["code"])
    assert code == 0 and told["interruptions"][0]["accepted"] is True
    assert run(capsys, path, "--accept", "AAAAA-AAAAA")[0] == EXIT_ERROR
    assert run_command(["records", "verify", "--store", str(path)]) == EXIT_BEGUN_ANEW
    printed = capsys.readouterr()
    assert (
        f"NOT accepted: entry 0, {one['created_utc'][:19]} UTC, code {one['code']}" in printed.out
    )
    assert "--accept CODE" in printed.err


def test_the_store_before_is_verified_as_far_as_it_can_be(path: Path) -> None:
    damaged(path)
    (one,) = verify(path).interruptions
    assert one.found[0].startswith("3 record(s), 4 entries, good until 0000002-")
    assert any("record 3: its kind, time, place or hash" in text for text in one.found)


def test_one_that_is_no_database_any_more_is_told(path: Path) -> None:
    filled(path, 2)
    path.write_bytes(b"\0" * 8192)
    filled(path, 1)
    (one,) = verify(path).not_accepted
    assert "cannot be read" in one.found[0]


def test_one_that_is_gone_is_told_and_can_be_accepted(path: Path) -> None:
    aside = damaged(path)
    aside.unlink()
    (one,) = verify(path).not_accepted
    assert "not in this folder any more" in one.found[0]
    assert verify(path, one.code).problems == ()  # it may be kept elsewhere


@pytest.mark.parametrize("what", ["cut", "exchanged", "mark"])
def test_one_that_was_changed_since_is_a_problem_whoever_accepted_it(
    path: Path, tmp_path: Path, what: str
) -> None:
    aside = damaged(path)
    code = verify(path).interruptions[0].code
    assert verify(path, code).problems == ()
    if what == "cut":
        edit(aside, "DELETE FROM records WHERE sequence = 3")
    if what == "exchanged":
        filled(tmp_path / "other.sqlite", 3)
        shutil.copy(tmp_path / "other.sqlite", aside)
    if what == "mark":
        mark_path(aside).unlink()
    assert any("was set aside: its" in text for text in verify(path, code).problems)


def test_each_of_several_needs_its_own_code(path: Path) -> None:
    first = damaged(path)
    second = damaged(path)
    found = verify(path).not_accepted
    assert [one.file for one in found] == [second.name, first.name]
    assert len(verify(path, found[0].code).not_accepted) == 1
    codes = [one.code for one in found]
    assert verify(path, *codes).not_accepted == ()
    second.rename(second.with_suffix(".elsewhere"))  # and with it what is known of the first
    assert verify(path, *codes).problems == () == verify(path, *codes).not_accepted


def test_a_lost_mark_needs_a_code_as_well(path: Path) -> None:
    filled(path, 2)
    mark_path(path).unlink()
    filled(path, 1)
    (one,) = verify(path).not_accepted
    assert one.file == "" and verify(path, one.code).not_accepted == ()


def test_a_store_that_was_gone_is_found_where_a_sudden_end_left_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, 3)
    edit(path, "UPDATE records SET signature = zeroblob(64) WHERE sequence = 3")

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, RecordStore(path) as store:
        patch.setattr("device.records.database.create", killed)
        with pytest.raises(KeyboardInterrupt):
            store.append(answer())
    (aside,) = path.parent.glob("*set-aside*.sqlite")
    filled(path, 1)
    (one,) = verify(path).not_accepted
    assert one.file == aside.name and verify(path).problems == ()


def test_an_upgrade_from_version_1_is_no_alarm_while_that_store_is_whole(path: Path) -> None:
    version_1(path)
    filled(path, 1)
    report = verify(path)
    assert report.problems == () == report.interruptions
    assert "version 1" in report.notes[0] and "signed by nobody" in report.notes[0]
    (aside,) = path.parent.glob("*set-aside*.sqlite")
    edit(aside, "UPDATE records SET data = x'00' WHERE sequence = 2")
    assert "measured data was changed" in " ".join(verify(path).not_accepted[0].found)


def test_an_upgrade_that_was_accepted_while_the_old_store_was_elsewhere_stays_accepted(
    path: Path,
) -> None:
    version_1(path)
    filled(path, 1)
    (aside,) = path.parent.glob("*set-aside*.sqlite")
    away = aside.rename(aside.with_suffix(".away"))
    (one,) = verify(path).not_accepted
    away.rename(aside)
    assert verify(path, one.code).problems == ()


def noted_at(path: Path, number: int) -> str:
    """The hash of an entry, as somebody noted it when it was the newest."""
    return str(column(path, "hash", number).hex())


def test_a_noted_head_is_found_in_the_store_that_lies_aside(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aside = damaged(path)
    code, told = run(capsys, path, "--head", noted_at(aside, 2))
    assert code == EXIT_BEGUN_ANEW and told["whole"] is True
    assert told["notes"] == [f"the head noted earlier is entry 2 of {aside.name}, set aside"]
    code, told = run(capsys, path, "--head", noted_at(aside, 3))  # the damaged one
    assert code == EXIT_ERROR and "not whole up to it" in told["problems"][0]
    code, told = run(capsys, path, "--head", "ab" * 32)
    assert code == EXIT_ERROR and "newer records are missing" in told["problems"][0]


def test_a_head_noted_before_an_upgrade_is_found(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = version_1(path)
    assert run(capsys, path, "--head", newest)[0] == 0
    filled(path, 1)
    assert run(capsys, path, "--head", newest)[0] == 0
    assert run(capsys, path, "--head", "ab" * 32)[0] == EXIT_ERROR


@pytest.mark.parametrize("what", ["pipe", "nothing"])
def test_something_else_in_place_of_the_mark_is_not_waited_for(path: Path, what: str) -> None:
    filled(path, 2)
    edit(path, "UPDATE records SET signature = zeroblob(64) WHERE sequence = 2")
    mark_path(path).unlink()
    if what == "pipe":
        os.mkfifo(mark_path(path))
    filled(path, 1)
    assert verify(path).problems == () and len(verify(path).not_accepted) == 1
    (aside,) = path.parent.glob("*set-aside*.sqlite")
    assert not mark_path(aside).exists()


def test_the_mark_lies_aside_whole_or_not_at_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, 2)
    edit(path, "UPDATE records SET signature = zeroblob(64) WHERE sequence = 2")

    def cut(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, RecordStore(path) as store:
        patch.setattr("device.durable.os.fsync", cut)
        with pytest.raises(RecordStoreError, match="No space left"):
            store.append(answer())
    assert not list(path.parent.glob("*set-aside*"))
    filled(path, 1)
    assert verify(path).problems == ()


def test_a_name_that_leads_elsewhere_is_not_followed(path: Path, tmp_path: Path) -> None:
    from device.records.before import _looked_into
    from device.records.head import Head
    from device.records.interruption import Interruption

    outside = tmp_path / "outside.sqlite"
    filled(outside, 1)
    head = Head("0" * 32, 0, "store", "2026-01-01T00:00:00.000+00:00", b"", b"")
    for file in ("../outside.sqlite", str(outside), "."):
        found = _looked_into(path, Interruption(head, "", file, {}), None, None).found
        assert "record(s)" not in found[0]


def test_an_ordinary_store_has_no_interruption(path: Path) -> None:
    for _ in range(3):
        filled(path, 1)
    with RecordStore(path) as store:
        store.append_event("start", {})
        store.export_store(path.with_name("away.sqlite"))
        store.prune("2099-01-01")
    assert verify(path).interruptions == () == verify(path).problems
    assert verify(path.with_name("away.sqlite")).interruptions == ()
