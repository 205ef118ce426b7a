"""A screen that dies or hangs under light, over TCP: the analyzer is dark within half a second."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.laser import DarkCause, Pulse
from firmware_bridge.simulator.serve import TcpServer
from tests.tiny_bundles import tiny_path

ROOT = Path(__file__).resolve().parent.parent
# So dark that one exposure lasts longer than the laser's lease.
DIM = f"mix=fixture A:0.6,fixture B:0.4&brightness=0.002&trigger_every_s=0&model={tiny_path(2)}"
DARK_WITHIN_S = 0.5
WAIT_S = 40.0


@contextmanager
def serving(server: TcpServer, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """`ramix serve` as a process of its own, ready for the trigger."""
    command = (
        "serve", "--port", server.address, "--http", "0", "--countdown", "0", "--budget", "60",
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "device.cli.main", *command],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env={**os.environ, "RAMIX_HOME": str(home)},
    )  # fmt: skip
    try:
        assert process.stdout is not None and "token=" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def pulses(server: TcpServer) -> list[Pulse]:
    with server.lock:
        return list(server.analyzer.laser_on_log)


def last_pulse(server: TcpServer) -> Pulse | None:
    log = pulses(server)
    return log[-1] if log else None


def now_s(server: TcpServer) -> float:
    with server.lock:
        return server.analyzer.now_s


def lit_for(server: TcpServer, least_s: float) -> Pulse:
    """Press the trigger until there is light, and wait until one exposure has had so much of it."""
    until_s = time.monotonic() + WAIT_S
    patience_s = 0.5
    while time.monotonic() < until_s:
        pulse = last_pulse(server)
        if pulse is None:
            with server.lock:
                server.analyzer.press_trigger()
            pressed_s = time.monotonic()
            # A press before the light cancels, and one in it stops it: wait longer each time.
            while last_pulse(server) is None and time.monotonic() - pressed_s < patience_s:
                time.sleep(0.005)
            patience_s *= 2
        elif pulse.off_s is None and now_s(server) - pulse.on_s > least_s:
            return pulse
        time.sleep(0.005)
    raise AssertionError("there was no such light")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_a_screen_that_ends_under_light_leaves_the_dark(
    how: signal.Signals, tmp_path: Path
) -> None:
    analyzer = build_analyzer(parse(DIM), Framing.RAW)
    with TcpServer(analyzer) as server, serving(server, tmp_path) as process:
        lit_for(server, DARK_WITHIN_S + 0.1)  # renewed by the living: longer than its lease
        at_s = now_s(server)
        process.send_signal(how)
        time.sleep(2 * DARK_WITHIN_S)
        pulse = last_pulse(server)
        assert pulse is not None and pulse.off_s is not None
        assert pulse.off_s - at_s < DARK_WITHIN_S, pulse
        if how is signal.SIGSTOP:  # the link stays open: only the lease can have ended it
            assert pulse.cause is DarkCause.LEASE
        count = len(pulses(server))
        time.sleep(DARK_WITHIN_S)
        assert len(pulses(server)) == count and not analyzer.laser_is_on
