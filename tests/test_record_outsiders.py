"""What an outsider does who can write files but has no key: all of it is found, or one sentence."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from device import installation
from device.cli.main import run_command
from device.export.package import package_of
from device.inference.trust import SigningKey
from device.records import database
from device.records.about import About
from device.records.chain import Row, made
from device.records.circumstances import Circumstances
from device.records.content import measurement_content
from device.records.device_key import FileSigner, device_signer
from device.records.entry import Entry
from device.records.expert import signed_answer
from device.records.head import canonical
from device.records.kinds import EntryKind
from device.records.mark import mark_path, write_mark
from device.records.person import PERSON_PREFIX, signed_statement
from device.records.store import RecordStore
from tests.record_stores import column, edit, filled, first_row, put
from tests.sample_answers import answer
from tests.test_record_hostile import version_1

Content = dict[str, Any] | Callable[[Row], dict[str, Any]]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "records.sqlite"


def problems(path: Path) -> tuple[str, ...]:
    with RecordStore(path, read_only=True) as store:
        return store.verify().problems


def without_log(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


# ---- the store ----


@pytest.mark.parametrize("number", [-(2**63), -(2**62), -1, 2**62, 2**63 - 1])
def test_a_row_with_any_number_is_found(path: Path, number: int) -> None:
    filled(path, 3)
    rest = "kind, time_utc, body_sha256, hash, signature, search FROM records WHERE sequence = 2"
    edit(path, f"INSERT INTO records SELECT {number}, {rest}")
    edit(path, f"INSERT INTO contents SELECT {number}, body, data FROM contents WHERE sequence = 2")
    assert problems(path)


TABLES = {"records": ("kind", "time_utc", "body_sha256", "hash", "signature", "search"),
          "contents": ("body", "data")}  # fmt: skip
COLUMNS = [(table, name) for table, names in TABLES.items() for name in names]


@pytest.mark.parametrize(("table", "name"), COLUMNS)
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_value_of_another_row_is_found(path: Path, table: str, name: str, number: int) -> None:
    with RecordStore(path) as store:
        store.append(answer(), about=About("A"))
        store.append_event("settings", {"x": 1})
        store.append(answer(), about=About("B"))
    other = column(path, name, (number + 2) % 4, table)
    if other == column(path, name, number, table):
        return  # two events have no data, two measurements the same
    edit(path, f"UPDATE {table} SET {name} = ? WHERE sequence = ?", other, number)
    assert problems(path)


@pytest.mark.parametrize("table", TABLES)
def test_swapped_rows_are_found(path: Path, table: str) -> None:
    filled(path, 3)
    for old, new in ((2, 99), (3, 2), (99, 3)):
        edit(path, f"UPDATE {table} SET sequence = {new} WHERE sequence = {old}")
    assert problems(path)


def test_a_store_of_version_1_in_place_of_a_signed_one_is_found(path: Path) -> None:
    filled(path, 3)
    path.unlink()
    without_log(path)
    version_1(path)
    assert any("signed store" in one for one in problems(path))
    mark_path(path).unlink()
    assert problems(path) == ()  # the control: such a store by itself


@pytest.mark.parametrize("version", [0, 1])
def test_another_version_written_into_the_file_is_refused(
    path: Path, version: int, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 2)
    edit(path, f"PRAGMA user_version = {version}")
    assert run_command(["records", "verify", "--store", str(path)]) == 1
    assert "its tables are not those" in capsys.readouterr().err


@pytest.mark.parametrize("simulated_in_place", [True, False])
def test_the_store_of_simulated_analyzers_is_not_taken_for_the_other(
    path: Path, simulated_in_place: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [installation.default_record_store_path(simulated=one) for one in (False, True)]
    for one, simulated in zip(paths, (False, True), strict=True):
        with RecordStore(one, simulated=simulated) as store:
            store.append(answer())
    words = ["records", "verify", *([] if simulated_in_place else ["--simulated"])]
    assert run_command(words) == 0
    target, source = paths if simulated_in_place else reversed(paths)
    without_log(target)
    shutil.copy(source, target)
    shutil.copy(mark_path(source), mark_path(target))
    capsys.readouterr()
    assert run_command(words) == 1
    assert "another store lies in its place" in capsys.readouterr().out
    assert run_command(["records", "verify", "--store", str(target)]) == 0  # named by its file


# ---- what people and models said ----


def another_person() -> FileSigner:
    return FileSigner(SigningKey.generate())


@pytest.mark.parametrize(
    "change",
    [
        {"record_id": "0000002-20260101T000000Z-0000"},
        {"record_sha256": "00" * 32},
        {"name": "Somebody Else"},
        {"meaning": "rejected"},
        {"signed_utc": "2020-01-01T00:00:00.000+00:00"},
        {"key_id": "0" * 16},
        {"name": 7},
        {"meaning": ["x"]},
        {"name": "a\x1b[31m"},
    ],
)
def test_a_persons_signature_that_was_moved_or_changed_is_found_and_not_shown(
    path: Path, change: dict[str, Any]
) -> None:
    filled(path, 2)
    with RecordStore(path) as store:
        record = store.get("1")
        signed = signed_statement(record, another_person(), "B. Reviewer", "reviewed")
        store.append_event("signature", {**signed, **change})
        assert store.signatures_of(record) == () == store.signatures_of(store.get("2"))
        assert any("signature" in one for one in store.verify().problems)


def test_who_signed_is_shown_by_the_key(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(path, 1)
    person = another_person()
    with RecordStore(path) as store:
        store.sign("1", person, "B. Reviewer", "reviewed")
        (one,) = store.signatures_of(store.get("1"))
    assert run_command(["records", "show", "1", "--store", str(path)]) == 0
    assert f"key {one['key_id']}" in " ".join(capsys.readouterr().out.split())


def test_an_answer_of_an_expert_with_the_id_of_another_key_is_not_shown(path: Path) -> None:
    filled(path, 1)
    with RecordStore(path) as store:
        record = store.get("1")
        asked = [(record.record_id, record.hash.hex())]
        said = signed_answer("00" * 32, asked, "Toluene", "E. Xpert", another_person())
        store.append_event("answer_of_expert", {**said, "key_id": "0" * 16})
        assert store.answers_of(record) == ()


# ---- a store that somebody else signed, with what they like in it ----

GOOD, DATA = measurement_content(answer(), About(), Circumstances())
RESULT: dict[str, Any] = GOOD["result"]


def of_a_forger(path: Path, *contents: tuple[EntryKind, Content]) -> Path:
    signer = FileSigner(SigningKey.generate())
    origin, last, body = first_row(signer, "ab" * 16)
    database.create(path, tuple(last), body)
    import sqlite3

    with closing(sqlite3.connect(path)) as connection, connection:
        for kind, content in contents:
            told = content(last) if callable(content) else content
            data = DATA if kind is EntryKind.MEASUREMENT else b""
            now = datetime.now(UTC)
            last, body = made(origin, last.hash, last.sequence + 1, kind, told, signer, now)
            put(connection, last, body, data)
    write_mark(path, origin.head(last))
    return path


def signed_by_anything(last: Row) -> dict[str, Any]:
    person = another_person()
    statement = {"record_id": "0000001-x", "record_sha256": last.hash.hex(), "name": 7,
                 "meaning": ["x"], "signed_utc": 5,
                 "public_key": person.public_key.hex()}  # fmt: skip
    signature = person.sign(PERSON_PREFIX + canonical(statement)).hex()
    return {"content": {**statement, "key_id": "f" * 16, "signature": signature}}


WRONG: dict[str, dict[str, Any]] = {
    "no measurement": {k: v for k, v in GOOD.items() if k != "measurement"},
    "measurement": {**GOOD, "measurement": 7},
    "frames": {**GOOD, "measurement": {**GOOD["measurement"], "raw_frames": {"lit": {}}}},
    "model": {**GOOD, "result": {**RESULT, "model": 7}},
    "reasons": {**GOOD, "result": {**RESULT, "reasons": [7]}},
    "components": {**GOOD, "result": {**RESULT, "components": [{"name": "x"}]}},
    "containers": {**GOOD, "result": {**RESULT, "containers": 7}},
    "blanks": {**GOOD, "result": {**RESULT, "containers": [{"file": "a"}]}, "blanks": [7]},
    "verdict": {**GOOD, "result": {**RESULT, "verdict": ["x"]}},
    "hazards": {**GOOD, "hazards": {"toluene": 7}, "about": {"operator": 7}},
}


@pytest.mark.parametrize("what", [*WRONG, "signature"])
def test_whatever_was_signed_is_a_card_or_a_sentence(
    path: Path, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contents: list[tuple[EntryKind, Content]] = [(EntryKind.MEASUREMENT, WRONG.get(what, GOOD))]
    if what == "signature":
        contents.append((EntryKind.SIGNATURE, signed_by_anything))
    of_a_forger(path, *contents)
    out = ["--out", str(tmp_path / "out.json")]
    for words in (["list"], ["list", "--json"], ["show", "1"], ["show", "1", "--json"], ["events"],
                  ["verify"], ["export", "1", *out], ["package", "1", *out]):  # fmt: skip
        assert run_command(["records", *words, "--store", str(path)]) in (0, 1)
        printed = capsys.readouterr()
        assert "unexpected" not in printed.err + printed.out, words


# ---- packages ----


def entry_of(path: Path, number: str) -> Entry:
    with RecordStore(path, read_only=True) as store:
        entry = store.entry(store.get(number))
    assert entry is not None
    return entry


def two_histories(path: Path, tmp_path: Path) -> tuple[Entry, Entry]:
    """One store that went on twice: two different records 2, both signed by the device."""
    filled(path, 1)
    copy = tmp_path / "copy.sqlite"
    shutil.copy(path, copy)
    shutil.copy(mark_path(path), mark_path(copy))
    for one, who in ((path, "A"), (copy, "B")):
        with RecordStore(one) as store:
            store.append(answer(), about=About(who))
    return entry_of(path, "2"), entry_of(copy, "2")


def imported(capsys: pytest.CaptureFixture[str], file: Path, *more: str) -> tuple[int, Any]:
    code = run_command(["records", "import", str(file), "--json", *more])
    return code, json.loads(capsys.readouterr().out)


def test_two_histories_in_one_package_are_refused(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "case.rrp"
    file.write_bytes(package_of(two_histories(path, tmp_path), device_signer()))
    code, told = imported(capsys, file)
    assert code == 1 and "two different records 2" in told["error"]["text"]


def test_a_package_that_contradicts_an_earlier_one_is_kept_and_told(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, entry in enumerate(two_histories(path, tmp_path)):
        file = tmp_path / f"{number}.rrp"
        file.write_bytes(package_of([entry], device_signer()))
        code, told = imported(capsys, file)
        assert code == number and Path(told["kept"]).exists()
        assert len(told["contradictions"]) == number
    again, told = imported(capsys, tmp_path / "1.rrp")
    assert again == 1 and "with another content" in told["contradictions"][0]


def test_a_package_that_contradicts_this_devices_own_store_is_told(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = installation.default_record_store_path()
    for_colleague, rewritten = two_histories(own, tmp_path)
    assert for_colleague.head.sequence == rewritten.head.sequence
    for entry, code in ((for_colleague, 0), (rewritten, 1)):
        file = tmp_path / f"{code}.rrp"
        file.write_bytes(package_of([entry], device_signer()))
        found, told = imported(capsys, file)
        assert found == code, told
    assert any("not the one in the store here" in one for one in told["contradictions"])


@pytest.mark.parametrize("what", ["head", "body", "previous", "following"])
def test_a_record_with_the_head_of_another_is_refused(
    path: Path, tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 3)
    one, other = entry_of(path, "1"), entry_of(path, "2")
    mixed = replace(one, **{what: getattr(other, what)})
    file = tmp_path / "case.rrp"
    file.write_bytes(package_of([mixed], device_signer()))
    code, told = imported(capsys, file)
    assert code == 1 and told["error"]["code"] == "package_refused"
