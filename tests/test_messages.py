"""Every message: round trip, every truncated or extended payload, every illegal value."""

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import messages as m
from firmware_bridge.errors import CallerError, ProtocolError
from firmware_bridge.framing import FLAG_REPLY, MAX_PAYLOAD, Packet
from firmware_bridge.layout import Message
from tests.make_vectors import EXAMPLES, field_values, vector_files

VECTORS = Path(__file__).parent / "vectors"
MESSAGES: dict[str, type[Message]] = {
    cls.__name__: cls for request in m.REQUESTS.values() for cls in (request, request.Reply)
}
EVERY_MESSAGE = pytest.mark.parametrize("name", sorted(MESSAGES))

STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "u8": st.integers(0, 0xFF),
    "u16": st.integers(0, 0xFFFF),
    "u32": st.integers(0, 0xFFFF_FFFF),
    "u64": st.integers(0, 2**64 - 1),
    "f32": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "char[32]": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).filter(
        lambda text: len(text.encode()) <= 32
    ),
    "u8[32]": st.binary(min_size=32, max_size=32),
    "u8 LaserState": st.sampled_from(m.LaserState),
    "u8 SlotState": st.sampled_from(m.SlotState),
    "u8 BatteryState": st.sampled_from(m.BatteryState),
    "u16 CameraFigures": st.integers(0, 127).map(m.CameraFigures),
    "u16 FrameFlags": st.integers(0, 15).map(m.FrameFlags),
    "u32 n, u8[n]": st.binary(max_size=300),
    "u16 n, u16[n]": st.lists(st.integers(0, 0xFFFF), max_size=64).map(
        lambda counts: np.array(counts, dtype=np.uint16)
    ),
}


@st.composite
def cameras(draw: st.DrawFn) -> m.Camera:
    """Any figures, those that are not known zero."""
    known = draw(st.integers(0, 127).map(m.CameraFigures))
    positive = st.floats(0.125, 1e6, width=32)
    first, last = sorted(draw(st.tuples(*[st.integers(0, 0xFFFF)] * 2)))

    def told(figure: m.CameraFigures, value: Any) -> Any:
        return value if known & figure else 0

    return m.Camera(
        known=known,
        converter_bits=told(m.CameraFigures.CONVERTER_BITS, draw(st.integers(8, 16))),
        gain_e_per_count=told(m.CameraFigures.GAIN, draw(positive)),
        read_noise_e=told(m.CameraFigures.READ_NOISE, draw(positive)),
        full_well_e=told(m.CameraFigures.FULL_WELL, draw(positive)),
        offset_counts=told(m.CameraFigures.OFFSET, draw(positive)),
        dark_current_e_per_s=told(m.CameraFigures.DARK_CURRENT, draw(positive)),
        first_useful_pixel=told(m.CameraFigures.USEFUL_RANGE, first),
        last_useful_pixel=told(m.CameraFigures.USEFUL_RANGE, last),
    )


@st.composite
def powers(draw: st.DrawFn) -> m.Power:
    """Any battery or none, temperatures that are not known zero."""
    battery = draw(st.sampled_from(m.BatteryState))
    known = draw(st.integers(0, 7).map(m.Temperatures))
    there = battery is not m.BatteryState.NONE
    celsius = st.floats(-40, 120, width=32)
    return m.Power(
        battery,
        draw(st.integers(0, 100)) * there,
        draw(st.integers(0, 0xFFFF)) * there,
        known,
        draw(celsius) if known & m.Temperatures.LASER else 0.0,
        draw(celsius) if known & m.Temperatures.BOARD else 0.0,
        draw(celsius) if known & m.Temperatures.BATTERY else 0.0,
    )


@st.composite
def event_lists(draw: st.DrawFn) -> m.EventList:
    """Rising numbers, with gaps."""
    numbers = draw(st.lists(st.integers(1, 2**32 - 1), unique=True, max_size=m.MAX_EVENTS))
    events = tuple(
        m.Event(
            number,
            draw(st.integers(0, 0xFF)),
            draw(st.integers(0, 2**64 - 1)),
            draw(st.integers(0, 2**64 - 1)),
            draw(st.integers(0, 2**32 - 1)),
        )
        for number in sorted(numbers)
    )
    cleared = draw(st.integers(0, min(numbers, default=2**32) - 1))
    newest = draw(st.integers(max([cleared, *numbers]), 2**32 - 1))
    return m.EventList(newest, cleared, events)


LEGAL: dict[type[Message], st.SearchStrategy[Any]] = {
    m.Camera: cameras(),
    m.Power: powers(),
    m.EventList: event_lists(),
}


