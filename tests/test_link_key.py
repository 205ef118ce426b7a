"""The link key: beyond this machine nobody commands an analyzer, and none is believed, without it.

Replayed, reflected, shortened and borrowed proofs are refused, by the simulator, by the example
firmware in C and by the host; the vectors fix the bytes.
"""

import ctypes
import errno
import hashlib
import hmac
import json
import os
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.cli.main import run_command
from device.driver.analyzer import Analyzer
from device.driver.link_key import AnalyzerUnproven, LinkKeyMissing, LinkKeyRefused
from device.driver.transports.in_process import InProcessTransport
from device.driver.transports.tcp import TcpTransport
from device.events import LinkLost
from device.link_key_file import (
    KeyFileRefused,
    find_key,
    name_key_file,
    read_key,
    write_new_key,
)
from device.ports import open_analyzer
from device.station.connection import Connection
from device.station.stop_switch import Stoppable, StopSwitch
from firmware_bridge import messages as m
from firmware_bridge.errors import CallerError, InstrumentError, LinkClosed
from firmware_bridge.framing import Framing, Packet, encode, make_decoder
from firmware_bridge.link_key import KEY_SIZE, analyzer_proof, host_proof, is_same
from firmware_bridge.loopback import is_loopback
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.link_guard import LinkGuard
from firmware_bridge.simulator.scenes import EmptyScene
from firmware_bridge.simulator.serve import TcpServer
from tests.c_build import C_FOLDER, CAN_BUILD, COMPILER, WHY_NOT, built
from tests.c_firmware import CFirmware
from tests.host import Host

KEY, OTHER_KEY = bytes(range(KEY_SIZE)), bytes(KEY_SIZE)
NONCE, OTHER_NONCE = bytes(range(60, 92)), b"\xff" * 32
STORED = json.loads((Path(__file__).parent / "vectors" / "link_key.json").read_text())["link_keys"]
needs_compiler = pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    name_key_file(None)


