"""Bytes through each cable, and vendor errors becoming ours: nothing else may pass this seam."""

import errno
import os
import socket
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial
import usb.core

from device.driver.analyzer import Analyzer
from device.driver.transports import usb_bulk
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.driver.transports.serial_port import SerialTransport, list_serial
from device.driver.transports.tcp import TcpTransport
from device.driver.transports.usb_bulk import list_usb, open_usb
from firmware_bridge.errors import (
    LinkClosed,
    LinkError,
    LinkTimeout,
    PortBusy,
    PortNotFound,
    PortPermission,
)
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene
from firmware_bridge.simulator.usb_backend import SimulatedUsbBackend
from firmware_bridge.usb_ids import ENDPOINT_IN, ENDPOINT_OUT, PRODUCT_ID, VENDOR_ID
from tests.links import LINKS, SERIAL, Bench, open_bench
from tests.test_driver import SCENE

# ---- what all transports promise ----


@pytest.fixture(params=LINKS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    from firmware_bridge.simulator.faults import FaultPlan

    with open_bench(request.param, SCENE, FaultPlan.none(), tmp_path) as opened:
        yield opened


def test_silence_ends_with_the_timeout_and_nothing_read(bench: Bench) -> None:
    transport = bench.connect()
    before_s = transport.monotonic_s()
    assert transport.read(0.05) == b""
    assert 0.03 < transport.monotonic_s() - before_s < 0.5
    transport.discard_input()
    transport.close()


def test_closing_twice_and_after_unplugging_is_harmless(bench: Bench) -> None:
    transport = bench.connect()
    bench.unplug()
    transport.close()
    transport.close()


def test_an_unplugged_link_says_so_in_every_direction(bench: Bench) -> None:
    transport = bench.connect()
    bench.unplug()
    with pytest.raises(LinkClosed):
        for _ in range(5):
            transport.read(0.05)
    with pytest.raises(LinkError):
        for _ in range(5):
            transport.write(b"x", 0.2)
    with pytest.raises(LinkError):
        transport.discard_input()
    transport.close()


# ---- in process ----


def test_waiting_in_process_costs_virtual_time_only() -> None:
    clock = VirtualClock()
    transport = InProcessTransport(SimulatedAnalyzer(EmptyScene()), clock)
    started_s = time.monotonic()
    assert transport.read(3600.0) == b""
    assert clock.now_s == 3600.0
    assert time.monotonic() - started_s < 1.0


def test_a_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(10.0)
    clock.advance_to(3.0)
    assert clock.now_s == 10.0


# ---- TCP ----


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _tcp(listener: socket.socket) -> tuple[TcpTransport, socket.socket]:
    transport = TcpTransport(*listener.getsockname())
    peer, _ = listener.accept()
    return transport, peer


def test_tcp_discards_what_came_before(listener: socket.socket) -> None:
    transport, peer = _tcp(listener)
    with peer:
        peer.sendall(b"old")
        time.sleep(0.05)
        transport.discard_input()
        peer.sendall(b"new")
        assert transport.read(1.0) == b"new"
    transport.close()


def test_a_tcp_peer_that_takes_nothing_is_a_timeout(listener: socket.socket) -> None:
    transport, peer = _tcp(listener)
    with peer, pytest.raises(LinkTimeout, match="took no data"):
        transport.write(bytes(50_000_000), 0.1)
    transport.close()


def test_a_tcp_peer_that_babbles_does_not_hold_the_discarding(listener: socket.socket) -> None:
    transport, peer = _tcp(listener)
    stop = threading.Event()

    def babble() -> None:
        while not stop.is_set():
            try:
                peer.send(bytes(1000))
            except OSError:
                return

    thread = threading.Thread(target=babble)
    with peer:
        thread.start()
        try:
            started_s = time.monotonic()
            transport.discard_input()
            assert time.monotonic() - started_s < 1.0
        finally:
            stop.set()
            transport.close()
            thread.join()


# ---- serial ----


class BrokenPort:
    """A port whose every call fails the way pyserial was seen to fail."""

    timeout = write_timeout = None

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        def fail(*_arguments: object) -> None:
            raise self._error

        return fail


@pytest.mark.parametrize(
    "error",
    [
        serial.SerialException("device reports readiness to read but returned no data"),
        OSError(errno.EIO, "Input/output error"),
        termios.error(errno.EIO, "Input/output error"),
    ],
    ids=["pyserial", "os", "termios"],
)
def test_no_family_of_serial_errors_gets_through(error: Exception) -> None:
    master, slave = os.openpty()
    transport = SerialTransport(os.ttyname(slave))
    real, transport._port = transport._port, BrokenPort(error)  # type: ignore[assignment]
    with pytest.raises(LinkClosed):
        transport.read(0.1)
    with pytest.raises(LinkClosed):
        transport.write(b"x", 0.1)
    with pytest.raises(LinkClosed):
        transport.discard_input()
    transport.close()
    real.close()
    os.close(master)
    os.close(slave)


def test_a_serial_port_belongs_to_one_program() -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)
    first = SerialTransport(path)
    with pytest.raises(PortBusy, match="Another program"):
        SerialTransport(path)
    first.close()
    SerialTransport(path).close()
    os.close(master)
    os.close(slave)


