"""Packets in a byte stream (USB bulk, TCP), found by sync mark and length.

Damage costs only the packets it hit: after a bad CRC the search goes on one byte behind the sync.

Next: `framing.py`, which chooses between this and COBS frames.
"""

from firmware_bridge.packet import (
    FRAMING_VERSION,
    HEADER_SIZE,
    MAX_PAYLOAD,
    OVERHEAD,
    SYNC_BYTES,
    Packet,
    declared,
    parse,
)
from firmware_bridge.tally import Tally


class PacketDecoder:
    """Finds packets by sync and length in a byte stream (USB bulk, TCP).

    `discarded_bytes` counts bytes that belonged to no good packet, `damaged_packets` the sync marks
    that did not begin one, `foreign_version` is the last packet version seen that is not ours;
    `tally` says which kind of damage it was.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        self._max_payload = max_payload
        self._buffer = bytearray()
        self.tally = Tally()
        self.discarded_bytes = 0
        self.damaged_packets = 0
        self.foreign_version: int | None = None

    @property
    def unfinished_bytes(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Packet]:
        self._buffer += data
        packets, consumed = self._scan(0)
        del self._buffer[:consumed]
        return packets

    def give_up(self) -> list[Packet]:
        packets: list[Packet] = []
        while self._buffer:  # each round drops one unfinished packet, which may hide a good one
            self.damaged_packets += 1
            self.tally.cut_off += 1
            found, consumed = self._scan(1)
            packets += found
            del self._buffer[:consumed]
        return packets

    def reset(self) -> None:
        self.discarded_bytes += len(self._buffer)
        self._buffer.clear()

    def _scan(self, position: int) -> tuple[list[Packet], int]:
        """All packets from `position` on, and how many bytes are done with."""
        packets: list[Packet] = []
        buffer, end = self._buffer, len(self._buffer)
        self.discarded_bytes += position
        with memoryview(buffer) as view:
            while True:
                start = buffer.find(SYNC_BYTES, position)
                if start < 0:  # a last byte that may begin a sync mark is kept
                    start = end - 1 if end > position and buffer[-1] == SYNC_BYTES[0] else end
                self.discarded_bytes += start - position
                self.tally.noise_bytes += start - position
                position = start
                if end - start < HEADER_SIZE:
                    return packets, position
                length = self._payload_length(view[start : start + HEADER_SIZE])
                if length is None:
                    self.damaged_packets += 1
                    self.discarded_bytes += 1
                    position += 1
                    continue
                stop = start + length + OVERHEAD
                if stop > end:
                    return packets, position
                packet = parse(view[start:stop])
                if packet is None:
                    self.damaged_packets += 1
                    self.tally.wrong_crc += 1
                    self.discarded_bytes += 1
                    position += 1
                else:
                    packets.append(packet)
                    position = stop

    def _payload_length(self, header: memoryview) -> int | None:
        """The declared length of a believable header, else None."""
        found = declared(header)
        if found is None:
            self.tally.wrong_header += 1
            return None
        version, length = found
        if version != FRAMING_VERSION:
            self.foreign_version = self.tally.version = version
            self.tally.other_version += 1
            return None
        if length > self._max_payload:
            self.tally.too_long += 1
            return None
        return length
