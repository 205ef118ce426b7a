"""The way in to all messages, and packets read and answered at the instrument's side.

Numbers are in `opcodes.py`; requests and replies stand in one file for each group. Import all from
here.

Next: `session.py`, which matches replies to requests.
"""

from typing import Any

from firmware_bridge.calibration_requests import (
    CalibrationBytes,
    CalibrationWritten,
    ReadCalibration,
    WriteCalibration,
)
from firmware_bridge.camera import Camera, CameraFigures, GetCamera
from firmware_bridge.condition import (
    BatteryState,
    ClockReading,
    GetClock,
    GetPower,
    Power,
    SetClock,
    Temperatures,
)
from firmware_bridge.errors import ProtocolError
from firmware_bridge.event_log import (
    MAX_EVENTS,
    ClearEvents,
    Event,
    EventKind,
    EventList,
    GetEvents,
    RestartCause,
)
from firmware_bridge.framing import FLAG_REPLY, Packet
from firmware_bridge.layout import Message
from firmware_bridge.link_key_requests import (
    ANSWERED_WITHOUT_KEY,
    AnalyzerChallenge,
    AnalyzerProof,
    Authenticate,
    Challenge,
)
from firmware_bridge.opcodes import PROTOCOL_VERSION, Opcode, Status
from firmware_bridge.replies import (
    LONGEST_LEASE_MS,
    MIN_CHUNK_BYTES,
    NO_SLOT,
    Ack,
    Capabilities,
    DeviceInfo,
    FrameFlags,
    FrameReply,
    InstrumentState,
    LaserState,
    LeaseGranted,
    SettingsApplied,
    SlotData,
    SlotInfo,
    SlotState,
    UploadOffset,
)
from firmware_bridge.request import ReplyT, Request
from firmware_bridge.requests import (
    Abort,
    AcquireFrame,
    ArmLaser,
    Flush,
    GetCapabilities,
    GetState,
    Hello,
    LaserOff,
    RenewLease,
    SetIntegrationTime,
    SetLaserPower,
    SetTec,
)
from firmware_bridge.slot_requests import (
    GetSlotInfo,
    SlotActivate,
    SlotBegin,
    SlotConfirm,
    SlotRead,
    SlotRevert,
    SlotTrial,
    SlotVerify,
    SlotWrite,
)

# fmt: off
__all__ = [
    "ANSWERED_WITHOUT_KEY", "LONGEST_LEASE_MS", "MAX_DETAIL_SIZE", "MAX_EVENTS", "MIN_CHUNK_BYTES",
    "NO_SLOT", "PROTOCOL_VERSION", "REQUESTS", "Abort", "Ack", "AcquireFrame", "AnalyzerChallenge",
    "AnalyzerProof", "ArmLaser", "Authenticate", "BatteryState", "CalibrationBytes",
    "CalibrationWritten", "Camera", "CameraFigures", "Capabilities", "Challenge", "ClearEvents",
    "ClockReading", "DeviceInfo", "Event", "EventKind", "EventList", "Flush", "FrameFlags",
    "FrameReply", "GetCamera", "GetCapabilities", "GetClock", "GetEvents", "GetPower",
    "GetSlotInfo", "GetState", "Hello", "InstrumentState", "LaserOff", "LaserState", "LeaseGranted",
    "Opcode", "Power", "ReadCalibration", "RenewLease", "ReplyT", "Request", "RestartCause",
    "SetClock", "SetIntegrationTime", "SetLaserPower", "SetTec", "SettingsApplied", "SlotActivate",
    "SlotBegin", "SlotConfirm", "SlotData", "SlotInfo", "SlotRead", "SlotRevert", "SlotState",
    "SlotTrial", "SlotVerify", "SlotWrite", "Status", "Temperatures", "UnknownOpcode",
    "UploadOffset", "WriteCalibration", "answer", "parse_request", "refuse",
]
# fmt: on

# A refusal's text is for one line of a log or card.
MAX_DETAIL_SIZE = 200

_REQUEST_CLASSES: tuple[type[Request[Any]], ...] = (
    *(Hello, GetCapabilities, Abort, Flush, GetCamera, Challenge, Authenticate),
    *(GetState, SetIntegrationTime, SetLaserPower, SetTec, ArmLaser, RenewLease, LaserOff),
    *(GetPower, SetClock, GetClock, GetEvents, ClearEvents),
    *(AcquireFrame, ReadCalibration, WriteCalibration),
    *(GetSlotInfo, SlotBegin, SlotWrite, SlotVerify, SlotTrial, SlotConfirm, SlotRevert),
    *(SlotRead, SlotActivate),
)
REQUESTS: dict[int, type[Request[Any]]] = {cls.opcode: cls for cls in _REQUEST_CLASSES}


class UnknownOpcode(ProtocolError):
    """A request this side does not know; answered with Status.UNKNOWN_OPCODE."""


def parse_request(packet: Packet) -> Request[Any]:
    """The request in a packet. Raises `UnknownOpcode` or, for a bad payload, `ProtocolError`."""
    if packet.is_reply or packet.opcode not in REQUESTS:
        raise UnknownOpcode(f"Opcode {packet.opcode:#06x} is not a request of this protocol.")
    return REQUESTS[packet.opcode].from_bytes(packet.payload)


def answer(request: Packet, reply: Message) -> Packet:
    """The packet that answers a request with OK."""
    return Packet(request.opcode, request.request_id, Status.OK, FLAG_REPLY, reply.to_bytes())


def refuse(request: Packet, status: Status, detail: str) -> Packet:
    """The packet that refuses a request; the text is cut to MAX_DETAIL_SIZE bytes of UTF-8."""
    text = detail.encode()[:MAX_DETAIL_SIZE].decode(errors="ignore").encode()
    return Packet(request.opcode, request.request_id, status, FLAG_REPLY, text)
