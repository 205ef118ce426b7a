"""Whatever a file holds: bounded time and memory, one sentence, and no control character shown.

A damaged row is told by its id; the others are listed, and the next measurement is kept.
"""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from device.cli.main import run_command
from device.records import database
from device.records.database import APPLICATION_ID, SCHEMA_VERSION
from device.records.errors import RecordDamaged, RecordStoreError
from device.records.mark import mark_path
from device.records.store import RecordStore
from tests.record_stores import edit, filled
from tests.sample_answers import answer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite"


BODIES: dict[str, object] = {
    "no text": b"",
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe\x00",
    "a number": b"7",
    "a list": b"[]",
    "nested for ever": b"[" * 100_000,
    "an empty object": b"{}",
    "a result that is a text": b'{"result":"IDENTIFIED"}',
    "components that are a number": b'{"result":{"verdict":"X","components":7}}',
    "a component without a name": b'{"result":{"verdict":"X","components":[{}],"reasons":[],'
    b'"model":{}}, "arrays":{}}',
    "arrays outside": b'{"result":{"verdict":"X","components":[],"reasons":[],"model":{}},'
    b'"arrays":{"a":{"offset":-5,"length":99999999,"dtype":"<f8","shape":[1]}}}',
    "an array of objects": b'{"result":{"verdict":"X","components":[],"reasons":[],"model":{}},'
    b'"arrays":{"a":{"offset":0,"length":8,"dtype":"O","shape":[1]}}}',
    "NaN": b'{"result":NaN}',
    "a control character": b'{"result":{"verdict":"\\u001b[2J","components":[],"reasons":[],'
    b'"model":{}},"arrays":{}}',
    "another record's": None,
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("sequence", [2, 3], ids=["in the middle", "the newest"])
def test_a_damaged_row_is_one_sentence_and_no_end(
    path: Path, body: str, sequence: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = filled(path, 3)
    if BODIES[body] is None:
        edit(path, "UPDATE contents SET body = (SELECT body FROM contents WHERE sequence = 1) "
             "WHERE sequence = ?", sequence)  # fmt: skip
    else:
        edit(path, "UPDATE contents SET body = ? WHERE sequence = ?", BODIES[body], sequence)
    with RecordStore(path, read_only=True) as store:
        listed = store.list()
        assert [bool(one.problem) for one in listed] == [n == sequence for n in (3, 2, 1)]
        assert [one.record_id for one in reversed(listed)] == ids
        with pytest.raises(RecordDamaged):
            store.get(str(sequence))
        assert store.get(str(sequence), even_damaged=True).problem
        assert store.verify().problems
    for verb in (["list"], ["show", str(sequence)], ["verify"], ["events"], ["head"]):
        for form in ([], ["--json"]):
            code = run_command(["records", *verb, "--store", str(path), *form])
            shown = capsys.readouterr()
            assert "unexpected" not in shown.out + shown.err
            assert "\x1b" not in shown.out + shown.err and "\\u001b[2J" not in shown.out
            assert code == (0 if verb[0] in ("events", "head") else 1), (verb, shown)
    with RecordStore(path) as store:
        assert store.get(store.append(answer())).problem == ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET hash = x'' WHERE sequence = 3",
        "UPDATE records SET signature = x'00' WHERE sequence = 3",
        "UPDATE records SET time_utc = 'yesterday' WHERE sequence = 3",
        "UPDATE records SET kind = char(27) WHERE sequence = 3",
        "UPDATE records SET body_sha256 = zeroblob(32) WHERE sequence = 3",
        "UPDATE records SET sequence = 9223372036854775807 WHERE sequence = 3",
        "UPDATE records SET sequence = -7 WHERE sequence = 3",
        "UPDATE records SET hash = zeroblob(32) WHERE sequence = 0",
        "UPDATE contents SET body = '{}' WHERE sequence = 0",
        "DELETE FROM contents WHERE sequence = 0",
        "DELETE FROM records",
        "UPDATE contents SET data = zeroblob(80000000) WHERE sequence = 3",
    ],
)
def test_a_damaged_chain_is_told_and_the_next_measurement_kept(
    path: Path, statement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 3)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        statement = statement.replace("'{}'", "x'7b7d'")
        connection.execute(statement)
    before = path.read_bytes()
    for verb in (["list"], ["show", "3"], ["verify"], ["events"]):
        run_command(["records", *verb, "--store", str(path)])
        shown = capsys.readouterr()
        assert "unexpected" not in shown.out + shown.err
        assert "\x1b" not in shown.out + shown.err
    with RecordStore(path, read_only=True) as store:
        assert store.verify().problems
    with RecordStore(path) as store:
        store.check_writable()
        assert store.get(store.append(answer())).problem == ""
    for aside in path.parent.glob("*set-aside*.sqlite"):
        assert aside.read_bytes() == before  # whole, as it was


