"""The served analyzer: a real socket, a real terminal, real time, dark when the host leaves."""

import contextlib
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from device.driver.analyzer import Analyzer
from device.driver.transports.tcp import TcpTransport
from firmware_bridge.errors import CallerError, LinkError, PortBusy
from firmware_bridge.framing import Framing, PacketDecoder
from firmware_bridge.messages import AcquireFrame, ArmLaser, GetState, Hello, ReplyT, Request
from firmware_bridge.session import Session
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.laser import DarkCause
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.serve import PtyServer, TcpServer

DARK = np.full(2048, 230.0)
SCENE = ReplayScene(np.full(2048, 5000.0), DARK, 30.0)


def analyzer(framing: Framing = Framing.RAW, **how: float) -> SimulatedAnalyzer:
    return SimulatedAnalyzer(SCENE, framing=framing, **how)  # type: ignore[arg-type]


class TcpHost:
    """A session over a socket, as short as it can be."""

    def __init__(self, server: TcpServer) -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=2.0)
        self.session = Session(Framing.RAW)

    def ask(self, request: Request[ReplyT]) -> ReplyT:
        _, data = self.session.request(request)
        self.socket.sendall(data)
        while True:
            received = self.socket.recv(65_536)
            if not received:
                raise ConnectionError
            for reply in self.session.receive(received):
                result: ReplyT = reply.result()
                return result

    def __enter__(self) -> "TcpHost":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def eventually(condition: Callable[[], bool], within_s: float = 2.0) -> bool:
    give_up_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > give_up_s:
            return False
        time.sleep(0.005)
    return True


def test_a_frame_comes_over_tcp_in_its_time() -> None:
    with TcpServer(analyzer()) as server, TcpHost(server) as host:
        assert server.address == f"tcp://127.0.0.1:{server.port}"
        host.ask(GetState())
        started_s = time.monotonic()
        frame = host.ask(AcquireFrame(False))
        assert np.array_equal(frame.counts, DARK)
        assert 0.03 <= time.monotonic() - started_s < 1.0


def test_replies_are_sent_at_once() -> None:
    with TcpServer(analyzer()) as server, TcpHost(server) as host:
        started_s = time.monotonic()
        for _ in range(50):
            host.ask(Hello())
        assert time.monotonic() - started_s < 1.0  # 40 ms each with Nagle's algorithm


def test_a_host_that_leaves_leaves_it_dark() -> None:
    simulated = analyzer()
    with TcpServer(simulated) as server:
        with TcpHost(server) as host:
            host.ask(ArmLaser(500))
            _, data = host.session.request(AcquireFrame(True))
            host.socket.sendall(data)
            assert eventually(lambda: len(simulated.laser_on_log) == 1)
        assert eventually(lambda: not simulated.laser_is_on)
    (pulse,) = simulated.laser_on_log
    assert pulse.cause in (DarkCause.LINK, DarkCause.EXPOSURE_DONE)


def test_stopping_the_server_leaves_it_dark() -> None:
    simulated = SimulatedAnalyzer(ReplayScene(DARK, DARK, 60_000.0))
    with TcpServer(simulated) as server, TcpHost(server) as host:
        host.ask(ArmLaser(500))
        _, data = host.session.request(AcquireFrame(True))
        host.socket.sendall(data)
        assert eventually(lambda: simulated.laser_is_on)
        server.stop()
        assert not simulated.laser_is_on
        assert simulated.laser_on_log[-1].cause is DarkCause.LINK


def test_a_host_that_left_in_the_middle_of_much_makes_room_at_once() -> None:
    """Its bytes are still to be read when the next one is at the door."""
    with TcpServer(analyzer()) as server:
        with server.lock, TcpHost(server) as first:  # nothing is received meanwhile
            first.socket.settimeout(0.2)
            first.socket.send(first.session.request(Hello())[1])
            with contextlib.suppress(TimeoutError):  # as much as the sockets hold
                while True:
                    first.socket.send(bytes(65_536))
            first.socket.close()
            second = TcpHost(server)
        with second:
            second.ask(Hello())


def test_one_host_at_a_time_and_the_next_when_it_has_left() -> None:
    with TcpServer(analyzer()) as server:
        with TcpHost(server) as first:
            first.ask(Hello())
            with TcpHost(server) as second, pytest.raises(OSError):
                second.ask(Hello())
            first.ask(Hello())
            with TcpHost(server) as second:
                (refusal,) = PacketDecoder().feed(second.socket.recv(65_536))
                assert (refusal.status, refusal.opcode, refusal.request_id) == (14, 0, 0)
                assert refusal.is_reply and b"another program" in refusal.payload
            for _ in range(3):
                with pytest.raises(PortBusy, match="in use"):
                    Analyzer(TcpTransport(server.host, server.port), timeout_s=1.0).__enter__()
            first.ask(Hello())
        with TcpHost(server) as third:
            assert third.ask(Hello()).product == "ramix-785"


