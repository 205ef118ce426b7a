"""Planted faults of packets, ids and refusals: sections 2 to 6 of PROTOCOL.md.

Next: `planted_in_the_light.py`.
"""

import struct
from dataclasses import replace

from firmware_bridge import messages as m
from firmware_bridge.cobs import cobs_decode
from firmware_bridge.framing import (
    FRAMING_VERSION,
    HEADER_SIZE,
    MAX_PAYLOAD,
    OVERHEAD,
    SYNC_BYTES,
    TRAILER_SIZE,
    CobsDecoder,
    Packet,
    PacketDecoder,
    header_crc16,
    packet_crc32,
)
from firmware_bridge.packet import declared, parse
from firmware_bridge.simulator.answering import replies_to
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.instrument import Instrument
from tests.planted import RepliesAltered


class IdOfSixteenBits(RepliesAltered):
    """Keeps request ids in a uint16_t."""

    def altered(self, reply: Packet) -> Packet:
        return replace(reply, request_id=reply.request_id & 0xFFFF)


class ReplyFlagMissing(RepliesAltered):
    """Answers GET_POWER with the flags of the request."""

    def altered(self, reply: Packet) -> Packet:
        return replace(reply, flags=0) if reply.opcode == m.Opcode.GET_POWER else reply


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


class AnsweredTwice(SimulatedAnalyzer):
    """Sends the reply to GET_POWER once more."""

    def _send(self, packet: Packet, at_s: float | None = None) -> None:
        super()._send(packet, at_s)
        if packet.opcode == m.Opcode.GET_POWER:
            super()._send(packet, at_s)


class LinkLossUnnoticed(SimulatedAnalyzer):
    """Goes on when the host has left; only for links that tell."""

    def disconnect(self, now_s: float) -> None:
        self._advance(now_s)


class OtherVersionsRead(SimulatedAnalyzer):
    """Does not look at the version of a packet."""

    def receive(self, data: bytes, now_s: float) -> None:
        found = declared(memoryview(data)[:HEADER_SIZE]) if len(data) >= HEADER_SIZE else None
        if found and data.startswith(SYNC_BYTES) and found[0] != FRAMING_VERSION:
            end = found[1] + OVERHEAD
            head = data[:2] + bytes([FRAMING_VERSION]) + data[3:16]
            covered = head + struct.pack("<H", header_crc16(head))
            covered += data[HEADER_SIZE : end - TRAILER_SIZE]
            data = covered + struct.pack("<I", packet_crc32(covered)) + data[end:]
        super().receive(data, now_s)


class UnknownFlagsDropped(SimulatedAnalyzer):
    """Does not answer packets with flags that it does not know."""

    def _serve(self, packet: Packet) -> None:
        if not packet.flags & ~1:
            super()._serve(packet)


class TransferIsPacket(SimulatedAnalyzer):
    """Takes each transfer for a whole number of packets."""

    def receive(self, data: bytes, now_s: float) -> None:
        self._decoder.reset()
        super().receive(data, now_s)


class NoiseSpoilsTransfer(SimulatedAnalyzer):
    """Throws a transfer away that does not begin with a packet."""

    def receive(self, data: bytes, now_s: float) -> None:
        held = self._decoder._buffer if isinstance(self._decoder, PacketDecoder) else b""
        if not data or held or data.startswith(SYNC_BYTES):
            super().receive(data, now_s)


class SevenAtOnce(SimulatedAnalyzer):
    """Has room for seven requests and drops the others."""

    room = 0

    def receive(self, data: bytes, now_s: float) -> None:
        self.room = 7
        super().receive(data, now_s)

    def _serve(self, packet: Packet) -> None:
        self.room -= 1
        if self.room >= 0:
            super()._serve(packet)


class FillerStuns(SimulatedAnalyzer):
    """Has a receive buffer of six kilobytes, and ignores its input for 3 s when it overflows."""

    stunned_until_s = 0.0

    def receive(self, data: bytes, now_s: float) -> None:
        if len(data) > 6000:
            self.stunned_until_s = now_s + 3.0
        if now_s >= self.stunned_until_s:
            super().receive(data, now_s)


class PaddedReplies(SimulatedAnalyzer):
    """Sends a stray byte in front of what it sends."""

    def poll(self, now_s: float) -> bytes:
        data = super().poll(now_s)
        return b"\xff" + data if data else b""


class AnyBoolTaken(SimulatedAnalyzer):
    """Looks at the lowest bit of a bool alone."""

    def _serve(self, packet: Packet) -> None:
        if packet.opcode == m.Opcode.ACQUIRE_FRAME and len(packet.payload) == 1:
            packet = replace(packet, payload=bytes([packet.payload[0] & 1]))
        super()._serve(packet)


class SeveralInAFrame(CobsDecoder):
    """Takes the first packet of a frame, whatever stands behind it."""

    def _decode_frame(self, frame: bytes) -> Packet | None:
        packets = PacketDecoder().feed(cobs_decode(frame) or b"")
        return packets[0] if packets else None


class FramesNotWhole(SimulatedAnalyzer):
    """Reads the bytes of a COBS frame as a stream."""

    def receive(self, data: bytes, now_s: float) -> None:
        if not isinstance(self._decoder, SeveralInAFrame):
            self._decoder = SeveralInAFrame()
        super().receive(data, now_s)


class OverlongFrameStuns(SimulatedAnalyzer):
    """Behind a frame that is too long drops the next one too."""

    def receive(self, data: bytes, now_s: float) -> None:
        noise, zero, rest = data.partition(b"\0")
        if len(noise) > MAX_PAYLOAD:
            data = noise + zero + rest[1:].partition(b"\0")[2]
        super().receive(data, now_s)


class KilobyteReceived(SimulatedAnalyzer):
    """Has room for payloads of a kilobyte, whatever its max_chunk says."""

    def receive(self, data: bytes, now_s: float) -> None:
        if isinstance(self._decoder, PacketDecoder):
            self._decoder._max_payload = 1024
        super().receive(data, now_s)


class SlowThermometers(SimulatedAnalyzer):
    """Asks its thermometers while the host waits."""

    def _send(self, packet: Packet, at_s: float | None = None) -> None:
        slow = packet.opcode == m.Opcode.GET_POWER and not packet.status
        super()._send(packet, self._now_s + 0.3 if slow else at_s)
