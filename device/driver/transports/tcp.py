"""An analyzer behind a TCP socket: a network bridge, or `ramix simulate --tcp`.

Next: `serial_port.py`.
"""

import errno
import socket
import time

from device.driver.transports.base import READ_SIZE, Transport
from firmware_bridge.errors import (
    LinkClosed,
    LinkError,
    LinkTimeout,
    PortBusy,
    PortNotFound,
    PortPermission,
)
from firmware_bridge.framing import OVERHEAD, Framing, PacketDecoder
from firmware_bridge.loopback import is_loopback
from firmware_bridge.messages import MAX_DETAIL_SIZE, Status

# Room for one refusal.
_GREETING_SIZE = OVERHEAD + MAX_DETAIL_SIZE

# A socket has no plug: what can be wrong is at the other end, or on the way.
_REMEDY = (
    "Check that an analyzer listens at this address and that no other program uses it, then retry."
)
_NO_WAY_THERE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


class TcpTransport(Transport):
    """A connected stream socket carrying raw packets."""

    framing = Framing.RAW

    def __init__(self, host: str, port: int, connect_timeout_s: float = 5.0) -> None:
        """Connect.

        Raises:
            PortNotFound: nobody listens there, or the host has no such name.
            PortPermission: the system forbids the connection.
        """
        self.name = f"tcp://{f'[{host}]' if ':' in host else host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout=connect_timeout_s)
        except PermissionError as error:
            raise PortPermission(f"Connecting to {self.name} is not permitted.") from error
        except (OSError, UnicodeError) as error:  # UnicodeError: a host name no resolver accepts
            why = getattr(error, "strerror", None) or "no such host, or no answer"
            raise PortNotFound(f"No analyzer answers at {self.name} ({why}).") from error
        self._first_bytes = b""
        self.is_remote = not self._ends_here()
        # A request is a few dozen bytes: without this it waits for the answer to the one before.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes, timeout_s: float) -> None:
        """Send all of `data`; the timeout covers the whole of it."""
        try:
            # Zero would mean "non-blocking", which is another thing than "very soon".
            self._socket.settimeout(max(timeout_s, 1e-3))
            self._socket.sendall(data)
        except TimeoutError as error:
            raise LinkTimeout(f"{self.name} took no data for {timeout_s:.3g} s.") from error
        except OSError as error:
            raise self._lost(error) from error

    def read(self, timeout_s: float) -> bytes:
        """The next bytes of the stream."""
        try:
            self._socket.settimeout(max(timeout_s, 1e-3))
            data = self._socket.recv(READ_SIZE)
        except TimeoutError:
            return b""
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise self._closed()
        self._hear(data)
        return data

    def discard_input(self) -> None:
        """Drop what lies in the receive buffer; a peer that keeps talking cannot hold us here."""
        give_up_s = time.monotonic() + 0.1
        try:
            self._socket.setblocking(False)
            while time.monotonic() < give_up_s:
                data = self._socket.recv(READ_SIZE)
                if not data:
                    raise self._closed()
                self._hear(data)
        except BlockingIOError:
            return
        except LinkError:
            raise
        except OSError as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _ends_here(self) -> bool:
        """Whether the peer is this machine; its address decides, whatever name led to it."""
        try:
            return is_loopback(self._socket.getpeername()[0])
        except OSError:  # it has left already: reading will say so
            return False

    def _hear(self, data: bytes) -> None:
        """Keep the first words: whoever is turned away is told why in one packet."""
        self._first_bytes += data[: _GREETING_SIZE - len(self._first_bytes)]

    def _turned_away(self) -> bool:
        packets = PacketDecoder().feed(self._first_bytes)
        return bool(packets) and packets[0].status == Status.IN_USE

    def _closed(self) -> LinkError:
        if self._turned_away():
            return PortBusy(f"{self.name} is in use by another program.")
        if self._first_bytes:
            return LinkClosed(f"{self.name} closed the connection.", remedy=_REMEDY)
        return LinkClosed(f"{self.name} closed the connection without an answer.", remedy=_REMEDY)

    def _lost(self, error: OSError) -> LinkError:
        if self._turned_away():
            return self._closed()
        why = error.strerror or "closed"
        if error.errno in _NO_WAY_THERE:
            return LinkTimeout(f"{self.name} does not answer any more ({why}).")
        return LinkClosed(f"The connection to {self.name} is gone ({why}).", remedy=_REMEDY)
