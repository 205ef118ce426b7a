"""The example firmware in C replays the vectors, and keeps what PROTOCOL.md says of the link.

Where a vector tells the time the program's clock stands still and is moved by hand: nothing here
waits for an exposure.
"""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from device.driver.analyzer import Analyzer
from device.driver.transports.serial_port import SerialTransport
from device.driver.transports.tcp import TcpTransport
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.framing import Framing, Packet, encode, encode_for, make_decoder
from firmware_bridge.messages import (
    CameraFigures,
    FrameFlags,
    GetSlotInfo,
    Opcode,
    SlotInfo,
    Status,
)
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import ReplayScene
from tests.c_build import C_FOLDER, CAN_BUILD, COMPILER, WHY_NOT, built
from tests.c_firmware import CFirmware, ReplayingFirmware
from tests.test_conversations import CONVERSATIONS, Differs, Player, key_of

pytestmark = pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)

VECTORS = Path(__file__).parent / "vectors"
STREAMS: list[dict[str, Any]] = json.loads((VECTORS / "streams.json").read_text())["streams"]
SLOTS: dict[str, Any] = json.loads((VECTORS / "slots.json").read_text())
TCP = ("--port", "0")
STOPPED = (*TCP, "--stopped-clock")
LAST_ID = 0xFFFF_FFF0  # of no stored packet


class Wire:
    """A host's end of the link, raw bytes, in step with the firmware.

    The firmware tells how much it has read and written: so nothing is waited for by the clock.
    """

    def __init__(self, firmware: CFirmware) -> None:
        self._firmware = firmware
        self._connect()

    def receive(self, data: bytes, _now_s: float = 0.0) -> None:
        """Send; the firmware has handled all of it on return."""
        self._socket.sendall(data)
        self._sent += len(data)
        self._wait_for(lambda told: told is not None and told[0] == self._sent)

    def poll(self, _now_s: float = 0.0) -> bytes:
        """All that the firmware has written by now."""
        told = self._traffic()
        wanted = 0 if told is None else told[1] - self._taken
        data = b""
        while len(data) < wanted:
            portion = self._socket.recv(wanted - len(data))
            assert portion
            data += portion
        self._taken += len(data)
        return data

    def advance(self, duration_ms: int) -> None:
        self._firmware.hand(f"advance {duration_ms}")

    def reopen(self, act: str = "") -> None:
        """The link closes, by this act or by the host's; then the host comes back."""
        if act:
            self._firmware.hand(act)
        self.close()
        self._connect()

    def close(self) -> None:
        self._socket.close()
        self._wait_for(lambda told: told is None)

    def _connect(self) -> None:
        self._sent = self._taken = 0
        self._socket = socket.create_connection(("127.0.0.1", self._firmware.port), timeout=5.0)
        self._wait_for(lambda told: told is not None)

    def _traffic(self) -> tuple[int, int] | None:
        told = self._firmware.hand("traffic")
        if told == "none":
            return None
        received, sent = told.split()
        return int(received), int(sent)

    def _wait_for(self, done: Callable[[tuple[int, int] | None], bool]) -> None:
        until_s = time.monotonic() + 5.0
        while not done(self._traffic()):
            assert time.monotonic() < until_s, self._traffic()


class CPlayer(Player):
    """Plays a conversation against the C program."""

    def __init__(self, firmware: CFirmware) -> None:
        super().__init__()
        self._serial = "C-0001"
        self._wire = Wire(firmware)
        self._analyzer = cast(SimulatedAnalyzer, self._wire)
        self._actions = {
            "open_interlock": lambda: firmware.interlock(True),
            "close_interlock": lambda: firmware.interlock(False),
            "break_laser": lambda: _ignore(firmware.hand("break")),
            "press_trigger": firmware.press_trigger,
            "restart": lambda: self._wire.reopen("restart"),
            "lose_link": self._wire.reopen,
        }

    def _let_pass(self, duration_s: float) -> None:
        self._wire.advance(round(duration_s * 1e3))

    def play(self, steps: list[dict[str, Any]]) -> None:
        try:
            super().play(steps)
        finally:
            self._wire.close()


def keyed(story: dict[str, Any], folder: Path) -> tuple[str, ...]:
    """The options of a firmware that has the key of this story, if it has one."""
    key = key_of(story["needs"])
    if key is None:
        return ()
    path = folder / "link.key"
    path.touch(0o600)
    path.write_text(key.hex())
    return ("--key-file", str(path))