def key_file(path: Path, key: bytes = KEY, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(key.hex() + "\n")
    path.chmod(mode)
    return path


# ---- the bytes ----


@pytest.mark.parametrize("case", STORED, ids=range(len(STORED)))
def test_the_stored_proofs_are_plain_hmac_over_112_bytes(case: dict[str, str]) -> None:
    nonces = bytes.fromhex(case["host_nonce"]) + bytes.fromhex(case["analyzer_nonce"])
    rest = nonces + case["serial"].encode().ljust(32, b"\0")
    for side, label in (("host", b"ramix link host\0"), ("analyzer", b"ramix link unit\0")):
        message = label + rest
        assert len(message) == 112
        proof = hmac.new(bytes.fromhex(case["key"]), message, hashlib.sha256).hexdigest()
        assert proof == case[f"{side}_proof"]


@needs_compiler
@pytest.mark.parametrize("case", STORED, ids=range(len(STORED)))
def test_the_c_code_makes_the_same_proofs(case: dict[str, str]) -> None:
    library = ctypes.CDLL(str(built() / "libramix.so"))
    serial = case["serial"].encode().ljust(32, b"\0")
    parts = [bytes.fromhex(case[name]) for name in ("key", "host_nonce", "analyzer_nonce")]
    for side, name in enumerate(("host_proof", "analyzer_proof")):
        proof = ctypes.create_string_buffer(32)
        library.ramix_link_proof(parts[0], side, parts[1], parts[2], serial, proof)
        assert proof.raw.hex() == case[name]
    assert library.ramix_link_is_same(parts[0], parts[0]) == 1
    for place in range(32):
        altered = bytearray(parts[0])
        altered[place] ^= 0x80
        assert library.ramix_link_is_same(parts[0], bytes(altered)) == 0


@needs_compiler
@given(data=st.binary(max_size=300))
def test_the_c_code_hashes_as_the_standard_library(data: bytes) -> None:
    digest = ctypes.create_string_buffer(32)
    library = ctypes.CDLL(str(built() / "libramix.so"))
    library.ramix_sha256(data, ctypes.c_size_t(len(data)), digest)
    assert digest.raw == hashlib.sha256(data).digest()


def test_every_part_of_the_message_counts() -> None:
    proofs = {
        proof(key, host, unit, serial)
        for proof in (host_proof, analyzer_proof)
        for key in (KEY, OTHER_KEY)
        for host, unit in ((NONCE, OTHER_NONCE), (OTHER_NONCE, NONCE), (NONCE, NONCE))
        for serial in ("A", "B")
    }
    assert len(proofs) == 2 * 2 * 3 * 2


# ---- the firmware's side ----


class Keyed:
    """A firmware with the key, asked packet by packet; `send` returns what it answers."""

    def __init__(
        self, serial: str, send: Callable[[Packet], Packet], reopen: Callable[[], None]
    ) -> None:
        self.serial, self.send, self.reopen = serial, send, reopen
        self._count = 0

    def ask(self, request: m.Request[Any]) -> Packet:
        return self.raw(request.opcode, request.to_bytes())

    def raw(self, opcode: int, payload: bytes) -> Packet:
        self._count += 1
        reply = self.send(Packet(opcode, self._count, payload=payload))
        assert reply.request_id == self._count
        return reply

    def challenge(self, host_nonce: bytes = NONCE) -> bytes:
        reply = self.ask(m.Challenge(host_nonce))
        assert reply.status == m.Status.OK
        return m.AnalyzerChallenge.from_bytes(reply.payload).analyzer_nonce

    def prove(self, proof: bytes) -> m.Status:
        return m.Status(self.ask(m.Authenticate(proof)).status)

    def may_arm(self) -> bool:
        status = self.ask(m.ArmLaser(200)).status
        assert status in (m.Status.OK, m.Status.UNAUTHORIZED)
        return status == m.Status.OK


def _simulated() -> Iterator[Keyed]:
    analyzer = SimulatedAnalyzer(EmptyScene(), link_key=KEY)

    def send(packet: Packet) -> Packet:
        analyzer.receive(encode(packet), analyzer.now_s)
        (reply,) = make_decoder(Framing.RAW).feed(analyzer.poll(analyzer.now_s))
        return reply

    yield Keyed(analyzer.info.serial, send, lambda: analyzer.disconnect(analyzer.now_s))


def _in_c(folder: Path) -> Iterator[Keyed]:
    from tests.test_c_firmware import Wire

    path = key_file(folder / "c.key")
    with CFirmware("--port", "0", "--stopped-clock", "--key-file", str(path)) as firmware:
        wire = Wire(firmware)

        def send(packet: Packet) -> Packet:
            wire.receive(encode(packet))
            (reply,) = make_decoder(Framing.RAW).feed(wire.poll())
            return reply

        yield Keyed("C-0001", send, wire.reopen)
        wire.close()


@pytest.fixture(params=["simulator", pytest.param("c", marks=needs_compiler)])
def keyed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keyed]:
    yield from _simulated() if request.param == "simulator" else _in_c(tmp_path)


def test_the_right_proof_opens_and_is_answered_by_the_analyzers_own(keyed: Keyed) -> None:
    assert not keyed.may_arm()
    nonces = NONCE, keyed.challenge()
    reply = keyed.ask(m.Authenticate(host_proof(KEY, *nonces, keyed.serial)))
    assert reply.status == m.Status.OK
    assert reply.payload == analyzer_proof(KEY, *nonces, keyed.serial)
    assert keyed.may_arm()


def test_an_old_proof_is_refused_in_the_next_challenge_and_the_next_session(keyed: Keyed) -> None:
    nonces = NONCE, keyed.challenge()
    old = host_proof(KEY, *nonces, keyed.serial)
    assert keyed.prove(old) is m.Status.OK
    assert keyed.challenge() != nonces[1]
    assert keyed.prove(old) is m.Status.UNAUTHORIZED
    keyed.reopen()
    assert keyed.prove(old) is m.Status.UNAUTHORIZED
    keyed.challenge()
    assert keyed.prove(old) is m.Status.UNAUTHORIZED
    assert not keyed.may_arm()


def test_a_second_session_proves_it_anew(keyed: Keyed) -> None:
    nonces = NONCE, keyed.challenge()
    assert keyed.prove(host_proof(KEY, *nonces, keyed.serial)) is m.Status.OK
    assert keyed.may_arm()
    keyed.reopen()
    assert not keyed.may_arm()
    nonces = NONCE, keyed.challenge()
    assert keyed.prove(host_proof(KEY, *nonces, keyed.serial)) is m.Status.OK
    assert keyed.may_arm()


