"""The link that is no cable: a simulated analyzer in this process, on a virtual clock.

Waiting costs no time here: the clock jumps to whatever the analyzer does next. A measurement of
twenty seconds is over at once, and every run is the same to the last bit.

Next: `../analyzer.py`, which cannot tell this link from the others.
"""

from dataclasses import dataclass
from typing import Protocol

from device.driver.transports.base import Transport
from firmware_bridge.errors import LinkClosed
from firmware_bridge.framing import Framing


class SimulatedPeer(Protocol):
    """What this link asks of an analyzer; the simulator offers it without knowing this file."""

    @property
    def framing(self) -> Framing:
        """How packets are delimited."""

    @property
    def connected(self) -> bool:
        """Whether the plug is in."""

    def receive(self, data: bytes, now_s: float) -> None:
        """Take bytes from the host."""

    def poll(self, now_s: float) -> bytes:
        """All output due up to `now_s`."""

    def next_due_s(self) -> float | None:
        """When `poll` will next have something to do."""


@dataclass
class VirtualClock:
    """Seconds since the simulated analyzer was switched on. Share one to reconnect later."""

    now_s: float = 0.0

    def advance_to(self, then_s: float) -> None:
        """Move forward to `then_s`; a clock never goes back."""
        self.now_s = max(self.now_s, then_s)


class InProcessTransport(Transport):
    """A `Transport` that hands bytes to a simulated analyzer and moves its clock while waiting."""

    def __init__(
        self, analyzer: SimulatedPeer, clock: VirtualClock | None = None, name: str = "sim:"
    ) -> None:
        self.framing = analyzer.framing
        self.name = name
        self.clock = VirtualClock() if clock is None else clock
        self._analyzer = analyzer
        self._open = True

    def write(self, data: bytes, timeout_s: float) -> None:
        """Deliver at once; a simulated analyzer always has room."""
        self._check_link()
        self._analyzer.receive(data, self.clock.now_s)

    def read(self, timeout_s: float) -> bytes:
        """Jump from one thing the analyzer does to the next, until it says something."""
        give_up_s = self.clock.now_s + max(0.0, timeout_s)
        while True:
            self._check_link()
            data = self._analyzer.poll(self.clock.now_s)
            if data:
                return data
            if self.clock.now_s >= give_up_s:
                return b""
            due_s = self._analyzer.next_due_s()
            # An event that is due already and yet brought no output must not stop the clock.
            stuck = due_s is None or due_s <= self.clock.now_s
            self.clock.advance_to(give_up_s if stuck else min(due_s or 0.0, give_up_s))

    def monotonic_s(self) -> float:
        """The virtual clock."""
        return self.clock.now_s

    def discard_input(self) -> None:
        """Drop what the analyzer has already sent."""
        self._check_link()
        self._analyzer.poll(self.clock.now_s)

    def close(self) -> None:
        """Let go of the analyzer, which lives on."""
        self._open = False

    def _check_link(self) -> None:
        if not (self._open and self._analyzer.connected):
            raise LinkClosed(f"The analyzer at {self.name} is unplugged.")
