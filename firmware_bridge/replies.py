"""What the analyzer answers: one frozen dataclass per reply, with the states it speaks of.

Next: `requests.py`, the requests these belong to.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag, unique
from typing import Annotated, Final

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

NO_SLOT = 255


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
    """What the instrument found wrong with a frame."""

    NONE = 0
    SATURATED = 1
    TEC_UNLOCKED = 2
    LASER_DROPPED = 4
    RECORDED_AVERAGE = 8


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


# The longest light after a host fell silent. Longer is no lease any more: nobody may grant it.
LONGEST_LEASE_MS: Final = 500
# With 32 bytes in a chunk no request is larger than one that carries a chunk.
MIN_CHUNK_BYTES: Final = 32


@dataclass(frozen=True)
class Capabilities(Message):
    """What this firmware has; what it has not is 0 or False.

    `calibration_size` is the longest calibration page that it stores, in bytes; 0: it takes none.
    `needs_key`: this link needs the shared key (section 12 of PROTOCOL.md).
    """

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
    has_interlock: Bool = True
    has_thermometer: Bool = True
    calibration_size: U32 = 0
    needs_key: Bool = False


@dataclass(frozen=True)
class InstrumentState(Message):
    """`trigger_count` grows by one with each press; `active_slot` is NO_SLOT when there is none.

    `unread_events` happened and were not cleared; more than 65,535 are told as 65,535.
    """

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
    unread_events: U16 = 0


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
