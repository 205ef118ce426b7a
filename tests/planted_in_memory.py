"""Planted faults of what is told and kept: sections 8 to 11 of PROTOCOL.md.

Next: `planted_faults.py`, which checks find them.
"""

from dataclasses import replace
from typing import Any

from firmware_bridge import messages as m
from firmware_bridge.framing import Packet
from firmware_bridge.layout import Message
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash_work import FlashWork
from firmware_bridge.simulator.instrument import Instrument
from tests.planted import RepliesAltered, with_message


class CapabilitiesChange(RepliesAltered):
    """Tells the chunk that fits its buffers at this moment."""

    told = 0

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_CAPABILITIES or reply.status:
            return reply
        self.told += 1
        limits = m.Capabilities.from_bytes(reply.payload)
        return with_message(reply, replace(limits, max_chunk=limits.max_chunk - self.told % 2))


class LongLeases(RepliesAltered):
    """Has leases of a minute in its capabilities."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_CAPABILITIES or reply.status:
            return reply
        payload = bytearray(reply.payload)
        payload[14:16] = (60_000).to_bytes(2, "little")
        return replace(reply, payload=bytes(payload))


class EventsLostByReading(SimulatedAnalyzer):
    """GET_EVENTS clears what it has told."""

    def _serve(self, packet: Packet) -> None:
        super()._serve(packet)
        if packet.opcode == m.Opcode.GET_EVENTS and packet.payload == bytes(4):
            log = self._instrument.body.events
            log.clear(log.newest_number)


class UnreadNotCounted(RepliesAltered):
    """GET_STATE tells no unread event."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_STATE or reply.status:
            return reply
        return with_message(
            reply, replace(m.InstrumentState.from_bytes(reply.payload), unread_events=0)
        )


class UptimeInSeconds(RepliesAltered):
    """Counts uptime_ms in seconds."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_CLOCK or reply.status:
            return reply
        told = m.ClockReading.from_bytes(reply.payload)
        return with_message(reply, replace(told, uptime_ms=told.uptime_ms // 1000))


class PageDamaged(SimulatedAnalyzer):
    """Has a calibration page whose CRC does not hold."""

    def _boot(self, cause: m.RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        page = self.calibration.to_bytes()
        instrument.upkeep.forced_page = page[:-1] + bytes([page[-1] ^ 1])
        return instrument


class OneChunkBeginsAnew(SimulatedAnalyzer):
    """Stores a page of one chunk again when it is repeated."""

    def _boot(self, cause: m.RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        store = instrument.upkeep._calibration
        setattr(store, "_is_repeated", lambda _size, _data: False)  # noqa: B010
        return instrument


class PageNotSealed(RepliesAltered):
    """Does not look at the CRC of a page that is written."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.WRITE_CALIBRATION or reply.status != m.Status.HASH_MISMATCH:
            return reply
        return replace(reply, status=0, payload=m.CalibrationWritten(115, 2).to_bytes())


class HashNotCompared(RepliesAltered):
    """SLOT_VERIFY finds every image good."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.SLOT_VERIFY or reply.status != m.Status.HASH_MISMATCH:
            return reply
        info = m.SlotInfo(1, m.SlotState.VERIFIED, 1000, bytes(32), 0, 1000, False)
        return replace(reply, status=0, payload=info.to_bytes())


class UploadNotResumed(SimulatedAnalyzer):
    """BEGIN always begins at 0."""

    def _serve(self, packet: Packet) -> None:
        slots = self._instrument.upkeep.slots
        if packet.opcode == m.Opcode.SLOT_BEGIN and len(packet.payload) == 41:
            number = packet.payload[0]
            if number < 2 and slots.info(number).state is m.SlotState.STAGED:
                slots.revert(number)
        super()._serve(packet)


class ReadBeyondTheEnd(RepliesAltered):
    """SLOT_READ behind an image gives the erased flash."""

    def _serve(self, packet: Packet) -> None:
        self.request = packet
        super()._serve(packet)

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.SLOT_READ or reply.status != m.Status.OUT_OF_RANGE:
            return reply
        read = m.SlotRead.from_bytes(self.request.payload)
        if read.slot > 1 or not read.length:
            return reply
        data = m.SlotData(read.offset, b"\xff" * read.length)
        return replace(reply, status=0, payload=data.to_bytes())


class SerialMissing(RepliesAltered):
    """Left the factory without a serial number."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.HELLO or reply.status:
            return reply
        return with_message(reply, replace(m.DeviceInfo.from_bytes(reply.payload), serial=""))


