"""What an operator may type as a port, and what the answer is when nothing is there."""

import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.driver.port import (
    Port,
    PortSyntaxError,
    SerialPort,
    SimPort,
    TcpPort,
    UsbPort,
    parse_port,
)
from device.driver.transports import serial_port, usb_bulk
from device.ports import PortInfo, list_ports, open_transport
from firmware_bridge.errors import CallerError, PortNotFound, PortPermission


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("usb:", UsbPort(None)),
        ("usb:RX-0042", UsbPort("RX-0042")),
        ("/dev/ttyACM0", SerialPort("/dev/ttyACM0")),
        ("/dev/serial/by-id/usb-ramix_1", SerialPort("/dev/serial/by-id/usb-ramix_1")),
        ("tcp://127.0.0.1:7850", TcpPort("127.0.0.1", 7850)),
        ("tcp://[::1]:7850/", TcpPort("::1", 7850)),
        ("tcp://bench.local:1", TcpPort("bench.local", 1)),
        ("sim:", SimPort("")),
        ("sim:replay=a file, [1].txt&seed=3", SimPort("replay=a file, [1].txt&seed=3")),
    ],
)
def test_every_kind_of_port_is_understood(text: str, port: Port) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "usb",
        "ttyACM0",
        "usb:\n",
        "http://127.0.0.1:7850",
        "tcp://",
        "tcp://host",
        "tcp://:7850",
        "tcp://host:0",
        "tcp://host:65536",
        "tcp://host:port",
        "tcp://host:7850/path",
        "tcp://host:7850?x=1",
        "tcp://user@host:7850",
        "tcp://[::1:7850",
        "simulator:replay=x",
        "/dev/tty\0ACM0",
    ],
)
def test_a_malformed_port_is_the_callers_mistake(text: str) -> None:
    with pytest.raises(PortSyntaxError) as caught:
        parse_port(text)
    assert isinstance(caught.value, CallerError)
    assert caught.value.code == "port_syntax"
    assert caught.value.text.endswith(".") and "tcp://" in caught.value.remedy


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    with suppress(PortSyntaxError):
        parse_port(text)


def test_a_missing_serial_port_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(PortNotFound, match="There is no"):
        open_transport(str(tmp_path / "ttyACM9"))


def test_a_file_that_is_no_serial_port_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(PortNotFound, match="not a serial port"):
        open_transport(str(tmp_path / "notes.txt"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_port_of_somebody_else_is_a_permission_error(tmp_path: Path) -> None:
    path = tmp_path / "ttyACM0"
    path.touch(mode=0o000)
    with pytest.raises(PortPermission):
        open_transport(str(path))


def test_a_permission_error_of_the_system_keeps_its_meaning() -> None:
    error = serial_port._not_opened("/dev/ttyACM0", PermissionError(13, "Permission denied"))
    assert isinstance(error, PortPermission)
    assert "group" in error.remedy


def test_a_tcp_port_without_a_listener_is_not_found() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(PortNotFound, match=str(port)):
        open_transport(f"tcp://127.0.0.1:{port}")


def test_a_host_without_a_name_is_not_found() -> None:
    with pytest.raises(PortNotFound):
        open_transport("tcp://no-such-host.invalid:7850", timeout_s=1.0)
    with pytest.raises(PortNotFound):
        open_transport(f"tcp://{'a' * 70}.{'b' * 70}:7850", timeout_s=1.0)


def test_an_analyzer_that_is_not_plugged_in_is_not_found() -> None:
    with pytest.raises(PortNotFound):
        open_transport("usb:NOBODY-HAS-THIS-SERIAL")


def test_listing_never_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_libusb() -> None:
        raise PortNotFound("USB cannot be used: libusb is missing or refuses to start.")

    assert isinstance(list_ports(), list)
    monkeypatch.setattr(usb_bulk, "_default_backend", no_libusb)
    monkeypatch.setattr(serial_port, "list_serial", lambda *_: [("/dev/serial/by-id/x", "RX-1")])
    assert list_ports() == [PortInfo("/dev/serial/by-id/x", "serial", "RX-1")]


def test_an_analyzer_that_may_not_be_asked_is_listed_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(usb_bulk, "list_usb", lambda: ["RX-0042", ""])
    monkeypatch.setattr(serial_port, "list_serial", lambda *_: [])
    first, second = list_ports()
    assert (first.port, first.note) == ("usb:RX-0042", "")
    assert second.port == "usb:" and "permission" in second.note
