"""A changed store is found, by whatever change, and `verify` says since when.

What only a head noted elsewhere finds is here as well, with and without it.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from device.inference.trust import SigningKey
from device.records.chain import Row
from device.records.device_key import FileSigner, device_signer
from device.records.head import Head, chained_hash, genesis_hash
from device.records.mark import mark_path, write_mark
from device.records.report import ChainReport
from device.records.store import RecordStore
from tests.record_stores import another_device, column, edit, filled, first_row, put
from tests.sample_answers import answer

COUNT = 6  # entries 1 to 6; entry 0 is the store's own


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite"


def verify(path: Path, noted: "str | Head | None" = None) -> ChainReport:
    with RecordStore(path, read_only=True) as store:
        return store.verify(noted)


def head_of(path: Path) -> Head:
    with RecordStore(path, read_only=True) as store:
        head = store.head()
    assert head is not None
    return head


def as_benzene(path: Path, sequence: int) -> None:
    body = column(path, "body", sequence, "contents").replace(b"toluene", b"benzene")
    edit(path, "UPDATE contents SET body = ? WHERE sequence = ?", body, sequence)


def rehash(path: Path, sign: Callable[[Head], bytes] | None = None) -> None:
    """Chain everything anew; signed anew only by who has a key."""
    with closing(sqlite3.connect(path)) as connection, connection:
        bodies = connection.execute("SELECT sequence, body FROM contents ORDER BY 1").fetchall()
        store_id = json.loads(bodies[0][1])["store_id"]
        key = bytes.fromhex(json.loads(bodies[0][1])["content"]["public_key"])
        previous = genesis_hash(store_id)
        for sequence, body in bodies:
            digest = hashlib.sha256(body).digest()
            previous = chained_hash(previous, digest)
            connection.execute(
                "UPDATE records SET body_sha256 = ?, hash = ? WHERE sequence = ?",
                (digest, previous, sequence),
            )
            if sign is not None:
                kind, time_utc = connection.execute(
                    "SELECT kind, time_utc FROM records WHERE sequence = ?", (sequence,)
                ).fetchone()
                head = Head(store_id, sequence, kind, time_utc, previous, key)
                connection.execute(
                    "UPDATE records SET signature = ? WHERE sequence = ?", (sign(head), sequence)
                )


def edited(path: Path) -> None:
    as_benzene(path, 3)


def edited_data(path: Path) -> None:
    edit(path, "UPDATE contents SET data = zeroblob(length(data)) WHERE sequence = 3")


def edited_time(path: Path) -> None:
    edit(path, "UPDATE records SET time_utc = replace(time_utc, '20', '19') WHERE sequence = 3")


def edited_kind(path: Path) -> None:
    edit(path, "UPDATE records SET kind = 'login' WHERE sequence = 3")


def edited_words(path: Path) -> None:
    edit(path, "UPDATE records SET search = 'nothing' WHERE sequence = 3")


def edited_hash(path: Path) -> None:
    edit(path, "UPDATE records SET hash = zeroblob(32) WHERE sequence = 3")


def edited_signature(path: Path) -> None:
    edit(path, "UPDATE records SET signature = zeroblob(64) WHERE sequence = 3")


def deleted(path: Path) -> None:
    for table in ("records", "contents"):
        edit(path, f"DELETE FROM {table} WHERE sequence = 3")


def deleted_and_renumbered(path: Path) -> None:
    deleted(path)
    for table in ("records", "contents"):
        for sequence in range(4, COUNT + 1):
            edit(
                path, f"UPDATE {table} SET sequence = ? WHERE sequence = ?", sequence - 1, sequence
            )
    rehash(path)


def contents_deleted(path: Path) -> None:
    edit(path, "DELETE FROM contents WHERE sequence = 3")


def inserted(path: Path) -> None:
    """Everything behind moves on by one; the copied entry is in the place."""
    for table in ("records", "contents"):
        for sequence in range(COUNT, 2, -1):
            edit(
                path, f"UPDATE {table} SET sequence = ? WHERE sequence = ?", sequence + 1, sequence
            )
    edit(path, "INSERT INTO records SELECT 3, kind, time_utc, body_sha256, hash, signature, search "
         "FROM records WHERE sequence = 2")  # fmt: skip
    edit(path, "INSERT INTO contents SELECT 3, body, data FROM contents WHERE sequence = 2")


def reordered(path: Path) -> None:
    for table in ("records", "contents"):
        edit(path, f"UPDATE {table} SET sequence = -3 WHERE sequence = 3")
        edit(path, f"UPDATE {table} SET sequence = 3 WHERE sequence = 4")
        edit(path, f"UPDATE {table} SET sequence = 4 WHERE sequence = -3")


def rehashed(path: Path) -> None:
    as_benzene(path, 3)
    rehash(path)


def rehashed_by_another_device(path: Path) -> None:
    """The whole store written again and signed, under a key of the forger's own."""
    key = SigningKey.generate()
    body = column(path, "body", 0, "contents")
    own = device_signer().public_key.hex().encode()
    edit(path, "UPDATE contents SET body = ? WHERE sequence = 0",
         body.replace(own, key.public_key.hex().encode()))  # fmt: skip
    as_benzene(path, 3)
    rehash(path, lambda head: key.private_key.sign(head.signed_bytes()))


