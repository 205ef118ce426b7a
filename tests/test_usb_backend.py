"""The simulated USB bus under the real pyusb: descriptors, transfers, and Linux's error numbers."""

import errno
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import usb.core
import usb.util

from firmware_bridge.errors import CallerError
from firmware_bridge.framing import Framing
from firmware_bridge.messages import AcquireFrame, ArmLaser, GetState, Hello, ReplyT, Request
from firmware_bridge.session import Session
from firmware_bridge.simulator.faults import Fault, FaultKind, FaultPlan
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.laser import DarkCause
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.usb_backend import SimulatedUsbBackend
from firmware_bridge.usb_ids import (
    ENDPOINT_IN,
    ENDPOINT_OUT,
    INTERFACE,
    MAX_PACKET_BYTES,
    PRODUCT_ID,
    VENDOR_ID,
)

DARK = np.full(2048, 230.0)
SCENE = ReplayScene(np.full(2048, 5000.0), DARK, 20.0)
ROOM = 32 * MAX_PACKET_BYTES


@pytest.fixture
def simulated() -> SimulatedAnalyzer:
    return SimulatedAnalyzer(SCENE)


@pytest.fixture
def bus(simulated: SimulatedAnalyzer) -> SimulatedUsbBackend:
    return SimulatedUsbBackend({"SIM-7": simulated})


@pytest.fixture
def handle(bus: SimulatedUsbBackend) -> Iterator[Any]:
    found = find(bus)
    yield found
    usb.util.dispose_resources(found)


def find(bus: SimulatedUsbBackend) -> Any:
    return usb.core.find(idVendor=VENDOR_ID, idProduct=PRODUCT_ID, backend=bus)


def ask(handle: Any, session: Session, request: Request[ReplyT]) -> ReplyT:
    handle.write(ENDPOINT_OUT, session.request(request)[1], 1000)
    while True:
        for reply in session.receive(bytes(handle.read(ENDPOINT_IN, ROOM, 1000))):
            result: ReplyT = reply.result()
            return result


def error_number(act: Any) -> int | None:
    with pytest.raises(usb.core.USBError) as caught:
        act()
    number: int | None = caught.value.errno
    return number


def test_pyusb_finds_the_analyzer_and_reads_its_strings(handle: Any) -> None:
    assert handle.serial_number == "SIM-7"
    assert handle.product == "ramix-785"
    assert handle.manufacturer == "ramix"