WRONG: dict[str, Callable[[bytes, str], bytes]] = {
    "another key": lambda nonce, serial: host_proof(OTHER_KEY, NONCE, nonce, serial),
    "the analyzer's own": lambda nonce, serial: analyzer_proof(KEY, NONCE, nonce, serial),
    "nonces exchanged": lambda nonce, serial: host_proof(KEY, nonce, NONCE, serial),
    "another host nonce": lambda nonce, serial: host_proof(KEY, OTHER_NONCE, nonce, serial),
    "another analyzer": lambda nonce, _serial: host_proof(KEY, NONCE, nonce, "RX-9999"),
    "last bit flipped": lambda nonce, serial: (
        (proof := host_proof(KEY, NONCE, nonce, serial))[:-1] + bytes([proof[-1] ^ 1])
    ),
    "first bit flipped": lambda nonce, serial: (
        bytes([(proof := host_proof(KEY, NONCE, nonce, serial))[0] ^ 0x80]) + proof[1:]
    ),
    "half of it, then zeros": lambda nonce, serial: (
        host_proof(KEY, NONCE, nonce, serial)[:16] + bytes(16)
    ),
    "zeros": lambda _nonce, _serial: bytes(32),
    "the challenge itself": lambda nonce, _serial: nonce,
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_proof_is_refused_and_costs_its_challenge(kind: str, keyed: Keyed) -> None:
    nonce = keyed.challenge()
    assert keyed.prove(WRONG[kind](nonce, keyed.serial)) is m.Status.UNAUTHORIZED
    assert keyed.prove(host_proof(KEY, NONCE, nonce, keyed.serial)) is m.Status.UNAUTHORIZED
    assert not keyed.may_arm()


@pytest.mark.parametrize("size", [0, 1, 16, 31, 33, 64])
def test_a_proof_of_another_length_is_no_proof(size: int, keyed: Keyed) -> None:
    nonce = keyed.challenge()
    proof = (host_proof(KEY, NONCE, nonce, keyed.serial) * 2)[:size]
    assert keyed.raw(m.Opcode.AUTHENTICATE, proof).status == m.Status.BAD_REQUEST
    assert not keyed.may_arm()


def test_whatever_is_not_listed_is_refused_unread(keyed: Keyed) -> None:
    listed = {int(opcode) for opcode in m.ANSWERED_WITHOUT_KEY}
    for opcode in range(0x100):
        for payload in (b"", b"\xff" * 41):
            status = keyed.raw(opcode, payload).status
            assert (status == m.Status.UNAUTHORIZED) == (
                opcode not in listed or (opcode == m.Opcode.AUTHENTICATE and len(payload) == 32)
            ), (hex(opcode), status)


def test_every_opcode_that_acts_needs_the_key() -> None:
    acts = set(m.Opcode) - m.ANSWERED_WITHOUT_KEY
    assert {"ARM_LASER", "RENEW_LEASE", "ACQUIRE_FRAME"} <= {opcode.name for opcode in acts}
    assert {opcode for opcode in m.Opcode if opcode.name.startswith("SET_")} <= acts
    assert {opcode for opcode in m.Opcode if opcode.name.startswith("SLOT_")} - acts == {
        m.Opcode.SLOT_INFO
    }
    assert {m.Opcode.WRITE_CALIBRATION, m.Opcode.CLEAR_EVENTS} <= acts


def test_nonces_never_repeat(keyed: Keyed) -> None:
    nonces = {keyed.challenge() for _ in range(50)}
    keyed.reopen()
    assert len(nonces | {keyed.challenge() for _ in range(50)}) == 100


@given(proof=st.binary(min_size=32, max_size=32))
def test_no_guess_opens_the_link(proof: bytes) -> None:
    guard = LinkGuard(KEY, "RX-1")
    guard.handle(m.Challenge(NONCE))
    with pytest.raises(Exception, match="not made with the key"):
        guard.handle(m.Authenticate(proof))


@pytest.mark.parametrize("opcode", [m.Opcode.CHALLENGE, m.Opcode.AUTHENTICATE])
@pytest.mark.parametrize("payload", [bytes(32), b"x"])
def test_on_a_link_without_key_the_challenge_is_unknown(opcode: m.Opcode, payload: bytes) -> None:
    analyzer = SimulatedAnalyzer(EmptyScene())
    analyzer.receive(encode(Packet(opcode, 1, payload=payload)), 0.0)
    (reply,) = make_decoder(Framing.RAW).feed(analyzer.poll(0.0))
    assert reply.status == m.Status.UNKNOWN_OPCODE
    assert not Host(analyzer).ask(m.GetCapabilities()).needs_key


def test_a_comparison_that_stops_early_would_let_a_guess_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: with a weak comparison the tests above find an open link."""
    monkeypatch.setattr(
        "firmware_bridge.simulator.link_guard.is_same", lambda given, wanted: given[:0] == b""
    )
    (firmware,) = _simulated()
    firmware.challenge()
    assert firmware.prove(bytes(32)) is m.Status.OK
    assert is_same(b"a", b"a") and not is_same(b"a", b"b")


def test_a_key_of_another_size_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SimulatedAnalyzer(EmptyScene(), link_key=b"short")


# ---- the host's side ----


class Remote(InProcessTransport):
    """A link that leaves this machine, as far as the host can tell."""

    is_remote = True


def opened(analyzer: SimulatedAnalyzer, key: bytes | None, *, remote: bool = True) -> Analyzer:
    kind = Remote if remote else InProcessTransport
    return Analyzer(kind(analyzer), timeout_s=1.0, find_key=lambda: key)


def test_a_link_that_a_screen_can_stop_is_as_remote_as_it_was() -> None:
    stoppable = Stoppable(Remote(SimulatedAnalyzer(EmptyScene())), StopSwitch())
    with pytest.raises(LinkKeyMissing):
        Analyzer(stoppable, timeout_s=1.0).__enter__()


def test_the_driver_measures_with_the_key() -> None:
    for remote in (True, False):
        analyzer = SimulatedAnalyzer(EmptyScene(), link_key=KEY)
        with opened(analyzer, KEY, remote=remote) as host:
            assert host.acquire_frame(laser_on=True).counts.size
        with opened(analyzer, KEY, remote=remote) as host:  # a second session
            assert host.acquire_frame(laser_on=True).counts.size


def test_beyond_this_machine_nothing_is_sent_without_a_key() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene(), link_key=KEY)
    heard: list[bytes] = []
    analyzer.receive = lambda data, now_s: heard.append(data)  # type: ignore[method-assign]
    with pytest.raises(LinkKeyMissing) as caught, opened(analyzer, None):
        pass
    assert not heard
    assert "--key-file" in caught.value.remedy
    assert "USB" in caught.value.remedy


def test_a_link_that_asks_for_the_key_on_this_machine_gets_it_or_is_not_opened() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene(), link_key=KEY)
    with pytest.raises(LinkKeyMissing, match="wants a link key"):
        opened(analyzer, None, remote=False).__enter__()


def test_a_wrong_key_is_told_and_nothing_was_armed() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene(), link_key=KEY)
    with pytest.raises(LinkKeyRefused, match="refuses this link key"):
        opened(analyzer, OTHER_KEY).__enter__()
    assert not analyzer.laser_on_log


def test_an_analyzer_beyond_this_machine_that_asks_for_no_key_is_not_used() -> None:
    with pytest.raises(AnalyzerUnproven, match="asks for no key"):
        opened(SimulatedAnalyzer(EmptyScene()), KEY).__enter__()
    with opened(SimulatedAnalyzer(EmptyScene()), None, remote=False) as host:
        assert host.info.serial


class Impostor(SimulatedAnalyzer):
    """Holds no key, and lets everybody in; `nonce` and `proof` are what it answers with."""

    nonce, proof = b"\1" * 32, b"\2" * 32
    reflects = False

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.CHALLENGE:
            nonce = packet.payload if self.reflects else self.nonce
            self._send(m.answer(packet, m.AnalyzerChallenge(nonce)))
        elif packet.opcode == m.Opcode.AUTHENTICATE:
            proof = packet.payload if self.proof is None else self.proof
            self._send(m.answer(packet, m.AnalyzerProof(proof)))
        elif packet.opcode == m.Opcode.GET_CAPABILITIES:
            (told,) = [m.Capabilities(*_LIMITS)]
            self._send(m.answer(packet, replace(told, needs_key=True)))
        else:
            super()._serve(packet)


_LIMITS = (2048, 1000, 10_000_000, 70, 50, 500, 2, 1 << 20, 4096, True, True, True, True, 0)


class Reflector(Impostor):
    """Sends the host's own challenge back, to have it answered by the host."""

    reflects = True


class Echo(Impostor):
    """Answers the host's proof with the host's proof."""

    proof = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [Impostor, Reflector, Echo])
