"""Sudden ends, full and forbidden disks, hanging and many writers: nothing acknowledged is lost.

Each refusal is one sentence, and comes before light is made wherever it can be known then.
"""

import fcntl
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.records import lock
from device.records.errors import RecordStoreError
from device.records.head import Head
from device.records.mark import mark_path, read_mark, write_mark
from device.records.store import RecordStore
from tests.record_stores import another_device, edit, filled
from tests.records_soak import soak
from tests.sample_answers import answer

LOG_HEAD = 32  # bytes before the first page in SQLite's log

ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite"


def whole(path: Path) -> int:
    with RecordStore(path, read_only=True) as store:
        report = store.verify()
    assert report.problems == ()
    return report.count


def test_killed_writers_lose_nothing_and_raise_no_false_alarm(path: Path) -> None:
    kept, aside = soak(path, kills=8, appends=60)
    assert kept >= 60 and aside == 0


def test_a_clock_that_jumps_by_ten_years_is_told_and_is_no_fault(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from device.records import writing

    for year in (2026, 2036, 2016, 2026):
        monkeypatch.setattr(writing, "utc_now", lambda year=year: datetime(year, 5, 1, tzinfo=UTC))
        filled(path, 1)
    with RecordStore(path, read_only=True) as store:
        report = store.verify()
        assert [one.created_utc[:4] for one in store.list()] == ["2026", "2016", "2036", "2026"]
    assert report.problems == ()
    assert "clock was set back" in " ".join(report.notes)


# ---- disks ----


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Every write behind so many bytes of a file fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("begun", [False, True], ids=["first record", "third record"])
def test_a_full_disk_at_every_write_loses_nothing(tmp_path: Path, begun: bool) -> None:
    refused = stored = 0
    one = answer()
    for size in range(0, 140_000, 7_000):
        path = tmp_path / str(size) / "records.sqlite"
        before = filled(path, 2) if begun else []
        with RecordStore(path) as store:
            try:
                with no_file_beyond(size):
                    before.append(store.append(one))
                    stored += 1
            except RecordStoreError as error:
                refused += 1
                assert error.text.count(". ") == 0 and error.text.endswith(".")
        after = filled(path, 1)  # there is room again
        assert whole(path) == len(before) + 1
        with RecordStore(path, read_only=True) as store:
            assert [one.record_id for one in reversed(store.list())] == before + after
        assert not list(path.parent.glob("*set-aside*"))
    assert refused >= 2 and stored >= 2  # both happened


def test_a_full_disk_behind_the_mark_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, 1)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("device.records.settling.write_mark", full)
        ids = filled(path, 2)
    mark = read_mark(path)
    assert mark is not None and mark.sequence == 1
    assert whole(path) == 3
    with RecordStore(path, read_only=True) as store:
        assert store.get(ids[1]).record_id == ids[1]


