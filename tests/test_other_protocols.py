"""What reaches a TCP port and is no host of this protocol commands nothing.

A web browser sends what any page tells it to, also to this machine: a request of HTTP whose body
holds packets. And a host that vanished without closing does not keep the port.
"""

import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from firmware_bridge.framing import (
    FLAG_REPLY,
    SYNC_BYTES,
    Framing,
    Packet,
    encode,
    make_decoder,
)
from firmware_bridge.messages import (
    AcquireFrame,
    ArmLaser,
    GetState,
    Hello,
    Request,
    SetIntegrationTime,
    SetLaserPower,
    Status,
)
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.first_bytes import FirstBytes
from firmware_bridge.simulator.laser import Pulse
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.serve import TcpServer
from tests.c_build import CAN_BUILD, WHY_NOT
from tests.c_firmware import CFirmware

DARK = np.full(64, 230.0)
ORDERS: tuple[Request[Any], ...] = (
    *(SetLaserPower(70), SetIntegrationTime(20_000), ArmLaser(500), AcquireFrame(True)),
)
ATTACK = b"".join(
    encode(Packet(order.opcode, number, payload=order.to_bytes()))
    for number, order in enumerate(ORDERS)
)
HTTP = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1:7850\r\nOrigin: https://page.example\r\n"
    b"Content-Length: %d\r\n\r\n" % len(ATTACK)
)
OPENINGS = {
    "HTTP": HTTP,
    "WebSocket": HTTP.replace(b"POST", b"GET"),
    "TLS": b"\x16\x03\x01\x02\x00\x01",
    "zeros": bytes(16),
    "half a sync mark": b"\xa5\xa5\x5a",
}


class Firmware(Protocol):
    """What both kinds have."""

    @property
    def port(self) -> int: ...

    @property
    def laser_on_log(self) -> Sequence[Pulse]: ...


class Simulated:
    """Behind a real port."""

    def __init__(self, analyzer: SimulatedAnalyzer, server: TcpServer) -> None:
        self._analyzer, self.port = analyzer, server.port

    @property
    def laser_on_log(self) -> Sequence[Pulse]:
        return self._analyzer.laser_on_log


@pytest.fixture(
    params=[
        "simulator",
        pytest.param("c", marks=pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)),
    ]
)
def firmware(request: pytest.FixtureRequest) -> Iterator[Firmware]:
    if request.param == "c":
        with CFirmware("--port", "0") as running:
            yield running
        return
    analyzer = SimulatedAnalyzer(ReplayScene(DARK, DARK, 20.0))
    with TcpServer(analyzer) as server:
        yield Simulated(analyzer, server)


def all_that_comes(port: int, data: bytes, portion: int = 1 << 20) -> bytes | None:
    """Until the connection is closed; None where it is not, which two seconds of silence say."""
    with socket.create_connection(("127.0.0.1", port), timeout=2.0) as host:
        host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        came = b""
        try:
            for place in range(0, len(data), portion):
                host.sendall(data[place : place + portion])
            while received := host.recv(65_536):
                came += received
        except TimeoutError:
            return None
        except ConnectionError:  # what it did not read is lost with the connection
            pass
        return came


def answered(port: int) -> Packet:
    """A host that begins as it should is answered at once."""
    with socket.create_connection(("127.0.0.1", port), timeout=2.0) as host:
        host.sendall(encode(Packet(Hello.opcode, 9)))
        decoder = make_decoder(Framing.RAW)
        while not (found := decoder.feed(host.recv(65_536))):
            pass
    return found[0]


@pytest.mark.parametrize("opening", OPENINGS)
def test_what_begins_as_another_protocol_is_closed_unread(opening: str, firmware: Firmware) -> None:
    assert all_that_comes(firmware.port, OPENINGS[opening] + ATTACK) == b""
    reply = answered(firmware.port)
    assert (reply.request_id, reply.status, reply.flags) == (9, Status.OK, FLAG_REPLY)
    assert not firmware.laser_on_log


def test_the_first_bytes_count_however_they_are_cut(firmware: Firmware) -> None:
    assert all_that_comes(firmware.port, SYNC_BYTES[:1] + HTTP + ATTACK, portion=1) == b""
    assert not firmware.laser_on_log
    with socket.create_connection(("127.0.0.1", firmware.port), timeout=2.0) as host:
        host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in encode(Packet(GetState.opcode, 3)):
            host.sendall(bytes([byte]))
        assert host.recv(65_536).startswith(SYNC_BYTES)


@pytest.mark.parametrize("size", range(1, 5))
def test_a_packet_may_come_in_any_portions(size: int) -> None:
    first, data = FirstBytes(), SYNC_BYTES + b"\1\0"
    assert all(
        first.begin_a_packet(data[place : place + size]) for place in range(0, len(data), size)
    )
    assert first.begin_a_packet(b"anything behind it")


def test_a_firmware_that_reads_on_makes_light_for_a_web_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: without the rule the body of the request is obeyed."""
    monkeypatch.setattr(FirstBytes, "begin_a_packet", lambda _self, _data: True)
    analyzer = SimulatedAnalyzer(ReplayScene(DARK, DARK, 20.0))
    with TcpServer(analyzer) as server:
        assert all_that_comes(server.port, HTTP + ATTACK) is None
    assert analyzer.laser_on_log


def timer_of(port: int, host_port: int) -> tuple[int, float]:
    """The kernel's timer of the firmware's end: its kind, and in how many seconds it is due."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        local, remote = (int(fields[place].rpartition(":")[2], 16) for place in (1, 2))
        if (local, remote) == (port, host_port):
            kind, due = fields[5].split(":")
            return int(kind, 16), int(due, 16) / 100
    raise LookupError(f"no connection of port {port}")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the kernel tells no timers here")
def test_a_host_that_vanished_is_looked_for(firmware: Firmware) -> None:
    """Its port would stay in use for ever: nothing comes from a machine without power."""
    keep_alive, longest_s, until_s = 2, 20.5, time.monotonic() + 10.0
    with socket.create_connection(("127.0.0.1", firmware.port), timeout=2.0) as host:
        host.sendall(encode(Packet(Hello.opcode, 9)))
        assert host.recv(65_536)
        kind = 0
        while kind != keep_alive:  # until its last answer is acknowledged, that is waited for
            kind, due_s = timer_of(firmware.port, host.getsockname()[1])
            assert time.monotonic() < until_s, kind
            time.sleep(0.01)
    assert due_s <= longest_s