def test_whoever_does_not_hold_the_key_is_found_out(kind: type[Impostor]) -> None:
    with pytest.raises(AnalyzerUnproven) as caught:
        opened(kind(EmptyScene()), KEY).__enter__()
    assert "who answers there" in caught.value.remedy


def test_the_host_never_proves_with_what_the_impostor_needs() -> None:
    """A reflected challenge is noticed before any proof leaves the host."""
    asked: list[int] = []

    class Watched(Reflector):
        def _serve(self, packet: Packet) -> None:
            asked.append(packet.opcode)
            super()._serve(packet)

    with pytest.raises(AnalyzerUnproven, match="own challenge"):
        opened(Watched(EmptyScene()), KEY).__enter__()
    assert m.Opcode.CHALLENGE in asked
    assert m.Opcode.AUTHENTICATE not in asked


def test_another_refusal_of_the_proof_is_told_as_it_is() -> None:
    class Busy(Impostor):
        def _serve(self, packet: Packet) -> None:
            if packet.opcode == m.Opcode.AUTHENTICATE:
                self._send(m.refuse(packet, m.Status.BUSY, "later"))
            else:
                super()._serve(packet)

    with pytest.raises(InstrumentError, match="BUSY"):
        opened(Busy(EmptyScene()), KEY).__enter__()


