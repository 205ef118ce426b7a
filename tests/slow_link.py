"""A link whose bytes take their time in both directions, on the virtual clock."""

from collections import deque

from device.driver.transports.base import Transport
from device.driver.transports.in_process import InProcessTransport, SimulatedPeer, VirtualClock


class SlowLink(Transport):
    """A `Transport` to a simulated analyzer; each byte arrives `latency_s` after it was sent."""

    def __init__(self, analyzer: SimulatedPeer, latency_s: float) -> None:
        self.framing, self.name = analyzer.framing, "slow:"
        self.clock = VirtualClock()
        self._near = InProcessTransport(analyzer, self.clock)
        self._analyzer = analyzer
        self._latency_s = latency_s
        self._out: deque[tuple[float, bytes]] = deque()
        self._back: deque[tuple[float, bytes]] = deque()

    def write(self, data: bytes, timeout_s: float) -> None:
        self._out.append((self.clock.now_s + self._latency_s, data))

    def read(self, timeout_s: float) -> bytes:
        end_s = self.clock.now_s + timeout_s
        while True:
            self._carry()
            if self._back and self._back[0][0] <= self.clock.now_s:
                return self._back.popleft()[1]
            if self.clock.now_s >= end_s:
                return b""
            due = [queue[0][0] for queue in (self._out, self._back) if queue]
            self.clock.advance_to(min([*due, self._analyzer.next_due_s() or end_s, end_s]))

    def _carry(self) -> None:
        """What has arrived at the analyzer by now, and its answers on their way back."""
        now_s = self.clock.now_s
        while self._out and self._out[0][0] <= now_s:
            self._analyzer.receive(self._out.popleft()[1], now_s)
        if data := self._analyzer.poll(now_s):
            self._back.append((now_s + self._latency_s, data))

    def monotonic_s(self) -> float:
        return self.clock.now_s

    def discard_input(self) -> None:
        self._back.clear()

    def close(self) -> None:
        self._near.close()
