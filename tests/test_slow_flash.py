"""Flash that works for seconds says how far it is, and is asked again until it is done."""

import pytest

from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from firmware_bridge import messages as m
from firmware_bridge.deadlines import LONGEST_WORK_S
from firmware_bridge.errors import InstrumentError
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene
from tests.host import Host

SLOW = Equipment(flash_work_s=3.0)
IMAGE = bytes(range(256)) * 20


def refusal(connection: Host, request: m.Request[m.SlotInfo]) -> tuple[m.Status, str]:
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
    connection.ask(m.LaserOff())
    connection.ask(m.Abort())


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
