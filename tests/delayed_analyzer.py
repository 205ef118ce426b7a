"""A simulated analyzer behind a link on which every byte takes its time, both ways, in order."""

from device.driver.transports.in_process import SimulatedPeer
from firmware_bridge.framing import Framing


class DelayedAnalyzer:
    """What `InProcessTransport` asks of an analyzer; `delay_s` is the time of one way."""

    def __init__(self, analyzer: SimulatedPeer, delay_s: float) -> None:
        self._analyzer = analyzer
        self._delay_s = delay_s
        self._now_s = 0.0  # of the last thing that the analyzer had
        self._to_it: list[tuple[float, bytes]] = []
        self._from_it: list[tuple[float, bytes]] = []

    @property
    def framing(self) -> Framing:
        return self._analyzer.framing

    @property
    def connected(self) -> bool:
        return self._analyzer.connected

    def receive(self, data: bytes, now_s: float) -> None:
        self._advance(now_s)
        self._to_it.append((now_s + self._delay_s, data))

    def poll(self, now_s: float) -> bytes:
        self._advance(now_s)
        arrived = b""
        while self._from_it and self._from_it[0][0] <= now_s:
            arrived += self._from_it.pop(0)[1]
        return arrived

    def next_due_s(self) -> float | None:
        queues = [queue[0][0] for queue in (self._to_it, self._from_it) if queue]
        due_s = self._analyzer.next_due_s()
        return min(queues if due_s is None else [*queues, due_s], default=None)

    def _advance(self, now_s: float) -> None:
        """Let the analyzer have each thing at its own moment."""
        while (then_s := self._next_of_the_analyzer()) is not None and then_s <= now_s:
            then_s = self._now_s = max(then_s, self._now_s)
            self._take(then_s)
            if self._to_it and self._to_it[0][0] <= then_s:
                self._analyzer.receive(self._to_it.pop(0)[1], then_s)
                self._take(then_s)

    def _next_of_the_analyzer(self) -> float | None:
        due_s = self._analyzer.next_due_s()
        if not self._to_it:
            return due_s
        return self._to_it[0][0] if due_s is None else min(due_s, self._to_it[0][0])

    def _take(self, then_s: float) -> None:
        data = self._analyzer.poll(then_s)
        if data:
            self._from_it.append((then_s + self._delay_s, data))
