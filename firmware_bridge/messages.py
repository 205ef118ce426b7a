"""Packet payload <-> frozen dataclasses: one class per request, each naming its reply's class.

`PROTOCOL.md` describes when each may be sent and what it does; its tables come from here.

Next: `session.py`, which matches replies to requests.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag, unique
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast

from firmware_bridge.errors import ProtocolError
from firmware_bridge.framing import FLAG_REPLY, Packet
from firmware_bridge.layout import (
    F32,
    U8,
    U16,
    U32,
    Blob,
    Bool,
    Counts,
    Digest,
    Message,
    Text,
    enum_u8,
    flags_u16,
)

PROTOCOL_VERSION = 1
NO_SLOT = 255
MAX_DETAIL_SIZE = 200


@unique
class Opcode(IntEnum):
    """What is asked. Numbers are never reused for another meaning."""

    HELLO = 0x01
    GET_CAPABILITIES = 0x02
    ABORT = 0x03
    FLUSH = 0x04
    GET_STATE = 0x10
    SET_INTEGRATION_TIME = 0x11
    SET_LASER_POWER = 0x12
    SET_TEC = 0x13
    ARM_LASER = 0x14
    RENEW_LEASE = 0x15
    LASER_OFF = 0x16
    ACQUIRE_FRAME = 0x20
    READ_CALIBRATION = 0x30
    SLOT_INFO = 0x40
    SLOT_BEGIN = 0x41
    SLOT_WRITE = 0x42
    SLOT_VERIFY = 0x43
    SLOT_TRIAL = 0x44
    SLOT_CONFIRM = 0x45
    SLOT_REVERT = 0x46
    SLOT_READ = 0x47
    SLOT_ACTIVATE = 0x48


@unique
class Status(IntEnum):
    """How a request ended; anything but OK comes with a text instead of the reply's payload."""

    OK = 0
    BAD_REQUEST = 1
    UNKNOWN_OPCODE = 2
    BUSY = 3
    NOT_ARMED = 4
    INTERLOCK_OPEN = 5
    OUT_OF_RANGE = 6
    SLOT_STATE = 7
    HASH_MISMATCH = 8
    COUNTER_TOO_OLD = 9
    FLASH_FAILED = 10
    LASER_FAULT = 11
    ABORTED = 12


@unique
class LaserState(IntEnum):
    """OFF; ARMED (dark, lease running); ON (emitting, only within an exposure); FAULT (locked)."""

    OFF = 0
    ARMED = 1
    ON = 2
    FAULT = 3


@unique
class SlotState(IntEnum):
    """What a model slot holds; `model_slots.py` has the rules."""

    EMPTY = 0
    STAGED = 1
    VERIFIED = 2
    TRIAL = 3
    CONFIRMED = 4


class FrameFlags(IntFlag):
    """What the instrument knows against a frame."""

    NONE = 0
    SATURATED = 1
    TEC_UNLOCKED = 2
    LASER_DROPPED = 4
    RECORDED_AVERAGE = 8


# ---- replies ----


@dataclass(frozen=True)
class Ack(Message):
    """Done; nothing to say."""


@dataclass(frozen=True)
class DeviceInfo(Message):
    product: Text
    hardware_revision: U16
    serial: Text
    firmware_version: Text
    protocol_version: U16


@dataclass(frozen=True)
class Capabilities(Message):
    pixel_count: U16
    min_integration_time_us: U32
    max_integration_time_us: U32
    max_laser_power_mw: U16
    min_lease_ms: U16
    max_lease_ms: U16
    slot_count: U8
    slot_size: U32
    max_chunk: U32
    has_tec: Bool
    has_trigger: Bool


@dataclass(frozen=True)
class InstrumentState(Message):
    """`trigger_count` grows by one with each press; `active_slot` is NO_SLOT when there is none."""

    laser_state: Annotated[LaserState, enum_u8(LaserState)]
    laser_power_mw: U16
    interlock_closed: Bool
    lease_remaining_ms: U16
    detector_temperature_c: F32
    tec_locked: Bool
    settings_epoch: U16
    integration_time_us: U32
    trigger_count: U32
    frame_pending: Bool
    active_slot: U8


@dataclass(frozen=True)
class SettingsApplied(Message):
    """Frames exposed from now on carry this epoch."""

    settings_epoch: U16


@dataclass(frozen=True)
class LeaseGranted(Message):
    """The lease that runs from now on, at most what was asked for."""

    lease_ms: U16


@dataclass(frozen=True, eq=False)
class FrameReply(Message):
    """One CCD readout. `counts`: uint16[pixel_count], read-only. Laser fields: at exposure end."""

    frame_seq: U32
    settings_epoch: U16
    exposure_us: U32
    detector_temperature_c: F32
    laser_state: Annotated[LaserState, enum_u8(LaserState)]
    laser_power_mw: U16
    flags: Annotated[FrameFlags, flags_u16(FrameFlags)]
    counts: Counts

    @property
    def pixel_count(self) -> int:
        return int(self.counts.size)


@dataclass(frozen=True)
class CalibrationBytes(Message):
    """A page for `CalibrationPage.from_bytes`."""

    page: Blob


@dataclass(frozen=True)
class SlotInfo(Message):
    """One slot. `received` bytes have arrived; size, digest, counter are zero when EMPTY."""

    slot: U8
    state: Annotated[SlotState, enum_u8(SlotState)]
    size: U32
    sha256: Digest
    security_counter: U32
    received: U32
    active: Bool


@dataclass(frozen=True)
class UploadOffset(Message):
    """Where the next chunk goes: after a break the upload resumes there."""

    next_offset: U32


@dataclass(frozen=True)
class SlotData(Message):
    offset: U32
    data: Blob


# ---- requests ----

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