def view_in_place(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE records RENAME TO kept")
        connection.execute(
            "CREATE VIEW records AS WITH RECURSIVE n(sequence) AS (VALUES(0) UNION ALL "
            "SELECT sequence + 1 FROM n) SELECT sequence, 'measurement' AS kind, 'x' AS time_utc, "
            "zeroblob(100000000) AS body_sha256, x'' AS hash, x'' AS signature, '' AS search FROM n"
        )


def trigger_added(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END"
        )


def column_added(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "ALTER TABLE records ADD COLUMN more INTEGER GENERATED ALWAYS AS (1 / 0)"
        )


def index_added(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE INDEX other ON records(kind)")


def table_of_another_shape(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE contents")
        connection.execute("CREATE TABLE contents (sequence, body, data)")


def pages_overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9000])


def no_database(path: Path) -> None:
    path.write_bytes(b"something else " * 1000)


def a_cycle_of_pages(path: Path) -> None:
    """Every child of the root of `contents` is the root itself."""
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        at = page * 4096
        if content[at] == 5:  # an inner page of a table
            cells = int.from_bytes(content[at + 3 : at + 5], "big")
            content[at + 8 : at + 12] = (page + 1).to_bytes(4, "big")
            for cell in range(cells):
                where = at + int.from_bytes(content[at + 12 + 2 * cell :][:2], "big")
                content[where : where + 4] = (page + 1).to_bytes(4, "big")
    path.write_bytes(content)


HOSTILE = [
    view_in_place, trigger_added, column_added, index_added, table_of_another_shape,
    pages_overwritten, cut_short, no_database, a_cycle_of_pages,
]  # fmt: skip


@pytest.mark.parametrize("harm", HOSTILE, ids=lambda harm: harm.__name__)
def test_a_hostile_file_is_refused_quickly_and_set_aside(
    path: Path, harm: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 30)
    harm(path)
    before, begun = path.read_bytes(), time.monotonic()
    for verb in (["list", "--limit", "100000"], ["show", "3"], ["verify"], ["events"], ["head"]):
        run_command(["records", *verb, "--store", str(path)])
        shown = capsys.readouterr()
        assert "unexpected" not in shown.out + shown.err
    assert run_command(["records", "verify", "--store", str(path)]) == 1
    capsys.readouterr()
    assert path.read_bytes() == before
    with RecordStore(path) as store:
        store.check_writable()
        assert store.get(store.append(answer())).problem == ""
        assert store.verify().problems == ()
    (aside,) = path.parent.glob("*set-aside*.sqlite")
    assert aside.read_bytes() == before
    assert time.monotonic() - begun < 20.0


def test_without_the_limits_the_same_view_never_ends(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it is schema and deadline that refuse it."""
    filled(path, 1)
    view_in_place(path)
    monkeypatch.setattr(database, "SHORT_READ_S", 0.5)
    connection, deadline = database.connect(path, read_only=True)
    with closing(connection):
        deadline.renew(0.5)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            connection.execute("SELECT count(*) FROM records").fetchone()


def test_a_file_that_is_not_known_to_be_ours_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    for content in (b"not a database at all, but long enough" * 40, b"\0" * 5000):
        path.write_bytes(content)
        with RecordStore(path) as store, pytest.raises(RecordStoreError):
            store.append(answer())
        assert path.read_bytes() == content


@pytest.mark.parametrize("name", [".head", ".lock"])
def test_a_pipe_beside_the_store_is_not_waited_for(path: Path, name: str) -> None:
    import os

    filled(path, 1)
    beside = path.with_name(path.name + name)
    beside.unlink()
    os.mkfifo(beside)
    with RecordStore(path) as store:
        if name == ".lock":
            with pytest.raises(RecordStoreError, match="named pipe"):
                store.append(answer())
        else:
            beside.unlink()
            store.append(answer())


# ---- stores of version 1 ----


def version_1(path: Path, count: int = 3) -> str:
    """As the program wrote them before; the head."""
    import hashlib

    from device.records.about import About
    from device.records.circumstances import Circumstances
    from device.records.content import measurement_content
    from device.records.head import canonical

    store_id = "0123456789abcdef"
    previous = hashlib.sha256(b"ramix-store-v1\0" + store_id.encode()).digest()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE records (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, "
            "data BLOB NOT NULL, hash BLOB NOT NULL) STRICT"
        )
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute("PRAGMA user_version=1")
        for sequence in range(1, count + 1):
            content, data = measurement_content(answer(), About(), Circumstances())
            body = canonical(
                {
                    "record_id": f"{sequence:07d}-20260101T000000Z-0123", "sequence": sequence,
                    "store_id": store_id, "created_utc": "2026-01-01T00:00:00.000+00:00",
                    **{key: content[key] for key in ("result", "measurement", "arrays")},
                    "data_sha256": content["data_sha256"],
                }
            )  # fmt: skip
            previous = hashlib.sha256(b"ramix-record-v1\0" + previous + body).digest()
            connection.execute(
                "INSERT INTO records VALUES (?, ?, ?, ?)", (sequence, body, data, previous)
            )
    return previous.hex()


def test_a_store_of_version_1_is_read_and_set_aside_at_the_first_record(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = version_1(path)
    before = path.read_bytes()
    with RecordStore(path, read_only=True) as store:
        assert [one.names for one in store.list()] == [("toluene", "aniline")] * 3
        assert len(store.get("2").array("raw_counts")) == 1024
        report = store.verify(head)
        assert (report.count, report.head, report.problems) == (3, head, ())
        assert "not signed" in report.notes[0]
    for verb in (["list"], ["show", "2"], ["verify"], ["events"]):
        assert run_command(["records", *verb, "--store", str(path)]) == 0
    capsys.readouterr()
    assert path.read_bytes() == before
    with RecordStore(path) as store:
        store.append(answer())
        (told,) = store.events("set_aside")
        first = store.events("store")[0]
    assert told.content["hash"] == first.content["continues"]["hash"] == head
    assert "version 1" in told.content["why"]
    (aside,) = path.parent.glob("*set-aside*.sqlite")
    assert aside.read_bytes() == before
    edit(aside, "UPDATE records SET data = x'00' WHERE sequence = 2")
    with RecordStore(aside, read_only=True) as store:
        assert store.verify().problems == ("record 2: its measured data was changed",)


def test_a_newer_store_is_refused_and_not_set_aside(path: Path) -> None:
    filled(path, 1)
    edit(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with RecordStore(path) as store, pytest.raises(RecordStoreError, match="newer version"):
        store.check_writable()
    assert not list(path.parent.glob("*set-aside*"))


def test_a_deleted_store_is_told_by_the_next_one(path: Path) -> None:
    filled(path, 3)
    path.unlink()
    with RecordStore(path) as store:
        store.append(answer())
        (told,) = store.events("set_aside")
    assert told.content["mark"]["sequence"] == 3
    assert json.loads(mark_path(path).read_text())["sequence"] == 2
