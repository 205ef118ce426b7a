"""Flash that works for seconds says how far it is, and is asked again until it is done."""

from typing import Any

import pytest

from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from firmware_bridge import messages as m
from firmware_bridge.deadlines import LONGEST_WORK_S
from firmware_bridge.errors import InstrumentError
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash import Flash, ProgramFailed
from firmware_bridge.simulator.scenes import EmptyScene
from firmware_bridge.simulator.slot_store import flash_bytes
from tests.host import Host

SLOW = Equipment(flash_work_s=3.0)
IMAGE = bytes(range(256)) * 20


class WornFlash(Flash):
    """Takes no byte."""

    def program(self, offset: int, data: bytes) -> None:
        raise ProgramFailed


def refusal(connection: Host, request: m.Request[Any]) -> tuple[m.Status, str]:
    with pytest.raises(InstrumentError) as caught:
        connection.ask(request)
    return m.Status(caught.value.status), caught.value.text


def test_a_slow_flash_tells_how_far_it_is() -> None:
    connection = Host(SimulatedAnalyzer(EmptyScene(), equipment=SLOW))
    for percent in ("0", "50"):
        status, text = refusal(connection, m.SlotRevert(1))
        assert status is m.Status.WORKING and f": {percent}" in text
        connection.wait(1.5)
    assert connection.ask(m.SlotRevert(1)).state is m.SlotState.EMPTY


def test_meanwhile_the_flash_does_nothing_else_and_the_rest_is_answered() -> None:
    connection = Host(SimulatedAnalyzer(EmptyScene(), equipment=SLOW))
    assert refusal(connection, m.SlotRevert(1))[0] is m.Status.WORKING
    assert refusal(connection, m.SlotVerify(1))[0] is m.Status.BUSY
    assert refusal(connection, m.GetSlotInfo(1))[0] is m.Status.BUSY
    connection.ask(m.GetState())
    connection.ask(m.GetClock())
    connection.ask(m.GetEvents(0))
    connection.ask(m.LaserOff())
    connection.ask(m.Abort())


def test_work_that_nobody_asks_about_again_ends_by_itself() -> None:
    connection = Host(SimulatedAnalyzer(EmptyScene(), equipment=SLOW))
    assert refusal(connection, m.SlotRevert(1))[0] is m.Status.WORKING
    connection.wait(2.0)
    assert refusal(connection, m.GetSlotInfo(1))[0] is m.Status.BUSY
    connection.wait(1.5)
    assert connection.ask(m.GetSlotInfo(1)).state is m.SlotState.EMPTY


SHA256 = bytes(32)
BEGIN = m.SlotBegin(1, 100, SHA256, 1)


def test_work_goes_on_where_nobody_asks_again() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene(), equipment=SLOW)
    connection = Host(analyzer)
    assert refusal(connection, BEGIN)[0] is m.Status.WORKING
    connection.wait(3.5)
    analyzer.reboot()  # what is in the flash by now is there afterwards
    assert connection.ask(m.GetSlotInfo(1)).state is m.SlotState.STAGED


def test_work_that_a_restart_interrupts_is_not_done() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene(), equipment=SLOW)
    connection = Host(analyzer)
    assert refusal(connection, BEGIN)[0] is m.Status.WORKING
    connection.wait(2.5)
    analyzer.reboot()
    connection.wait(2.5)
    assert connection.ask(m.GetSlotInfo(1)).state is m.SlotState.EMPTY


def test_a_result_waits_for_its_request_and_another_one_forgets_it() -> None:
    connection = Host(SimulatedAnalyzer(EmptyScene(), equipment=SLOW))
    verify = m.SlotVerify(1)
    assert refusal(connection, verify)[0] is m.Status.WORKING
    connection.wait(60.0)
    assert refusal(connection, verify)[0] is m.Status.SLOT_STATE  # the slot is empty
    assert refusal(connection, verify)[0] is m.Status.WORKING  # and this is a new request
    connection.wait(3.5)
    assert connection.ask(m.GetSlotInfo(1)).state is m.SlotState.EMPTY
    assert refusal(connection, verify)[0] is m.Status.WORKING


def test_a_failure_that_nobody_fetches_is_an_event_nevertheless() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene(), equipment=SLOW, flash=WornFlash(flash_bytes()))
    connection = Host(analyzer)
    assert refusal(connection, BEGIN)[0] is m.Status.WORKING
    connection.wait(3.5)
    kinds = [event.kind for event in connection.ask(m.GetEvents(0)).events]
    assert kinds.count(m.EventKind.FLASH_FAILED) == 1
    assert refusal(connection, BEGIN)[0] is m.Status.FLASH_FAILED
    kinds = [event.kind for event in connection.ask(m.GetEvents(0)).events]
    assert kinds.count(m.EventKind.FLASH_FAILED) == 1


def test_power_lost_in_the_middle_of_the_work_is_a_cable_that_is_pulled() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene(), equipment=SLOW)
    connection = Host(analyzer)
    analyzer.flash.cut_power_after(1)
    assert refusal(connection, BEGIN)[0] is m.Status.WORKING
    connection.wait(3.5)
    assert not analyzer.connected


def test_the_driver_waits_for_the_flash_and_asks_again() -> None:
    simulated = SimulatedAnalyzer(EmptyScene(), equipment=SLOW)
    with Analyzer(InProcessTransport(simulated, VirtualClock()), timeout_s=5.0) as analyzer:
        for _ in analyzer.upload(1, IMAGE, 1):
            pass
        assert analyzer.verify(1).state is m.SlotState.VERIFIED
        assert analyzer.write_calibration(simulated.calibration) == 1


def test_work_of_a_minute_is_waited_for() -> None:
    simulated = SimulatedAnalyzer(EmptyScene(), equipment=Equipment(flash_work_s=60.0))
    with Analyzer(InProcessTransport(simulated, VirtualClock()), timeout_s=1.0) as analyzer:
        assert analyzer.revert(1).state is m.SlotState.EMPTY


def test_work_without_end_is_given_up() -> None:
    simulated = SimulatedAnalyzer(EmptyScene(), equipment=Equipment(flash_work_s=1e6))
    with Analyzer(InProcessTransport(simulated, VirtualClock()), timeout_s=1.0) as analyzer:
        begun_s = analyzer.now_s()
        with pytest.raises(TimeoutError, match="still at work on SLOT_REVERT"):
            analyzer.revert(1)
        assert analyzer.now_s() - begun_s < LONGEST_WORK_S + 1.5
