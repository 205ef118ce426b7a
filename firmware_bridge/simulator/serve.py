"""A simulated analyzer behind a TCP socket or a pseudo-terminal, in real time.

Next: `link_server.py`, the loop behind both; `usb_backend.py`, the same for USB.
"""

import os
import selectors
import socket
import tty
from pathlib import Path
from typing import Final

from firmware_bridge.errors import CallerError, LinkError
from firmware_bridge.framing import FLAG_REPLY, Framing, Packet, encode
from firmware_bridge.loopback import is_loopback
from firmware_bridge.messages import Status
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.first_bytes import FirstBytes
from firmware_bridge.simulator.link_server import LinkServer, not_served

_READ_BYTES: Final = 65_536
_MOST_TURNED_AWAY: Final = 8
_READS_BEFORE_REFUSAL: Final = 256  # 16 MiB: more than a socket holds
# A host that vanished without closing is given up within a minute: probes after 20 s of silence,
# every 10 s, three of them; and what it does not acknowledge for 50 s was sent in vain.
_KEEP_ALIVE: Final = {socket.TCP_KEEPIDLE: 20, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}
_UNHEARD_MS: Final = 50_000


class TcpServer(LinkServer):
    """One host at a time on a TCP port; a second one is told so. Port 0 takes a free one.

    Beyond this machine it is served only where the analyzer needs a key, or with `open_to_all`.
    """

    framing = Framing.RAW

    def __init__(
        self,
        analyzer: SimulatedAnalyzer,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        open_to_all: bool = False,
    ) -> None:
        """Raises CallerError for no port or an address open to all, LinkError if it is taken."""
        if not 0 <= port <= 0xFFFF:
            raise CallerError(f"{port} is no TCP port.", remedy="Choose 1024 to 65535, or 0.")
        host = _numeric(host)
        if not (is_loopback(host) or open_to_all or analyzer.needs_key):
            raise CallerError(
                f"Others reach {host}: without a key anybody there could fire its laser.",
                remedy="Serve on 127.0.0.1, or give the analyzer a link key with --key-file.",
            )
        super().__init__(analyzer)
        self._client: socket.socket | None = None
        self._first_bytes = FirstBytes()
        self._turned_away: list[socket.socket] = []
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, port), family=family, backlog=4)
        except OSError as error:
            self._selector.close()
            raise not_served(f"TCP port {port} of {host}", error) from error
        self.host, self.port = self._listener.getsockname()[:2]
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)

    @property
    def address(self) -> str:
        return f"tcp://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def is_remote(self) -> bool:
        """Whether other machines reach it."""
        return not is_loopback(self.host)

    def _is_door(self, key: selectors.SelectorKey) -> bool:
        return key.fileobj is self._listener

    def _ready(self, key: selectors.SelectorKey) -> None:
        if self._is_door(key):
            self._accept()
        else:
            self._read()

    def _read(self) -> bool:
        """Take what the host sent; False when there was nothing, or the host has left."""
        if self._client is None:
            return False
        try:
            data = self._client.recv(_READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data and self._first_bytes.begin_a_packet(data):
            self._take(data)
            return True
        self._lose_link()
        self._host_left()
        return False

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # it left before we looked
        # A host that was killed in mid-upload has left once what it sent is read.
        for _ in range(_READS_BEFORE_REFUSAL):
            if not self._read():
                break
        if self._client is not None:
            self._turn_away(client)
            return
        if not self.analyzer.connected:
            client.close()
            return
        self._attach_count = self.analyzer.attach_count  # this host knows no earlier one
        client.setblocking(False)
        # A reply is often smaller than a segment; the host waits for it.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in {**_KEEP_ALIVE, socket.TCP_USER_TIMEOUT: _UNHEARD_MS}.items():
            client.setsockopt(socket.IPPROTO_TCP, option, value)
        self._client, self._first_bytes = client, FirstBytes()
        self._selector.register(client, selectors.EVENT_READ)

    def _turn_away(self, client: socket.socket) -> None:
        """Tell a second host why, and let it go when it has read that."""
        packet = Packet(0, 0, Status.IN_USE, FLAG_REPLY, b"another program uses the analyzer")
        client.setblocking(False)
        try:
            client.send(encode(packet))
            client.shutdown(socket.SHUT_WR)
        except OSError:
            client.close()
            return
        # Closing before the other side does would reset the connection, and the reason with it.
        self._turned_away.append(client)
        for oldest in self._turned_away[:-_MOST_TURNED_AWAY]:
            oldest.close()
        del self._turned_away[:-_MOST_TURNED_AWAY]

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
        for client in self._turned_away:
            client.close()
        self._listener.close()


class PtyServer(LinkServer):
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


def _numeric(host: str) -> str:
    """The address behind a name. Raises LinkError where there is none."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError) as error:
        raise LinkError(
            f"There is no host {host!r} here.", remedy="Check host and port."
        ) from error
