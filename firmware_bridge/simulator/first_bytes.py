"""How a TCP host begins: with a packet, or it speaks another protocol and is let go.

A web browser sends what any page tells it to, also to 127.0.0.1, and a request of HTTP may hold
packets in its body. Its first bytes are its own, and never those of a packet.

Next: `serve.py`, which listens.
"""

from firmware_bridge.framing import SYNC_BYTES


class FirstBytes:
    """The first bytes of one connection, however they are cut."""

    def __init__(self) -> None:
        self._missing = SYNC_BYTES

    def begin_a_packet(self, data: bytes) -> bool:
        """Whether the connection still may begin with a packet when `data` comes next."""
        wanted, self._missing = self._missing[: len(data)], self._missing[len(data) :]
        return data.startswith(wanted)