class CameraGuessed(RepliesAltered):
    """Tells a gain, and that it is not known."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_CAMERA or reply.status:
            return reply
        return replace(reply, payload=bytes(2) + reply.payload[2:])


class TriggerThatIsNotThere(RepliesAltered):
    """Counts presses without a trigger."""

    def altered(self, reply: Packet) -> Packet:
        if reply.status:
            return reply
        if reply.opcode == m.Opcode.GET_CAPABILITIES:
            limits = m.Capabilities.from_bytes(reply.payload)
            return with_message(reply, replace(limits, has_trigger=False))
        if reply.opcode == m.Opcode.GET_STATE:
            state = m.InstrumentState.from_bytes(reply.payload)
            return with_message(reply, replace(state, trigger_count=3))
        return reply


class ClearsWhatNeverHappened(RepliesAltered):
    """CLEAR_EVENTS takes any number."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.CLEAR_EVENTS or reply.status != m.Status.OUT_OF_RANGE:
            return reply
        return replace(reply, status=0, payload=b"")


class ClearsBackwards(SimulatedAnalyzer):
    """CLEAR_EVENTS with an older number takes back what was cleared."""

    def _boot(self, cause: m.RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        instrument.body.events.clear(1)
        return instrument

    def _serve(self, packet: Packet) -> None:
        super()._serve(packet)
        events = self._instrument.body.events
        if packet.opcode == m.Opcode.CLEAR_EVENTS and packet.payload[1:] == bytes(3):
            events.cleared_number = min(events.cleared_number, packet.payload[0])


class BatteryTooFull(RepliesAltered):
    """Tells 101 percent."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_POWER or reply.status:
            return reply
        return replace(reply, payload=reply.payload[:1] + bytes([101]) + reply.payload[2:])


class ClockStands(RepliesAltered):
    """Tells the time at which it was set."""

    set_ms = 0

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.SET_CLOCK and any(packet.payload):
            self.set_ms = int.from_bytes(packet.payload[:8], "little")
        super()._serve(packet)

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_CLOCK or reply.status:
            return reply
        told = m.ClockReading.from_bytes(reply.payload)
        return with_message(reply, replace(told, utc_ms=self.set_ms))


class ChunkOutOfTurnTaken(RepliesAltered):
    """Says that each chunk of a page was stored where it was meant to be."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.WRITE_CALIBRATION or reply.status:
            return reply
        chunk = m.WriteCalibration.from_bytes(self.request.payload)
        told = m.CalibrationWritten.from_bytes(reply.payload)
        end = chunk.offset + len(chunk.data)
        return with_message(reply, replace(told, next_offset=end))


class PageOfNothing(RepliesAltered):
    """Has the wrong status for a page without bytes."""

    def altered(self, reply: Packet) -> Packet:
        is_empty = self.request.payload[4:] == bytes(8)
        if reply.status != m.Status.OUT_OF_RANGE or not is_empty:
            return reply
        if reply.opcode != m.Opcode.WRITE_CALIBRATION:
            return reply
        return replace(reply, status=m.Status.BAD_REQUEST)


class EmptySlotHasSize(RepliesAltered):
    """Tells the size of an image that was erased."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.SLOT_INFO or reply.status:
            return reply
        info = m.SlotInfo.from_bytes(reply.payload)
        if info.state is not m.SlotState.EMPTY:
            return reply
        return with_message(reply, replace(info, size=5))


class SlotNumberMasked(SimulatedAnalyzer):
    """Takes the lowest bit of a slot's number."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.SLOT_INFO and len(packet.payload) == 1:
            packet = replace(packet, payload=bytes([packet.payload[0] & 1]))
        super()._serve(packet)


class CounterOfAResumeIgnored(SimulatedAnalyzer):
    """Goes on with an image that has another security counter."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.SLOT_BEGIN and packet.payload[0] < 2:
            begin = m.SlotBegin.from_bytes(packet.payload)
            slot = self._instrument.upkeep.slots.table.slots[begin.slot]
            if (slot.size, slot.sha256) == (begin.size, begin.sha256):
                begin = replace(begin, security_counter=slot.security_counter)
                packet = with_message(packet, begin)
        super()._serve(packet)


class ImageOfNothing(RepliesAltered):
    """Has the wrong status for an image without bytes."""

    def altered(self, reply: Packet) -> Packet:
        is_empty = self.request.payload[1:5] == bytes(4) and self.request.payload[:1] < b"\2"
        if reply.opcode != m.Opcode.SLOT_BEGIN or not is_empty or not reply.status:
            return reply
        return replace(reply, status=m.Status.BAD_REQUEST)


class WorksOnlyWhenAsked(SimulatedAnalyzer):
    """Erases in the answer to the request that is repeated, and not at all without it."""

    def _boot(self, cause: m.RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        upkeep = instrument.upkeep
        upkeep._work = _WorkWhenAsked(self.equipment.flash_work_s, upkeep._at_the_flash)
        return instrument


class _WorkWhenAsked(FlashWork):
    @property
    def ends_s(self) -> float | None:
        return None

    def answer(self, request: m.Request[Any], now_s: float) -> Message:
        if self._request is not None and now_s >= self._began_s + self._work_s:
            is_same, self._request = self._request == request, None
            if is_same:
                return self._do(request, now_s)
        return super().answer(request, now_s)
