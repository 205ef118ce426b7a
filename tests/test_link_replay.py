"""A whole session that somebody recorded opens nothing when it is played again, either way."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

import pytest

from device.driver.analyzer import Analyzer
from device.driver.transports.tcp import TcpTransport
from firmware_bridge.errors import RamixError
from firmware_bridge.framing import Framing, Packet, encode, make_decoder
from firmware_bridge.link_key import KEY_SIZE
from firmware_bridge.messages import ANSWERED_WITHOUT_KEY, Opcode, Status
from firmware_bridge.simulator import link_guard
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.laser import Pulse
from firmware_bridge.simulator.scenes import EmptyScene
from firmware_bridge.simulator.serve import TcpServer
from tests.c_build import CAN_BUILD, WHY_NOT
from tests.c_firmware import CFirmware

KEY = bytes(range(KEY_SIZE))


class Keyed(Protocol):
    """A firmware that needs the key, behind a port."""

    @property
    def port(self) -> int: ...

    @property
    def laser_on_log(self) -> Sequence[Pulse]: ...


class Served:
    """The simulator as one."""

    def __init__(self, analyzer: SimulatedAnalyzer, server: TcpServer) -> None:
        self._analyzer, self.port = analyzer, server.port

    @property
    def laser_on_log(self) -> Sequence[Pulse]:
        return self._analyzer.laser_on_log


@contextmanager
def simulated() -> Iterator[Served]:
    analyzer = SimulatedAnalyzer(EmptyScene(), link_key=KEY)
    with TcpServer(analyzer) as server:
        yield Served(analyzer, server)


@pytest.fixture(
    params=[
        "simulator",
        pytest.param("c", marks=pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)),
    ]
)
def firmware(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keyed]:
    if request.param == "simulator":
        with simulated() as served:
            yield served
        return
    path = tmp_path / "c.key"
    path.touch(0o600)
    path.write_text(KEY.hex())
    with CFirmware("--port", "0", "--key-file", str(path)) as running:
        yield running


class Overheard(TcpTransport):
    """A connection whose bytes somebody keeps, each way."""

    def __init__(self, port: int) -> None:
        super().__init__("127.0.0.1", port)
        self.asked, self.answered = b"", b""

    def write(self, data: bytes, timeout_s: float) -> None:
        self.asked += data
        super().write(data, timeout_s)

    def read(self, timeout_s: float) -> bytes:
        data = super().read(timeout_s)
        self.answered += data
        return data


def a_session(firmware: Keyed) -> Overheard:
    """With a lit frame in it."""
    link = Overheard(firmware.port)
    with Analyzer(link, timeout_s=5.0, find_key=lambda: KEY) as host:
        host.set_integration_time_ms(20.0)
        assert host.acquire_frame(laser_on=True).counts.size
    return link


def played_again(port: int, data: bytes) -> list[tuple[Packet, Packet]]:
    """The requests and what each is answered, until all are."""
    wanted = make_decoder(Framing.RAW).feed(data)
    decoder, came = make_decoder(Framing.RAW), list[Packet]()
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as link:
        for request in wanted:
            link.sendall(encode(request))
            while not came or came[-1].request_id != request.request_id:
                came += decoder.feed(link.recv(65_536))
    replies = {reply.request_id: reply for reply in came}
    return [(request, replies[request.request_id]) for request in wanted]


def test_a_recorded_session_commands_nothing(firmware: Keyed) -> None:
    overheard = a_session(firmware)
    lit = len(firmware.laser_on_log)
    assert lit
    answers = played_again(firmware.port, overheard.asked)
    acts = [reply for request, reply in answers if request.opcode not in ANSWERED_WITHOUT_KEY]
    assert {request.opcode for request, _ in answers} >= {Opcode.ARM_LASER, Opcode.ACQUIRE_FRAME}
    assert {reply.status for reply in acts} == {Status.UNAUTHORIZED}
    (proof,) = (reply for request, reply in answers if request.opcode == Opcode.AUTHENTICATE)
    assert proof.status == Status.UNAUTHORIZED
    assert len(firmware.laser_on_log) == lit


def test_with_a_nonce_that_repeats_the_recorded_session_makes_light(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: it is the analyzer's random nonce that makes the recording worthless."""
    monkeypatch.setattr(link_guard, "os", SimpleNamespace(urandom=bytes))
    with simulated() as served:
        overheard = a_session(served)
        lit = len(served.laser_on_log)
        played_again(served.port, overheard.asked)
        assert len(served.laser_on_log) > lit


def test_recorded_answers_convince_no_host(firmware: Keyed) -> None:
    """Also where whoever plays them gives each the id that the host expects."""
    replies = make_decoder(Framing.RAW).feed(a_session(firmware).answered)
    recorded = {reply.opcode: reply for reply in replies}
    heard: list[int] = []

    def play() -> None:
        link, _ = listener.accept()
        decoder = make_decoder(Framing.RAW)
        with link:
            while data := link.recv(65_536):
                for request in decoder.feed(data):
                    heard.append(request.opcode)
                    old = recorded[request.opcode]
                    link.sendall(
                        encode(
                            Packet(
                                old.opcode, request.request_id, old.status, old.flags, old.payload
                            )
                        )
                    )

    with socket.create_server(("127.0.0.1", 0)) as listener:
        player = threading.Thread(target=play, daemon=True)
        player.start()
        link = TcpTransport("127.0.0.1", listener.getsockname()[1])
        with pytest.raises(RamixError, match="does not hold the link key"):
            Analyzer(link, timeout_s=5.0, find_key=lambda: KEY).__enter__()
        player.join(5.0)
    assert heard[-1] in (Opcode.AUTHENTICATE, Opcode.ABORT, Opcode.LASER_OFF)
    assert Opcode.ARM_LASER not in heard
