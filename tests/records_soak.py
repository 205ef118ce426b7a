"""Writers are killed at random, their clocks jump by ten years: no acknowledged record is lost.

`python -m tests.records_soak --kills 80 --appends 10000` is the long run; the suite does a short
one. After each kill the store is verified: a false alarm fails the run like a lost record.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device.records import writing
from device.records.store import RecordStore
from tests.sample_answers import answer

TEN_YEARS = timedelta(days=3652)


def write_for_ever(path: Path, acknowledge: int, seed: int) -> None:
    """In a process of its own: store one record after the other, and say each id once it is safe.

    Every now and then the clock is ten years off, forwards or backwards.
    """
    rng = random.Random(seed)
    writing.utc_now = lambda: datetime.now(UTC) + rng.choice((-1, 0, 0, 0, 1)) * TEN_YEARS
    one = answer()
    while True:
        with RecordStore(path) as store:
            for _ in range(rng.randrange(1, 40)):
                os.write(acknowledge, f"{store.append(one)}\n".encode())
            store.append_event("settings", {"soak": True})


def killed_writer(path: Path, seed: int, lives_s: float, least: int) -> list[str]:
    """What a writer acknowledged until SIGKILL; at least so many records, if it lives."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            write_for_ever(path, write, seed)
        finally:
            os._exit(1)
    os.close(write)
    said, until_s = b"", 0.0
    with os.fdopen(read, "rb", buffering=0) as stream:
        while not until_s or said.count(b"\n") < least:
            said += stream.read(4096) or b""
            until_s = until_s or time.monotonic() + lives_s
        time.sleep(max(0.0, until_s - time.monotonic()))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while part := stream.read(65536):
            said += part
    return [line.decode() for line in said.split(b"\n")[:-1]]


def soak(path: Path, kills: int, appends: int, seed: int = 1) -> tuple[int, int]:
    """So many kills over so many records: how many were acknowledged, how many sets aside.

    Raises:
        AssertionError: a record was lost, or `verify` raised a false alarm.
    """
    rng = random.Random(seed)
    acknowledged: list[str] = []
    for kill in range(kills):
        least = max(1, (appends - len(acknowledged)) // (kills - kill))
        new = killed_writer(path, seed * 1000 + kill, rng.uniform(0.0, 0.15), least)
        acknowledged += new
        with RecordStore(path, read_only=True) as store:
            report = store.verify()
            assert report.problems == (), report.problems
            for record_id in new:
                assert store.get(record_id).record_id == record_id
    with RecordStore(path, read_only=True) as store:
        kept = {one.record_id for one in store.list(10 * len(acknowledged))}
    assert set(acknowledged) <= kept
    return len(acknowledged), len(list(path.parent.glob("*set-aside*")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=80)
    parser.add_argument("--appends", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAMIX_HOME"] = folder
        begun = time.monotonic()
        kept, aside = soak(Path(folder) / "r.sqlite", chosen.kills, chosen.appends, chosen.seed)
        print(
            f"{chosen.kills} kills, {kept} acknowledged records: none lost, no false alarm, "
            f"{aside} stores set aside, {time.monotonic() - begun:.0f} s"
        )


if __name__ == "__main__":
    main()
