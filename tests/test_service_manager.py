"""What `ramix run` tells systemd: ready once, and a sign of life with every event."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.cli.main import run_command
from device.events import Event, LaserOn, Ready, Step, Waiting
from device.station.service_manager import VARIABLE, watched
from tests.tiny_bundles import tiny_path


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


def heard(listening: socket.socket) -> list[list[str]]:
    told = []
    while True:
        try:
            told.append(listening.recv(4096).decode().split("\n"))
        except BlockingIOError:
            return told


def test_ready_is_said_once_and_every_event_is_a_sign_of_life(manager: socket.socket) -> None:
    seen: list[Event] = []
    tell = watched(seen.append)
    events: list[Event] = [Step("a\nREADY=1"), Ready(), Waiting(), LaserOn(70, 100.0), Ready()]
    for event in events:
        tell(event)
    assert seen == events
    assert heard(manager) == [
        ["WATCHDOG=1", "STATUS=a?READY=1"],
        ["WATCHDOG=1", "READY=1", "STATUS=ready: press the trigger"],
        ["WATCHDOG=1"],
        ["WATCHDOG=1", "STATUS=LASER ON, 70 mW: frames of 100 ms"],
        ["WATCHDOG=1", "STATUS=ready: press the trigger"],
    ]


def test_ramix_run_tells_while_it_waits_and_measures(manager: socket.socket) -> None:
    port = f"sim:mix=fixture A:1&model={tiny_path(2)}&trigger_every_s=3"
    assert run_command(["run", "--port", port, "--no-store", "--triggers", "1", "--json"]) == 0
    told = heard(manager)
    assert sum("READY=1" in lines for lines in told) == 1
    assert all("WATCHDOG=1" in lines for lines in told)
    assert ["WATCHDOG=1"] in told  # it waited
    assert any("LASER ON" in line for lines in told for line in lines)


@pytest.mark.parametrize("address", ["", "vsock:2:1", "relative"])
def test_without_a_manager_nothing_is_put_between(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, address)
    seen: list[Event] = []
    assert watched(seen.append) == seen.append


def test_a_manager_that_is_gone_or_does_not_listen_holds_up_nothing(
    manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Event] = []
    tell = watched(seen.append)
    for _ in range(2000):  # more than a datagram socket keeps
        tell(Waiting())
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nobody"))
    watched(seen.append)(Ready())
    assert len(seen) == 2001


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_an_abstract_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name = f"ramix-test-{tmp_path.name}-{id(tmp_path)}"
    monkeypatch.setenv(VARIABLE, f"@{name}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.setblocking(False)
        watched(lambda _: None)(Waiting())
        assert heard(listening) == [["WATCHDOG=1"]]