def added(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO records SELECT 7, kind, time_utc, body_sha256, hash, signature, search "
            "FROM records WHERE sequence = 6"
        )
        connection.execute(
            "INSERT INTO contents SELECT 7, body, data FROM contents WHERE sequence = 6"
        )


def truncated(path: Path) -> None:
    for table in ("records", "contents"):
        edit(path, f"DELETE FROM {table} WHERE sequence > 4")


def emptied(path: Path) -> None:
    for table in ("records", "contents"):
        edit(path, f"DELETE FROM {table}")


def emptied_but_for_the_first(path: Path) -> None:
    for table in ("records", "contents"):
        edit(path, f"DELETE FROM {table} WHERE sequence > 0")


def _put_in_place(path: Path, other: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(other, path)


def swapped(path: Path) -> None:
    other = path.with_name("other.sqlite")
    filled(other, COUNT)
    _put_in_place(path, other)


def swapped_for_another_devices(path: Path) -> None:
    other = path.with_name("other.sqlite")
    with RecordStore(other, signer=another_device()) as store:
        for _ in range(COUNT):
            store.append(answer())
    _put_in_place(path, other)
    shutil.copyfile(mark_path(other), mark_path(path))


def old_copy_restored(path: Path) -> None:
    old = path.with_name("old.sqlite")
    shutil.copyfile(path, old)
    filled(path, 2)
    _put_in_place(path, old)


def without_its_mark(path: Path) -> None:
    mark_path(path).unlink()


def with_a_changed_mark(path: Path) -> None:
    text = mark_path(path).read_text()
    mark_path(path).write_text(text.replace('"sequence": 6', '"sequence": 5'))


def stray_contents(path: Path) -> None:
    edit(path, "INSERT INTO contents SELECT 99, body, data FROM contents WHERE sequence = 2")


FORGERIES: dict[Callable[[Path], None], int | None] = {
    # what was done: the last entry that is still good
    edited: 2, edited_data: 2, edited_time: 2, edited_kind: 2, edited_words: 2, edited_hash: 2,
    edited_signature: 2, deleted: 2, deleted_and_renumbered: 2, contents_deleted: 2, inserted: 2,
    reordered: 2, rehashed: 2, rehashed_by_another_device: None, added: 6, truncated: 4,
    emptied: None, emptied_but_for_the_first: 0, swapped: None, swapped_for_another_devices: None,
    old_copy_restored: 6, without_its_mark: None, with_a_changed_mark: None, stray_contents: 6,
}  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_every_forgery_is_found_and_since_when(path: Path, forge: Callable[[Path], None]) -> None:
    filled(path, COUNT)
    assert verify(path).problems == ()
    forge(path)
    report = verify(path)
    assert report.problems
    since = FORGERIES[forge]
    if since is not None:
        assert report.last_good is not None
        assert report.last_good.sequence == since
        assert report.last_good.time_utc[:2] == "20"
    elif forge in (swapped, swapped_for_another_devices, rehashed_by_another_device, emptied):
        assert report.last_good is None


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_after_every_forgery_the_next_measurement_is_kept(
    path: Path, forge: Callable[[Path], None]
) -> None:
    filled(path, COUNT)
    forge(path)
    with RecordStore(path) as store:
        store.check_writable()
        record_id = store.append(answer())
        assert store.get(record_id).problem == ""
    aside = list(path.parent.glob("records-set-aside-*.sqlite"))
    if aside:  # else the damage is in older entries, and the end holds
        report = verify(path)
        assert report.problems == ()
        with RecordStore(path, read_only=True) as store:
            (told,) = store.events("set_aside")
        assert told.content["file"] == aside[0].name


def test_a_deleted_mark_is_found_whatever_the_newest_entry_is(path: Path) -> None:
    filled(path, 1)
    with RecordStore(path) as store:
        store.append_event("export", {"what": "record", "file": "1.csv", "sha256": "00" * 32})
    mark_path(path).unlink()
    assert "the mark beside it is missing" in verify(path).problems[0]
    filled(path, 1)
    with RecordStore(path) as store:
        store.export_store(path.with_name("away.sqlite"))
    mark_path(path).unlink()
    assert "the mark beside it is missing" in verify(path).problems[0]
    assert verify(path.with_name("away.sqlite")).problems == ()


def test_an_own_mark_that_is_behind_is_no_fault(path: Path) -> None:
    filled(path, 3)
    behind = head_of(path)
    filled(path, 2)
    write_mark(path, behind)  # as after a sudden end between entry and mark
    assert verify(path).problems == ()
    filled(path, 1)
    assert head_of(path).sequence == 6


# ---- what only a published head finds ----


def test_a_store_and_its_mark_put_back_together_show_against_a_noted_head(path: Path) -> None:
    filled(path, 3)
    old, old_mark = path.read_bytes(), mark_path(path).read_bytes()
    filled(path, 3)
    noted = head_of(path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(old)
    mark_path(path).write_bytes(old_mark)
    assert verify(path).problems == ()  # the store alone cannot know
    for known in (noted, noted.hash.hex(), noted.hash.hex().upper(), noted.code):
        assert verify(path, known).problems


def test_written_again_with_the_devices_own_key_shows_against_a_noted_head(path: Path) -> None:
    filled(path, COUNT)
    noted = head_of(path)
    as_benzene(path, 3)
    signer = device_signer()
    with closing(sqlite3.connect(path)) as connection, connection:
        body = json.loads(connection.execute(
            "SELECT body FROM contents WHERE sequence = 3").fetchone()[0])  # fmt: skip
        from device.records.content import search_text

        connection.execute(
            "UPDATE records SET search = ? WHERE sequence = 3", (search_text("measurement", body),)
        )
    rehash(path, lambda head: signer.sign(head.signed_bytes()))
    write_mark(path, head_of(path))
    assert verify(path).problems == ()  # who has the key is the device
    assert verify(path, noted).problems
    assert verify(path, noted.code).problems


def test_a_noted_head_that_is_there_is_no_fault(path: Path) -> None:
    filled(path, 3)
    noted = head_of(path)
    filled(path, 3)
    for known in (noted, noted.hash.hex(), noted.hash.hex()[:20], noted.code.lower()):
        assert verify(path, known).problems == ()
    assert verify(path, "ab").problems  # two digits fit anything


def test_a_key_that_was_named_is_compared(path: Path) -> None:
    signer = FileSigner(SigningKey.generate())
    with RecordStore(path, signer=lambda: signer) as store:
        store.append(answer())
        assert store.verify(key=signer.public_key).problems == ()
        assert store.verify().problems  # this device has another one
        assert store.verify(key=SigningKey.generate().public_key).problems


def test_an_entry_of_the_right_key_in_another_store_is_found(path: Path) -> None:
    """Signatures name the store: an entry does not move to another one."""
    other = path.with_name("other.sqlite")
    filled(path, 2)
    filled(other, 2)
    with closing(sqlite3.connect(other)) as source:
        row = Row(*source.execute("SELECT * FROM records WHERE sequence = 2").fetchone())
        body, data = source.execute("SELECT body, data FROM contents WHERE sequence = 2").fetchone()
    edit(path, "DELETE FROM records WHERE sequence = 2")
    edit(path, "DELETE FROM contents WHERE sequence = 2")
    with closing(sqlite3.connect(path)) as connection, connection:
        put(connection, row, body, data)
    assert verify(path).problems


def test_the_device_signs_its_store_name(path: Path) -> None:
    _, row, body = first_row(device_signer(), "ab" * 16)
    assert json.loads(body)["store_id"] == "ab" * 16 and row.sequence == 0


def test_any_single_flipped_byte_of_an_entry_is_found(path: Path) -> None:
    filled(path, 1)
    rng = np.random.default_rng(3)
    places = [("contents", "body"), ("contents", "data"), ("records", "hash"),
              ("records", "signature"), ("records", "body_sha256")]  # fmt: skip
    for table, name in places:
        content = column(path, name, 1, table)
        for position in rng.integers(len(content), size=6):
            changed = bytearray(content)
            changed[position] ^= 1 << int(rng.integers(8))
            edit(path, f"UPDATE {table} SET {name} = ? WHERE sequence = 1", bytes(changed))
            assert verify(path).problems, (name, position)
        edit(path, f"UPDATE {table} SET {name} = ? WHERE sequence = 1", content)
    assert not verify(path).problems  # the control: put back, it is whole again


# ---- while a program is writing ----


def cut_off_with_its_mark(path: Path) -> None:
    truncated(path)
    mark_path(path).unlink()


@pytest.mark.parametrize("forge", [cut_off_with_its_mark, truncated, emptied])
def test_who_is_writing_misses_its_own_entries(path: Path, forge: Callable[[Path], None]) -> None:
    with RecordStore(path) as store:
        for _ in range(COUNT):
            store.append(answer())
        forge(path)
        store.check_writable()
        assert store.get(store.append(answer())).problem == ""
        (told,) = store.events("set_aside")
    assert (path.parent / told.content["file"]).exists()
    report = verify(path)
    assert report.problems == ()
    (one,) = report.not_accepted
    assert one.file == told.content["file"] and "begun anew" in one.in_words()


def test_a_store_deleted_with_its_mark_is_missed_by_who_is_writing(path: Path) -> None:
    with RecordStore(path) as store:
        store.append(answer())
        for one in path.parent.glob("records.sqlite*"):
            one.unlink()
        store.append(answer())
    (told,) = verify(path).not_accepted
    assert "was gone; its mark names 1 entries" in told.in_words()


def test_an_old_copy_with_its_mark_is_missed_by_who_is_writing(path: Path) -> None:
    with RecordStore(path) as store:
        store.append(answer())
        old, old_mark = path.read_bytes(), mark_path(path).read_bytes()
        store.append(answer())
        restored = path.with_name("old")
        restored.write_bytes(old)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        restored.replace(path)
        mark_path(path).write_bytes(old_mark)
        store.append(answer())
        assert len(store.events("set_aside")) == 1


def test_a_store_that_another_program_began_anew_is_gone_on_with(path: Path) -> None:
    with RecordStore(path) as store, RecordStore(path) as other:
        store.append(answer())
        emptied(path)
        other.append(answer())
        other.append(answer())
        store.append(answer())
        assert len(store.events("set_aside")) == 1  # once, by the other one
    assert verify(path).count == 3


def test_a_lost_mark_is_told_ever_after(path: Path) -> None:
    filled(path, COUNT)
    cut_off_with_its_mark(path)
    filled(path, 2)
    report = verify(path)
    assert report.problems == ()
    (one,) = report.not_accepted
    assert "the mark was lost" in one.in_words()


def test_an_untouched_store_has_nothing_to_note(path: Path) -> None:
    filled(path, COUNT)
    assert verify(path).notes == () == verify(path).interruptions
