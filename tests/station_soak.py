"""A bad day of the station: unplugged, restarted, bytes lost, interrupted; no press is forgotten.

`python -m tests.station_soak --triggers 1000 --seed 1` is the long run on the virtual clock; the
suite does a short one (`test_station_soak.py`). Every fault comes by chance of a seed: the cable is
pulled, the firmware restarts, a frame is lost; the plug comes back after a while, also in an
analyzer that was restarted meanwhile; the operator presses again within the countdown, which
cancels; the program is interrupted and started again.
"""

import argparse
import ctypes
import gc
import os
import random
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.events import (
    Answered,
    Cancelled,
    Countdown,
    Event,
    Failed,
    LinkLost,
    Reconnected,
)
from device.records.store import RecordStore
from device.runtime import StoredAnswer
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from device.station.station import Equipment, Station
from firmware_bridge.errors import PortNotFound, RamixError
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.faults import FaultKind, FaultPlan
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from tests.tiny_bundles import tiny_path

MIX: Final = f"mix=fixture A:0.6,fixture B:0.4&snr=200&model={tiny_path(2)}"
NAMES: Final = {"fixture A", "fixture B"}
RATES: Final = (
    (FaultKind.UNPLUG, 0.002),
    (FaultKind.REBOOT, 0.002),
    (FaultKind.LOST, 0.002),
)
CANCELLED: Final = 0.05  # of the countdowns are pressed away
INTERRUPTED: Final = 0.05  # of the answers end the program, which is started again
BACK: Final = 0.4  # of the looks for a lost analyzer find it plugged in, or restarted as well
_BUDGET_S: Final = 2.0
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Day:
    """What came of it. `memory_bytes`: the process's, after a tenth, a half and all of it."""

    presses: int
    answers: int
    cancelled: int
    failed: int
    links_lost: int
    reconnected: int
    interrupts: int
    pulses: int
    memory_bytes: tuple[int, ...]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident_bytes() -> int:
    """What is in use: the allocator first gives back what it only keeps, where it can."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


class BadDay:
    """One analyzer, one store and one operator, until so many presses were answered or failed."""

    def __init__(self, path: Path, triggers: int, seed: int) -> None:
        whole = build_analyzer(parse(MIX), Framing.RAW)
        self.analyzer = SimulatedAnalyzer(
            whole.scene, flash=whole.flash, faults=FaultPlan(rates=RATES, seed=seed),
            trigger_every_s=3.0, seed=seed,
        )  # fmt: skip
        self._path, self._triggers = path, triggers
        self._clock, self._chance = VirtualClock(), random.Random(seed)
        self._told: dict[type[Event], int] = {}
        self._kept: list[str] = []  # ids as they were shown
        self._presses = self._interrupts = 0
        self._memory_bytes: list[int] = []

    def run(self) -> Day:
        """
        Raises:
            AssertionError: an answer was wrong, a record lost or doubled, the laser left on, a
                press forgotten, a descriptor or a thread leaked.
        """
        before = (descriptors(), threading.active_count())
        while self._presses < self._triggers:
            self._one_start()
            assert not self.analyzer.laser_is_on
        self._memory_bytes.append(resident_bytes())
        assert (descriptors(), threading.active_count()) == before
        assert all(pulse.off_s is not None for pulse in self.analyzer.laser_on_log)
        with RecordStore(self._path, read_only=True) as store:
            assert store.verify().problems == ()
            listed = self._listed(store)
        assert listed == self._kept  # none lost, none doubled, in their order
        ended = sum(self._count(kind) for kind in (Answered, Cancelled, Failed))
        assert ended == self._presses == self._triggers
        return Day(
            self._presses, len(self._kept), self._count(Cancelled), self._count(Failed),
            self._count(LinkLost), self._count(Reconnected), self._interrupts,
            len(self.analyzer.laser_on_log), tuple(self._memory_bytes),
        )  # fmt: skip

    def _one_start(self) -> None:
        equipment = Equipment(SequentialSettings(budget_s=_BUDGET_S), store=RecordStore(self._path))
        try:
            with Station("bench", equipment, self._open, self._tell, self._pause) as station:
                station.run(
                    show=self._show, show_failure=self._pressed,
                    triggers=self._triggers - self._presses,
                )  # fmt: skip
        except KeyboardInterrupt:
            self._interrupts += 1  # and started again
        except RamixError:  # the start itself met a fault
            if not self.analyzer.connected:
                self.analyzer.plug_in()

    def _open(self, _port: str) -> Analyzer:
        if not self.analyzer.connected:
            raise PortNotFound("Nothing answers.")
        return Analyzer(InProcessTransport(self.analyzer, self._clock), timeout_s=2.0)

    def _pause(self, duration_s: float) -> None:
        self._clock.advance_to(self._clock.now_s + duration_s)
        assert not self.analyzer.laser_is_on  # nothing shines while it is waited for
        if self._chance.random() < BACK:
            self.analyzer.reboot() if self._chance.random() < 0.5 else self.analyzer.plug_in()

    def _tell(self, event: Event) -> None:
        self._told[type(event)] = self._count(type(event)) + 1
        if isinstance(event, Countdown) and self._chance.random() < CANCELLED:
            self.analyzer.press_trigger()

    def _count(self, kind: type[Event]) -> int:
        return self._told.get(kind, 0)

    def _show(self, one: StoredAnswer) -> None:
        found = one.answer.identification
        assert str(found.verdict) == "IDENTIFIED", found
        assert {component.name for component in found.components} == NAMES
        assert one.record_id is not None
        self._kept.append(one.record_id)
        self._pressed(one)
        if self._chance.random() < INTERRUPTED:
            raise KeyboardInterrupt

    def _pressed(self, _outcome: object) -> None:
        self._presses += 1
        if self._presses in (self._triggers // 10, self._triggers // 2):
            self._memory_bytes.append(resident_bytes())

    def _listed(self, store: RecordStore) -> list[str]:
        """Every measurement of the store, oldest first, page after page."""
        found: list[str] = []
        while page := store.list(100, before=found[-1] if found else None):
            found += [record.record_id for record in page]
        return found[::-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triggers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAMIX_HOME"] = folder
        begun_s = time.monotonic()
        day = BadDay(Path(folder) / "r.sqlite", chosen.triggers, chosen.seed).run()
    memory = ", ".join(f"{size / 1e6:.1f}" for size in day.memory_bytes)
    print(
        f"{day.presses} presses: {day.answers} answers, all right and stored once, "
        f"{day.cancelled} cancelled, {day.failed} failed; link lost {day.links_lost} times, "
        f"back {day.reconnected} times, {day.interrupts} interrupts; {day.pulses} pulses, all "
        f"ended; no descriptor or thread left; memory {memory} MB after a tenth, after half and at "
        f"the end ({time.monotonic() - begun_s:.0f} s)"
    )


if __name__ == "__main__":
    main()
