"""Which kept self-tests a measurement is held against: those of its store and of the usual one.

Next: `../selftest/standing.py`, what they say; `../station/fitness.py`, who asks.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from device import installation
from device.selftest.standing import KeptReport, Standing, kept_reports, standing_of
from device.station.fitness import SelfTests

if TYPE_CHECKING:
    from device.records.store import RecordStore


def self_tests(store: "RecordStore | None", interval_h: float, *, despite: bool) -> SelfTests:
    """For a measurement that is kept in `store`, or nowhere.

    `ramix selftest` keeps its result in the usual store unless told otherwise, so that one counts
    too. Without a store there is nothing to warn about, but what failed is refused all the same.
    """

    def ask(serial: str) -> Standing | None:
        here = [] if store is None else kept_reports(store, serial)
        usual = _usual(serial, None if store is None else store.path)
        if store is None and not usual:
            return None
        kept = here or usual
        if here and usual:  # of two chains only the clock says which is newer
            kept = sorted([*here, *usual], key=lambda one: one.report.utc, reverse=True)
        return standing_of(serial, kept, interval_h)

    return SelfTests(ask, despite)


def _usual(serial: str, asked: Path | None) -> list[KeptReport]:
    path = installation.default_record_store_path()
    if not path.exists() or (asked is not None and asked.exists() and path.samefile(asked)):
        return []
    from device.records.store import RecordStore

    with RecordStore(path, read_only=True) as usual:
        return kept_reports(usual, serial)
