"""The record store: what was acknowledged stays, and a change shows."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device.answer.result import result_json
from device.records.database import APPLICATION_ID, SCHEMA_VERSION
from device.records.errors import RecordStoreError
from device.records.store import RecordStore
from tests.record_stores import edit, filled
from tests.sample_answers import acquired_spectrum, answer, file_spectrum, no_result

_APPEND_FOR_EVER = """
import sys
from device.records.store import RecordStore
from tests.record_stores import edit, filled
from tests.sample_answers import answer
store, one = RecordStore(sys.argv[1]), answer()
for _ in range(int(sys.argv[2])):
    print(store.append(one), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "records.sqlite"


def test_a_record_holds_the_result_and_the_raw_measurement(path: Path) -> None:
    spectrum = acquired_spectrum(seed=7)
    raw = spectrum.raw
    assert raw is not None
    one = answer(spectrum=spectrum)
    with RecordStore(path) as store:
        record_id = store.append(one)
        record = store.get(record_id)
    assert record.result == result_json(one, record_id)
    np.testing.assert_array_equal(record.array("raw_counts"), raw.raw_counts)
    np.testing.assert_array_equal(record.array("dark_counts"), raw.dark_counts)
    np.testing.assert_array_equal(record.array("dead"), raw.dead)
    assert record.array("calibration_page").tobytes() == raw.calibration.to_bytes()
    measurement = record.body["measurement"]
    assert measurement["analyzer_serial"] == "RX-0001"
    assert measurement["frames"] == 3
    assert measurement["detector_temperature_c"] is None  # the sensor read NaN


def test_a_record_of_a_file_holds_its_columns(path: Path) -> None:
    spectrum = file_spectrum()
    with RecordStore(path) as store:
        record = store.get(store.append(answer(spectrum=spectrum)))
    np.testing.assert_array_equal(record.array("wavenumber_cm1"), spectrum.wavenumber_cm1)
    np.testing.assert_array_equal(record.array("intensity"), spectrum.intensity)
    assert record.body["measurement"]["source"] == "a.csv"


def test_ids_are_unique_and_sort_in_the_order_of_writing(path: Path) -> None:
    ids = filled(path, 12)
    assert len(set(ids)) == 12
    assert sorted(ids) == ids


def test_the_newest_come_first_and_no_more_than_asked(path: Path) -> None:
    ids = filled(path, 5)
    with RecordStore(path, read_only=True) as store:
        assert [one.record_id for one in store.list(3)] == ids[:1:-1]


def test_a_record_is_found_by_its_number(path: Path) -> None:
    ids = filled(path, 3)
    with RecordStore(path, read_only=True) as store:
        assert store.get("2").record_id == ids[1]
        assert store.get("0000002").record_id == ids[1]


@pytest.mark.parametrize("wrong", ["4", "0", "", "x", "-1", "2-20200101T000000Z-ffff", "9" * 30])
def test_an_id_that_is_not_there_is_an_error(path: Path, wrong: str) -> None:
    filled(path, 3)
    with RecordStore(path, read_only=True) as store, pytest.raises(RecordStoreError, match="no re"):
        store.get(wrong)


def test_opening_a_store_touches_nothing_until_it_is_used(path: Path) -> None:
    RecordStore(path).close()
    assert not path.exists()


def test_a_store_goes_on_where_it_ended(path: Path) -> None:
    ids = filled(path, 2) + filled(path, 2)
    with RecordStore(path, read_only=True) as store:
        report = store.verify()
    assert report.problems == ()
    assert report.count == 4
    assert [one[:7] for one in ids] == ["0000001", "0000002", "0000003", "0000004"]


def test_every_commit_is_synced(path: Path) -> None:
    with RecordStore(path) as store:
        store.append(answer())
        connection = store._writer._opened()
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


# ---- whole ----


def test_an_untouched_chain_is_whole(path: Path) -> None:
    filled(path)
    with RecordStore(path, read_only=True) as store:
        report = store.verify()
    assert (report.count, report.entries, report.problems, report.notes) == (3, 4, (), ())
    assert len(report.head) == 64
    assert report.last_good == report.newest


def test_an_empty_store_is_whole(path: Path) -> None:
    with RecordStore(path) as store:
        assert (store.verify().count, store.verify().problems) == (0, ())


# ---- sudden ends and neighbours ----


def test_a_killed_writer_leaves_every_acknowledged_record(path: Path) -> None:
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", _APPEND_FOR_EVER, str(path), "100000"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(5)]
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.communicate()[0]
        acknowledged += rest.splitlines() if rest.endswith("\n") else rest.splitlines()[:-1]
        with RecordStore(path) as store:
            assert store.verify().problems == ()
            for record_id in acknowledged:
                assert store.get(record_id).record_id == record_id


def test_writers_at_the_same_time_share_one_chain(path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _APPEND_FOR_EVER, str(path), "5"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        for _ in range(3)
    ]
    ids = [line for writer in writers for line in writer.communicate()[0].split()]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(set(ids)) == 15
    with RecordStore(path, read_only=True) as store:
        report = store.verify()
    assert (report.count, report.problems) == (15, ())


def test_an_interrupted_append_leaves_the_store_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, 1)

    def interrupted(*_arguments: object) -> bytes:
        raise KeyboardInterrupt

    with RecordStore(path) as store:
        with monkeypatch.context() as patch:
            patch.setattr("device.records.chain.chained_hash", interrupted)
            with pytest.raises(KeyboardInterrupt):
                store.append(no_result())
        assert store.verify().count == 1
        store.append(no_result())
        assert store.verify().count == 2


# ---- what is no store of ours ----


def test_reading_where_nothing_was_stored_says_so(path: Path) -> None:
    with RecordStore(path, read_only=True) as store, pytest.raises(RecordStoreError, match="no re"):
        store.list()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"not a database at all, but long enough" * 40, b"\0" * 5000])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_database_is_refused_and_kept(
    tmp_path: Path, content: bytes, read_only: bool
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with RecordStore(path, read_only=read_only) as store, pytest.raises(RecordStoreError):
        store.verify()
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_kept(path: Path) -> None:
    path.parent.mkdir()
    edit(path, "CREATE TABLE recipes (name TEXT)")
    with RecordStore(path) as store, pytest.raises(RecordStoreError, match="another program"):
        store.append(answer())
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("recipes",)]
    connection.close()


def test_a_store_of_a_newer_version_is_refused(path: Path) -> None:
    filled(path, 1)
    edit(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with RecordStore(path) as store, pytest.raises(RecordStoreError, match="newer version"):
        store.append(answer())


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with (
        RecordStore(tmp_path / "taken" / "records.sqlite") as store,
        pytest.raises(RecordStoreError, match="a file, not a folder"),
    ):
        store.append(answer())


def test_a_store_that_must_not_be_written_is_an_error(path: Path) -> None:
    filled(path, 1)
    with RecordStore(path, read_only=True) as store, pytest.raises(RecordStoreError, match="write"):
        store.append(answer())
    assert APPLICATION_ID == 0x52414D58  # stands in every store in the field
