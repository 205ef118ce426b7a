"""A peer that floods or dribbles over a real TCP link and a real serial line, in real time."""

import os
import random
import resource
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from device.cli.main import run_command
from firmware_bridge.framing import FLAG_REPLY, Packet, encode
from tests.test_hostile_streams import STREAMS

Send = Callable[[bytes], object]
TIMEOUT_S = 0.5
ALLOWED_S = 1.5  # beyond the timeout: connecting, discarding what came before, saying goodbye
FLOODS = {
    **{kind: STREAMS[kind] for kind in ("sync marks", "headers of the largest packet", "zeros")},
    "noise": random.Random(1).randbytes(16_384),
}


def _flood(send: Send, stop: threading.Event, stream: bytes) -> None:
    while not stop.is_set():
        send(stream)


def _dribble(send: Send, stop: threading.Event, stream: bytes) -> None:
    for place in range(len(stream)):
        if stop.wait(0.02):
            return
        send(stream[place : place + 1])


@contextmanager
def talking(
    link: str, act: Callable[[Send, threading.Event, bytes], None], stream: bytes
) -> Iterator[str]:
    """The port of a peer that acts from the moment somebody may listen."""
    stop = threading.Event()

    def speak(send: Send) -> None:
        try:
            act(send, stop, stream)
        except OSError:
            return  # the host has left

    if link == "tcp":
        with socket.create_server(("127.0.0.1", 0)) as server:

            def serve() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(5.0)
                    speak(connection.sendall)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
            stop.set()
            thread.join(5.0)
        return
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)

    def send(data: bytes) -> None:
        try:
            os.write(ours, data)
        except BlockingIOError:
            stop.wait(0.001)

    thread = threading.Thread(target=speak, args=(send,), daemon=True)
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        stop.set()
        thread.join(5.0)
        os.close(ours)
        os.close(theirs)


def _refused_in_time(port: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a link on which nobody answers; the exit code is that of a timeout."""
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun_s = time.monotonic()
    code = run_command(["info", "--port", port, "--timeout", str(TIMEOUT_S)])
    took_s = time.monotonic() - begun_s
    said = capsys.readouterr().err
    assert code == 5, said
    assert took_s <= TIMEOUT_S + ALLOWED_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb <= 100_000
    assert "unexpected" not in said and "Traceback" not in said
    return said


@pytest.mark.parametrize("link", ["tcp", "pty"])
@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_ends_at_the_timeout(
    kind: str, link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with talking(link, _flood, FLOODS[kind]) as port:
        said = _refused_in_time(port, capsys)
    assert "did not answer ABORT" in said or "took no data" in said


@pytest.mark.parametrize("link", ["tcp", "pty"])
def test_bytes_one_by_one_end_at_the_timeout(link: str, capsys: pytest.CaptureFixture[str]) -> None:
    half = encode(Packet(3, 1, 0, FLAG_REPLY, bytes(100_000)))
    with talking(link, _dribble, half) as port:
        said = _refused_in_time(port, capsys)
    assert "bytes came of a packet that has no end yet" in said or "discarded" in said
