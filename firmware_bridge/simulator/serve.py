"""A simulated analyzer behind a TCP socket or a pseudo-terminal, in real time.

Each server is a context manager that runs one background thread; `address` is what `--port` takes.
Other threads that touch the analyzer meanwhile (a test that presses the trigger) hold `lock`.

Next: `usb_backend.py`, the same for USB; `firmware.py` for the analyzer itself.
"""

import errno
import os
import selectors
import socket
import threading
import time
import tty
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from firmware_bridge.errors import CallerError, LinkError, PortBusy, PortPermission
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.firmware import SimulatedAnalyzer

# The loop looks at least this often for what other threads did (stop, unplug).
_LONGEST_NAP_S: Final = 0.02
_READ_BYTES: Final = 65_536
# A host that asks and never reads is not listened to beyond this much unread output.
_OUTPUT_LIMIT_BYTES: Final = 1_000_000


class _Server(ABC):
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


class TcpServer(_Server):
    """One host at a time on a TCP port; a second one is sent away. Port 0 takes a free one."""

    framing = Framing.RAW

    def __init__(self, analyzer: SimulatedAnalyzer, host: str = "127.0.0.1", port: int = 0) -> None:
        """Raises CallerError for a number that is no port, LinkError and its kin if it is taken."""
        if not 0 <= port <= 0xFFFF:
            raise CallerError(f"{port} is no TCP port.", remedy="Choose 1024 to 65535, or 0.")
        super().__init__(analyzer)
        self._client: socket.socket | None = None
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, port), family=family, backlog=4)
        except OSError as error:
            self._selector.close()
            raise _not_served(f"TCP port {port} of {host}", error) from error
        self._listener.setblocking(False)
        self.host, self.port = self._listener.getsockname()[:2]
        self._selector.register(self._listener, selectors.EVENT_READ)

    @property
    def address(self) -> str:
        return f"tcp://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def _is_door(self, key: selectors.SelectorKey) -> bool:
        return key.fileobj is self._listener

    def _ready(self, key: selectors.SelectorKey) -> None:
        if self._is_door(key):
            self._accept()
        elif self._client is not None:
            try:
                data = self._client.recv(_READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self._take(data)
            else:
                self._lose_link()
                self._host_left()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # it left before we looked
        if self._client is not None or not self.analyzer.connected:
            client.close()
            return
        self._attach_count = self.analyzer.attach_count  # this host knows no earlier one
        client.setblocking(False)
        # A reply is often smaller than a segment; the host waits for it.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._selector.register(client, selectors.EVENT_READ)

    def _send(self) -> None:
        if self._client is None:
            self._output.clear()
            return
        try:
            while self._output:
                sent = self._client.send(self._output[:_READ_BYTES])
                del self._output[:sent]
        except BlockingIOError:
            return  # the rest goes in the next round
        except OSError:
            self._lose_link()
            self._host_left()

    def _lose_link(self) -> None:
        if self._client is not None:
            self._selector.unregister(self._client)
            self._client.close()
            self._client = None

    def _close_link(self) -> None:
        self._lose_link()
        self._listener.close()


class PtyServer(_Server):
    """A pseudo-terminal in raw mode, as a USB CDC-ACM port would look.

    `link` is an optional symlink kept pointing at the terminal, which changes after a replug. The
    host closing its end cannot be seen from here: what darkens the laser then is the lease.
    """

    framing = Framing.COBS

    def __init__(self, analyzer: SimulatedAnalyzer, link: Path | None = None) -> None:
        """Raises CallerError when `link` is something else than a symlink already."""
        if link is not None and link.exists() and not link.is_symlink():
            raise CallerError(f"{link} exists and is no symlink.", remedy="Name another file.")
        super().__init__(analyzer)
        self._link = link
        self._master: int | None = None
        self._slave: int | None = None
        self.path = ""  # the terminal itself
        self._offer_link()

    @property
    def address(self) -> str:
        return str(self._link) if self._link is not None else self.path

    def _ready(self, key: selectors.SelectorKey) -> None:
        if self._master is None:
            return
        try:
            data = os.read(self._master, _READ_BYTES)
        except BlockingIOError:
            return
        self._take(data)

    def _send(self) -> None:
        try:
            while self._output and self._master is not None:
                sent = os.write(self._master, self._output[:_READ_BYTES])
                del self._output[:sent]
        except BlockingIOError:
            return  # the rest goes in the next round

    def _offer_link(self) -> None:
        if self._master is not None:
            return
        self._master, self._slave = os.openpty()
        # The slave stays open here: without any holder the master would report errors until the
        # host comes. Raw mode, or the line discipline would echo and translate our bytes.
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._selector.register(self._master, selectors.EVENT_READ)
        if self._link is not None:
            fresh = self._link.with_name(f"{self._link.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self.path)
            fresh.replace(self._link)

    def _lose_link(self) -> None:
        if self._master is None or self._slave is None:
            return
        self._selector.unregister(self._master)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = None

    def _close_link(self) -> None:
        self._lose_link()
        if self._link is not None:
            self._link.unlink(missing_ok=True)


def _not_served(place: str, error: OSError) -> LinkError:
    if error.errno == errno.EADDRINUSE:
        return PortBusy(f"{place} is in use.", remedy="Choose another port, or 0 for a free one.")
    if error.errno == errno.EACCES:
        return PortPermission(f"You may not serve on {place}.", remedy="Choose a port above 1023.")
    return LinkError(f"Cannot serve on {place} ({error}).", remedy="Check host and port.")
