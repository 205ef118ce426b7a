"""What happened stays until a host has seen it; battery, temperatures and clock are told."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.driver.analyzer import Analyzer
from device.driver.condition import event_text
from device.driver.transports.in_process import InProcessTransport
from device.ports import open_analyzer
from firmware_bridge import messages as m
from firmware_bridge.errors import CallerError, InstrumentError, ProtocolError
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.event_memory import EventMemory
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash import Flash
from firmware_bridge.simulator.refused import Refused
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.slot_store import flash_bytes
from tests.host import Host

SCENE = ReplayScene(np.full(2048, 5000.0), np.full(2048, 230.0), 100.0)


def host(**how: Any) -> Host:
    return Host(SimulatedAnalyzer(SCENE, **how))


def kinds(connection: Host) -> list[tuple[int, int]]:
    return [(event.kind, event.detail) for event in connection.ask(m.GetEvents(0)).events]


def test_switching_on_is_the_first_event() -> None:
    connection = host()
    told = connection.ask(m.GetEvents(0))
    (event,) = told.events
    assert (event.number, event.kind, event.detail) == (1, 1, m.RestartCause.POWER_ON)
    assert told.newest_number == connection.ask(m.GetState()).unread_events == 1


def test_events_stay_until_they_are_cleared() -> None:
    connection = host()
    connection.wait(1.5)
    connection.analyzer.interlock(True)
    connection.analyzer.interlock(True)  # open is open
    for _ in range(2):
        assert kinds(connection) == [(1, 1), (3, m.LaserState.OFF)]
    assert connection.ask(m.GetEvents(1)).events[0].uptime_ms == 1500
    connection.ask(m.ClearEvents(1))
    assert kinds(connection) == [(3, 0)] and connection.ask(m.GetState()).unread_events == 1
    connection.ask(m.ClearEvents(2))
    connection.ask(m.ClearEvents(1))  # cleared is cleared
    told = connection.ask(m.GetEvents(0))
    assert told == m.EventList(2, 2, ()) and connection.ask(m.GetState()).unread_events == 0


def test_what_has_not_happened_cannot_be_cleared() -> None:
    connection = host()
    with pytest.raises(InstrumentError) as caught:
        connection.ask(m.ClearEvents(2))
    assert caught.value.status == m.Status.OUT_OF_RANGE
    assert connection.ask(m.GetState()).unread_events == 1


def test_opening_the_link_leaves_a_laser_fault_to_be_seen() -> None:
    simulated = SimulatedAnalyzer(SCENE)
    simulated.break_laser()
    for _ in range(2):  # each opening aborts, each leaving switches the laser off
        with Analyzer(InProcessTransport(simulated)) as analyzer:
            state = analyzer.state()
            assert state.laser_state is m.LaserState.FAULT and state.unread_events == 2
            with pytest.raises(InstrumentError) as caught:
                analyzer.acquire_frame(laser_on=True)
            assert caught.value.status == m.Status.LASER_FAULT
    with Analyzer(InProcessTransport(simulated)) as analyzer:
        events = analyzer.events().events
        assert "fault" in event_text(events[-1])
        analyzer.clear_events(events[0].number)
        assert analyzer.state().laser_state is m.LaserState.FAULT
        analyzer.clear_events(events[-1].number)
        assert analyzer.acquire_frame(laser_on=True).laser_state is m.LaserState.ON


def test_the_log_outlives_a_restart_which_it_records() -> None:
    connection = host()
    connection.analyzer.break_laser()
    connection.analyzer.reboot(m.RestartCause.WATCHDOG)
    assert kinds(connection) == [(1, 1), (2, 0), (1, m.RestartCause.WATCHDOG)]
    assert connection.ask(m.GetState()).laser_state is m.LaserState.OFF


def test_light_that_no_host_renewed_is_an_event_and_an_idle_lease_is_none() -> None:
    connection = host()
    connection.ask(m.ArmLaser(50))
    connection.wait(0.1)
    assert kinds(connection) == [(1, 1)]
    connection.ask(m.ArmLaser(50))
    connection.ask(m.AcquireFrame(True))
    assert kinds(connection) == [(1, 1), (m.EventKind.LEASE_LAPSED, 0)]


def test_flash_that_fails_is_an_event() -> None:
    flash = Flash(flash_bytes())
    connection = host(flash=flash)
    data = connection.analyzer.calibration.to_bytes()
    connection.ask(m.WriteCalibration(0, len(data), data[:50]))
    flash.program(flash_bytes() - 2 * 4096 + 256 + 50, bytes(100))  # dead cells
    with pytest.raises(InstrumentError) as caught:
        connection.ask(m.WriteCalibration(50, len(data), data[50:]))
    assert caught.value.status == m.Status.FLASH_FAILED
    assert kinds(connection)[-1] == (m.EventKind.FLASH_FAILED, m.Opcode.WRITE_CALIBRATION)


def test_a_full_log_keeps_the_first_events_and_counts_the_others() -> None:
    connection = host()
    for _ in range(m.MAX_EVENTS + 5):
        connection.analyzer.interlock(True)
        connection.analyzer.interlock(False)
    connection.analyzer.break_laser()
    told = connection.ask(m.GetEvents(0))
    assert [event.number for event in told.events] == list(range(1, m.MAX_EVENTS + 1))
    assert told.newest_number == m.MAX_EVENTS + 7
    connection.ask(m.ClearEvents(m.MAX_EVENTS))
    assert connection.ask(m.GetState()).laser_state is m.LaserState.FAULT
    assert connection.ask(m.GetState()).unread_events == 7
    connection.ask(m.ClearEvents(told.newest_number))
    assert connection.ask(m.GetState()).laser_state is m.LaserState.OFF
    connection.analyzer.interlock(True)
    assert connection.ask(m.GetEvents(0)).events[0].number == told.newest_number + 1


@given(st.lists(st.one_of(st.none(), st.integers(0, 80)), max_size=120))
def test_whatever_is_noted_and_cleared_the_list_is_legal(steps: list[int | None]) -> None:
    memory, happened = EventMemory(), 0
    for step in steps:
        if step is None:
            happened += 1
            memory.note(m.EventKind.INTERLOCK_OPENED, 0, uptime_ms=happened, utc_ms=0)
        else:
            try:
                memory.clear(step)
            except Refused:
                assert step > happened
        told = memory.after(0)
        assert m.EventList.from_bytes(told.to_bytes()) == told
        assert told.newest_number == happened and len(told.events) <= m.MAX_EVENTS
        assert memory.unread == happened - told.cleared_number


@pytest.mark.parametrize(
    "wrong",
    [
        m.EventList(1, 0, (m.Event(2, 1, 0, 0, 0),)),
        m.EventList(3, 2, (m.Event(2, 1, 0, 0, 0),)),
        m.EventList(3, 0, (m.Event(2, 1, 0, 0, 0), m.Event(2, 1, 0, 0, 0))),
        m.EventList(3, 4, ()),
        m.Power(m.BatteryState.FULL, 101, 0, m.Temperatures.NONE, 0.0, 0.0, 0.0),
        m.Power(m.BatteryState.NONE, 1, 0, m.Temperatures.NONE, 0.0, 0.0, 0.0),
        m.Power(m.BatteryState.NONE, 0, 0, m.Temperatures.LASER, 20.0, 1.0, 0.0),
    ],
)
def test_contradictions_are_refused(wrong: m.EventList | m.Power) -> None:
    with pytest.raises(ProtocolError, match=type(wrong).__name__):
        type(wrong).from_bytes(wrong.to_bytes())


def test_more_events_than_a_reply_carries_are_refused() -> None:
    events = tuple(m.Event(n, 1, 0, 0, 0) for n in range(1, m.MAX_EVENTS + 2))
    with pytest.raises(CallerError, match="EventList"):
        m.EventList(99, 0, events).to_bytes()
    body = (len(events)).to_bytes(2, "little") + b"".join(event.to_bytes() for event in events)
    with pytest.raises(ProtocolError, match="EventList"):
        m.EventList.from_bytes(bytes((99, 0, 0, 0, 0, 0, 0, 0)) + body)


# ---- clock, battery ----


def test_the_clock_is_unset_until_the_host_sets_it_and_runs_from_then_on() -> None:
    connection = host()
    connection.wait(2.0)
    assert connection.ask(m.GetClock()) == m.ClockReading(0, 2000)
    connection.ask(m.SetClock(1_766_000_000_000))
    connection.wait(1.5)
    assert connection.ask(m.GetClock()) == m.ClockReading(1_766_000_001_500, 3500)
    connection.analyzer.interlock(True)
    assert connection.ask(m.GetEvents(1)).events[0].utc_ms == 1_766_000_001_500
    connection.analyzer.reboot()
    assert connection.ask(m.GetClock()) == m.ClockReading(0, 0)
    with pytest.raises(InstrumentError) as caught:
        connection.ask(m.SetClock(0))
    assert caught.value.status == m.Status.OUT_OF_RANGE


def test_the_driver_sets_and_reads_the_clock() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with Analyzer(InProcessTransport(SimulatedAnalyzer(SCENE))) as analyzer:
        assert analyzer.clock_utc() is None
        analyzer.set_clock_utc(noon)
        read = analyzer.clock_utc()
    assert read is not None and abs((read - noon).total_seconds()) < 1.0


@pytest.mark.parametrize(
    ("equipment", "state", "percent"),
    [
        (Equipment(), m.BatteryState.DISCHARGING, 100),
        (Equipment(battery_percent=20, charging=True), m.BatteryState.CHARGING, 20),
        (Equipment(charging=True), m.BatteryState.FULL, 100),
        (Equipment(battery_percent=None), m.BatteryState.NONE, 0),
    ],
)
def test_the_battery_is_told(equipment: Equipment, state: m.BatteryState, percent: int) -> None:
    told = host(equipment=equipment).ask(m.GetPower())
    assert (told.battery, told.battery_percent) == (state, percent)
    assert (told.battery_voltage_mv == 0) is (state is m.BatteryState.NONE)


def test_the_battery_of_a_simulated_port() -> None:
    with open_analyzer("sim:model=none&battery=12") as analyzer:
        assert analyzer.power().battery_percent == 12
    with open_analyzer("sim:model=none&battery=none") as analyzer:
        assert analyzer.power().battery is m.BatteryState.NONE


def test_an_impossible_charge_is_the_callers_mistake() -> None:
    with pytest.raises(CallerError):
        Equipment(battery_percent=101)


@pytest.mark.parametrize(
    ("kind", "detail", "text"),
    [
        (1, 4, "watchdog"),
        (1, 99, "does not know"),
        (3, 2, "while the laser was on"),
        (3, 0, "interlock opened"),
        (6, 71, "71 C"),
        (7, 5, "5%"),
        (99, 0, "kind 99"),
    ],
)
def test_each_event_has_a_sentence(kind: int, detail: int, text: str) -> None:
    assert text in event_text(m.Event(1, kind, 0, 0, detail))
