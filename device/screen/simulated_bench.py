"""A `sim:` port under a screen: the simulated analyzer runs in real time, its trigger is a button.

Without this a simulated port runs on a virtual clock, on which a countdown is over at once.
Next: `../simulated/port.py`, which builds it.
"""

from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from device.driver.transports.base import Transport
from device.driver.transports.tcp import TcpTransport
from device.simulated.links import release_flash
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.serve import TcpServer


class SimulatedBench:
    """The analyzer behind a socket of this machine, for as long as the `with` block lasts.

    Raises:
        as `simulated.port.build_analyzer`.
    """

    def __init__(self, specification: str) -> None:
        port = replace(parse(specification), trigger_every_s=0.0, link="tcp")
        self.analyzer = build_analyzer(port, Framing.RAW)
        self._server = TcpServer(self.analyzer)
        self._endings = ExitStack()

    def __enter__(self) -> Self:
        self._endings.callback(release_flash, self.analyzer.flash)
        self._endings.enter_context(self._server)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._endings.close()

    def open(self, timeout_s: float) -> Transport:
        """A link to it."""
        return TcpTransport(self._server.host, self._server.port, connect_timeout_s=timeout_s)

    def press_trigger(self) -> None:
        """As a finger does."""
        with self._server.lock:
            self.analyzer.press_trigger()

    def laser_is_on(self) -> bool:
        """For tests: what the analyzer itself says of its light."""
        with self._server.lock:
            return self.analyzer.laser_is_on

    def unplug(self) -> None:
        """Pull the cable."""
        with self._server.lock:
            self.analyzer.unplug()

    def plug_in(self) -> None:
        """And put it back."""
        with self._server.lock:
            self.analyzer.plug_in()
