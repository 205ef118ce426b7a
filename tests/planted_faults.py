"""Firmware with one fault each, as one might ship it: what `ramix conformance` must find.

Each class changes one thing of the simulated analyzer; its docstring says what. `FAULTS` tells the
checks that must fail on it, and no others may.
"""

import struct
from dataclasses import replace
from typing import Final

from firmware_bridge import messages as m
from firmware_bridge.framing import (
    HEADER_SIZE,
    OVERHEAD,
    SYNC_BYTES,
    TRAILER_SIZE,
    Packet,
    PacketDecoder,
    header_crc16,
    packet_crc32,
)
from firmware_bridge.layout import Message
from firmware_bridge.packet import declared, parse
from firmware_bridge.simulator.answering import replies_to
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.instrument import Instrument

_SETTINGS: Final = (m.Opcode.SET_INTEGRATION_TIME, m.Opcode.SET_LASER_POWER, m.Opcode.SET_TEC)


def _with(packet: Packet, message: Message) -> Packet:
    return replace(packet, payload=message.to_bytes())


class RepliesAltered(SimulatedAnalyzer):
    """Base of those whose replies are other ones than they should be."""

    def altered(self, reply: Packet) -> Packet:
        return reply

    def _send(self, packet: Packet, at_s: float | None = None) -> None:
        super()._send(self.altered(packet), at_s)


class IdOfSixteenBits(RepliesAltered):
    """Keeps request ids in a uint16_t."""

    def altered(self, reply: Packet) -> Packet:
        return replace(reply, request_id=reply.request_id & 0xFFFF)


class ReplyFlagMissing(RepliesAltered):
    """Answers GET_POWER with the flags of the request."""

    def altered(self, reply: Packet) -> Packet:
        return replace(reply, flags=0) if reply.opcode == m.Opcode.GET_POWER else reply


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
        return _with(reply, replace(m.FrameReply.from_bytes(reply.payload), frame_seq=7))


class FrameOfEarlierSettings(RepliesAltered):
    """A frame carries the epoch of the frame before it."""

    epoch = 0

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        frame = m.FrameReply.from_bytes(reply.payload)
        stale = replace(frame, settings_epoch=self.epoch)
        self.epoch = frame.settings_epoch
        return _with(reply, stale)


class DropNotFlagged(RepliesAltered):
    """Never sets LASER_DROPPED."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        frame = m.FrameReply.from_bytes(reply.payload)
        return _with(reply, replace(frame, flags=frame.flags & ~m.FrameFlags.LASER_DROPPED))


class LitFrameSaysArmed(RepliesAltered):
    """Reads the laser's state after it was switched off."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.ACQUIRE_FRAME or reply.status:
            return reply
        frame = m.FrameReply.from_bytes(reply.payload)
        lit = frame.laser_state is m.LaserState.ON
        return _with(reply, replace(frame, laser_state=m.LaserState.ARMED)) if lit else reply


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


class CrcNotChecked(SimulatedAnalyzer):
    """Believes every packet whose header is good."""

    def receive(self, data: bytes, now_s: float) -> None:
        super().receive(_mended(data), now_s)


def _mended(data: bytes) -> bytes:
    """The CRC-32 of each packet as it should be over these bytes."""
    whole, start = bytearray(data), data.find(SYNC_BYTES)
    while 0 <= start <= len(whole) - HEADER_SIZE:
        found = declared(memoryview(whole)[start : start + HEADER_SIZE])
        end = start + OVERHEAD + (found[1] if found else 0)
        if found and end <= len(whole):
            covered = bytes(whole[start : end - TRAILER_SIZE])
            whole[end - TRAILER_SIZE : end] = struct.pack("<I", packet_crc32(covered))
        start = whole.find(SYNC_BYTES, start + 1)
    return bytes(whole)


class HeaderCrcNotChecked(SimulatedAnalyzer):
    """Believes headers, and checks the CRC-32 alone."""

    def receive(self, data: bytes, now_s: float) -> None:
        start = data.find(SYNC_BYTES)
        (size,) = struct.unpack_from("<I", data.ljust(HEADER_SIZE), max(start, 0) + 12)
        packet = data[start : start + OVERHEAD + size]
        covered = packet[:-TRAILER_SIZE]
        if start == 0 and packet[-TRAILER_SIZE:] == struct.pack("<I", packet_crc32(covered)):
            head = packet[:16] + struct.pack("<H", header_crc16(packet[:16])) + covered[18:]
            data = head + struct.pack("<I", packet_crc32(head)) + data[len(packet) :]
        super().receive(data, now_s)