def test_a_serial_line_that_takes_nothing_is_a_timeout() -> None:
    master, slave = os.openpty()
    transport = SerialTransport(os.ttyname(slave))
    with pytest.raises(LinkTimeout):
        transport.write(bytes(1_000_000), 0.1)
    os.close(slave)
    os.close(master)
    transport.close()


def test_serial_ports_are_listed_by_their_usb_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    from serial.tools.list_ports_common import ListPortInfo

    def port(path: str, vid: int, pid: int, number: str) -> ListPortInfo:
        info = ListPortInfo(path)
        info.vid, info.pid, info.serial_number = vid, pid, number
        return info

    found = [
        port("/dev/ttyACM1", VENDOR_ID, PRODUCT_ID, "RX-1"),
        port("/dev/ttyUSB0", 0x0403, 0x6001, "FT-9"),
    ]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: found)
    assert list_serial(VENDOR_ID, PRODUCT_ID) == [("/dev/ttyACM1", "RX-1")]


def test_a_serial_port_is_listed_by_its_lasting_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from serial.tools.list_ports_common import ListPortInfo

    from device.driver.transports import serial_port

    node = tmp_path / "ttyACM1"
    node.touch()
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (by_id / "usb-ramix_RX-1").symlink_to(node)
    info = ListPortInfo(str(node))
    info.vid, info.pid, info.serial_number = VENDOR_ID, PRODUCT_ID, "RX-1"
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [info])
    monkeypatch.setattr(serial_port, "_BY_ID", by_id)
    assert list_serial(VENDOR_ID, PRODUCT_ID) == [(str(by_id / "usb-ramix_RX-1"), "RX-1")]


# ---- USB, through the real pyusb on a simulated bus ----


def _bus(*serials: str, linger_s: float = 0.0) -> SimulatedUsbBackend:
    return SimulatedUsbBackend(
        {serial: SimulatedAnalyzer(EmptyScene()) for serial in serials}, linger_s=linger_s
    )


def test_the_wanted_analyzer_is_found_among_others() -> None:
    bus = _bus("RX-1", "RX-2")
    assert list_usb(bus) == ["RX-1", "RX-2"]
    chosen, first = open_usb("RX-2", backend=bus), open_usb(backend=bus)
    assert (chosen.name, first.name) == ("usb:RX-2", "usb:RX-1")
    chosen.close()
    first.close()


def test_a_wrong_serial_number_names_those_that_are_there() -> None:
    with pytest.raises(PortNotFound, match="RX-9.*There is RX-1"):
        open_usb("RX-9", backend=_bus("RX-1"))


def test_an_empty_bus_has_no_analyzer() -> None:
    assert list_usb(_bus()) == []
    with pytest.raises(PortNotFound, match="No analyzer"):
        open_usb(backend=_bus())


def test_an_analyzer_of_another_program_is_busy() -> None:
    bus = _bus("RX-1")
    bus.occupied.add("RX-1")
    with pytest.raises(PortBusy):
        open_usb("RX-1", backend=bus)
    bus.occupied.clear()
    open_usb("RX-1", backend=bus).close()


