"""Two readings of PROTOCOL.md beside each other: the simulator and the C firmware answer alike.

Any sequence of requests, pauses and hands gives the same statuses and the same replies, but for
what each may choose: the first epoch, temperatures, counts, texts, who it is and what it has.
"""

import contextlib
import hashlib
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import messages as m
from firmware_bridge.framing import Framing, Packet, encode, make_decoder
from firmware_bridge.layout import Message
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene
from tests.c_build import CAN_BUILD, WHY_NOT
from tests.c_firmware import CFirmware
from tests.test_c_firmware import Wire

pytestmark = pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)

IMAGES = tuple(bytes([number]) * (40 + number) for number in range(3))
PAGE, OTHER_PAGE = (
    text * 10 + zlib.crc32(text * 10).to_bytes(4, "little") for text in (b"page", b"leaf")
)
SLOT = st.sampled_from([0, 1, 1, 0, 2])
COUNTER = st.integers(0, 2)


def begin(slot: int, image: bytes, counter: int) -> m.SlotBegin:
    return m.SlotBegin(slot, len(image), hashlib.sha256(image).digest(), counter)


def whole_upload(slot: int, image: bytes, counter: int) -> list[m.Request[Any]]:
    return [begin(slot, image, counter), m.SlotWrite(slot, 0, image), m.SlotVerify(slot)]


def page_in_two(page: bytes) -> list[m.Request[Any]]:
    middle = len(page) // 2
    return [
        m.WriteCalibration(0, len(page), page[:middle]),
        m.WriteCalibration(middle, len(page), page[middle:]),
        m.ReadCalibration(),
    ]


def tried(slot: int, image: bytes, counter: int) -> list[m.Request[Any]]:
    return [*whole_upload(slot, image, counter), m.SlotTrial(slot)]


SLOT_STEP: st.SearchStrategy[Any] = st.one_of(
    st.builds(begin, SLOT, st.sampled_from(IMAGES), COUNTER),
    st.builds(whole_upload, SLOT, st.sampled_from(IMAGES), COUNTER),
    st.builds(tried, SLOT, st.sampled_from(IMAGES), COUNTER),
    st.builds(m.SlotWrite, SLOT, st.sampled_from([0, 0, 20, 41]), st.binary(max_size=41)),
    st.builds(m.SlotRead, SLOT, st.integers(0, 42), st.integers(0, 42)),
    *(
        st.builds(step, SLOT)
        for step in (
            *(m.GetSlotInfo, m.SlotVerify, m.SlotTrial, m.SlotConfirm),
            *(m.SlotRevert, m.SlotActivate, m.SlotTrial, m.SlotConfirm),
        )
    ),
)
LIGHT_STEP: st.SearchStrategy[Any] = st.one_of(
    st.builds(m.ArmLaser, st.sampled_from([0, 19, 20, 100, 500, 501])),
    st.builds(m.RenewLease, st.sampled_from([0, 19, 20, 100, 500, 501])),
    st.builds(m.AcquireFrame, st.booleans()),
    st.sampled_from([m.LaserOff(), m.Abort(), m.Flush(), m.GetState(), m.GetEvents(0)]),
    st.builds(m.SetIntegrationTime, st.sampled_from([0, 1000, 50_000, 300_000, 4_000_000_000])),
    st.builds(m.SetLaserPower, st.sampled_from([0, 35, 70, 71])),
    st.builds(m.SetTec, st.booleans(), st.sampled_from([-31.0, -10.0, 20.5])),
    st.integers(1, 400),  # ms
    st.sampled_from(["open", "open", "close"]),
    st.sampled_from(["break", "trigger"]),
)
PAGE_STEP: st.SearchStrategy[Any] = st.one_of(
    st.builds(m.WriteCalibration, st.just(0), st.just(44), st.sampled_from([PAGE, OTHER_PAGE])),
    st.sampled_from([page_in_two(PAGE), page_in_two(PAGE[:-1] + b"!"), m.ReadCalibration()]),
    st.builds(
        m.WriteCalibration,
        st.integers(0, 45),
        st.sampled_from([0, 44, 44, 50]),
        st.binary(max_size=9),
    ),
    st.just("restart"),
)
REST_STEP: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["restart", "lose"]),
    st.builds(m.GetEvents, st.integers(0, 5)),
    st.builds(m.ClearEvents, st.integers(0, 5)),
    st.sampled_from([m.SetClock(0), m.SetClock(1_766_000_000_000), m.GetClock()]),
    PAGE_STEP,
    st.builds(Packet, st.integers(0, 0x50), st.just(9), payload=st.binary(max_size=45)),
)
STEPS = {
    "everything": st.one_of(SLOT_STEP, LIGHT_STEP, REST_STEP),
    "slots": SLOT_STEP,
    "light": LIGHT_STEP,
    "page": PAGE_STEP,
}


