"""Which simulated analyzers a USB bus lists, and each one as the bus knows it.

Next: `usb_backend.py`, the bus, through which a program opens and claims them.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmware_bridge.simulator.firmware import SimulatedAnalyzer


@dataclass(eq=False)
class Plugged:
    """An analyzer as the bus knows it from one plugging-in to the next."""

    serial: str
    analyzer: SimulatedAnalyzer
    address: int
    attach_count: int
    unread: bytes = b""
    claimed_by: "Handle | None" = None
    left_s: float | None = None

    def now_s(self) -> float:
        clock = self.analyzer.clock
        return self.analyzer.now_s if clock is None else clock()

    @property
    def is_there(self) -> bool:
        return self.analyzer.connected and self.analyzer.attach_count == self.attach_count


@dataclass(eq=False)
class Handle:
    plugged: Plugged


class UsbListing:
    """The bus's list of devices. `linger_s`: how long an unplugged one stays in it."""

    def __init__(self, analyzers: Mapping[str, SimulatedAnalyzer], linger_s: float) -> None:
        self._linger_s = linger_s
        self._analyzers = dict(analyzers)
        self._listed: dict[str, Plugged] = {}
        self._next_address = 2  # 1 is the root hub
        for analyzer in analyzers.values():
            analyzer.endpoints_can_halt = True
            analyzer.clock = _running_clock(analyzer.now_s)

    def now(self) -> list[Plugged]:
        """Who is listed at this moment."""
        for serial, analyzer in self._analyzers.items():
            self._list(serial, analyzer)
        return list(self._listed.values())

    def _list(self, serial: str, analyzer: SimulatedAnalyzer) -> None:
        """Bring the listing of one socket up to date, a stale entry first."""
        listed = self._listed.get(serial)
        if listed is not None and not listed.is_there:
            listed.left_s = listed.left_s or time.monotonic()
            if time.monotonic() - listed.left_s >= self._linger_s:
                del self._listed[serial]
        if serial not in self._listed and analyzer.connected:
            self._listed[serial] = Plugged(
                serial, analyzer, self._next_address, analyzer.attach_count
            )
            self._next_address += 1


def _running_clock(start_s: float) -> Callable[[], float]:
    zero_s = time.monotonic() - start_s
    return lambda: time.monotonic() - zero_s
