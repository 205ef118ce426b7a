"""The base of the planted faults: a simulated analyzer whose replies are altered on their way out.

Next: `planted_on_the_wire.py`, `planted_in_the_light.py` and `planted_in_memory.py`, the faults.
"""

from dataclasses import replace

from firmware_bridge.framing import Packet
from firmware_bridge.layout import Message
from firmware_bridge.simulator.firmware import SimulatedAnalyzer


def with_message(packet: Packet, message: Message) -> Packet:
    """The same packet around another payload."""
    return replace(packet, payload=message.to_bytes())


class RepliesAltered(SimulatedAnalyzer):
    """`request` is the packet that was served last."""

    request = Packet(0, 0)

    def altered(self, reply: Packet) -> Packet:
        return reply

    def _serve(self, packet: Packet) -> None:
        self.request = packet
        super()._serve(packet)

    def _send(self, packet: Packet, at_s: float | None = None) -> None:
        super()._send(self.altered(packet), at_s)