def kinds(cls: type[Message]) -> dict[str, str]:
    """Field -> name of its wire type."""
    tail = () if cls.wire_tail is None else (cls.wire_tail,)
    return {name: kind.name for name, kind in (*cls.wire_fields, *tail)}


def any_message(cls: type[Message]) -> st.SearchStrategy[Message]:
    if cls in LEGAL:
        return LEGAL[cls]
    return st.builds(cls, **{name: STRATEGIES[kind] for name, kind in kinds(cls).items()})


@EVERY_MESSAGE
@given(data=st.data())
def test_a_message_survives_the_round_trip(name: str, data: st.DataObject) -> None:
    message = data.draw(any_message(MESSAGES[name]))
    payload = message.to_bytes()
    parsed = MESSAGES[name].from_bytes(payload)
    assert field_values(parsed) == field_values(message)
    assert parsed.to_bytes() == payload


@EVERY_MESSAGE
@given(data=st.data())
def test_truncated_and_extended_payloads_are_refused(name: str, data: st.DataObject) -> None:
    payload = data.draw(any_message(MESSAGES[name])).to_bytes()
    for size in range(len(payload)):
        with pytest.raises(ProtocolError):
            MESSAGES[name].from_bytes(payload[:size])
    with pytest.raises(ProtocolError):
        MESSAGES[name].from_bytes(payload + data.draw(st.binary(min_size=1, max_size=9)))


@EVERY_MESSAGE
@given(payload=st.binary(max_size=200))
def test_random_payloads_raise_protocol_errors_or_reproduce_themselves(
    name: str, payload: bytes
) -> None:
    try:
        parsed = MESSAGES[name].from_bytes(payload)
    except ProtocolError as error:
        assert name in error.text
    else:
        assert parsed.to_bytes() == payload


@EVERY_MESSAGE
def test_every_field_of_every_message_is_on_the_wire(name: str) -> None:
    cls = MESSAGES[name]
    assert [field.name for field in fields(cls)] == list(kinds(cls))  # type: ignore[arg-type]


def test_each_opcode_has_one_request_whose_reply_is_its_type_argument() -> None:
    assert set(m.REQUESTS) == set(m.Opcode)
    for opcode, cls in m.REQUESTS.items():
        assert cls.opcode == opcode
        assert get_args(cls.__orig_bases__[0]) == (cls.Reply,)  # type: ignore[attr-defined]


def test_opcodes_and_statuses_keep_their_numbers() -> None:
    stored = json.loads((VECTORS / "packets.json").read_text())["packets"]
    assert {case["opcode"] for case in stored} == set(m.Opcode)
    for case in stored:
        assert m.Opcode(case["opcode"]).name == case["name"].split()[0]
    assert [status.value for status in m.Status] == list(range(16))


STATE = m.InstrumentState(
    m.LaserState.OFF, 70, True, 0, -10.0, True, 1, 1000, 0, False, m.NO_SLOT
).to_bytes()


@pytest.mark.parametrize(
    ("cls", "payload"),
    [
        (m.AcquireFrame, b"\x02"),
        (m.InstrumentState, b"\x04" + STATE[1:]),
        (m.InstrumentState, STATE[:3] + b"\xff" + STATE[4:]),
        (m.InstrumentState, STATE[:6] + b"\x00\x00\xc0\x7f" + STATE[10:]),  # NaN
        (m.InstrumentState, STATE[:6] + b"\x00\x00\x80\x7f" + STATE[10:]),  # infinity
        (m.DeviceInfo, b"a\0b".ljust(32, b"\0") + bytes(68)),
        (m.DeviceInfo, b"\xff".ljust(32, b"\0") + bytes(68)),
        (m.FrameReply, bytes(17) + b"\x10\x00" + bytes(2)),  # unknown flag bit
        (m.SlotData, bytes(4) + b"\x02\x00\x00\x00" + b"x"),
    ],
)
def test_illegal_values_are_the_peers_mistake(cls: type[Message], payload: bytes) -> None:
    with pytest.raises(ProtocolError, match=cls.__name__):
        cls.from_bytes(payload)


def test_the_legal_neighbours_of_illegal_values_pass() -> None:
    """Negative control: the payloads above are refused for the value, not for their shape."""
    assert m.AcquireFrame.from_bytes(b"\x01") == m.AcquireFrame(True)
    assert m.InstrumentState.from_bytes(b"\x03" + STATE[1:]).laser_state is m.LaserState.FAULT
    assert m.DeviceInfo.from_bytes(b"ab".ljust(32, b"\0") + bytes(68)).product == "ab"
    flagged = m.FrameReply.from_bytes(bytes(17) + b"\x08\x00" + bytes(2))
    assert flagged.flags is m.FrameFlags.RECORDED_AVERAGE


