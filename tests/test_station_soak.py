"""A bad day on the virtual clock: unplugged, restarted, bytes lost; no press is forgotten."""

import gc
import os
import random
import threading
from pathlib import Path

import pytest

from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.events import Answered, Cancelled, Event, Failed, LinkLost, Reconnected
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

MIX = f"mix=fixture A:0.6,fixture B:0.4&snr=200&model={tiny_path(2)}"
RATES = ((FaultKind.UNPLUG, 0.002), (FaultKind.REBOOT, 0.002), (FaultKind.LOST, 0.002))
TRIGGERS = 100


def unreliable(seed: int) -> SimulatedAnalyzer:
    whole = build_analyzer(parse(MIX), Framing.RAW)
    return SimulatedAnalyzer(
        whole.scene, flash=whole.flash, faults=FaultPlan(rates=RATES, seed=seed),
        trigger_every_s=3.0, seed=seed,
    )  # fmt: skip


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bad_day_loses_and_doubles_nothing(seed: int, tmp_path: Path) -> None:
    """The operator interrupts twice; the plug is put back after a while, or after a restart."""
    analyzer, clock, chance = unreliable(seed), VirtualClock(), random.Random(seed)
    told: list[Event] = []
    shown: list[StoredAnswer | RamixError] = []
    interrupts = {TRIGGERS // 3, 2 * TRIGGERS // 3}
    before = (descriptors(), threading.active_count())

    def open_analyzer(_port: str) -> Analyzer:
        if not analyzer.connected:
            raise PortNotFound("Nothing answers.")
        return Analyzer(InProcessTransport(analyzer, clock), timeout_s=2.0)

    def pause(duration_s: float) -> None:
        clock.advance_to(clock.now_s + duration_s)
        assert not analyzer.laser_is_on  # nothing shines while it is waited for
        if chance.random() < 0.4:
            analyzer.reboot() if chance.random() < 0.5 else analyzer.plug_in()

    def show(one: StoredAnswer | RamixError) -> None:
        shown.append(one)
        if len(shown) in interrupts:
            raise KeyboardInterrupt

    path = tmp_path / "records.sqlite"
    while len(shown) < TRIGGERS:
        equipment = Equipment(SequentialSettings(budget_s=2.0), store=RecordStore(path))
        try:
            with Station("bench", equipment, open_analyzer, told.append, pause) as station:
                station.run(show=show, show_failure=show, triggers=TRIGGERS - len(shown))
        except KeyboardInterrupt:
            pass  # and started again
        except RamixError:  # the start itself met a fault
            if not analyzer.connected:
                analyzer.plug_in()
        assert not analyzer.laser_is_on
    answers = [one for one in shown if isinstance(one, StoredAnswer)]
    assert len(shown) == TRIGGERS and len(answers) > TRIGGERS // 2
    with RecordStore(path, read_only=True) as store:
        assert store.verify().problems == ()
        kept = [record.record_id for record in reversed(store.list(10 * TRIGGERS))]
    assert kept == [one.record_id for one in answers]  # none lost, none doubled, in their order
    assert {str(one.answer.identification.verdict) for one in answers} == {"IDENTIFIED"}
    counts = {kind: sum(isinstance(one, kind) for one in told) for kind in (LinkLost, Reconnected)}
    assert counts[LinkLost] >= counts[Reconnected] > 3
    assert sum(isinstance(one, Answered | Cancelled | Failed) for one in told) == TRIGGERS
    gc.collect()
    assert (descriptors(), threading.active_count()) == before
    assert all(one.off_s is not None for one in analyzer.laser_on_log)