def _ignore(_answer: str) -> None:
    """A hand's answer that says nothing."""


def replies(data: bytes) -> list[Packet]:
    return make_decoder(Framing.RAW).feed(data)


@pytest.mark.parametrize("story", CONVERSATIONS, ids=[story["name"] for story in CONVERSATIONS])
def test_it_speaks_as_stored(story: dict[str, Any], tmp_path: Path) -> None:
    with CFirmware(*STOPPED, *keyed(story, tmp_path)) as firmware:
        CPlayer(firmware).play(story["steps"])


# One fault each: the file, what stands there, what is planted instead.
PLANTED = {
    "a lease lapses a minute later": ("laser.c", "lease_ms * 1000u", "lease_ms * 60000u"),
    "leases are longer than allowed": ("limits.h", "RAMIX_LONGEST_LEASE_MS", "501"),
    "a lease lapses too late": ("laser.c", "lease_ms * 1000u", "lease_ms * 1000u + 60000u"),
    "a late half of a request is obeyed": ("input.c", "waits_for_bytes && now_us", "0 && now_us"),
    "ABORT is answered before the frame": ("requests.c", "    frame_abort();\n", ""),
    "a repeated page is stored twice": ("calibration.c", " && !is_repeated(asked)", ""),
    "a restart closes the cover": (
        "laser.c",
        "    lit_before_us = 0;\n",
        "    lit_before_us = 0;\n    interlock_is_closed = true;\n",
    ),
    "the epoch stands still": ("settings.c", "++epoch", "epoch"),
    "a challenge takes any number of proofs": (
        "link_guard.c",
        "    has_challenge = false; /*",
        "    /*",
    ),
    "a proof outlives its link": ("main.c", "    link_guard_forget();\n", ""),
    "strangers are let in": ("link_guard.c", "needs_key && !is_proven", "0"),
    "half a proof is enough": (
        "../ramix_link_key.c",
        "i < 32; i++)\n        differing",
        "i < 0; i++)\n        differing",
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_noticed(fault: str, tmp_path: Path) -> None:
    name, right, wrong = PLANTED[fault]
    folder = shutil.copytree(C_FOLDER, tmp_path / "c")
    source = folder / "example" / name
    text = source.read_text()
    assert right in text
    source.write_text(text.replace(right, wrong))
    program = tmp_path / "planted"
    sources = [*folder.glob("*.c"), *(folder / "example").glob("*.c")]
    subprocess.run([str(COMPILER), "-std=c11", "-o", program, *sources, "-lm"], check=True)
    noticed = 0
    for story in CONVERSATIONS:
        with CFirmware(*STOPPED, *keyed(story, tmp_path), program=program) as firmware:
            try:
                CPlayer(firmware).play(story["steps"])
            except Differs:
                noticed += 1
    assert 0 < noticed < len(CONVERSATIONS)


def test_the_stored_story_of_the_slots_is_its_own() -> None:
    sizes = ("--slots", str(SLOTS["slot_size"]), str(SLOTS["max_chunk"]))
    with CFirmware(*STOPPED, *sizes) as firmware:
        wire = Wire(firmware)
        for number, step in enumerate(SLOTS["steps"]):
            if step["request"] is None:
                wire.reopen("restart")
            else:
                wire.receive(bytes.fromhex(step["request"]))
                (answer,) = replies(wire.poll())
                assert answer.status == step["status"], (number, step["step"])
            infos = []
            for slot in (0, 1):
                request = Packet(Opcode.SLOT_INFO, LAST_ID, payload=GetSlotInfo(slot).to_bytes())
                wire.receive(encode(request))
                infos.append(SlotInfo.from_bytes(replies(wire.poll())[0].payload))
            assert [info.state.name for info in infos] == step["states"], number
            assert [info.received for info in infos] == step["received"], number
            active = [slot for slot in (0, 1) if infos[slot].active]
            assert active == [slot for slot in (0, 1) if slot == step["active"]], number
        wire.close()


@pytest.mark.parametrize(
    "story", [s for s in STREAMS if s["framing"] == "raw"], ids=lambda s: s["name"]
)
def test_it_finds_the_packets_of_a_damaged_stream(story: dict[str, Any]) -> None:
    """Whatever they ask, each is answered. What a cut-off packet held back is never obeyed."""
    with CFirmware(*STOPPED) as firmware:
        wire = Wire(firmware)
        wire.receive(encode(Packet(Opcode.HELLO, LAST_ID)))  # over TCP a host begins with a packet
        assert len(replies(wire.poll())) == 1
        wire.receive(bytes.fromhex(story["stream"]))
        assert [reply.request_id for reply in replies(wire.poll())] == story["request_ids"]
        wire.advance(600)
        wire.receive(encode(Packet(Opcode.HELLO, LAST_ID)))
        assert [reply.request_id for reply in replies(wire.poll())] == [LAST_ID]
        wire.close()


def test_it_finds_the_packets_of_damaged_streams_on_a_terminal(tmp_path: Path) -> None:
    hello = encode_for(Framing.COBS, Packet(Opcode.HELLO, LAST_ID))
    sent = 0
    with CFirmware("--pty", str(tmp_path / "tty"), "--stopped-clock") as firmware:
        transport = SerialTransport(firmware.address)
        decoder = make_decoder(Framing.COBS)
        for story in STREAMS:
            if story["framing"] == "raw":
                continue
            for data in (bytes.fromhex(story["stream"]), hello):
                transport.write(data, 1.0)
                sent += len(data)
                until_s = time.monotonic() + 5.0
                while int(firmware.hand("traffic").split()[0]) < sent:
                    assert time.monotonic() < until_s
                firmware.hand("advance 600")
            answered: list[int] = []
            while LAST_ID not in answered and (data := transport.read(2.0)):
                answered += [reply.request_id for reply in decoder.feed(data)]
            assert answered == [*story["request_ids"], LAST_ID], story["name"]
        transport.close()


def test_the_driver_measures_over_a_terminal(tmp_path: Path) -> None:
    with (
        CFirmware("--pty", str(tmp_path / "tty")) as firmware,
        Analyzer(SerialTransport(firmware.address), timeout_s=2.0) as analyzer,
    ):
        assert analyzer.acquire_frame(laser_on=True).counts.size == 2048


def test_its_own_spectrum_has_lines_where_its_calibration_says() -> None:
    with (
        CFirmware(*TCP, "--serial", "C-7") as firmware,
        Analyzer(TcpTransport("127.0.0.1", firmware.port), timeout_s=2.0) as analyzer,
    ):
        page = analyzer.calibration()
        assert page.serial == analyzer.info.serial == "C-7"
        lit, dark = (analyzer.acquire_frame(laser_on=on) for on in (True, False))
        brightest = int((lit.counts.astype(float) - dark.counts).argmax())
        assert abs(page.wavenumber_cm1()[brightest] - 801.0) < 2.0
        assert lit.flags == dark.flags == FrameFlags.NONE
        camera = analyzer.camera_figures
        assert camera.known == ~CameraFigures.NONE
        pairs = [analyzer.acquire_frame(laser_on=False).counts.astype(float) for _ in range(2)]
        noise_e = (pairs[1] - pairs[0]).std() / 2**0.5 * camera.gain_e_per_count
        dark_e = camera.dark_current_e_per_s * 0.1
        assert noise_e == pytest.approx((camera.read_noise_e**2 + dark_e) ** 0.5, rel=0.1)
        assert pairs[0].mean() == pytest.approx(camera.offset_counts, abs=1.0)


def test_a_recording_is_shown_with_the_noise_asked_for(tmp_path: Path) -> None:
    raw, dark = np.full(1000, 5000.0), np.full(1000, 300.0)
    scene = ReplayScene(raw, dark, 20.0, recorded_average=4, noise_counts=25.0)
    page = CalibrationPage((800.0, 0.1), 785.0, 0, 999, 1000, serial="R")
    with (
        ReplayingFirmware(scene, page, tmp_path) as firmware,
        Analyzer(TcpTransport("127.0.0.1", firmware.port), timeout_s=2.0) as analyzer,
    ):
        frame = analyzer.acquire_frame(laser_on=True)
        assert frame.flags == FrameFlags.RECORDED_AVERAGE
        assert frame.counts.mean() == pytest.approx(5000.0, abs=4.0)
        assert frame.counts.std() == pytest.approx(25.0, rel=0.1)


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_make_says_plainly_that_there_is_no_compiler(tmp_path: Path) -> None:
    for name in ("sh", "make", "bash"):
        found = shutil.which(name)
        if found is not None:
            (tmp_path / name).symlink_to(found)
    done = subprocess.run(
        ["make", "-s", "c"],
        cwd=C_FOLDER.parents[1],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == "No C compiler here (cc, gcc or clang): nothing built.\n"


def test_a_second_host_is_told_that_the_link_is_in_use() -> None:
    with CFirmware(*TCP) as firmware:
        first = Wire(firmware)
        first.receive(encode(Packet(Opcode.HELLO, 1)))
        with socket.create_connection(("127.0.0.1", firmware.port), timeout=5.0) as second:
            told = b""
            while portion := second.recv(4096):
                told += portion
        (reply,) = replies(told)
        assert (reply.opcode, reply.request_id, reply.status) == (0, 0, Status.IN_USE)
        assert reply.is_reply and reply.payload.decode()
        first.receive(encode(Packet(Opcode.HELLO, 2)))
        assert [reply.request_id for reply in replies(first.poll())] == [1, 2]
        first.close()


def test_one_host_after_the_other_is_let_in() -> None:
    with CFirmware(*TCP) as firmware:
        for request_id in range(30):
            wire = Wire(firmware)
            wire.receive(encode(Packet(Opcode.HELLO, request_id)))
            assert [reply.request_id for reply in replies(wire.poll())] == [request_id]
            wire.close()


def test_a_host_that_does_not_read_loses_no_answer() -> None:
    """The firmware stops reading; meanwhile it keeps its times and its hands."""
    count = 100_000
    asked = b"".join(encode(Packet(Opcode.HELLO, number)) for number in range(count))
    decoder = make_decoder(Framing.RAW)
    found: list[int] = []
    with CFirmware(*TCP) as firmware, socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(60.0)
        link.connect(("127.0.0.1", firmware.port))
        # how much of it the system's buffers take is the system's business: a thread waits for them
        sender = threading.Thread(target=link.sendall, args=(asked,))
        sender.start()
        before, traffic = "", firmware.hand("traffic")
        while traffic != before or traffic.endswith(" 0"):  # until nothing moves any more
            time.sleep(0.1)
            before, traffic = traffic, firmware.hand("traffic")
        assert int(traffic.split()[0]) < len(asked)
        assert firmware.hand("state") == "0"
        while len(found) < count:
            found += [reply.request_id for reply in decoder.feed(link.recv(65_536))]
        sender.join()
    assert found == list(range(count))


def test_flush_drops_whole_replies_and_cuts_none() -> None:
    """One of which a byte has left is sent to its end, then FLUSH is answered."""
    hello_bytes, reply_bytes = len(encode(Packet(Opcode.HELLO, 0))), 122
    with CFirmware(*TCP) as firmware, socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(5.0)
        link.connect(("127.0.0.1", firmware.port))
        asked = received = sent = 0
        while sent == received // hello_bytes * reply_bytes:  # until the link takes no more
            assert asked < 100_000
            ten = b"".join(encode(Packet(Opcode.HELLO, asked + number)) for number in range(10))
            link.sendall(ten)
            asked += 10
            while received < asked * hello_bytes:
                received, sent = (int(told) for told in firmware.hand("traffic").split())
        link.sendall(encode(Packet(Opcode.FLUSH, LAST_ID)))
        while received < asked * hello_bytes + hello_bytes:
            received, _ = (int(told) for told in firmware.hand("traffic").split())
        decoder = make_decoder(Framing.RAW)
        found: list[int] = []
        while LAST_ID not in found:
            found += [reply.request_id for reply in decoder.feed(link.recv(65_536))]
    begun = -(-sent // reply_bytes)
    assert begun <= len(found) - 1 < asked and decoder.discarded_bytes == 0
    assert found == [*range(len(found) - 1), LAST_ID]


def test_it_needs_no_allocation_after_its_start() -> None:
    called = subprocess.run(
        ["nm", "-u", built() / "ramix-example"], capture_output=True, text=True, check=False
    ).stdout
    if not called:
        pytest.skip("no nm here")
    assert "socket" in called  # the list is what it should be
    names = {line.split("@")[0].split()[-1] for line in called.splitlines()}
    assert not names & {"malloc", "calloc", "realloc"}
