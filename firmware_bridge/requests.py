"""Requests as frozen dataclasses, each naming its reply's class: opening, state, laser, frame.

`PROTOCOL.md` describes when each may be sent and what it does; its tables come from here.

Next: `calibration_requests.py` and `slot_requests.py` for the others; `messages.py`, the way in.
"""

from dataclasses import dataclass

from firmware_bridge.layout import F32, U16, U32, Bool
from firmware_bridge.opcodes import Opcode
from firmware_bridge.replies import (
    Ack,
    Capabilities,
    DeviceInfo,
    FrameReply,
    InstrumentState,
    LeaseGranted,
    SettingsApplied,
)
from firmware_bridge.request import Request


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