def test_an_answer_does_not_wait_for_the_mark(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is safe and can be shown while the mark is written; only then comes the next entry."""
    filled(path, 1)
    may_write = threading.Event()

    def slow(store: Path, head: Head) -> None:
        may_write.wait(10.0)
        write_mark(store, head)

    monkeypatch.setattr("device.records.settling.write_mark", slow)
    with RecordStore(path) as store:
        record_id = store.append(answer())
        with RecordStore(path, read_only=True) as other:
            assert other.get(record_id).problem == ""
        mark = read_mark(path)
        assert mark is not None and mark.sequence == 1  # as after a sudden end
        may_write.set()
        store.append(answer())
        before = read_mark(path)
        assert before is not None and before.sequence >= 2
    mark = read_mark(path)
    assert mark is not None and mark.sequence == 3
    assert whole(path) == 3
    assert not settling_threads()


def settling_threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("ramix-records")]


def test_what_follows_an_entry_is_ready_before_the_light(path: Path) -> None:
    """Starting a thread takes as long as storing the answer."""
    with RecordStore(path) as store:
        store.check_writable()
        there = settling_threads()
        store.append(answer())
        assert settling_threads() == there and len(there) == 1
    assert not settling_threads()


def test_without_a_thread_to_be_had_the_mark_is_there_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    filled(path, 2)
    mark = read_mark(path)
    assert mark is not None and mark.sequence == 2
    assert whole(path) == 2


def test_a_measurement_waits_for_the_disk_once(path: Path) -> None:
    """SQLite syncs the head of its log whenever the log begins anew: that is done before."""
    log = path.with_name("records.sqlite-wal")
    with RecordStore(path) as store:
        for _ in range(3):
            store.check_writable()
            before = log.read_bytes()[:LOG_HEAD]
            store.append(answer())
            assert log.read_bytes()[:LOG_HEAD] == before
            store.settled()
    assert whole(path) == 3


def test_a_disk_that_takes_no_more_bytes_is_told_before_light_is_made(path: Path) -> None:
    filled(path, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with RecordStore(path) as store:
        store.check_writable()
        resource.setrlimit(resource.RLIMIT_FSIZE, (LOG_HEAD, before[1]))
        try:
            with pytest.raises(RecordStoreError):
                store.check_writable()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        store.check_writable()
        store.append(answer())
    assert whole(path) == 2


def test_a_nearly_full_disk_is_refused_before_light_is_made(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    with RecordStore(path) as store:
        store.check_writable()
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 63_000_000))
        with pytest.raises(RecordStoreError, match="nearly full: 63 MB are free, 64 MB are needed"):
            store.check_writable()
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 64_000_001))
        store.check_writable()


_AS_NOBODY = """
import os, sys
from device.records.store import RecordStore
from device.records.errors import RecordStoreError
from tests.sample_answers import answer
one = answer()
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
os.environ["RAMIX_HOME"] = sys.argv[1]
for what in ("check_writable", "append", "list", "verify"):
    with RecordStore(sys.argv[1] + "/records.sqlite") as store:
        try:
            store.append(one) if what == "append" else getattr(store, what)()
            print("done")
        except RecordStoreError as error:
            print(what, error.text)
"""


def as_nobody(home: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(home)], capture_output=True, text=True, cwd=ROOT,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("mode", [0o000, 0o500], ids=["unreadable", "read-only"])
def test_a_home_that_is_not_to_be_used_is_one_sentence(tmp_path: Path, mode: int) -> None:
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.geteuid() and os.geteuid() == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)  # pytest's own are closed to others
    tmp_path.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(mode)
    if os.geteuid() == 0:
        os.chown(home, 65534, 65534)
    try:
        said = as_nobody(home)
    finally:
        home.chmod(0o700)
    assert len(said) == 4
    for line in said:
        assert "may not" in line or "no records yet" in line or "cannot" in line
        assert "Traceback" not in line
    assert list(home.iterdir()) == []


# ---- other writers ----

_STARTS = """
import os, sys, time
from device.records.store import RecordStore
from tests.sample_answers import answer
one, at = answer(), time.monotonic() + 0.3
for _ in range(60):
    if os.fork() == 0:
        time.sleep(max(0.0, at - time.monotonic()))
        try:
            with RecordStore(sys.argv[1]) as store:
                store.append(one)
            os._exit(0)
        except BaseException as error:
            os.write(2, f"{error}\\n".encode())
            os._exit(1)
sys.exit(sum(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(60)))
"""


def test_sixty_starts_at_one_instant_make_one_store(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _STARTS, str(path)], capture_output=True, text=True, cwd=ROOT,
        timeout=100, check=False, env={**os.environ, "RAMIX_HOME": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    os.environ["RAMIX_HOME"], before = str(tmp_path), os.environ.get("RAMIX_HOME")
    try:
        assert whole(path) == 60
    finally:
        os.environ.pop("RAMIX_HOME")
        if before is not None:
            os.environ["RAMIX_HOME"] = before
    assert not list(tmp_path.glob("*set-aside*"))


def test_a_writer_that_hangs_is_not_waited_for_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, 1)
    monkeypatch.setattr(lock, "BUSY_TIMEOUT_S", 0.2)
    holding = subprocess.Popen(
        [sys.executable, "-c", "import fcntl,sys,time\nf=open(sys.argv[1],'r+')\n"
         "fcntl.flock(f,fcntl.LOCK_EX)\nprint(1,flush=True)\ntime.sleep(60)",
         str(path) + ".lock"], stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holding.stdout is not None and holding.stdout.readline()
        os.kill(holding.pid, signal.SIGSTOP)
        begun = time.monotonic()
        with RecordStore(path) as store:
            with pytest.raises(RecordStoreError, match="another program keeps it locked"):
                store.check_writable()
            assert len(store.list()) == 1  # who reads does not wait
        assert time.monotonic() - begun < 5.0
    finally:
        holding.kill()
        holding.communicate()
    assert filled(path, 1)


def test_a_reader_does_not_stop_a_writer(path: Path) -> None:
    filled(path, 2)
    reading = sqlite3.connect(path)
    cursor = reading.execute("SELECT * FROM contents")
    cursor.fetchone()  # in the middle of it
    assert filled(path, 1)
    reading.close()
    assert whole(path) == 3


def test_an_entry_that_is_too_large_is_refused_and_the_store_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, 2)
    with RecordStore(path) as store:
        with monkeypatch.context() as patch:
            patch.setattr(
                "device.records.store.measurement_content", lambda *_: ({}, bytes(80_000_000))
            )
            with pytest.raises(RecordStoreError, match="larger than any that is kept"):
                store.append(answer())
        store.append(answer())
        assert len(store.list()) == 3 and store.verify().problems == ()
    assert not list(path.parent.glob("*set-aside*"))


def test_a_store_that_another_program_set_aside_is_not_written_on(path: Path) -> None:
    with RecordStore(path) as first:
        first.append(answer())
        with RecordStore(path, signer=another_device()) as second:
            second.append(answer())  # another key: the store before is set aside
        kept = first.append(answer())  # set aside once more: the first device's key again
        assert first.get(kept).record_id == kept
    asides = list(path.parent.glob("*set-aside*.sqlite"))
    assert len(asides) == 2


def test_the_lock_is_let_go_of(path: Path) -> None:
    filled(path, 1)
    with open(f"{path}.lock", "rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


# ---- copies ----


def test_a_copy_of_the_one_file_is_whole_after_every_record(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    with RecordStore(path) as store:
        for count in range(1, 4):
            store.append(answer())
            store.settled()
            copy.write_bytes(path.read_bytes())  # SQLite's log stays behind
            with RecordStore(copy, read_only=True) as other:
                assert len(other.list()) == count
    assert not path.with_name("records.sqlite-wal").exists()


def test_an_exported_store_is_one_file_and_whole(path: Path, tmp_path: Path) -> None:
    filled(path, 3)
    target = tmp_path / "away.sqlite"
    with RecordStore(path) as store:
        store.export_store(target)
        assert store.verify().problems == ()
        done = store.last_event("export")
        with pytest.raises(RecordStoreError, match="there already"):
            store.export_store(target)
    assert done is not None and done.content["exported"] == [[0, 4]]
    assert target.stat().st_mode & 0o777 == 0o600
    with RecordStore(target, read_only=True) as copy:
        report = copy.verify()
    assert report.problems == () and report.count == 3
    assert "no mark beside it" in " ".join(report.notes)
    assert not mark_path(target).exists()


def test_a_store_that_is_not_whole_is_not_exported(path: Path, tmp_path: Path) -> None:
    filled(path, 3)
    edit(path, "UPDATE contents SET data = x'00' WHERE sequence = 2")
    with RecordStore(path) as store, pytest.raises(RecordStoreError, match="not whole"):
        store.export_store(tmp_path / "away.sqlite")
    assert [one.name for one in tmp_path.iterdir() if "away" in one.name] == []


def test_another_thread_than_the_one_that_opened_the_store_may_write(path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with RecordStore(path) as store, ThreadPoolExecutor(4) as threads:
        store.append(answer())
        for done in [threads.submit(store.append, answer()) for _ in range(8)]:
            done.result()
        store.close()
    assert whole(path) == 9
    assert not list(path.parent.glob("*set-aside*"))


@pytest.mark.parametrize("at", ["create", "write_mark"])
def test_a_sudden_end_while_a_store_is_set_aside_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    ids = filled(path, 3)
    edit(path, "UPDATE records SET signature = zeroblob(64) WHERE sequence = 3")
    before = path.read_bytes()

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    target = (
        "device.records.database.create" if at == "create" else "device.records.writing.write_mark"
    )
    with monkeypatch.context() as patch, RecordStore(path) as store:
        patch.setattr(target, killed)
        with pytest.raises(KeyboardInterrupt):
            store.append(answer())
    (aside,) = path.parent.glob("*set-aside*.sqlite")
    assert aside.read_bytes() == before
    kept = filled(path, 1)
    with RecordStore(path, read_only=True) as store:
        assert [one.record_id for one in store.list()] == kept
        assert store.verify().problems == ()
    with RecordStore(aside, read_only=True) as store:
        assert [one.record_id for one in store.list()] == ids[::-1]
    assert len(list(path.parent.glob("*set-aside*.sqlite"))) == 1


def test_a_stick_without_links_takes_key_and_export(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(os, "link", no_links)
    filled(path, 1)
    assert (tmp_path / "home" / "device.key").stat().st_mode & 0o777 == 0o600
    target = tmp_path / "away.sqlite"
    with RecordStore(path) as store:
        store.export_store(target)
    assert whole(target) == 1
    assert sorted(one.name for one in (tmp_path / "home").iterdir()) == ["device.key"]


def test_what_a_sudden_end_left_of_a_mark_goes_at_the_next_start(path: Path) -> None:
    with RecordStore(path) as store:
        store.append(answer())
    left = path.with_name(f".{path.name}.head.1234.part")
    left.write_bytes(b"{")
    others = path.with_name(f".{path.name}2.head.1234.part")
    others.write_bytes(b"{")
    with RecordStore(path) as store:
        store.check_writable()
    assert not left.exists()
    assert others.exists()