class HugeLengthBelieved(SimulatedAnalyzer):
    """Waits for the four gigabytes that a header announces."""

    def _boot(self, cause: m.RestartCause) -> Instrument:
        self._decoder = PacketDecoder(0xFFFF_FFFF)
        return super()._boot(cause)


class WholePacketDropped(PacketDecoder):
    """Behind a wrong CRC goes on where the packet would have ended."""

    def feed(self, data: bytes) -> list[Packet]:
        self._buffer += data
        packets = []
        while (start := self._buffer.find(SYNC_BYTES)) >= 0:
            del self._buffer[:start]
            if len(self._buffer) < HEADER_SIZE:
                break
            size = self._payload_length(memoryview(bytes(self._buffer[:HEADER_SIZE])))
            if size is None:
                del self._buffer[:1]
                continue
            if len(self._buffer) < size + OVERHEAD:
                break
            packet = parse(memoryview(bytes(self._buffer[: size + OVERHEAD])))
            del self._buffer[: size + OVERHEAD]
            packets += [packet] if packet else []
        return packets


class ResumesTooLate(SimulatedAnalyzer):
    """Trusts the length of a packet whose CRC is wrong."""

    def receive(self, data: bytes, now_s: float) -> None:
        if not isinstance(self._decoder, WholePacketDropped):
            self._decoder = WholePacketDropped()
        super().receive(data, now_s)


class SilenceIgnored(SimulatedAnalyzer):
    """Keeps half a request for ever."""

    def receive(self, data: bytes, now_s: float) -> None:
        self._last_bytes_s = now_s
        super().receive(data, now_s)


class EchoAnswered(SimulatedAnalyzer):
    """Does not look at the reply flag."""

    def _serve(self, packet: Packet) -> None:
        super()._serve(replace(packet, flags=0))


class UnknownIsDone(RepliesAltered):
    """Answers OK to what it does not know."""

    def altered(self, reply: Packet) -> Packet:
        unknown = reply.status == m.Status.UNKNOWN_OPCODE
        return replace(reply, status=0, payload=b"") if unknown else reply


class RefusalWithoutText(RepliesAltered):
    """Says UNKNOWN_OPCODE and nothing more."""

    def altered(self, reply: Packet) -> Packet:
        unknown = reply.status == m.Status.UNKNOWN_OPCODE
        return replace(reply, payload=b"") if unknown else reply


class RefusalWithZero(RepliesAltered):
    """Sends its C strings with their last byte."""

    def altered(self, reply: Packet) -> Packet:
        late = reply.status == m.Status.NOT_ARMED
        return replace(reply, payload=reply.payload + b"\0") if late else reply


class LongPayloadTaken(SimulatedAnalyzer):
    """Ignores what stands behind the payload that it knows."""

    def _serve(self, packet: Packet) -> None:
        kind = m.REQUESTS.get(packet.opcode)
        if kind is not None and kind.wire_tail is None:
            packet = replace(packet, payload=packet.payload[: kind.wire_struct.size])
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


class AbortAnsweredFirst(SimulatedAnalyzer):
    """Answers ABORT before the frame that it ends."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode != m.Opcode.ABORT or packet.payload or packet.is_reply:
            super()._serve(packet)
            return
        for reply in reversed(replies_to(packet, self._instrument, self._output, self._now_s)):
            self._send(reply)


class FlushEndsTheFrame(SimulatedAnalyzer):
    """FLUSH forgets the pending frame too."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.FLUSH and not packet.is_reply:
            self._instrument._pending = None
        super()._serve(packet)


class CapabilitiesChange(RepliesAltered):
    """Tells the chunk that fits its buffers at this moment."""

    told = 0

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_CAPABILITIES or reply.status:
            return reply
        self.told += 1
        limits = m.Capabilities.from_bytes(reply.payload)
        return _with(reply, replace(limits, max_chunk=limits.max_chunk - self.told % 2))