class Pair:
    """Both firmwares at the same moment."""

    def __init__(self, firmware: CFirmware, wire: Wire, link_key: bytes | None = None) -> None:
        self._c, self._wire = firmware, wire
        self._simulated = SimulatedAnalyzer(EmptyScene(), link_key=link_key)
        self._now_ms = 0
        self._first_epochs: list[int | None] = [None, None]
        # The same integration time to begin with.
        self.do(m.SetIntegrationTime(50_000))

    def do(self, step: Any) -> None:
        """Both do it, and what they answer is alike."""
        match step:
            case int():
                self._now_ms += step
                self._wire.advance(step)
            case str():
                self._touch(step)
            case list():
                for request in step:
                    self.do(request)
            case Packet():
                self._send(step)
            case _:
                self._send(Packet(step.opcode, 7, payload=step.to_bytes()))
        self._compare(step)

    def _send(self, packet: Packet) -> None:
        self._wire.receive(encode(packet))
        self._simulated.receive(encode(packet), self._now_ms / 1e3)

    def _touch(self, what: str) -> None:
        self._simulated.poll(self._now_ms / 1e3)
        if what in ("restart", "lose"):
            self._wire.reopen("restart" if what == "restart" else "")
        else:
            self._c.hand(what)
        match what:
            case "open" | "close":
                self._simulated.interlock(what == "open")
            case "break":
                self._simulated.break_laser()
            case "trigger":
                self._simulated.press_trigger()
            case "restart":
                self._simulated.reboot()
                self._first_epochs = [None, None]
                self.do(m.SetIntegrationTime(50_000))
            case "lose":
                self._simulated.disconnect(self._now_ms / 1e3)

    def _compare(self, step: Any) -> None:
        found = [
            [self._bare(packet, side) for packet in make_decoder(Framing.RAW).feed(data)]
            for side, data in enumerate(
                (self._wire.poll(), self._simulated.poll(self._now_ms / 1e3))
            )
        ]
        assert found[0] == found[1], step

    def _bare(self, packet: Packet, side: int) -> tuple[int, int, m.Status, Message | None]:
        """A reply without what each side may choose."""
        status = m.Status(packet.status)
        head = (packet.opcode, packet.request_id, status)
        if status is not m.Status.OK:
            assert packet.payload.decode()
            return (*head, None)
        return (
            *head,
            self._alike(m.REQUESTS[packet.opcode].Reply.from_bytes(packet.payload), side),
        )

    def _alike(self, reply: Message, side: int) -> Message | None:
        match reply:
            case m.DeviceInfo() | m.Capabilities() | m.Camera() | m.Power():
                return None
            case m.AnalyzerChallenge():
                return None
            case m.CalibrationBytes(page=page) if page.startswith(b"RXCP"):
                return None  # that of the factory
            case m.InstrumentState():
                epoch = self._since_first(reply.settings_epoch, side)
                return replace(
                    reply, settings_epoch=epoch, detector_temperature_c=0.0, tec_locked=False
                )
            case m.SettingsApplied():
                return replace(reply, settings_epoch=self._since_first(reply.settings_epoch, side))
            case m.FrameReply():
                flags = reply.flags & m.FrameFlags.LASER_DROPPED
                return m.SlotData(reply.frame_seq, bytes([flags, reply.laser_state]))
            case _:
                return reply

    def _since_first(self, epoch: int, side: int) -> int:
        first = self._first_epochs[side]
        if first is None:
            first = self._first_epochs[side] = epoch
        return (epoch - first) % 0x1_0000


@pytest.mark.parametrize("kind", STEPS)
def test_both_answer_alike(kind: str) -> None:
    @settings(max_examples=60)
    @given(story=st.lists(STEPS[kind], min_size=8, max_size=30))
    def check(story: list[Any]) -> None:
        with (
            CFirmware("--port", "0", "--stopped-clock") as firmware,
            contextlib.closing(Wire(firmware)) as wire,
        ):
            pair = Pair(firmware, wire)
            for step in story:
                pair.do(step)

    check()


STRANGER_STEP: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([m.Challenge(bytes(32)), m.Authenticate(bytes(32)), m.GetState()]),
    st.sampled_from(["open", "close", "break", "lose", "restart"]),
    LIGHT_STEP,
    SLOT_STEP,
    REST_STEP,
)


def test_both_answer_a_stranger_alike(tmp_path: Path) -> None:
    """Somebody without the key: nothing that is asked makes light or stores a byte."""
    key = bytes(range(32))
    path = tmp_path / "link.key"
    path.touch(0o600)
    path.write_text(key.hex())

    @settings(max_examples=25)
    @given(story=st.lists(STRANGER_STEP, min_size=8, max_size=30))
    def check(story: list[Any]) -> None:
        with (
            CFirmware("--port", "0", "--stopped-clock", "--key-file", str(path)) as firmware,
            contextlib.closing(Wire(firmware)) as wire,
        ):
            pair = Pair(firmware, wire, key)
            for step in story:
                pair.do(step)
            assert not firmware.laser_on_log

    check()