@pytest.mark.parametrize("serial_number", ["RX-1", None])
def test_a_missing_udev_rule_is_a_permission_error(
    monkeypatch: pytest.MonkeyPatch, serial_number: str | None
) -> None:
    monkeypatch.setattr(usb_bulk, "_REPLUG_PATIENCE_S", 0.1)
    bus = _bus("RX-1")
    bus.forbidden.add("RX-1")
    assert list_usb(bus) == [""]
    with pytest.raises(PortPermission) as caught:
        open_usb(serial_number, backend=bus)
    assert "udev" in caught.value.remedy


def test_permissions_that_udev_sets_a_moment_later_are_waited_for() -> None:
    bus = _bus("RX-1")
    bus.forbidden.add("RX-1")
    timer = threading.Timer(0.2, bus.forbidden.clear)
    timer.start()
    open_usb("RX-1", backend=bus).close()
    timer.join()


def test_after_a_replug_the_stale_handle_is_tried_again() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene())
    bus = SimulatedUsbBackend({SERIAL: analyzer}, linger_s=0.3)
    open_usb(SERIAL, backend=bus).close()
    analyzer.unplug()
    analyzer.plug_in()
    (stale,) = usb.core.find(find_all=True, idVendor=VENDOR_ID, backend=bus)
    with pytest.raises(usb.core.USBError) as caught:  # the bus really lists the one that left
        stale.get_active_configuration()
    assert caught.value.errno == errno.ENODEV
    with Analyzer(open_usb(backend=bus)) as reopened:
        assert reopened.info == analyzer.info


def test_an_analyzer_that_left_for_good_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usb_bulk, "_REPLUG_PATIENCE_S", 0.1)
    analyzer = SimulatedAnalyzer(EmptyScene())
    bus = SimulatedUsbBackend({SERIAL: analyzer}, linger_s=5.0)
    list_usb(bus)
    analyzer.unplug()
    with pytest.raises(PortNotFound, match="unplugged"):
        open_usb(backend=bus)


class FailingHandle:
    """A pyusb device whose transfers fail with one errno, for as long as `times` says."""

    def __init__(self, number: int | None, times: int = 1_000) -> None:
        self._number = number
        self._left = times
        self.cleared: list[int] = []
        self.sent = b""

    def _fail(self) -> None:
        if self._left:
            self._left -= 1
            raise usb.core.USBError("planned", None, self._number)

    def read(self, _endpoint: int, _size: int, _timeout_ms: int) -> bytes:
        self._fail()
        return b"data"

    def write(self, _endpoint: int, data: bytes, _timeout_ms: int) -> int:
        self._fail()
        taken = data[: max(1, len(data) // 2)]  # partial transfers, as a full buffer gives them
        self.sent += taken
        return len(taken)

    def clear_halt(self, endpoint: int) -> None:
        self.cleared.append(endpoint)


@pytest.mark.parametrize(
    ("number", "wanted"),
    [(errno.ENODEV, LinkClosed), (errno.EIO, LinkError), (None, LinkError)],
)
def test_usb_errors_become_ours(number: int | None, wanted: type[LinkError]) -> None:
    transport = usb_bulk.UsbTransport(FailingHandle(number), "usb:")
    with pytest.raises(wanted):
        transport.read(0.1)
    with pytest.raises(wanted):
        transport.write(b"x", 0.1)


def test_usb_silence_is_nothing_read_and_a_write_timeout() -> None:
    transport = usb_bulk.UsbTransport(FailingHandle(errno.ETIMEDOUT), "usb:")
    assert transport.read(0.1) == b""
    with pytest.raises(LinkTimeout):
        transport.write(b"x", 0.1)


def test_a_stall_is_cleared_and_the_data_sent_again() -> None:
    handle = FailingHandle(errno.EPIPE, times=1)
    transport = usb_bulk.UsbTransport(handle, "usb:")
    transport.write(b"a whole packet", 1.0)
    assert handle.sent == b"a whole packet"
    assert handle.cleared == [ENDPOINT_OUT]
    handle._left = 1
    assert transport.read(0.1) == b"" and transport.read(0.1) == b"data"
    assert handle.cleared[1:] == [ENDPOINT_IN]


def test_an_endpoint_that_stays_halted_is_a_link_error() -> None:
    transport = usb_bulk.UsbTransport(FailingHandle(errno.EPIPE), "usb:")
    with pytest.raises(LinkError, match="stalls"):
        transport.write(b"x", 0.5)
