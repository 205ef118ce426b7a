"""One owner for a day: answers, a lost analyzer that comes back, and one that is another."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import TextIO

import pytest

from device.cli.main import run_command
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.events import (
    Answered,
    Connecting,
    Event,
    Failed,
    LinkLost,
    OtherAnalyzer,
    Reconnected,
    Reconnecting,
    words,
)
from device.records.store import RecordStore
from device.runtime import StoredAnswer
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from device.station.station import Equipment, NoTrigger, Station
from firmware_bridge.errors import LinkClosed, LinkError, PortNotFound, RamixError
from firmware_bridge.framing import Framing
from firmware_bridge.messages import Opcode
from firmware_bridge.simulator.faults import Fault, FaultKind, FaultPlan
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.upkeep import Upkeep
from tests.tiny_bundles import tiny_path

ROOT = Path(__file__).resolve().parent.parent
MIX = f"mix=fixture A:0.6,fixture B:0.4&snr=200&model={tiny_path(2)}"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


def simulated(
    *faults: Fault, serial: str = "RX-1", model: str = str(tiny_path(2))
) -> SimulatedAnalyzer:
    """A tiny analyzer that presses its own trigger after each idle second."""
    whole = build_analyzer(parse(MIX.replace(str(tiny_path(2)), model)), Framing.RAW)
    page = replace(whole.calibration, serial=serial)
    return SimulatedAnalyzer(
        whole.scene, calibration=page, flash=whole.flash, faults=FaultPlan.of(*faults),
        trigger_every_s=1.0, seed=3,
    )  # fmt: skip


class Bench:
    """A plug that a hand holds: `plugged` is what the port reaches now, None nothing."""

    def __init__(self, first: SimulatedAnalyzer, store: RecordStore | None = None) -> None:
        self.plugged: SimulatedAnalyzer | None = first
        self.clock = VirtualClock()
        self.told: list[Event] = []
        self.shown: list[StoredAnswer | RamixError] = []
        self.hands: list[Callable[[], None]] = []  # what happens at each pause, in turn
        self.station = Station(
            "bench",
            Equipment(SequentialSettings(), store=store, countdown_s=0.0),
            self._open,
            self.told.append,
            self._pause,
        )

    def _open(self, _port: str) -> Analyzer:
        if self.plugged is None or not self.plugged.connected:
            raise PortNotFound("Nothing answers.")
        return Analyzer(InProcessTransport(self.plugged, self.clock), timeout_s=2.0)

    def _pause(self, duration_s: float) -> None:
        self.clock.advance_to(self.clock.now_s + duration_s)
        if self.hands:
            self.hands.pop(0)()

    def plug(self, analyzer: SimulatedAnalyzer) -> Callable[[], None]:
        def hand() -> None:
            self.plugged = analyzer
            analyzer.plug_in()

        return hand

    def run(self, triggers: int) -> int:
        return self.station.run(
            show=self.shown.append, show_failure=self.shown.append, triggers=triggers
        )

    def kinds(self, *kinds: type[Event]) -> list[type[Event]]:
        return [type(one) for one in self.told if isinstance(one, kinds)]


def test_one_measurement_without_a_trigger(tmp_path: Path) -> None:
    bench = Bench(simulated(), RecordStore(tmp_path / "records.sqlite"))
    with bench.station as station:
        done = station.measure()
    assert done.record_id is not None
    assert isinstance(bench.told[0], Connecting)
    assert bench.told[-1] == Answered("IDENTIFIED", done.record_id)
    assert all(words(event) for event in bench.told)


@pytest.mark.parametrize("opcode", [Opcode.ACQUIRE_FRAME, Opcode.GET_STATE])
def test_an_unplugged_analyzer_is_waited_for_and_answers_again(
    opcode: Opcode, tmp_path: Path
) -> None:
    pulled = simulated(Fault(FaultKind.UNPLUG, opcode, nth=9))
    store = RecordStore(tmp_path / "records.sqlite")
    bench = Bench(pulled, store)
    bench.hands = [lambda: None, lambda: None, bench.plug(pulled)]
    with bench.station:
        answered = bench.run(5)
    failures = [one for one in bench.shown if isinstance(one, RamixError)]
    assert len(bench.shown) == 5 and answered == 5 - len(failures)
    # in the middle of a measurement that press is told to have failed, else nothing is lost
    assert len(failures) == (1 if opcode is Opcode.ACQUIRE_FRAME else 0)
    lost = bench.kinds(LinkLost, Reconnecting, Reconnected)
    assert lost == [LinkLost, Reconnecting, Reconnecting, Reconnecting, Reconnected]
    assert not pulled.laser_is_on
    with RecordStore(tmp_path / "records.sqlite", read_only=True) as kept:
        assert kept.verify().count == answered


def test_nothing_shines_between_unplugging_and_the_next_press() -> None:
    pulled = simulated(Fault(FaultKind.UNPLUG, Opcode.ACQUIRE_FRAME, nth=9))
    bench = Bench(pulled)
    bench.hands = [bench.plug(pulled)]
    with bench.station:
        bench.run(4)
    (back,) = [at for at, event in enumerate(bench.told) if isinstance(event, Reconnected)]
    (lost,) = [at for at, event in enumerate(bench.told) if isinstance(event, LinkLost)]
    assert bench.kinds(Failed) == [Failed]
    # between the two nothing was measured
    assert all(isinstance(one, Reconnecting) for one in bench.told[lost + 1 : back])
    pulses = pulled.laser_on_log
    assert all(one.off_s is not None and one.off_s - one.on_s < 1.1 for one in pulses)


def test_a_press_while_it_was_away_is_not_answered_later() -> None:
    pulled = simulated(Fault(FaultKind.UNPLUG, Opcode.GET_STATE, nth=9))
    bench = Bench(pulled)

    def press_and_plug() -> None:
        pulled.press_trigger()
        bench.plug(pulled)()

    bench.hands = [press_and_plug]
    with bench.station:
        began_s = bench.clock.now_s
        bench.run(1)
    assert bench.clock.now_s - began_s > 1.0  # the next press was waited for
    assert bench.kinds(Answered) == [Answered]


def test_another_analyzer_is_refused_with_a_sentence() -> None:
    pulled = simulated(Fault(FaultKind.UNPLUG, Opcode.ACQUIRE_FRAME, nth=9))
    other = simulated(serial="RX-2")
    bench = Bench(pulled)
    bench.hands = [bench.plug(other), lambda: None, bench.plug(pulled)]
    with bench.station:
        bench.run(4)
    (told,) = [one for one in bench.told if isinstance(one, OtherAnalyzer)]
    assert told == OtherAnalyzer("RX-2", "RX-1")
    assert "RX-2" in words(told) and "not used" in words(told)
    assert other.laser_on_log == []  # it was never lit
    assert bench.kinds(Reconnected) == [Reconnected]


def test_two_simulated_analyzers_are_told_apart_by_the_serial_numbers_of_their_ports() -> None:
    first, second = (build_analyzer(parse(f"{MIX}&serial={name}&trigger_every_s=1"), Framing.RAW)
                     for name in ("SIM-A", "SIM-B"))  # fmt: skip
    bench = Bench(first)

    def take_away() -> None:
        first.unplug()
        bench.plug(second)()

    bench.hands = [lambda: None, bench.plug(first)]
    with bench.station as station:
        bench.run(1)
        take_away()
        bench.run(1)
        assert station.analyzer.info.serial == "SIM-A"
    (told,) = [one for one in bench.told if isinstance(one, OtherAnalyzer)]
    assert told == OtherAnalyzer("SIM-B", "SIM-A")
    assert second.laser_on_log == [] and first.laser_on_log != []


def test_a_simulated_serial_number_is_also_that_of_its_calibration_page() -> None:
    recorded = f"replay={ROOT / 'data/solvents13/components/Toluene.txt'}&model=none"
    for specification in ("", "camera=cmos", recorded):
        found = build_analyzer(parse(f"{specification}&serial=RX-17".lstrip("&")), Framing.RAW)
        assert (found.info.serial, found.calibration.serial) == ("RX-17", "RX-17")
    assert build_analyzer(parse("model=none"), Framing.RAW).info.serial == "SIM-0001"


def test_a_restarted_analyzer_has_its_settings_set_again() -> None:
    pulled = simulated(Fault(FaultKind.UNPLUG, Opcode.ACQUIRE_FRAME, nth=9))
    bench = Bench(pulled)

    def restart_and_lower() -> None:
        pulled.reboot()
        with Analyzer(InProcessTransport(pulled, bench.clock), timeout_s=2.0) as somebody:
            somebody.set_laser_power_mw(5)

    bench.hands = [restart_and_lower]
    with bench.station:
        bench.run(4)
    answers = [one.answer for one in bench.shown if isinstance(one, StoredAnswer)]
    powers = {one.settings.laser_power_mw for one in answers if one.settings is not None}
    assert len(answers) == 3 and powers == {70.0}


def test_an_analyzer_that_was_never_there_is_not_waited_for() -> None:
    bench = Bench(simulated())
    bench.plugged = None
    with pytest.raises(PortNotFound), bench.station:
        pass
    assert bench.kinds(Reconnecting) == []


def test_a_firmware_without_trigger_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Upkeep._capabilities
    monkeypatch.setattr(
        Upkeep, "_capabilities", lambda self: replace(whole(self), has_trigger=False)
    )
    bench = Bench(simulated())
    with bench.station as station:
        with pytest.raises(NoTrigger, match="no trigger"):
            bench.run(1)
        station.measure()  # by command it measures all the same


def test_the_command_says_that_there_is_no_trigger(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Upkeep._capabilities
    monkeypatch.setattr(
        Upkeep, "_capabilities", lambda self: replace(whole(self), has_trigger=False)
    )
    assert run_command(["run", "--port", f"sim:{MIX}", "--no-store"]) == 1
    assert "has no trigger" in capsys.readouterr().err


def test_the_last_press_that_is_lost_is_not_waited_for() -> None:
    bench = Bench(simulated(Fault(FaultKind.UNPLUG, Opcode.ACQUIRE_FRAME, nth=0)))
    with bench.station:
        assert bench.run(1) == 0
    (failure,) = bench.shown
    assert isinstance(failure, LinkClosed | LinkError)
    assert bench.kinds(Reconnecting) == []


# ---- by hand: kill a simulator over TCP under `ramix run`, start it again, press the trigger ----


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def processes() -> Iterator[list["subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def command(started: list["subprocess.Popen[str]"], *words: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "device.cli.main", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ.copy(),
    )  # fmt: skip
    started.append(process)
    return process


def test_a_killed_simulator_is_waited_for_over_tcp(
    processes: list["subprocess.Popen[str]"],
) -> None:
    address = f"127.0.0.1:{free_port()}"
    serve = (
        "simulate", "--tcp", address, "--mix", "fixture A:0.6,fixture B:0.4", "--snr", "200",
        "--model", str(tiny_path(2)), "--trigger-every", "0.5",
    )  # fmt: skip
    simulator = command(processes, *serve)
    assert simulator.stdout is not None and simulator.stdout.readline().startswith("tcp://")
    running = command(
        processes,
        "run",
        "--port",
        f"tcp://{address}",
        "--budget",
        "1",
        "--countdown",
        "0",
        "--json",
    )  # the trigger is pressed again within two seconds
    lines: Queue[str] = Queue()
    assert running.stdout is not None

    def read(stream: TextIO) -> None:
        for line in stream:
            lines.put(line)

    reader = Thread(target=read, args=(running.stdout,))
    reader.start()
    first = json.loads(lines.get(timeout=30))
    simulator.send_signal(signal.SIGKILL)
    simulator.communicate()
    time.sleep(0.2)
    simulator = command(processes, *serve)
    after = [json.loads(lines.get(timeout=30))]
    while "error" in after[-1]:  # a press in the middle of which it was killed
        after.append(json.loads(lines.get(timeout=30)))
    running.send_signal(signal.SIGTERM)
    running.wait(timeout=20)
    reader.join(timeout=5)
    assert running.stderr is not None
    said = running.stderr.read()
    assert first["verdict"] == after[-1]["verdict"] == "IDENTIFIED"
    assert len([one for one in after if "error" in one]) <= 1
    assert "Waiting for the analyzer" in said and "is back" in said and "Traceback" not in said
    assert running.returncode == 130
