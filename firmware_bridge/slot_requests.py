"""The requests to the model slots; `model_slots.py` has the rules that they obey.

Next: `messages.py`, the way in to all requests and replies.
"""

from dataclasses import dataclass

from firmware_bridge.layout import U8, U32, Blob, Digest
from firmware_bridge.opcodes import Opcode
from firmware_bridge.replies import SlotData, SlotInfo, UploadOffset
from firmware_bridge.request import Request


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
