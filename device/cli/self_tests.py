"""Which kept self-tests a measurement is held against: those of its store and of the usual one.

Next: `../selftest/standing.py`, what they say; `../selftest/fitness.py`, who asks.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from device.cli.measuring import is_simulated_port
from device.cli.self_test_options import SelfTestRules
from device.events import Event
from device.records.journal import usual_store
from device.selftest.fitness import Fitness
from device.selftest.standing import (
    KeptReport,
    SelfTestedNow,
    Standing,
    last_report,
    standing_of,
)

if TYPE_CHECKING:
    from device.records.store import RecordStore

Tell = Callable[[Event], None]


def fitness(
    store: "RecordStore | None", port: str, rules: SelfTestRules, tell: Tell
) -> SelfTestedNow:
    """For measurements over `port` that are kept in `store`, or nowhere.

    `ramix selftest` keeps its result in the usual store unless told otherwise, so that one counts
    too. Without a store there is nothing to warn about, but what failed is refused all the same.
    """
    is_simulated = is_simulated_port(port)

    def ask(serial: str) -> Standing | None:
        here = None if store is None else last_report(store, serial)
        usual = _usual(serial, is_simulated, None if store is None else store.path)
        if store is None and usual is None:
            return None
        kept = [one for one in (here, usual) if one is not None]
        # of two chains only the clock says which is newer
        newest = max(kept, key=lambda one: one.report.utc, default=None)
        return standing_of(serial, newest, rules.interval_h)

    return Fitness(ask, tell, despite=rules.despite, quiet=is_simulated).of


def _usual(serial: str, is_simulated: bool, asked: Path | None) -> KeptReport | None:
    with usual_store(simulated=is_simulated, read_only=True) as usual:
        path = usual.path
        if not path.exists() or (asked is not None and asked.exists() and path.samefile(asked)):
            return None
        return last_report(usual, serial)
