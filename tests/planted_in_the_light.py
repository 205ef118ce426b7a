"""Planted faults of settings, frames and laser: sections 4 and 7 of PROTOCOL.md.

Next: `planted_in_memory.py`.
"""

import struct
from dataclasses import replace
from typing import Final

from firmware_bridge import messages as m
from firmware_bridge.framing import Packet
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.instrument import Instrument
from firmware_bridge.simulator.laser import DarkCause
from tests.planted import RepliesAltered, with_message

_SETTINGS: Final = (m.Opcode.SET_INTEGRATION_TIME, m.Opcode.SET_LASER_POWER, m.Opcode.SET_TEC)


class EpochNotRaised(SimulatedAnalyzer):
    """Forgets that the laser power is a setting; its reply says otherwise."""

    def _serve(self, packet: Packet) -> None:
        settings = self._instrument._settings
        epoch = settings.epoch
        super()._serve(packet)
        if packet.opcode == m.Opcode.SET_LASER_POWER:
            settings.epoch = epoch


class LeaseNeverEnds(SimulatedAnalyzer):
    """No timer counts the lease."""

    def _advance(self, now_s: float) -> None:
        self._instrument.laser._lease_ends_s = now_s + 0.5
        super()._advance(now_s)


class LeaseFromTheExposure(SimulatedAnalyzer):
    """Restarts the lease when a lit exposure begins, for twice its time."""

    def _serve(self, packet: Packet) -> None:
        super()._serve(packet)
        if packet.opcode == m.Opcode.ACQUIRE_FRAME and self._instrument.laser.is_on:
            self._instrument.laser._lease_ends_s = self._now_s + 2.0


class LeaseAsAsked(RepliesAltered):
    """Says that it grants whatever was asked for."""

    def _serve(self, packet: Packet) -> None:
        self.asked = packet.payload
        super()._serve(packet)

    def altered(self, reply: Packet) -> Packet:
        granted = reply.opcode in (m.Opcode.ARM_LASER, m.Opcode.RENEW_LEASE) and not reply.status
        return replace(reply, payload=self.asked) if granted else reply


class NotBusy(SimulatedAnalyzer):
    """Takes new settings while a frame is pending."""

    def _serve(self, packet: Packet) -> None:
        instrument = self._instrument
        if packet.opcode not in _SETTINGS:
            super()._serve(packet)
            return
        pending, instrument._pending = instrument._pending, None
        super()._serve(packet)
        instrument._pending = pending


class FrameSeqStands(RepliesAltered):
    """Every frame is number 7."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        return with_message(reply, replace(m.FrameReply.from_bytes(reply.payload), frame_seq=7))


class AbortedFramesCounted(SimulatedAnalyzer):
    """Numbers the exposures that begin."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.ABORT and self._instrument._pending is not None:
            self._instrument._camera._frame_seq += 1
        super()._serve(packet)


class FrameTooLate(SimulatedAnalyzer):
    """Thinks for half a second about each frame."""

    def _send(self, packet: Packet, at_s: float | None = None) -> None:
        if packet.opcode == m.Opcode.ACQUIRE_FRAME and at_s is not None:
            at_s += 0.5
        super()._send(packet, at_s)


class ClockIsASetting(SimulatedAnalyzer):
    """Raises the epoch when its clock is set."""

    def _serve(self, packet: Packet) -> None:
        super()._serve(packet)
        if packet.opcode == m.Opcode.SET_CLOCK and any(packet.payload):
            self._instrument._settings.epoch += 1


class FrameOfEarlierSettings(RepliesAltered):
    """A frame carries the epoch of the frame before it."""

    epoch = 0

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        frame = m.FrameReply.from_bytes(reply.payload)
        stale = replace(frame, settings_epoch=self.epoch)
        self.epoch = frame.settings_epoch
        return with_message(reply, stale)


class LockNotSeen(RepliesAltered):
    """Flags TEC_UNLOCKED whatever the cooler does."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        frame = m.FrameReply.from_bytes(reply.payload)
        return with_message(reply, replace(frame, flags=frame.flags | m.FrameFlags.TEC_UNLOCKED))


class DropNotFlagged(RepliesAltered):
    """Never sets LASER_DROPPED."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        frame = m.FrameReply.from_bytes(reply.payload)
        return with_message(reply, replace(frame, flags=frame.flags & ~m.FrameFlags.LASER_DROPPED))


class LitFrameSaysArmed(RepliesAltered):
    """Reads the laser's state after it was switched off."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        frame = m.FrameReply.from_bytes(reply.payload)
        lit = frame.laser_state is m.LaserState.ON
        return with_message(reply, replace(frame, laser_state=m.LaserState.ARMED)) if lit else reply


class DarkFrameLit(SimulatedAnalyzer):
    """Lights every frame for which the laser is armed."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.ACQUIRE_FRAME and self._instrument.laser.is_armed:
            packet = replace(packet, payload=b"\1")
        super()._serve(packet)


class LightWithoutLease(SimulatedAnalyzer):
    """Arms by itself where a lit frame is asked for."""

    def _serve(self, packet: Packet) -> None:
        lit = packet.opcode == m.Opcode.ACQUIRE_FRAME and packet.payload == b"\1"
        if lit and not self._instrument.laser.is_armed:
            self._instrument.laser.arm(self._now_s, 500)
        super()._serve(packet)


