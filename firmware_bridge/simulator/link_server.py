"""The loop that runs a simulated analyzer on a link in real time: one thread, bytes both ways.

A server is a context manager around that thread; `address` is what `--port` takes. Other threads
that touch the analyzer meanwhile (a test that presses the trigger) hold `lock`.

Next: `serve.py`, the links that this runs on.
"""

import errno
import selectors
import threading
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final, Self

from firmware_bridge.errors import CallerError, LinkError, PortBusy, PortPermission
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.firmware import SimulatedAnalyzer

# The loop looks at least this often for what other threads did (stop, unplug).
_LONGEST_NAP_S: Final = 0.02
# A host that asks and never reads is not listened to beyond this much unread output.
_OUTPUT_LIMIT_BYTES: Final = 1_000_000


class LinkServer(ABC):
    """One thread that moves bytes and lets the analyzer see the time."""

    framing: Framing

    def __init__(self, analyzer: SimulatedAnalyzer) -> None:
        if analyzer.framing is not self.framing:
            raise CallerError(f"This link carries {self.framing.name} packets.")
        self.analyzer = analyzer
        self.lock = threading.RLock()
        self._zero_s = time.monotonic() - analyzer.now_s
        self._attach_count = analyzer.attach_count
        self._output = bytearray()
        self._stop = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    @property
    @abstractmethod
    def address(self) -> str:
        """The port as `--port` takes it."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the thread and close the link; the laser is off when this returns."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with self.lock:
            self.analyzer.disconnect(self._now_s())
        self._close_link()
        self._selector.close()

    def _now_s(self) -> float:
        return time.monotonic() - self._zero_s

    def _run(self) -> None:
        while not self._stop.is_set():
            with self.lock:
                self._output += self.analyzer.poll(self._now_s())
                self._follow_plug()
                due_s = self.analyzer.next_due_s()
                nap_s = _LONGEST_NAP_S if due_s is None else due_s - self._now_s()
            self._send()
            if len(self._output) >= _OUTPUT_LIMIT_BYTES:
                time.sleep(_LONGEST_NAP_S)
                continue
            nap_s = min(max(nap_s, 0.0), _LONGEST_NAP_S)
            ready = [key for key, _ in self._selector.select(nap_s)]
            # The connected host first: it may have left to make room for the one at the door.
            for key in sorted(ready, key=self._is_door):
                self._ready(key)

    def _follow_plug(self) -> None:
        """Close the link when the analyzer was unplugged or restarted; open it when it is back."""
        restarted = self._attach_count != self.analyzer.attach_count
        self._attach_count = self.analyzer.attach_count
        if restarted or not self.analyzer.connected:
            self._output.clear()
            self._lose_link()
        if self.analyzer.connected:
            self._offer_link()

    def _take(self, data: bytes) -> None:
        with self.lock:
            self.analyzer.receive(data, self._now_s())
            self._output += self.analyzer.poll(self._now_s())
        self._send()

    def _host_left(self) -> None:
        with self.lock:
            self._output.clear()
            self.analyzer.disconnect(self._now_s())

    def _is_door(self, _key: selectors.SelectorKey) -> bool:
        return False  # bytes arrive there, not hosts

    @abstractmethod
    def _send(self) -> None:
        """Write what the link takes now of `_output`."""

    @abstractmethod
    def _ready(self, key: selectors.SelectorKey) -> None:
        """Something can be read."""

    def _offer_link(self) -> None:  # noqa: B027 - a listening socket is always there
        """Make sure that a host can reach the analyzer."""

    @abstractmethod
    def _lose_link(self) -> None:
        """Cut off the host that is connected, if any."""

    @abstractmethod
    def _close_link(self) -> None:
        """Release everything."""


def not_served(place: str, error: OSError) -> LinkError:
    """Why nothing can listen at `place`."""
    if error.errno == errno.EADDRINUSE:
        return PortBusy(f"{place} is in use.", remedy="Choose another port, or 0 for a free one.")
    if error.errno == errno.EACCES:
        return PortPermission(f"You may not serve on {place}.", remedy="Choose a port above 1023.")
    return LinkError(f"Cannot serve on {place} ({error}).", remedy="Check host and port.")