def test_a_host_that_never_reads_is_not_listened_to_for_ever() -> None:
    simulated = analyzer()
    with TcpServer(simulated) as server, TcpHost(server) as host:
        asked = host.session.request(Hello())[1] * 2000
        host.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            for _ in range(500):
                host.socket.sendall(asked)
        with server.lock:
            assert len(server._output) < 10_000_000


def test_unplugging_ends_the_connection_and_plugging_in_allows_another() -> None:
    simulated = analyzer()
    with TcpServer(simulated) as server:
        with TcpHost(server) as host:
            host.ask(Hello())
            with server.lock:
                simulated.unplug()
            with pytest.raises(OSError):
                host.ask(Hello())
            with TcpHost(server) as refused, pytest.raises(OSError):
                refused.ask(Hello())
        with server.lock:
            simulated.plug_in()
        with TcpHost(server) as host:
            host.ask(Hello())


def test_a_restart_of_the_analyzer_ends_the_connection() -> None:
    simulated = analyzer()
    with TcpServer(simulated) as server:
        with TcpHost(server) as host:
            host.ask(Hello())
            with server.lock:
                simulated.reboot()
            time.sleep(0.05)
            with pytest.raises(OSError):
                host.ask(Hello())
        with TcpHost(server) as host:
            host.ask(Hello())


def test_a_port_in_use_is_reported() -> None:
    with TcpServer(analyzer()) as server, pytest.raises(PortBusy):
        TcpServer(analyzer(), port=server.port)
    with pytest.raises(LinkError):
        TcpServer(analyzer(), host="no.such.host.invalid")
    with pytest.raises(CallerError):
        TcpServer(analyzer(), port=70_000)


def test_a_link_takes_only_its_own_framing() -> None:
    with pytest.raises(CallerError):
        TcpServer(analyzer(Framing.COBS))
    with pytest.raises(CallerError):
        PtyServer(analyzer(Framing.RAW))


def read_until_reply(session: Session, descriptor: int) -> list[object]:
    while True:
        replies = session.receive(os.read(descriptor, 65_536))
        if replies:
            return [reply.result() for reply in replies]


def test_a_terminal_carries_every_byte_unchanged() -> None:
    with PtyServer(analyzer(Framing.COBS)) as server:
        descriptor = os.open(server.path, os.O_RDWR | os.O_NOCTTY)
        session = Session(Framing.COBS)
        for request in (GetState(), AcquireFrame(False)):
            os.write(descriptor, session.request(request)[1])
            (reply,) = read_until_reply(session, descriptor)
        assert np.array_equal(reply.counts, DARK)  # type: ignore[attr-defined]
        os.close(descriptor)


def test_replugging_a_terminal_moves_the_link(tmp_path: Path) -> None:
    link = tmp_path / "ttyACM0"
    simulated = analyzer(Framing.COBS)
    with PtyServer(simulated, link) as server:
        assert server.address == str(link) and os.path.realpath(link) == server.path
        descriptor = os.open(link, os.O_RDWR | os.O_NOCTTY)
        with server.lock:
            simulated.unplug()
        assert eventually(lambda: not os.path.exists(server.path) or _hung_up(descriptor))
        os.close(descriptor)
        with server.lock:
            simulated.plug_in()
        assert eventually(lambda: link.exists())
        time.sleep(0.05)
        descriptor = os.open(link, os.O_RDWR | os.O_NOCTTY)
        session = Session(Framing.COBS)
        os.write(descriptor, session.request(Hello())[1])
        assert read_until_reply(session, descriptor)
        os.close(descriptor)
    assert not link.is_symlink()


def _hung_up(descriptor: int) -> bool:
    try:
        return os.write(descriptor, b"\0") == 0
    except OSError:
        return True


def test_a_file_is_never_replaced_by_the_link(tmp_path: Path) -> None:
    precious = tmp_path / "results.txt"
    precious.write_text("precious")
    with pytest.raises(CallerError, match="no symlink"):
        PtyServer(analyzer(Framing.COBS), precious)
    assert precious.read_text() == "precious"


def test_the_watchdog_runs_in_real_time_though_nobody_speaks() -> None:
    simulated = SimulatedAnalyzer(ReplayScene(DARK, DARK, 60_000.0), framing=Framing.COBS)
    with PtyServer(simulated) as server:
        descriptor = os.open(server.path, os.O_RDWR | os.O_NOCTTY)
        session = Session(Framing.COBS)
        os.write(descriptor, session.request(ArmLaser(200))[1])
        os.write(descriptor, session.request(AcquireFrame(True))[1])
        assert eventually(lambda: simulated.laser_is_on)
        os.close(descriptor)  # which a terminal's other end cannot see
        assert eventually(lambda: not simulated.laser_is_on, within_s=1.0)
    (pulse,) = simulated.laser_on_log
    assert pulse.cause is DarkCause.LEASE
    assert pulse.off_s is not None and pulse.off_s - pulse.on_s <= 0.2