class LongLeases(RepliesAltered):
    """Has leases of a minute in its capabilities."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_CAPABILITIES or reply.status:
            return reply
        payload = bytearray(reply.payload)
        payload[14:16] = (60_000).to_bytes(2, "little")
        return replace(reply, payload=bytes(payload))


class AnsweredTwice(SimulatedAnalyzer):
    """Sends the reply to GET_POWER once more."""

    def _send(self, packet: Packet, at_s: float | None = None) -> None:
        super()._send(packet, at_s)
        if packet.opcode == m.Opcode.GET_POWER:
            super()._send(packet, at_s)


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
        return _with(reply, replace(m.InstrumentState.from_bytes(reply.payload), unread_events=0))


class UptimeInSeconds(RepliesAltered):
    """Counts uptime_ms in seconds."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != m.Opcode.GET_CLOCK or reply.status:
            return reply
        told = m.ClockReading.from_bytes(reply.payload)
        return _with(reply, replace(told, uptime_ms=told.uptime_ms // 1000))


class PageDamaged(SimulatedAnalyzer):
    """Has a calibration page whose CRC does not hold."""

    def _boot(self, cause: m.RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        page = self.calibration.to_bytes()
        instrument.upkeep.forced_page = page[:-1] + bytes([page[-1] ^ 1])
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


class LinkLossUnnoticed(SimulatedAnalyzer):
    """Goes on when the host has left; only for links that tell."""

    def disconnect(self, now_s: float) -> None:
        self._advance(now_s)


# Firmware -> the checks that must fail on it, all others pass or are skipped.
FAULTS: Final[dict[type[SimulatedAnalyzer], set[str]]] = {
    IdOfSixteenBits: {"ids-are-repeated", "replies-belong-to-requests"},
    ReplyFlagMissing: {"reply-flags"},
    EpochNotRaised: {"epoch-counts-settings"},
    LeaseNeverEnds: {"lease-lapses", "longest-lease-lapses", "lapsed-lease-ends-the-light"},
    LeaseFromTheExposure: {"lapsed-lease-ends-the-light"},
    LeaseAsAsked: {"lease-bounds"},
    NotBusy: {"busy-while-pending", "order-of-refusals"},
    FrameSeqStands: {"frame-seq-counts"},
    FrameOfEarlierSettings: {"frames-follow-settings"},
    DropNotFlagged: {"lapsed-lease-ends-the-light", "laser-off-ends-the-light"},
    LitFrameSaysArmed: {"light-within-an-exposure", "renewals-carry-the-light"},
    DarkFrameLit: {"dark-frame-while-armed"},
    LightWithoutLease: {"no-light-without-a-lease"},
    CrcNotChecked: {"packet-crc-is-checked", "damage-anywhere-is-found", "truncated-packet"},
    HeaderCrcNotChecked: {"header-crc-is-checked"},
    HugeLengthBelieved: {"oversized-length"},
    ResumesTooLate: {"truncated-packet"},
    SilenceIgnored: {"long-pause-inside-a-request", "late-commands-are-not-obeyed"},
    EchoAnswered: {"echoes-are-not-answered"},
    UnknownIsDone: {"unknown-opcodes", "order-of-refusals"},
    RefusalWithoutText: {"unknown-opcodes", "order-of-refusals", "refusal-texts"},
    RefusalWithZero: {
        *("renewal-needs-a-lease", "disarming", "lease-lapses", "no-light-without-a-lease"),
        "refusal-texts",
    },
    LongPayloadTaken: {"payload-lengths", "all-requests-are-known"},
    RangeClipped: {"integration-time-bounds"},
    LaserOffRefused: {"never-refused"},
    AbortAnsweredFirst: {"abort-order"},
    FlushEndsTheFrame: {"flush-leaves-the-frame", "never-refused"},
    CapabilitiesChange: {"capabilities-are-stable"},
    LongLeases: {"capabilities-are-bounded", "lease-bounds", "longest-lease-lapses"},
    AnsweredTwice: {"soak", "replies-belong-to-requests"},
    EventsLostByReading: {"events-stay", "lapsed-lease-ends-the-light"},
    UnreadNotCounted: {"unread-events"},
    UptimeInSeconds: {"uptime"},
    PageDamaged: {"page-is-whole"},
    PageNotSealed: {"page-without-its-crc"},
    HashNotCompared: {"slot-with-another-image"},
    UploadNotResumed: {"slot-story", "slot-with-another-image"},
    ReadBeyondTheEnd: {"slot-reading"},
}
