"""Requests as frozen dataclasses, each naming its reply's class.

`PROTOCOL.md` describes when each may be sent and what it does; its tables come from here.

Next: `messages.py`, the way in to requests and replies.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from firmware_bridge.layout import F32, U8, U16, U32, Blob, Bool, Digest, Message
from firmware_bridge.opcodes import Opcode
from firmware_bridge.replies import (
    Ack,
    CalibrationBytes,
    Capabilities,
    DeviceInfo,
    FrameReply,
    InstrumentState,
    LeaseGranted,
    SettingsApplied,
    SlotData,
    SlotInfo,
    UploadOffset,
)

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
