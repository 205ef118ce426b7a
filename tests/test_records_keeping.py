"""Export, pruning, people's signatures, events, and the page that says how to check a store."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from device.cli.main import run_command
from device.inference.trust import SigningKey
from device.records.device_key import FileSigner, device_key_path, device_signer
from device.records.errors import RecordDamaged, RecordStoreError
from device.records.head import canonical
from device.records.journal import recorded, usual_store
from device.records.kinds import EVENTS, EntryKind
from device.records.store import RecordStore
from firmware_bridge.errors import CallerError
from tests.record_stores import column, edit, filled, many
from tests.sample_answers import answer

PAGE = Path(__file__).parent.parent / "docs" / "records.md"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "records.sqlite"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = run_command(["records", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


# ---- heads that are published ----


def test_the_card_shows_the_code_that_verify_takes(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["identify", "--port", "sim:mix=toluene:1&seed=3", "--store", str(path)]
    assert run_command([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with RecordStore(path, read_only=True) as store:
        assert store.get(told["record_id"]).code == told["record_code"]
    assert run_command(words) == 0
    card = capsys.readouterr().out
    (shown,) = re.findall(r"record  \S+ . code (\w{5}-\w{5})", card)
    assert run(capsys, "verify", "--store", str(path), "--head", shown)[0] == 0
    other = "AAAAA-AAAAA"
    assert run(capsys, "verify", "--store", str(path), "--head", other)[0] != 0


def test_each_entry_publishes_its_head(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "ramix.records"):
        filled(path, 2)
    heads = [one.getMessage() for one in caplog.records if one.getMessage().startswith("head ")]
    with RecordStore(path, read_only=True) as store:
        newest = store.head()
        record = store.get("2")
    assert newest is not None and newest.hash.hex() in heads[-1] and newest.code in heads[-1]
    assert record.code == newest.code and newest.is_signed()


def test_a_head_is_printed_kept_and_expected(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 2)
    store = ("--store", str(path))
    code, head = run(capsys, "head", *store)
    assert code == 0
    noted = tmp_path / "head.json"
    noted.write_text(json.dumps(head))
    filled(path, 1)
    for said in (("--expect", str(noted)), ("--head", head["code"]), ("--head", head["hash"])):
        code, report = run(capsys, "verify", *store, *said)
        assert (code, report["whole"], report["records"]) == (0, True, 3)
    for table in ("records", "contents"):
        edit(path, f"DELETE FROM {table} WHERE sequence > 1")
    code, report = run(capsys, "verify", *store, "--expect", str(noted))
    assert code == 1 and len(report["problems"]) == 2
    assert report["last_good"]["record_id"].startswith("0000001-")
    assert run_command(["records", "verify", *store, "--expect", str(noted), "--head", "x"]) == 2
    assert run_command(["records", "verify", *store, "--device", "x"]) == 1
    key = device_signer().public_key.hex()
    code, report = run(capsys, "verify", *store, "--device", key)
    assert all("key" not in problem for problem in report["problems"])


# ---- export and pruning ----


def test_only_what_was_exported_is_pruned_and_the_chain_stays_whole(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many(path, 4)  # of January 2026
    store = ("--store", str(path))
    assert run_command(["records", "prune", "--before", "2026-02-01", "--yes", *store]) == 1
    assert "exported" in capsys.readouterr().err
    away = tmp_path / "away.sqlite"
    assert run(capsys, "export-store", str(away), *store)[0] == 0
    filled(path, 1)
    before = column(path, "hash", 3)
    code, said = run(capsys, "prune", "--before", "2026-02-01", "--yes", *store)
    assert (code, said["count"], said["pruned"]) == (0, 4, [[2, 5]])
    with RecordStore(path, read_only=True) as opened:
        assert opened.verify().problems == ()
        assert [one.pruned for one in opened.list()] == [False, True, True, True, True, False]
        asked = (lambda: opened.get("3"), lambda: opened.get("3", even_damaged=True).result)
        for ask in asked:
            with pytest.raises(RecordDamaged, match="removed after an export") as refused:
                ask()
            assert refused.value.code == "record_pruned"
            assert "exported store" in refused.value.remedy
        (event,) = opened.events("prune")
        assert event.content["pruned"] == [[2, 5]]
    assert column(path, "hash", 3) == before
    assert run_command(["records", "list", *store]) == 0
    assert "exported and pruned" in capsys.readouterr().out
    with RecordStore(away, read_only=True) as copy:
        assert copy.get("3").problem == "" and copy.verify().problems == ()
    edit(path, "DELETE FROM contents WHERE sequence = 1")  # not named by any prune
    with RecordStore(path, read_only=True) as opened:
        assert "nobody pruned them" in opened.verify().problems[0]


def test_a_forged_export_allows_no_pruning(path: Path) -> None:
    filled(path, 2)
    with RecordStore(path) as store:
        store.append_event("export", {"what": "picture", "file": "x.png"})
    body = json.loads(column(path, "body", 3, "contents"))
    body["content"]["exported"] = [[0, 9]]
    edit(path, "UPDATE contents SET body = ? WHERE sequence = 3", canonical(body))
    with RecordStore(path) as store, pytest.raises(RecordStoreError, match="was exported"):
        store.prune("2099-01-01T00:00:00.000+00:00")


# ---- people ----


def test_a_second_person_signs_a_record(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 2)
    key = tmp_path / "my.pem"
    key.write_bytes(SigningKey.generate().to_pem())
    store = ("--store", str(path))
    words = ("--key", str(key), "--name", "B. Reviewer", "--meaning", "reviewed")
    assert run(capsys, "sign", "1", *words, *store)[0] == 0
    assert run(capsys, "verify", *store)[0] == 0
    code, shown = run(capsys, "show", "1", *store)
    (signed,) = shown["signatures"]
    assert (signed["name"], signed["meaning"]) == ("B. Reviewer", "reviewed")
    assert run_command(["records", "show", "1", *store]) == 0
    assert "Signed by B. Reviewer (reviewed)" in " ".join(capsys.readouterr().out.split())
    own = ("--key", str(device_key_path()), "--name", "x", "--meaning", "y")
    assert run_command(["records", "sign", "1", *own, *store]) == 1
    assert run_command(["records", "sign", "1", *words[:4], "--meaning", " ", *store]) == 1
    edit(path, "UPDATE contents SET data = x'00' WHERE sequence = 2")
    assert run_command(["records", "sign", "2", *words, *store]) == 1
    assert "damaged" in capsys.readouterr().err


def test_a_signature_of_something_else_is_found(path: Path) -> None:
    filled(path, 2)
    signer = FileSigner(SigningKey.generate())
    with RecordStore(path) as store:
        store.sign("1", signer, "B. Reviewer", "reviewed")
        content = dict(store.events("signature")[0].content)
        store.append_event("signature", {**content, "meaning": "approved"})
        store.append_event("signature", {**content, "record_id": "0000002-x"})
        store.append_event("signature", {"name": "nobody"})
        problems = store.verify().problems
        assert len(problems) == 3 and all("signature" in one for one in problems)
        assert len(store.signatures_of(store.get("1"))) == 1


# ---- events ----


def test_only_known_kinds_are_kept(path: Path) -> None:
    with RecordStore(path) as store:
        for kind in ("", "measurement", "store", "prune", "set_aside", "mark", "other"):
            with pytest.raises(CallerError, match="no kind"):
                store.append_event(kind, {})
        for kind in ("login", "selftest", "answer_of_expert"):
            store.append_event(kind, {"who": "A"})
        assert [one.kind for one in store.events()][:3] == ["answer_of_expert", "selftest", "login"]
        found = store.last_event("login")
        assert found is not None and found.content == {"who": "A"}
        assert store.last_event("logout") is None
        with pytest.raises(CallerError, match="no kind"):
            store.last_event("other")
        assert store.verify().problems == ()


def test_what_a_command_changes_is_kept_with_its_error(path: Path) -> None:
    with recorded("library") as event:
        event |= {"action": "add"}
    with pytest.raises(CallerError), recorded("model") as event:
        event |= {"action": "flash"}
        raise CallerError("no")
    with pytest.raises(CallerError), recorded("calibration"):
        raise CallerError("nothing was begun")
    with usual_store() as store:
        kept = [(one.kind, one.content) for one in store.events(limit=2)]
    assert kept == [
        ("model", {"action": "flash", "failed": "bad_argument", "why": "no"}),
        ("library", {"action": "add"}),
    ]


def test_records_of_simulated_analyzers_are_kept_apart(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from device.records.circumstances import Circumstances

    with usual_store() as store:
        store.append(answer())
        apart = store.append(answer(), circumstances=Circumstances(simulated=True))
        with pytest.raises(RecordStoreError) as refused:
            store.get(apart)
        assert "--simulated" in refused.value.remedy
    assert run_command(["records", "show", "1", "--store", str(path.with_name("none"))]) == 1
    assert "--simulated" in capsys.readouterr().err
    with usual_store(read_only=True) as store:
        assert [one.simulated for one in store.list()] == [False]
    with usual_store(simulated=True, read_only=True) as store:
        assert [one.record_id for one in store.list()] == [apart]
        assert store.list()[0].simulated
        assert store.events("store")[0].content["simulated"] is True
        with pytest.raises(RecordStoreError) as refused:
            store.get("9")
        assert "--simulated" not in refused.value.remedy


# ---- many ----


def test_ten_thousand_records_are_listed_searched_and_shown_in_a_tenth_of_a_second(
    path: Path,
) -> None:
    import time

    filled(path, 1)
    edit(path, "INSERT INTO records WITH RECURSIVE n(i) AS (VALUES(2) UNION ALL SELECT i + 1 "
         "FROM n WHERE i < 10001) SELECT i, kind, time_utc, body_sha256, hash, signature, "
         "replace(search, 's-0', 's-' || i) FROM n, records WHERE sequence = 1")  # fmt: skip
    edit(path, "INSERT INTO contents SELECT r.sequence, c.body, c.data FROM records AS r, "
         "contents AS c WHERE r.sequence > 1 AND c.sequence = 1")  # fmt: skip
    with RecordStore(path, read_only=True) as store:
        store.list(1)  # imports
        for ask in (
            lambda: store.list(20),
            lambda: store.list(20, "s-77"),
            lambda: store.list(20, "no such thing"),
            lambda: store.list(20, "toluene", before=5000),
            lambda: store.get("7000", even_damaged=True),
            lambda: store.last_event("login"),
        ):
            took = []
            for _ in range(5):
                begun = time.perf_counter()
                ask()
                took.append(time.perf_counter() - begun)
            assert min(took) < 0.1


def test_a_page_follows_the_page_before(path: Path) -> None:
    ids = filled(path, 5)
    with RecordStore(path, read_only=True) as store:
        first = store.list(2)
        second = store.list(2, before=first[-1].record_id)
        assert [one.record_id for one in (*first, *second)] == ids[:0:-1]
        assert [one.record_id for one in store.list(search="s-3")] == [ids[3]]
        assert len(store.list(search="TOLUENE")) == 5
        assert store.list(search="%") == ()
        with pytest.raises(RecordStoreError, match="no record"):
            store.list(before="x")


# ---- the page ----


def test_the_pages_own_check_accepts_a_store_and_finds_changes(path: Path, tmp_path: Path) -> None:
    _, program = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    script = tmp_path / "check.py"
    script.write_text(program)

    def checked() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-I", str(script), str(path)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    filled(path, 3)
    with RecordStore(path, read_only=True) as store:
        head = store.head()
    assert head is not None and head.hash.hex() in checked().stdout
    edit(path, "UPDATE contents SET data = x'00' WHERE sequence = 2")
    assert "data of entry 2" in checked().stderr


def test_the_page_names_every_kind_of_entry() -> None:
    text = PAGE.read_text("utf-8")
    assert [kind for kind in EntryKind if f"`{kind}`" not in text] == [EntryKind.MEASUREMENT]
    assert len(EVENTS) == len(EntryKind) - 1
