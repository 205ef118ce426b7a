"""Requests as frozen dataclasses, each naming its reply's class; the way in to all messages.

`PROTOCOL.md` describes when each may be sent and what it does; its tables come from here. Numbers
are in `opcodes.py`, replies in `replies.py`; import both from here.

Next: `session.py`, which matches replies to requests.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from firmware_bridge.errors import ProtocolError
from firmware_bridge.framing import FLAG_REPLY, Packet
from firmware_bridge.layout import F32, U8, U16, U32, Blob, Bool, Digest, Message
from firmware_bridge.opcodes import PROTOCOL_VERSION, Opcode, Status
from firmware_bridge.replies import (
    NO_SLOT,
    Ack,
    CalibrationBytes,
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

# fmt: off
__all__ = [
    "MAX_DETAIL_SIZE", "NO_SLOT", "PROTOCOL_VERSION", "REQUESTS", "Abort", "Ack", "AcquireFrame",
    "ArmLaser", "CalibrationBytes", "Capabilities", "DeviceInfo", "Flush", "FrameFlags",
    "FrameReply", "GetCapabilities", "GetSlotInfo", "GetState", "Hello", "InstrumentState",
    "LaserOff", "LaserState", "LeaseGranted", "Opcode", "ReadCalibration", "RenewLease", "ReplyT",
    "Request", "SetIntegrationTime", "SetLaserPower", "SetTec", "SettingsApplied", "SlotActivate",
    "SlotBegin", "SlotConfirm", "SlotData", "SlotInfo", "SlotRead", "SlotRevert", "SlotState",
    "SlotTrial", "SlotVerify", "SlotWrite", "Status", "UnknownOpcode", "UploadOffset", "answer",
    "parse_request", "refuse",
]
# fmt: on

# A refusal's text is for one line of a log or card.
MAX_DETAIL_SIZE = 200

ReplyT = TypeVar("ReplyT", bound=Message)


class Request(Message, Generic[ReplyT]):
    """A question with its opcode and the class of its answer (the same as the type argument)."""

    opcode: ClassVar[Opcode]
    Reply: ClassVar[type[Message]]

    def parse_reply(self, payload: bytes) -> ReplyT:
        """The payload of an OK reply. Raises `ProtocolError` when it is not one."""
        return cast(ReplyT, self.Reply.from_bytes(payload))


@dataclass(frozen=True)
class Hello(Request[DeviceInfo]):
    opcode = Opcode.HELLO
    Reply = DeviceInfo


@dataclass(frozen=True)
class GetCapabilities(Request[Capabilities]):
    opcode = Opcode.GET_CAPABILITIES
    Reply = Capabilities


@dataclass(frozen=True)
class Abort(Request[Ack]):
    """Laser off and disarmed; a pending frame is answered ABORTED first. Never refused."""

    opcode = Opcode.ABORT
    Reply = Ack


@dataclass(frozen=True)
class Flush(Request[Ack]):
    """Drops all queued output, then answers. Never refused."""

    opcode = Opcode.FLUSH
    Reply = Ack


@dataclass(frozen=True)
class GetState(Request[InstrumentState]):
    opcode = Opcode.GET_STATE
    Reply = InstrumentState


@dataclass(frozen=True)
class SetIntegrationTime(Request[SettingsApplied]):
    """BUSY while a frame is pending: a frame never mixes two settings."""

    opcode = Opcode.SET_INTEGRATION_TIME
    Reply = SettingsApplied
    integration_time_us: U32


@dataclass(frozen=True)
class SetLaserPower(Request[SettingsApplied]):
    """The power of later exposures; does not arm. BUSY while a frame is pending."""

    opcode = Opcode.SET_LASER_POWER
    Reply = SettingsApplied
    laser_power_mw: U16


@dataclass(frozen=True)
class SetTec(Request[SettingsApplied]):
    """Detector cooler. BUSY while a frame is pending."""

    opcode = Opcode.SET_TEC
    Reply = SettingsApplied
    enabled: Bool
    setpoint_c: F32


@dataclass(frozen=True)
class ArmLaser(Request[LeaseGranted]):
    """Starts a lease. More than the longest lease is granted as the longest."""

    opcode = Opcode.ARM_LASER
    Reply = LeaseGranted
    lease_ms: U16


@dataclass(frozen=True)
class RenewLease(Request[LeaseGranted]):
    """Restarts a running lease; NOT_ARMED once it has lapsed."""

    opcode = Opcode.RENEW_LEASE
    Reply = LeaseGranted
    lease_ms: U16


@dataclass(frozen=True)
class LaserOff(Request[Ack]):
    """Off and disarmed. A pending frame goes on in the dark, flagged. Never refused."""

    opcode = Opcode.LASER_OFF
    Reply = Ack


@dataclass(frozen=True)
class AcquireFrame(Request[FrameReply]):
    """Exposes once; answered after exposure and readout. BUSY while a frame is pending."""

    opcode = Opcode.ACQUIRE_FRAME
    Reply = FrameReply
    laser_on: Bool


@dataclass(frozen=True)
class ReadCalibration(Request[CalibrationBytes]):
    opcode = Opcode.READ_CALIBRATION
    Reply = CalibrationBytes


@dataclass(frozen=True)
class GetSlotInfo(Request[SlotInfo]):
    opcode = Opcode.SLOT_INFO
    Reply = SlotInfo
    slot: U8


@dataclass(frozen=True)
class SlotBegin(Request[UploadOffset]):
    """Announces an image. The same image again resumes where it stopped."""

    opcode = Opcode.SLOT_BEGIN
    Reply = UploadOffset
    slot: U8
    size: U32
    sha256: Digest
    security_counter: U32


@dataclass(frozen=True)
class SlotWrite(Request[UploadOffset]):
    """A chunk; stored only when it starts at the next offset, which the answer tells."""

    opcode = Opcode.SLOT_WRITE
    Reply = UploadOffset
    slot: U8
    offset: U32
    data: Blob


@dataclass(frozen=True)
class SlotVerify(Request[SlotInfo]):
    """Hashes what the flash really holds; a wrong hash erases the slot."""

    opcode = Opcode.SLOT_VERIFY
    Reply = SlotInfo
    slot: U8


@dataclass(frozen=True)
class SlotTrial(Request[SlotInfo]):
    """Makes a verified slot the active one until confirm, revert or power-down."""

    opcode = Opcode.SLOT_TRIAL
    Reply = SlotInfo
    slot: U8


@dataclass(frozen=True)
class SlotConfirm(Request[SlotInfo]):
    """Keeps the slot on trial for good and raises the security counter to its own."""

    opcode = Opcode.SLOT_CONFIRM
    Reply = SlotInfo
    slot: U8


@dataclass(frozen=True)
class SlotRevert(Request[SlotInfo]):
    """Ends a trial (the confirmed slot is active again); erases a slot that is not active."""

    opcode = Opcode.SLOT_REVERT
    Reply = SlotInfo
    slot: U8


@dataclass(frozen=True)
class SlotRead(Request[SlotData]):
    opcode = Opcode.SLOT_READ
    Reply = SlotData
    slot: U8
    offset: U32
    length: U32


@dataclass(frozen=True)
class SlotActivate(Request[SlotInfo]):
    """Makes another confirmed slot the active one, unless its counter is too old."""

    opcode = Opcode.SLOT_ACTIVATE
    Reply = SlotInfo
    slot: U8


_REQUEST_CLASSES: tuple[type[Request[Any]], ...] = (
    *(Hello, GetCapabilities, Abort, Flush),
    *(GetState, SetIntegrationTime, SetLaserPower, SetTec, ArmLaser, RenewLease, LaserOff),
    *(AcquireFrame, ReadCalibration),
    *(GetSlotInfo, SlotBegin, SlotWrite, SlotVerify, SlotTrial, SlotConfirm, SlotRevert),
    *(SlotRead, SlotActivate),
)
REQUESTS: dict[int, type[Request[Any]]] = {cls.opcode: cls for cls in _REQUEST_CLASSES}


# ---- the instrument's side ----


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
