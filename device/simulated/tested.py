"""A simulated analyzer under test: one for all its links, with hands on it.

Next: `../conformance/hands.py`, what they are for.
"""

from device.driver.transports.base import Transport
from device.driver.transports.in_process import InProcessTransport
from device.simulated.links import release_flash
from device.simulated.port import build_analyzer
from device.simulated.spec import SimulatedPort
from firmware_bridge.framing import Framing


class AnalyzerUnderTest:
    """In this process, on a virtual clock: a restart leaves its link as it is."""

    def __init__(self, port: SimulatedPort) -> None:
        self._analyzer = build_analyzer(port, Framing.RAW)

    def connect(self) -> Transport:
        return InProcessTransport(self._analyzer)

    def open_cover(self) -> None:
        self._analyzer.interlock(True)

    def close_cover(self) -> None:
        self._analyzer.interlock(False)

    def restart(self) -> None:
        self._analyzer.reboot()

    def close(self) -> None:
        release_flash(self._analyzer.flash)
