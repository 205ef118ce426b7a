"""Reply matching, stale frames, epochs and deadlines: the host's side without any link."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import InstrumentError, ProtocolError
from firmware_bridge.framing import Framing, Packet, encode_for, make_decoder
from firmware_bridge.layout import Message
from firmware_bridge.messages import (
    NO_SLOT,
    Ack,
    AcquireFrame,
    FrameFlags,
    FrameReply,
    GetState,
    InstrumentState,
    LaserOff,
    LaserState,
    ReplyT,
    Request,
    SetIntegrationTime,
    SetTec,
    SettingsApplied,
    Status,
    answer,
    refuse,
)
from firmware_bridge.session import Deadline, Reply, Session, StaleFrame, frame_budget_s

FRAMINGS = pytest.mark.parametrize("framing", list(Framing))


def frame(frame_seq: int, settings_epoch: int) -> FrameReply:
    counts = np.full(8, frame_seq % 0xFFFF, dtype=np.uint16)
    return FrameReply(
        frame_seq, settings_epoch, 1000, -10.0, LaserState.ON, 70, FrameFlags.NONE, counts
    )


def state(settings_epoch: int) -> InstrumentState:
    return InstrumentState(
        LaserState.OFF, 70, True, 0, -10.0, True, settings_epoch, 1000, 0, False, NO_SLOT
    )


class Wire:
    """A session and the packets its requests became, so that a test can answer at will."""

    def __init__(self, framing: Framing = Framing.RAW, first_request_id: int = 1) -> None:
        self.session = Session(framing, first_request_id=first_request_id)
        self._instrument = make_decoder(framing)
        self.framing = framing

    def ask(self, request: Request[ReplyT]) -> Packet:
        request_id, data = self.session.request(request)
        (packet,) = self._instrument.feed(data)
        assert packet.request_id == request_id
        return packet

    def bytes_of(self, asked: Packet, message: Message) -> bytes:
        return encode_for(self.framing, answer(asked, message))

    def tell(self, asked: Packet, message: Message) -> list[Reply[Message]]:
        return self.session.receive(self.bytes_of(asked, message))

    def call(self, request: Request[ReplyT], message: Message) -> Message:
        (reply,) = self.tell(self.ask(request), message)
        return reply.result()


@FRAMINGS
def test_a_reply_is_matched_to_its_request(framing: Framing) -> None:
    wire = Wire(framing)
    first, second = wire.ask(GetState()), wire.ask(LaserOff())
    replies = wire.session.receive(wire.bytes_of(second, Ack()) + wire.bytes_of(first, state(3)))
    assert [reply.request_id for reply in replies] == [second.request_id, first.request_id]
    assert replies[1].result() == state(3)
    assert wire.session.pending == ()
    assert wire.session.settings_epoch == 3


@FRAMINGS
def test_a_duplicated_reply_is_discarded(framing: Framing) -> None:
    wire = Wire(framing)
    data = wire.bytes_of(wire.ask(LaserOff()), Ack())
    assert len(wire.session.receive(data + data)) == 1
    assert wire.session.receive(data) == []
    assert wire.session.discarded == 2


@FRAMINGS
def test_a_late_frame_is_discarded_and_the_next_call_gets_the_next_frame(framing: Framing) -> None:
    wire = Wire(framing)
    wire.call(GetState(), state(1))
    late = wire.ask(AcquireFrame(False))
    wire.session.expire(late.request_id)
    wanted = wire.ask(AcquireFrame(False))
    stream = wire.bytes_of(late, frame(1, 1)) + wire.bytes_of(wanted, frame(2, 1))
    (reply,) = wire.session.receive(stream)
    assert reply.request_id == wanted.request_id
    assert reply.result().frame_seq == 2
    assert wire.session.discarded == 1


def test_a_reply_with_another_opcode_is_discarded() -> None:
    wire = Wire()
    asked = wire.ask(GetState())
    foreign = Packet(asked.opcode + 1, asked.request_id)
    assert wire.tell(foreign, state(1)) == []
    assert len(wire.tell(asked, state(1))) == 1
    assert wire.session.discarded == 1


def test_a_request_that_comes_back_is_no_reply() -> None:
    wire = Wire()
    _, data = wire.session.request(LaserOff())
    assert wire.session.receive(data) == []  # an echoing line
    assert wire.session.discarded == 1


def test_a_frame_of_other_settings_is_never_returned() -> None:
    wire = Wire()
    wire.call(SetIntegrationTime(1000), SettingsApplied(4))
    wire.call(SetIntegrationTime(2000), SettingsApplied(5))
    (reply,) = wire.tell(wire.ask(AcquireFrame(True)), frame(1, 4))
    assert reply.message is None
    with pytest.raises(StaleFrame, match="settings 4"):
        reply.result()
    assert wire.session.stale_frames == 1
    assert wire.call(AcquireFrame(True), frame(2, 5))


def test_no_frame_is_returned_before_the_epoch_is_known() -> None:
    wire = Wire()
    with pytest.raises(StaleFrame):
        wire.call(AcquireFrame(False), frame(1, 0))
    wire.call(GetState(), state(0))
    assert wire.call(AcquireFrame(False), frame(2, 0))


def test_a_frame_that_is_not_newer_than_the_last_is_never_returned() -> None:
    wire = Wire()
    wire.call(GetState(), state(1))
    wire.call(AcquireFrame(False), frame(7, 1))
    for frame_seq in (7, 6):
        with pytest.raises(StaleFrame, match="not newer"):
            wire.call(AcquireFrame(False), frame(frame_seq, 1))
    assert wire.call(AcquireFrame(False), frame(8, 1))
    assert wire.session.stale_frames == 2


def test_frame_numbers_may_wrap() -> None:
    wire = Wire()
    wire.call(GetState(), state(1))
    wire.call(AcquireFrame(False), frame(0xFFFF_FFFF, 1))
    assert wire.call(AcquireFrame(False), frame(0, 1))


def test_a_settings_reply_that_never_came_leaves_the_epoch_unknown() -> None:
    wire = Wire()
    wire.call(SetIntegrationTime(1000), SettingsApplied(4))
    lost = wire.ask(SetIntegrationTime(2000))
    wire.session.expire(lost.request_id)
    with pytest.raises(StaleFrame):
        wire.call(AcquireFrame(False), frame(1, 4))
    wire.tell(lost, SettingsApplied(5))  # late: discarded, and not believed either
    assert wire.session.settings_epoch is None
    wire.call(GetState(), state(5))
    assert wire.call(AcquireFrame(False), frame(2, 5))


def test_a_delayed_older_reply_does_not_turn_the_epoch_back() -> None:
    wire = Wire(first_request_id=0xFFFF_FFFF)  # ids wrap between the two
    older, newer = wire.ask(GetState()), wire.ask(SetTec(True, -10.0))
    wire.tell(newer, SettingsApplied(9))
    wire.tell(older, state(8))
    assert wire.session.settings_epoch == 9


def test_expiring_another_request_keeps_the_epoch() -> None:
    wire = Wire()
    wire.call(GetState(), state(4))
    wire.session.expire(wire.ask(GetState()).request_id)
    wire.session.expire(12345)
    assert wire.session.settings_epoch == 4


def test_a_refusal_names_request_status_and_remedy() -> None:
    wire = Wire()
    asked = wire.ask(AcquireFrame(True))
    refusal = refuse(asked, Status.INTERLOCK_OPEN, "cover open")
    (reply,) = wire.session.receive(encode_for(wire.framing, refusal))
    with pytest.raises(InstrumentError, match="ACQUIRE_FRAME.*INTERLOCK_OPEN.*cover") as caught:
        reply.result()
    assert caught.value.status == Status.INTERLOCK_OPEN
    assert "cover" in caught.value.remedy


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_every_status_becomes_an_error(status: Status) -> None:
    wire = Wire()
    refusal = refuse(wire.ask(GetState()), status, "")
    (reply,) = wire.session.receive(encode_for(wire.framing, refusal))
    with pytest.raises(InstrumentError, match=status.name):
        reply.result()


def test_a_later_firmwares_status_is_still_a_refusal() -> None:
    wire = Wire()
    asked = wire.ask(GetState())
    packet = Packet(asked.opcode, asked.request_id, 4711, 1, b"\xff not UTF-8")
    (reply,) = wire.session.receive(encode_for(wire.framing, packet))
    with pytest.raises(InstrumentError, match="4711"):
        reply.result()


def test_a_reply_with_a_malformed_payload_ends_its_request_with_an_error() -> None:
    wire = Wire()
    (reply,) = wire.tell(wire.ask(GetState()), Ack())
    with pytest.raises(ProtocolError, match="InstrumentState"):
        reply.result()
    assert wire.session.pending == ()


def test_a_silent_link_gives_the_reply_that_a_truncated_one_swallowed() -> None:
    wire = Wire()
    lost, good = wire.ask(GetState()), wire.ask(LaserOff())
    data = wire.bytes_of(lost, state(1))[:-25] + wire.bytes_of(good, Ack())
    assert wire.session.receive(data) == []
    (reply,) = wire.session.link_idle()
    assert reply.request_id == good.request_id
    wire.session.expire_all()
    assert wire.session.pending == ()


def test_two_sessions_do_not_share_request_ids() -> None:
    ids = {Session(Framing.RAW).request(GetState())[0] for _ in range(20)}
    assert len(ids) == 20


def test_request_ids_wrap_at_32_bits() -> None:
    wire = Wire(first_request_id=0xFFFF_FFFF)
    assert [wire.ask(GetState()).request_id for _ in range(2)] == [0xFFFF_FFFF, 0]


@given(
    faults=st.lists(
        st.sampled_from(["in time", "late", "lost", "twice", "old epoch", "old frame"]), max_size=20
    )
)
def test_whatever_the_link_does_each_frame_returned_is_the_one_asked_for(
    faults: list[str],
) -> None:
    wire = Wire()
    wire.call(GetState(), state(2))
    wire.call(AcquireFrame(True), frame(1, 2))
    overdue = b""
    for frame_seq, fault in enumerate(faults, start=2):
        asked = wire.ask(AcquireFrame(True))
        wanted = wire.bytes_of(asked, frame(frame_seq, 2))
        sent = {
            "in time": overdue + wanted,
            "late": b"",
            "lost": overdue,
            "twice": overdue + wanted + wanted,
            "old epoch": wire.bytes_of(asked, frame(frame_seq, 1)),
            "old frame": wire.bytes_of(asked, frame(1, 2)),
        }[fault]
        overdue = wanted if fault == "late" else b""
        replies = wire.session.receive(sent)
        wire.session.expire(asked.request_id)
        good = [reply.message.frame_seq for reply in replies if reply.message is not None]
        assert good == ([frame_seq] if fault in ("in time", "twice") else [])


def test_a_deadline_is_one_budget() -> None:
    deadline = Deadline.after(10.0, 2.0)
    assert deadline.remaining(10.5) == 1.5
    assert not deadline.expired(11.9)
    assert deadline.expired(12.0)
    assert deadline.remaining(13.0) == 0.0


def test_the_frame_budget_counts_exposures_readouts_and_one_margin() -> None:
    one, three = frame_budget_s(2_000_000), frame_budget_s(2_000_000, 3)
    assert one > 2.0
    assert three - one == pytest.approx(2 * (one - frame_budget_s(0, 0)))
    assert frame_budget_s(1000, 1, 5.0) - frame_budget_s(1000, 1, 1.0) == pytest.approx(4.0)