def test_the_descriptors_name_one_interface_with_a_bulk_endpoint_each_way(handle: Any) -> None:
    (interface,) = handle.get_active_configuration()
    assert interface.bInterfaceNumber == INTERFACE
    found = {endpoint.bEndpointAddress: endpoint for endpoint in interface}
    assert set(found) == {ENDPOINT_IN, ENDPOINT_OUT}
    for endpoint in found.values():
        assert usb.util.endpoint_type(endpoint.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
        assert endpoint.wMaxPacketSize == MAX_PACKET_BYTES


def test_another_product_is_not_found(bus: SimulatedUsbBackend) -> None:
    assert usb.core.find(idVendor=VENDOR_ID, idProduct=PRODUCT_ID + 1, backend=bus) is None


def test_a_frame_comes_through_bulk_transfers_in_its_time(handle: Any) -> None:
    session = Session(Framing.RAW)
    ask(handle, session, GetState())
    started_s = time.monotonic()
    assert np.array_equal(ask(handle, session, AcquireFrame(False)).counts, DARK)
    assert time.monotonic() - started_s >= 0.02


def test_a_large_reply_comes_in_several_small_reads(handle: Any) -> None:
    session = Session(Framing.RAW)
    ask(handle, session, GetState())
    frame_id, data = session.request(AcquireFrame(False))
    handle.write(ENDPOINT_OUT, data, 1000)
    replies: list[Any] = []
    while not replies:
        replies = session.receive(bytes(handle.read(ENDPOINT_IN, MAX_PACKET_BYTES, 1000)))
    assert replies[0].request_id == frame_id


def test_silence_is_a_timeout_of_the_length_asked_for(handle: Any) -> None:
    started_s = time.monotonic()
    with pytest.raises(usb.core.USBTimeoutError) as caught:
        handle.read(ENDPOINT_IN, ROOM, 60)
    assert caught.value.errno == errno.ETIMEDOUT
    assert 0.055 < time.monotonic() - started_s < 0.5


def test_a_stall_lasts_until_the_halt_is_cleared() -> None:
    plan = FaultPlan.of(Fault(FaultKind.STALL))
    bus = SimulatedUsbBackend({"SIM-7": SimulatedAnalyzer(SCENE, faults=plan)})
    handle, session = find(bus), Session(Framing.RAW)
    handle.write(ENDPOINT_OUT, session.request(Hello())[1], 1000)
    for _ in range(2):
        assert error_number(lambda: handle.read(ENDPOINT_IN, ROOM, 50)) == errno.EPIPE
    handle.clear_halt(ENDPOINT_IN)
    assert ask(handle, session, Hello()).product == "ramix-785"
    usb.util.dispose_resources(handle)


def test_unplugging_ends_every_transfer(handle: Any, simulated: SimulatedAnalyzer) -> None:
    handle.get_active_configuration()
    usb.util.claim_interface(handle, INTERFACE)
    simulated.unplug()
    assert error_number(lambda: handle.read(ENDPOINT_IN, ROOM, 50)) == errno.ENODEV
    assert error_number(lambda: handle.write(ENDPOINT_OUT, b"x", 50)) == errno.ENODEV
    assert error_number(lambda: handle.clear_halt(ENDPOINT_IN)) == errno.ENODEV


def test_unplugging_wakes_a_blocked_read(
    handle: Any, bus: SimulatedUsbBackend, simulated: SimulatedAnalyzer
) -> None:
    def pull() -> None:
        time.sleep(0.05)
        with bus.lock:
            simulated.unplug()

    hand = threading.Thread(target=pull)
    hand.start()
    started_s = time.monotonic()
    assert error_number(lambda: handle.read(ENDPOINT_IN, ROOM, 5000)) == errno.ENODEV
    assert time.monotonic() - started_s < 1.0
    hand.join()


def test_after_a_replug_the_old_handle_stays_dead_and_a_new_one_works(
    handle: Any, bus: SimulatedUsbBackend, simulated: SimulatedAnalyzer
) -> None:
    session = Session(Framing.RAW)
    ask(handle, session, Hello())
    simulated.unplug()
    assert find(bus) is None
    simulated.plug_in()
    assert error_number(lambda: handle.write(ENDPOINT_OUT, b"x", 50)) == errno.ENODEV
    again = find(bus)
    assert again.address != handle.address
    assert ask(again, Session(Framing.RAW), Hello()).product == "ramix-785"
    usb.util.dispose_resources(again)


def test_an_unplugged_analyzer_lingers_in_the_list_and_cannot_be_opened(
    simulated: SimulatedAnalyzer,
) -> None:
    bus = SimulatedUsbBackend({"SIM-7": simulated}, linger_s=0.05)
    find(bus)
    simulated.unplug()
    stale = find(bus)
    assert error_number(lambda: usb.util.claim_interface(stale, INTERFACE)) == errno.ENODEV
    time.sleep(0.06)
    assert find(bus) is None


def test_what_another_program_holds_is_busy(bus: SimulatedUsbBackend) -> None:
    first, second = find(bus), find(bus)
    usb.util.claim_interface(first, INTERFACE)
    assert error_number(lambda: usb.util.claim_interface(second, INTERFACE)) == errno.EBUSY
    usb.util.release_interface(first, INTERFACE)
    usb.util.claim_interface(second, INTERFACE)
    bus.occupied.add("SIM-7")
    assert error_number(lambda: usb.util.claim_interface(first, INTERFACE)) == errno.EBUSY
    for opened in (first, second):
        usb.util.dispose_resources(opened)


def test_without_permission_nothing_opens(bus: SimulatedUsbBackend) -> None:
    bus.forbidden.add("SIM-7")
    handle = find(bus)
    assert error_number(lambda: usb.util.claim_interface(handle, INTERFACE)) == errno.EACCES


def test_a_read_too_small_for_a_packet_overflows(handle: Any) -> None:
    session = Session(Framing.RAW)
    ask(handle, session, Hello())
    handle.write(ENDPOINT_OUT, session.request(Hello())[1], 1000)
    assert error_number(lambda: handle.read(ENDPOINT_IN, 10, 100)) == errno.EOVERFLOW


def test_an_unknown_control_request_stalls(handle: Any) -> None:
    assert error_number(lambda: handle.ctrl_transfer(0xC0, 0x55, 0, 0, 8)) == errno.EPIPE


def test_a_new_configuration_ends_the_old_session(
    handle: Any, simulated: SimulatedAnalyzer
) -> None:
    session = Session(Framing.RAW)
    ask(handle, session, ArmLaser(500))
    handle.write(ENDPOINT_OUT, session.request(AcquireFrame(True))[1], 1000)
    assert simulated.laser_is_on
    usb.util.release_interface(handle, INTERFACE)
    handle.set_configuration()
    assert simulated.laser_on_log[-1].cause is DarkCause.LINK


def test_the_watchdog_runs_though_nobody_transfers() -> None:
    simulated = SimulatedAnalyzer(ReplayScene(DARK, DARK, 60_000.0))
    handle = find(SimulatedUsbBackend({"SIM-7": simulated}))
    session = Session(Framing.RAW)
    ask(handle, session, ArmLaser(60))
    handle.write(ENDPOINT_OUT, session.request(AcquireFrame(True))[1], 1000)
    assert simulated.laser_on_log[-1].off_s is None
    time.sleep(0.08)
    assert not simulated.laser_is_on
    assert simulated.laser_on_log[-1].cause is DarkCause.LEASE
    usb.util.dispose_resources(handle)


def test_only_raw_packets_travel_on_usb() -> None:
    with pytest.raises(CallerError):
        SimulatedUsbBackend({"X": SimulatedAnalyzer(SCENE, framing=Framing.COBS)})