class RangeClipped(SimulatedAnalyzer):
    """Takes the longest integration time for one that is too long."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.SET_INTEGRATION_TIME and len(packet.payload) == 4:
            wanted_us = min(int.from_bytes(packet.payload, "little"), 60_000_000)
            packet = replace(packet, payload=wanted_us.to_bytes(4, "little"))
        super()._serve(packet)


class LaserOffRefused(RepliesAltered):
    """Refuses LASER_OFF where no laser is armed."""

    def _serve(self, packet: Packet) -> None:
        self.was_armed = self._instrument.laser.is_armed
        super()._serve(packet)

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.LASER_OFF or reply.status or self.was_armed:
            return reply
        return replace(reply, status=m.Status.NOT_ARMED, payload=b"it is off")


class PowerClipped(SimulatedAnalyzer):
    """Takes the highest laser power for one that is too high."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.SET_LASER_POWER and len(packet.payload) == 2:
            wanted_mw = min(int.from_bytes(packet.payload, "little"), 70)
            packet = replace(packet, payload=wanted_mw.to_bytes(2, "little"))
        super()._serve(packet)


class SetpointClipped(SimulatedAnalyzer):
    """Takes the warmest setpoint of its cooler for one that is too warm."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.SET_TEC and len(packet.payload) == 5 and packet.payload[0] < 2:
            (setpoint_c,) = struct.unpack("<f", packet.payload[1:])
            if 20.0 < setpoint_c < 1e30:
                packet = replace(packet, payload=packet.payload[:1] + struct.pack("<f", 20.0))
        super()._serve(packet)


class LastPixelMissing(RepliesAltered):
    """Reads out one pixel less than it says."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        frame = m.FrameReply.from_bytes(reply.payload)
        return with_message(reply, replace(frame, counts=frame.counts[:-1]))


class FrameTooEarly(SimulatedAnalyzer):
    """Exposes for half the time."""

    def _boot(self, cause: m.RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        instrument._camera._speed = 2.0
        return instrument


class PendingNotTold(RepliesAltered):
    """Says that no frame is pending, while one is, in the dark."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_STATE or reply.status:
            return reply
        state = m.InstrumentState.from_bytes(reply.payload)
        told = state.frame_pending and state.laser_power_mw != 0
        return with_message(reply, replace(state, frame_pending=told))


class DarkFrameFlagged(SimulatedAnalyzer):
    """LASER_OFF flags the pending frame, lit or not."""

    def _serve(self, packet: Packet) -> None:
        super()._serve(packet)
        pending = self._instrument._pending
        if packet.opcode == m.Opcode.LASER_OFF and pending is not None:
            pending.laser_on = True


class RemainingNotTold(RepliesAltered):
    """lease_remaining_ms is always 0."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_STATE or reply.status:
            return reply
        state = m.InstrumentState.from_bytes(reply.payload)
        return with_message(reply, replace(state, lease_remaining_ms=0))


class RenewalWithoutEffect(SimulatedAnalyzer):
    """Grants renewals, and lets the first lease run out."""

    def _serve(self, packet: Packet) -> None:
        laser = self._instrument.laser
        ends_s = laser._lease_ends_s
        super()._serve(packet)
        if packet.opcode == m.Opcode.RENEW_LEASE:
            laser._lease_ends_s = ends_s


class RefusedRenewalDisarms(SimulatedAnalyzer):
    """Ends the lease when a renewal is out of range."""

    def _serve(self, packet: Packet) -> None:
        super()._serve(packet)
        if (
            packet.opcode == m.Opcode.RENEW_LEASE
            and packet.payload < b"\x14"
            and packet.payload[1:] == b"\0"
        ):
            self._instrument.laser.go_dark(self._now_s, DarkCause.HOST)


class AbortLeavesLightArmed(SimulatedAnalyzer):
    """ABORT ends a lit exposure and stays armed."""

    def _serve(self, packet: Packet) -> None:
        was_on = self._instrument.laser.is_on
        super()._serve(packet)
        if packet.opcode == m.Opcode.ABORT and was_on:
            self._instrument.laser.arm(self._now_s, 500)


class LeaseLeftOver(RepliesAltered):
    """lease_remaining_ms stops at 1."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_STATE or reply.status:
            return reply
        state = m.InstrumentState.from_bytes(reply.payload)
        return with_message(
            reply, replace(state, lease_remaining_ms=max(1, state.lease_remaining_ms))
        )


class CoverNotAsked(SimulatedAnalyzer):
    """Arms under an open cover."""

    def _serve(self, packet: Packet) -> None:
        laser = self._instrument.laser
        closed, laser.interlock_closed = laser.interlock_closed, True
        if packet.opcode != m.Opcode.ARM_LASER:
            laser.interlock_closed = closed
        super()._serve(packet)
        laser.interlock_closed = closed


class FaultForgotten(SimulatedAnalyzer):
    """LASER_OFF ends a laser fault that nobody has seen."""

    def _serve(self, packet: Packet) -> None:
        super()._serve(packet)
        if packet.opcode == m.Opcode.LASER_OFF:
            self._instrument.laser._state = m.LaserState.OFF