@pytest.mark.parametrize(
    "message",
    [
        m.SetIntegrationTime(-1),
        m.SetIntegrationTime(2**32),
        m.SetTec(True, float("nan")),
        m.SetTec(True, 1e39),
        m.AcquireFrame(1),  # type: ignore[arg-type]
        m.SetLaserPower(70.5),  # type: ignore[arg-type]
        m.SlotBegin(0, 1, b"short", 0),
        m.SlotWrite(0, 0, "text"),  # type: ignore[arg-type]
        m.DeviceInfo("x" * 33, 1, "", "", 1),
        m.DeviceInfo("a\0", 1, "", "", 1),
    ],
)
def test_values_that_do_not_fit_are_the_callers_mistake(message: Message) -> None:
    with pytest.raises(CallerError, match=type(message).__name__):
        message.to_bytes()


@pytest.mark.parametrize(
    "counts", [np.zeros(3), np.zeros((2, 2), np.uint16), np.zeros(0x1_0000, np.uint16)]
)
def test_counts_must_be_one_row_of_uint16(counts: Any) -> None:
    frame = m.FrameReply(1, 1, 1000, 0.0, m.LaserState.OFF, 0, m.FrameFlags.NONE, counts)
    with pytest.raises(CallerError):
        frame.to_bytes()


@pytest.mark.parametrize("pixel_count", [0, 1, 2048, 0xFFFF])
def test_a_frame_of_any_pixel_count_fits_a_packet(pixel_count: int) -> None:
    counts = np.arange(pixel_count).astype(np.uint16)
    payload = m.FrameReply(
        1, 1, 1000, 0.0, m.LaserState.OFF, 0, m.FrameFlags.NONE, counts
    ).to_bytes()
    assert len(payload) <= MAX_PAYLOAD
    frame = m.FrameReply.from_bytes(payload)
    assert frame.pixel_count == pixel_count
    assert np.array_equal(frame.counts, counts)


def test_received_counts_cannot_be_altered() -> None:
    sent = next(reply for _, reply in EXAMPLES if isinstance(reply, m.FrameReply))
    frame = m.FrameReply.from_bytes(sent.to_bytes())
    assert frame.counts.dtype == np.uint16
    with pytest.raises(ValueError, match="read-only"):
        frame.counts[0] = 1


def test_big_endian_counts_arrive_with_the_same_values() -> None:
    counts = np.array([1, 256], dtype=">u2")
    frame = m.FrameReply(1, 1, 1000, 0.0, m.LaserState.OFF, 0, m.FrameFlags.NONE, counts)
    assert m.FrameReply.from_bytes(frame.to_bytes()).counts.tolist() == [1, 256]


def test_the_instruments_side_parses_answers_and_refuses() -> None:
    packet = Packet(m.Opcode.SLOT_INFO, 77, payload=b"\x01")
    assert m.parse_request(packet) == m.GetSlotInfo(1)
    assert m.answer(packet, m.Ack()) == Packet(0x40, 77, 0, FLAG_REPLY, b"")
    refusal = m.refuse(packet, m.Status.SLOT_STATE, "é" * 150)
    assert (refusal.request_id, refusal.status, refusal.flags) == (77, 7, FLAG_REPLY)
    assert refusal.payload.decode() == "é" * 100  # cut between characters


@pytest.mark.parametrize("packet", [Packet(0x99, 1), Packet(0x01, 1, flags=FLAG_REPLY)])
def test_an_unknown_opcode_or_a_reply_is_no_request(packet: Packet) -> None:
    with pytest.raises(m.UnknownOpcode):
        m.parse_request(packet)


def test_stored_messages_pack_and_unpack_as_stored() -> None:
    for case in json.loads((VECTORS / "packets.json").read_text())["packets"]:
        if case["message"] != "refusal":
            parsed = MESSAGES[case["message"]].from_bytes(bytes.fromhex(case["payload"]))
            assert field_values(parsed) == case["fields"], case["name"]
            assert parsed.to_bytes().hex() == case["payload"], case["name"]


def test_the_stored_vectors_are_those_the_generator_writes() -> None:
    for name, text in vector_files().items():
        assert (VECTORS / name).read_text() == text, f"{name}: run tests/make_vectors.py"


def test_the_wire_format_does_not_depend_on_this_machines_byte_order() -> None:
    assert m.SetIntegrationTime(0x01020304).to_bytes() == bytes((4, 3, 2, 1)), sys.byteorder
