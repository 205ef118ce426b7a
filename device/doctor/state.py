"""What is kept on this machine: records, field library, file modes, room on the disk, clock.

Nothing is created or changed by looking. Next: `analyzer.py`, the instrument.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from device import installation
from device.doctor.finding import Finding, fault, ok, warning
from device.field_library.store import FieldLibrary
from device.records.report import of_the_kind
from device.records.room import LEAST_FREE_BYTES
from device.records.store import RecordStore
from device.selftest.standing import SelfTestFailed, SelfTestState, every_report, standing_of

# Below the first no measurement is begun; below the second it is time to make room.
TOO_LITTLE_BYTES: Final = LEAST_FREE_BYTES
LITTLE_BYTES: Final = 500_000_000
# A clock outside of these years was never set: no computer with this program is older.
FIRST_YEAR: Final = 2025
LAST_YEAR: Final = 2099
_TEST: Final = "Make one: ramix selftest --port PORT --polystyrene"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def records() -> Iterator[Finding]:
    """The record store: writable, and its chain whole."""
    check = "records"
    path = installation.default_record_store_path()
    place = path if path.exists() else _nearest(path)
    if not os.access(place, os.W_OK) or not os.access(_nearest(path.parent), os.W_OK):
        yield fault(
            check,
            f"This user may not write records to {path}.",
            "Give the folder to this user, or name another one with RAMIX_HOME.",
        )
        return
    if not path.exists():
        yield ok(check, f"There are no records yet; they will be kept in {path}.")
        return
    with RecordStore(path, read_only=True) as store:
        report = of_the_kind(store.verify(), simulated=False)
    for problem in report.problems:
        yield fault(
            check,
            f"The chain of records in {path} is broken: {problem}.",
            "Keep this file as it is: `ramix records verify` says since when.",
        )
    for one in report.interruptions:
        yield warning(
            check,
            f"The records in {path} go on after an interruption: {one.in_words()}",
            "`ramix records verify` says more, and takes its code once somebody looked into it.",
        )
    for aside in sorted(path.parent.glob(f"{path.stem}-set-aside-*{path.suffix}")):
        yield warning(
            check,
            f"{aside} could not be continued and lies aside; `ramix records events --kind "
            "set_aside` says why.",
            f"Look at it: ramix records verify --store {aside}; then keep it elsewhere.",
        )
    if not report.problems:
        yield ok(check, f"{report.count} records in {path} are whole.")


def self_tests(now: datetime | None = None) -> Iterator[Finding]:
    """How each analyzer that was tested here stands."""
    check = "self-test"
    path = installation.default_record_store_path()
    standings = []
    if path.exists():
        with RecordStore(path, read_only=True) as store:
            kept = every_report(store)
        for serial in dict.fromkeys(one.report.serial for one in kept):
            last = next(one for one in kept if one.report.serial == serial)
            standings.append(standing_of(serial, last))
    if not standings:
        yield ok(check, "No self-test is kept here yet: ramix selftest --port PORT makes one.")
    at = now or datetime.now(UTC)
    for standing in standings:
        match standing.state(at):
            case SelfTestState.FAILED:
                yield fault(check, standing.words(at), SelfTestFailed.default_remedy)
            case SelfTestState.OVERDUE:
                yield warning(check, standing.words(at), _TEST)
            case _:
                yield ok(check, standing.words(at))


def field_library() -> Iterator[Finding]:
    """The compounds measured in the field."""
    check = "field library"
    whole, damaged = FieldLibrary.default().scan()
    for entry in damaged:
        error = entry.error()
        yield fault(check, error.text, error.remedy)
    if not damaged:
        yield ok(check, f"{len(whole)} compounds measured in the field can be read.")


def file_modes() -> Iterator[Finding]:
    """Records and library are their owner's alone; what decides about trust is written by root."""
    check = "file modes"
    folder = installation.data_dir()
    open_ones = [path for path in _kept(folder) if path.stat().st_mode & _OTHERS]
    if open_ones:
        yield warning(
            check,
            f"Other users can reach {len(open_ones)} of the files and folders in {folder}.",
            f"Close them: chmod -R go= {folder}",
        )
    else:
        yield ok(check, f"What is kept in {folder} is open to this user alone.")
    system_dir, _ = installation.config_dirs()
    system_state, _ = installation.trust_state_paths()
    deciding = (system_dir, *(system_dir / name for name in ("trust.json", "model.ramix")))
    for path in (*deciding, system_state.parent, system_state):
        if path.exists() and path.stat().st_mode & _OTHERS_WRITE:
            yield fault(
                check,
                f"Other users can change {path}, which decides what is trusted here.",
                f"Close it: sudo chmod go-w {path}",
            )


def disk() -> Iterator[Finding]:
    """Room where records are kept."""
    check = "disk"
    place = _nearest(installation.data_dir())
    free_bytes = shutil.disk_usage(place).free
    told = f"{free_bytes / 1e6:,.0f} MB are free at {place}"
    if free_bytes < TOO_LITTLE_BYTES:
        yield fault(check, f"Only {told}: measurements can fail.", "Make room on that disk.")
    elif free_bytes < LITTLE_BYTES:
        yield warning(check, f"Only {told}.", "Make room on that disk soon.")
    else:
        yield ok(check, f"{told}.")


def clock(now: datetime | None = None) -> Iterator[Finding]:
    """The computer's clock, which dates every record."""
    check = "clock"
    told = now or datetime.now(UTC)
    if FIRST_YEAR <= told.year <= LAST_YEAR:
        yield ok(check, f"The clock says {told:%Y-%m-%d %H:%M} UTC.")
    else:
        yield fault(
            check,
            f"The clock says {told:%Y-%m-%d}: records would carry wrong dates.",
            "Set it: sudo timedatectl set-time 'YYYY-MM-DD HH:MM:SS', or connect to a time server.",
        )


def _kept(folder: Path) -> Iterator[Path]:
    """The folder of records with its files, and the folders below that are ours."""
    for place in (folder, installation.field_library_dir(), installation.kept_pages_dir()):
        if place.is_dir():
            yield place
            yield from (path for path in place.iterdir() if path.is_file())


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there."""
    return next((place for place in (path, *path.parents) if place.exists()), Path("/"))