# ---- what listens, and where ----


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.7", False),
        ("::ffff:10.0.0.7", False),
        ("fe80::1%eth0", False),
        ("2130706433", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_only_loopback_addresses_are_this_machine(address: str, is_here: bool) -> None:
    assert is_loopback(address) == is_here


def test_the_simulator_listens_beyond_this_machine_only_with_a_key_or_when_told() -> None:
    with pytest.raises(CallerError, match="anybody there could fire its laser"):
        TcpServer(SimulatedAnalyzer(EmptyScene()), "0.0.0.0")
    for analyzer, told in (
        (SimulatedAnalyzer(EmptyScene(), link_key=KEY), False),
        (SimulatedAnalyzer(EmptyScene()), True),
    ):
        with TcpServer(analyzer, "0.0.0.0", open_to_all=told) as server:
            assert server.is_remote
    with TcpServer(SimulatedAnalyzer(EmptyScene()), "localhost") as server:
        assert not server.is_remote


def test_a_named_key_is_proven_on_this_machine_too(tmp_path: Path) -> None:
    """The port may be the near end of a tunnel: whoever listens there instead asks for no key."""
    path = key_file(tmp_path / "analyzer.key")
    with TcpServer(SimulatedAnalyzer(EmptyScene())) as without:
        with open_analyzer(without.address, 2.0) as host:
            assert host.info.serial
        name_key_file(path)
        with pytest.raises(AnalyzerUnproven, match="asks for no key") as caught:
            open_analyzer(without.address, 2.0).__enter__()
    assert "without --key-file" in caught.value.remedy
    with TcpServer(SimulatedAnalyzer(EmptyScene(), link_key=KEY)) as server:
        with open_analyzer(server.address, 2.0) as host:
            assert host.info.serial
        name_key_file(key_file(tmp_path / "other.key", OTHER_KEY))
        with pytest.raises(LinkKeyRefused):
            open_analyzer(server.address, 2.0).__enter__()


def test_over_tcp_the_key_opens_each_connection() -> None:
    with TcpServer(SimulatedAnalyzer(EmptyScene(), link_key=KEY)) as server:
        for _ in range(2):
            transport = TcpTransport(server.host, server.port)
            assert not transport.is_remote
            with Analyzer(transport, timeout_s=2.0, find_key=lambda: KEY) as host:
                assert host.acquire_frame(laser_on=True).counts.size


def test_a_lost_analyzer_proves_itself_anew_when_it_is_back(tmp_path: Path) -> None:
    name_key_file(key_file(tmp_path / "link.key"))
    told: list[object] = []
    first = TcpServer(SimulatedAnalyzer(EmptyScene(), link_key=KEY))
    with first:
        connection = Connection(
            first.address, lambda at: open_analyzer(at, 2.0), told.append, lambda _pause_s: None
        )
        connection.__enter__()
    other = SimulatedAnalyzer(EmptyScene(), link_key=OTHER_KEY)
    with TcpServer(other, port=first.port), pytest.raises(LinkKeyRefused):
        open_analyzer(first.address, 2.0).__enter__()
    with TcpServer(SimulatedAnalyzer(EmptyScene(), link_key=KEY), port=first.port):
        connection.reconnect(LinkClosed("gone"))
        assert connection.analyzer.acquire_frame(laser_on=True)
        connection.__exit__(None, None, None)
    assert isinstance(told[1], LinkLost)


def own_address() -> str | None:
    """An address of this machine that others may reach; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if is_loopback(address) else address


@pytest.mark.skipif(own_address() is None, reason="no network here")
def test_over_a_network_the_commands_need_the_key(tmp_path: Path, capsys: Capture) -> None:
    path = key_file(tmp_path / "analyzer.key")
    with TcpServer(SimulatedAnalyzer(EmptyScene(), link_key=KEY), "0.0.0.0") as server:
        words = ["info", "--port", f"tcp://{own_address()}:{server.port}"]
        assert run_command([*words, "--key-file", str(path)]) == 0
        assert run_command(words) == 4
        told = capsys.readouterr().err
        assert "is on another machine, and there is no link key here" in told
        assert "--key-file" in told
    with TcpServer(SimulatedAnalyzer(EmptyScene()), "0.0.0.0", open_to_all=True) as server:
        words = ["info", "--port", f"tcp://{own_address()}:{server.port}"]
        assert run_command([*words, "--key-file", str(path)]) == 4
        assert "asks for no key" in capsys.readouterr().err


def test_the_peers_address_decides_whatever_name_led_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("device.driver.transports.tcp.is_loopback", lambda _address: False)
    with TcpServer(SimulatedAnalyzer(EmptyScene(), link_key=KEY)) as server:
        transport = TcpTransport("localhost", server.port)
        assert transport.is_remote
        with pytest.raises(LinkKeyMissing):
            Analyzer(transport, timeout_s=1.0).__enter__()


@needs_compiler
def test_the_c_firmware_listens_beyond_this_machine_only_with_a_key(tmp_path: Path) -> None:
    def refused(*options: str) -> str:
        done = subprocess.run(
            [built() / "ramix-example", "--port", "0", *options],
            input="", capture_output=True, text=True, check=False, timeout=10,
        )  # fmt: skip
        assert done.returncode == 2
        return done.stderr

    good = str(key_file(tmp_path / "good.key"))
    assert "needs --key-file" in refused("--everywhere")
    assert "its owner's alone" in refused("--key-file", str(key_file(tmp_path / "a", mode=0o640)))
    (tmp_path / "short").touch(0o600)
    for content in (b"00" * 31, b"00" * 33, b"00" * 32 + b"x", b"zz" * 32, b"", b"0" * 100_000):
        (tmp_path / "short").write_bytes(content)
        assert "64 hex digits" in refused("--key-file", str(tmp_path / "short"))
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("pipe", ".", "nothing"):  # none is waited for
        assert "64 hex digits" in refused("--key-file", str(tmp_path / name))
    assert "no key" in refused("--key-file", good, "--pty", str(tmp_path / "tty"))
    with CFirmware("--port", "0", "--key-file", good, "--everywhere") as firmware:
        transport = TcpTransport("127.0.0.1", firmware.port)
        with Analyzer(transport, timeout_s=2.0, find_key=lambda: KEY) as host:
            assert host.acquire_frame(laser_on=True).counts.size
    assert COMPILER and C_FOLDER


# ---- the key file ----


def test_a_new_key_is_random_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    first, second = tmp_path / "deep" / "one.key", tmp_path / "two.key"
    old_mask = os.umask(0)
    try:
        for path in (first, second):
            write_new_key(path)
    finally:
        os.umask(old_mask)
    assert read_key(first) != read_key(second)
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700
    before = first.read_bytes()
    with pytest.raises(KeyFileRefused, match="there already"):
        write_new_key(first)
    assert first.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_reach_is_refused(mode: int, tmp_path: Path) -> None:
    path = key_file(tmp_path / "link.key", mode=mode)
    with pytest.raises(KeyFileRefused) as caught:
        read_key(path)
    assert f"chmod 600 {path}" in caught.value.remedy


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"00" * 31, b"00" * 33, b"zz" * 32, b" " + b"00" * 32, b"\xff" * 64]
)
def test_what_is_no_key_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "link.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileRefused):
        read_key(path)


@given(content=st.binary(max_size=70))
def test_any_bytes_are_a_key_or_refused(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            key = read_key(Path(file.name))
        except KeyFileRefused:
            return
    assert key.hex().encode() == content.rstrip(b"\r\n").lower()


def test_no_named_pipe_or_missing_file_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("pipe", "nothing", "."):
        with pytest.raises(KeyFileRefused, match="cannot be read"):
            read_key(tmp_path / name)


def test_the_named_file_comes_before_the_users_before_the_systems(
    own_home: Path, tmp_path: Path
) -> None:
    assert find_key() is None
    key_file(own_home / "etc" / "link.key", bytes([1]) * 32)
    assert find_key() == bytes([1]) * 32
    users = key_file(own_home / "config" / "link.key", bytes([2]) * 32)
    assert find_key() == bytes([2]) * 32
    name_key_file(key_file(tmp_path / "named", bytes([3]) * 32))
    assert find_key() == bytes([3]) * 32
    name_key_file(None)
    users.unlink()
    users.symlink_to(tmp_path / "gone")
    with pytest.raises(KeyFileRefused):  # a dangling link is a fault, not "no key"
        find_key()


# ---- the command ----


def test_the_commands_make_and_use_a_key(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "analyzer.key"
    assert run_command(["link-key", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"key_file": str(path)}
    key = read_key(path)
    with TcpServer(SimulatedAnalyzer(EmptyScene(), link_key=key)) as server:
        words = ["info", "--port", server.address, "--json"]
        assert run_command([*words, "--key-file", str(path)]) == 0
        assert json.loads(capsys.readouterr().out)["capabilities"]["needs_key"] is True
        assert run_command(words) == 4  # the earlier --key-file is not remembered
        assert "wants a link key" in capsys.readouterr().out
        other = key_file(tmp_path / "other", OTHER_KEY)
        assert run_command([*words, "--key-file", str(other)]) == 4
        assert "refuses this link key" in capsys.readouterr().out
        assert run_command([*words, "--key-file", str(tmp_path / "none")]) == 4
        assert "cannot be read" in capsys.readouterr().out
    assert run_command(["link-key", str(path)]) == 4
    assert "there already" in capsys.readouterr().err


def test_link_key_without_a_name_is_found_by_the_host(own_home: Path, capsys: Capture) -> None:
    assert run_command(["link-key"]) == 0
    assert str(own_home / "config" / "link.key") in capsys.readouterr().out
    assert find_key() == read_key(own_home / "config" / "link.key")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--pty", "--key-file", "x"],
        ["--pty", "--without-key"],
        ["--tcp", "0", "--key-file", "x", "--without-key"],
    ],
)
def test_simulate_refuses_options_that_do_not_go_together(wrong: list[str]) -> None:
    assert run_command(["simulate", *wrong]) == 2


def test_simulate_serves_beyond_this_machine_only_when_told(capsys: Capture) -> None:
    assert run_command(["simulate", "--tcp", "0.0.0.0:0", "--model", "none"]) == 1
    told = capsys.readouterr().err
    assert "anybody there could fire its laser" in told
    assert "link key" in told


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("device.link_key_file.os.fsync", full)
    with pytest.raises(KeyFileRefused, match="No space left"):
        write_new_key(tmp_path / "link.key")
    assert list(tmp_path.iterdir()) == []
