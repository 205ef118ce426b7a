"""What listens at a TCP port and is no analyzer, or no longer there, is told as that."""

import errno
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from device.cli.main import run_command
from device.driver.transports.tcp import TcpTransport
from firmware_bridge.errors import LinkClosed, LinkTimeout

Capture = pytest.CaptureFixture[str]
Act = Callable[[socket.socket], object]


@contextmanager
def peer(act: Act) -> Iterator[str]:
    """The port of a server that accepts once, acts, and keeps the connection."""
    kept: list[socket.socket] = []

    def serve() -> None:
        connection, _ = server.accept()
        kept.append(connection)
        act(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5.0)
        for connection in kept:
            connection.close()


def _hears_and_closes(connection: socket.socket) -> None:
    connection.recv(100_000)
    connection.close()


def _reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


PEERS: dict[str, tuple[Act, int, str]] = {
    "silent": (lambda _: None, 5, "did not answer ABORT: nothing came back."),
    "closes": (lambda connection: connection.close(), 3, "127.0.0.1"),
    "closes when asked": (_hears_and_closes, 3, "closed the connection without an answer."),
    "resets": (_reset, 3, "is gone (Connection reset by peer)."),
    "greets": (
        lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
        5,
        "21 bytes of no packet discarded",
    ),
}


@pytest.mark.parametrize("kind", PEERS)
def test_a_peer_that_is_no_analyzer(kind: str, capsys: Capture) -> None:
    act, exit_code, words = PEERS[kind]
    with peer(act) as port:
        begun_s = time.monotonic()
        assert run_command(["info", "--port", port, "--timeout", "0.5"]) == exit_code
        assert time.monotonic() - begun_s < 0.5 + 1.5
    said = capsys.readouterr().err
    assert words in said or kind == "greets"  # a greeting may be thrown away before the first word
    assert "Plug" not in said
    assert "did not answer" in said or "closed" in said or "is gone" in said


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EHOSTUNREACH, LinkTimeout),
        (errno.ENETUNREACH, LinkTimeout),
        (errno.ETIMEDOUT, LinkTimeout),
        (errno.ECONNRESET, LinkClosed),
        (errno.EPIPE, LinkClosed),
    ],
)
def test_a_way_that_is_gone_is_no_unplugged_cable(
    number: int, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with peer(lambda _: None) as port:
        host, _, number_text = port.removeprefix("tcp://").rpartition(":")
        link = TcpTransport(host, int(number_text))

        class Failing:
            def settimeout(self, _timeout_s: float) -> None:
                pass

            def sendall(self, _data: bytes) -> None:
                raise OSError(number, "failed")

        real = link._socket
        monkeypatch.setattr(link, "_socket", Failing())
        with pytest.raises(kind) as caught:
            link.write(b"x", 1.0)
        assert "Plug" not in caught.value.remedy  # type: ignore[attr-defined]
        real.close()
