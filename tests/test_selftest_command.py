"""`ramix selftest` as typed, what is kept of it, and the measurements that it refuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from device.answer.answer import SelfTested
from device.cli import self_test_options
from device.cli.main import run_command
from device.cli.self_test_options import SelfTestRules
from device.cli.self_tests import fitness
from device.doctor import state
from device.doctor.finding import Level
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.events import Event, SelfTestDue
from device.installation import default_record_store_path
from device.records.beside import Beside
from device.records.journal import usual_store
from device.records.store import RecordStore
from device.selftest import standing
from device.selftest.check import Check, Outcome
from device.selftest.fitness import Fitness
from device.selftest.report import KIND, SelfTestReport
from device.selftest.standing import (
    DEFAULT_INTERVAL_H,
    KeptReport,
    SelfTestFailed,
    SelfTestState,
    every_report,
    last_report,
    standing_of,
)
from device.selftest.trend import trend, trend_json
from device.show.selftest import sparkline, trend_lines
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from device.station.station import Equipment, Station
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from tests.tiny_bundles import tiny_path

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MODEL = f"model={tiny_path(2)}"
MIX = f"sim:mix=fixture A:0.6,fixture B:0.4&snr=200&{MODEL}"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@dataclass
class MemoryEvent:
    event_id: str
    content: Mapping[str, Any]
    problem: str = ""


@dataclass
class MemoryChain:
    """The narrow part of a store that a self-test asks."""

    kept: list[MemoryEvent] = field(default_factory=list)

    def append_event(self, kind: str, content: Mapping[str, Any]) -> str:
        assert kind == KIND
        self.kept.insert(
            0, MemoryEvent(f"{len(self.kept) + 1:07d}", json.loads(json.dumps(content)))
        )
        return self.kept[0].event_id

    def events(self, kind: str, limit: int) -> list[MemoryEvent]:
        assert kind == KIND
        return self.kept[:limit]


def check(name: str, outcome: Outcome, value: float | None = None) -> Check:
    return Check(
        name, outcome, "It is so.", "" if outcome is Outcome.OK else "Mend it.", value, "u"
    )


def report(
    *checks: Check, hours_ago: float = 1.0, serial: str = "RX-1", now: datetime = NOW
) -> SelfTestReport:
    return SelfTestReport(serial, now - timedelta(hours=hours_ago), "0.1", "1.0", "", checks)


GOOD = check("line positions", Outcome.OK, 0.3)
BAD = check("line positions", Outcome.FAILED, 4.0)
NOT_MADE = check("line positions", Outcome.NOT_CHECKED)


def chain_of(*reports: SelfTestReport) -> MemoryChain:
    """The oldest first."""
    chain = MemoryChain()
    before = None
    for one in reports:
        before = one.after(before)
        chain.append_event(KIND, before.as_json())
    return chain


def state_of(*reports: SelfTestReport, serial: str = "RX-1") -> SelfTestState:
    return standing_of(serial, last_report(chain_of(*reports), serial)).state(NOW)


# ---- how an analyzer stands ----


def test_an_analyzer_stands_by_its_last_self_test() -> None:
    assert state_of() is SelfTestState.NEVER
    assert state_of(report(GOOD)) is SelfTestState.PASSED
    assert state_of(report(BAD)) is SelfTestState.FAILED
    assert state_of(report(BAD, hours_ago=5), report(GOOD)) is SelfTestState.PASSED
    assert state_of(report(GOOD, hours_ago=5), report(BAD)) is SelfTestState.FAILED
    assert state_of(report(GOOD, hours_ago=DEFAULT_INTERVAL_H + 0.1)) is SelfTestState.OVERDUE
    assert state_of(report(GOOD, hours_ago=-1.0)) is SelfTestState.OVERDUE  # of the future
    assert state_of(report(GOOD), serial="RX-2") is SelfTestState.NEVER


def test_what_failed_stays_failed_until_it_is_checked_again() -> None:
    lifted = (report(BAD, hours_ago=9), report(NOT_MADE, hours_ago=5))
    assert state_of(*lifted) is SelfTestState.FAILED
    assert state_of(*lifted, report(GOOD)) is SelfTestState.PASSED
    alone = chain_of(lifted[-1])  # what it would say if nothing were carried on
    assert standing_of("RX-1", last_report(alone, "RX-1")).state(NOW) is SelfTestState.PASSED


def test_a_failure_is_no_better_for_being_old() -> None:
    assert state_of(report(BAD, hours_ago=1000)) is SelfTestState.FAILED


def test_events_that_are_damaged_or_no_report_are_left_out() -> None:
    chain = chain_of(report(GOOD))
    chain.append_event(KIND, {"passed": True})
    chain.append_event(KIND, report(BAD).as_json())
    chain.kept[0].problem = "its content was changed"
    assert [one.report.passed for one in every_report(chain)] == [True]


def test_the_interval_can_be_set() -> None:
    kept = last_report(chain_of(report(GOOD, hours_ago=30)), "RX-1")
    assert standing_of("RX-1", kept, 48.0).state(NOW) is SelfTestState.PASSED
    assert standing_of("RX-1", kept, 24.0).state(NOW) is SelfTestState.OVERDUE
    assert self_test_options.DEFAULT_INTERVAL_H == standing.DEFAULT_INTERVAL_H


def test_the_newest_of_one_analyzer_is_found_behind_those_of_others() -> None:
    others = [report(GOOD, serial=f"RX-{number}") for number in range(2, 90)]
    chain = chain_of(report(BAD), *(one for one in others))
    for event in chain.kept[:-1]:  # nothing of one analyzer is carried on to another
        event.content = {**event.content, "still_failing": []}
    last = last_report(chain, "RX-1")
    assert last is not None and not last.report.passed
    assert last_report(chain, "RX-0") is None


# ---- what a measurement hears ----


class Asked:
    """The fitness of RX-1 by a chain."""

    def __init__(self, chain: MemoryChain, told: list[Event], **how: bool) -> None:
        self.fitness = Fitness(
            lambda serial: standing_of(serial, last_report(chain, serial)), told.append, **how
        )

    def now(self) -> SelfTested | None:
        return self.fitness.of("RX-1")


def recent(*checks: Check, hours_ago: float = 1.0) -> MemoryChain:
    return chain_of(report(*checks, hours_ago=hours_ago, now=datetime.now(UTC)))


def test_each_state_is_told_once() -> None:
    told: list[Event] = []
    never = Asked(MemoryChain(), told)
    assert never.now() == SelfTested("never", None, None)
    never.now()
    assert len(told) == 1 and isinstance(told[0], SelfTestDue) and told[0].remedy
    told.clear()
    passed = Asked(recent(GOOD), told).now()
    assert passed is not None and (passed.state, passed.record_id) == ("passed", "0000001")
    assert not told
    overdue = Asked(recent(GOOD, hours_ago=40), told).now()
    assert overdue is not None and overdue.state == "overdue" and len(told) == 1


def test_a_simulated_analyzer_hears_one_line() -> None:
    told: list[Event] = []
    Asked(MemoryChain(), told, quiet=True).now()
    assert [one.remedy for one in told if isinstance(one, SelfTestDue)] == [""]


def test_a_failure_refuses_unless_it_is_overridden() -> None:
    told: list[Event] = []
    with pytest.raises(SelfTestFailed) as caught:
        Asked(recent(BAD), told).now()
    assert "line positions" in caught.value.text and "--despite-self-test" in caught.value.remedy
    found = Asked(recent(BAD), told, despite=True).now()
    assert found is not None and (found.state, found.despite) == ("failed", True)
    harmless = Asked(recent(GOOD), told, despite=True).now()
    assert harmless is not None and not harmless.despite


def analyzer() -> SimulatedAnalyzer:
    return build_analyzer(parse(MIX.removeprefix("sim:")), Framing.RAW)


def test_no_light_is_made_after_a_failure() -> None:
    simulated = analyzer()
    clock = VirtualClock()
    chain = MemoryChain()
    serial = simulated.info.serial

    def station(despite: bool) -> Station:
        fit = Fitness(
            lambda asked: standing_of(asked, last_report(chain, asked)), lambda _: None,
            despite=despite,
        )  # fmt: skip
        equipment = Equipment(
            SequentialSettings(), countdown_s=0.0, beside=Beside(self_test=fit.of)
        )
        return Station(
            "bench", equipment, lambda _: Analyzer(InProcessTransport(simulated, clock)),
            lambda _: None,
        )  # fmt: skip

    chain.append_event(KIND, report(BAD, serial=serial, now=datetime.now(UTC)).as_json())
    with pytest.raises(SelfTestFailed), station(False):
        raise AssertionError("it opened")
    assert not simulated.laser_on_log
    with station(True) as overridden:
        answer = overridden.measure().answer
    assert answer.self_test is not None and answer.self_test.despite
    assert simulated.laser_on_log  # the negative control: light is made where nothing refuses


def test_a_failure_between_two_measurements_refuses_the_second() -> None:
    simulated, clock, chain = analyzer(), VirtualClock(), MemoryChain()
    fit = Fitness(lambda asked: standing_of(asked, last_report(chain, asked)), lambda _: None)
    equipment = Equipment(SequentialSettings(), countdown_s=0.0, beside=Beside(self_test=fit.of))
    with Station(
        "bench", equipment, lambda _: Analyzer(InProcessTransport(simulated, clock)), lambda _: None
    ) as station:
        station.measure()
        pulses = len(simulated.laser_on_log)
        failed = report(BAD, serial=simulated.info.serial, now=datetime.now(UTC))
        chain.append_event(KIND, failed.as_json())
        with pytest.raises(SelfTestFailed):
            station.measure()
    assert len(simulated.laser_on_log) == pulses


# ---- the commands ----


def ramix(capsys: Capture, *words: str) -> tuple[int, Any, str]:
    code = run_command([*words, "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def test_a_self_test_is_kept_and_believed(capsys: Capture) -> None:
    port = f"sim:scene=polystyrene&{MODEL}"
    code, told, _ = ramix(capsys, "selftest", "--port", port, "--polystyrene", "--yes")
    assert (code, told["passed"], told["standard"]) == (0, True, "polystyrene")
    assert {one["name"] for one in told["checks"]} >= {
        "line positions", "resolution", "dark level", "hot pixels", "dark noise", "noise in light",
        "laser power", "laser light", "dark when off", "laser off", "cooler", "golden answers",
    }  # fmt: skip
    code, answer, err = ramix(capsys, "identify", "--port", MIX)
    assert answer["self_test"]["state"] == "passed"
    assert answer["self_test"]["record_id"] == told["record_id"]
    assert "self-test" not in err
    with usual_store(simulated=True, read_only=True) as store:
        assert store.verify().problems == ()
        assert store.get(answer["record_id"]).result["self_test"] == answer["self_test"]
        kept = last_report(store, "SIM-0001")
        assert kept is not None and kept.record_id == told["record_id"]


def test_a_failed_one_refuses_identify_and_run(capsys: Capture) -> None:
    port = f"sim:scene=empty&{MODEL}"
    code, told, _ = ramix(capsys, "selftest", "--port", port, "--polystyrene", "--yes")
    assert (code, told["passed"]) == (1, False)
    for words in (
        ("identify", "--port", MIX), ("identify", "--port", MIX, "--no-store"),
        ("run", "--port", MIX, "--triggers", "1"),
        ("verify-material", "fixture A", "--port", MIX),
    ):  # fmt: skip
        code, refused, _ = ramix(capsys, *words)
        assert (code, refused["error"]["code"]) == (1, "self_test_failed")
    code, answer, err = ramix(capsys, "identify", "--port", MIX, "--despite-self-test")
    assert answer["settings"]["despite_self_test"] is True
    assert answer["self_test"]["state"] == "failed"
    assert "failed" in err
    run_command(["identify", "--port", MIX, "--despite-self-test"])
    assert "last self-test failed" in " ".join(capsys.readouterr().out.split())


def test_a_first_measurement_hears_that_there_was_none(capsys: Capture) -> None:
    _, answer, err = ramix(capsys, "identify", "--port", MIX)
    assert answer["self_test"] == {"state": "never", "utc": None, "record_id": None}
    assert err.count("never had a self-test") == 1 and "Warning: Analyzer" not in err
    assert "despite_self_test" not in answer["settings"]


def test_where_nothing_is_kept_nothing_is_said(capsys: Capture, home: Path) -> None:
    _, answer, err = ramix(capsys, "identify", "--port", MIX, "--no-store")
    assert answer["self_test"] is None and "self-test" not in err
    assert not default_record_store_path().exists()


def test_a_store_of_its_own_and_the_usual_one_both_count(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with RecordStore(default_record_store_path()) as usual:
        usual.append_event(KIND, report(BAD, hours_ago=2, now=now).as_json())
    with RecordStore(tmp_path / "own.sqlite") as own:
        of = fitness(own, "usb:", SelfTestRules(), lambda _: None)
        with pytest.raises(SelfTestFailed):
            of("RX-1")
        own.append_event(KIND, report(GOOD, hours_ago=1, now=now).as_json())
        found = of("RX-1")
        assert found is not None and found.state == "passed"


def test_lines_for_people_name_outcome_value_and_remedy(capsys: Capture) -> None:
    port = f"sim:scene=calcite&{MODEL}"
    assert run_command(["selftest", "--port", port, "--polystyrene", "--yes", "--no-store"]) == 1
    text = capsys.readouterr().out
    assert "failed      line positions" in text and "-> Put polystyrene" in text
    assert "Self-test FAILED" in text and "It is not kept." in text
    assert "Not checked: laser light, dark when off" in text


def test_lines_for_people_are_as_wide_as_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("COLUMNS", "64")
    port = f"sim:scene=calcite&{MODEL}"
    assert run_command(["selftest", "--port", port, "--polystyrene", "--yes", "--no-store"]) == 1
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 64
    assert "the camera's figures say" in " ".join(text.split())


@pytest.mark.parametrize(
    "words",
    [
        ("selftest",), ("selftest", "--port", "sim:", "--neon", "--argon"),
        ("selftest", "--trend", "--port", "sim:"), ("selftest", "--port", "sim:", "--last", "3"),
        ("selftest", "--port", "sim:", "--store", "x", "--no-store"),
        ("identify", "--file", "x", "--despite-self-test"),
    ],
)  # fmt: skip
def test_contradicting_options_are_refused(words: tuple[str, ...]) -> None:
    assert run_command(list(words)) == 2


def test_the_interval_is_a_setting_and_the_override_is_none(capsys: Capture, home: Path) -> None:
    filled("SIM-0001", simulated=True)
    config = home / "config" / "ramix.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[all]\nself-test-interval = 8000.0\n")
    assert ramix(capsys, "identify", "--port", MIX)[1]["self_test"]["state"] == "passed"
    words = ("identify", "--port", MIX, "--self-test-interval", "1")
    assert ramix(capsys, *words)[1]["self_test"]["state"] == "overdue"
    config.write_text("[identify]\ndespite-self-test = true\n")
    code, told, _ = ramix(capsys, "identify", "--port", MIX)
    assert (code, told["error"]["code"]) == (1, "settings_file")


# ---- trend ----


def filled(*serials: str, simulated: bool = False) -> None:
    now = datetime.now(UTC)
    with usual_store(simulated=simulated) as store:
        for serial in serials:
            for number in range(5):
                one = check("resolution", Outcome.OK, 11.0 + number)
                kept = report(one, NOT_MADE, hours_ago=50.0 - number, serial=serial, now=now)
                store.append_event(KIND, kept.as_json())


def test_the_trend_is_a_table_a_picture_and_an_object(capsys: Capture, tmp_path: Path) -> None:
    filled("RX-1")
    picture = tmp_path / "trend.png"
    assert run_command(["selftest", "--trend", "--last", "4", "--plot", str(picture)]) == 0
    text = capsys.readouterr().out
    assert "resolution             4         15         12         15" in text
    assert picture.read_bytes().startswith(b"\x89PNG")
    code, told, _ = ramix(capsys, "selftest", "--trend")
    assert code == 0 and told["serial"] == "RX-1"
    (only,) = told["series"]
    assert [point["value"] for point in only["points"]] == [11.0, 12.0, 13.0, 14.0, 15.0]


def test_of_several_analyzers_one_has_to_be_named(capsys: Capture) -> None:
    filled("RX-1", "RX-2")
    code, told, _ = ramix(capsys, "selftest", "--trend")
    assert code == 1 and "RX-2, RX-1" in told["error"]["text"]
    code, told, _ = ramix(capsys, "selftest", "--trend", "--serial", "RX-2")
    assert code == 0 and told["serial"] == "RX-2"


def test_without_a_self_test_there_is_no_trend(capsys: Capture) -> None:
    code, told, _ = ramix(capsys, "selftest", "--trend")
    assert code == 1 and told["error"]["remedy"]


def test_sparklines_rise_with_the_values() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert sparkline([2.0, 2.0]) == "▅▅"
    assert sparkline([0.0, 1.0], unicode=False) == "_^"
    kept = [KeptReport(report(GOOD), "1")]
    assert len(list(trend_lines(trend(kept), unicode=True))) == 2
    assert trend_json("RX-1", trend(kept))["series"][0]["points"][0]["outcome"] == "ok"


# ---- the doctor ----


def test_the_doctor_tells_how_each_analyzer_stands() -> None:
    (none,) = state.self_tests(NOW)
    assert none.level is Level.OK
    with RecordStore(default_record_store_path()) as store:
        store.append_event(KIND, report(GOOD, serial="RX-1").as_json())
        store.append_event(KIND, report(GOOD, serial="RX-2", hours_ago=90).as_json())
        store.append_event(KIND, report(BAD, serial="RX-3").as_json())
    found = list(state.self_tests(NOW))
    assert [one.level for one in found] == [Level.FAULT, Level.WARNING, Level.OK]
    assert all(bool(one.remedy) is (one.level is not Level.OK) for one in found)
