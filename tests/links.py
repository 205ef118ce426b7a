"""One analyzer behind each kind of link, so that one suite can run on all of them.

Behind "c" stands the example firmware in C (`c_firmware.py`), behind the others the simulator.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from device.driver.transports.base import Transport
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.driver.transports.serial_port import SerialTransport
from device.driver.transports.tcp import TcpTransport
from device.driver.transports.usb_bulk import open_usb
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.framing import Framing
from firmware_bridge.messages import DeviceInfo, LaserState
from firmware_bridge.simulator.faults import FaultPlan
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.laser import Pulse
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.serve import PtyServer, TcpServer
from firmware_bridge.simulator.usb_backend import SimulatedUsbBackend
from tests.c_build import CAN_BUILD, WHY_NOT
from tests.c_firmware import FaultyCable, ReplayingFirmware

LINKS = ("in-process", "pty", "tcp", "usb", "c")
SERIAL = "RX-0042"
_SETTLE_S = 0.06  # a server's thread looks at its analyzer every 20 ms


class OnBench(Protocol):
    """What the suite does to an analyzer and sees of it beside the link, whatever it is made of."""

    info: DeviceInfo
    calibration: CalibrationPage

    @property
    def laser_is_on(self) -> bool: ...
    @property
    def laser_state(self) -> LaserState: ...
    @property
    def laser_on_log(self) -> Sequence[Pulse]: ...
    def interlock(self, open: bool) -> None: ...
    def press_trigger(self) -> None: ...
    def reboot(self) -> None: ...
    def unplug(self) -> None: ...
    def plug_in(self) -> None: ...


class Bench(ABC):
    """An analyzer, the link to it, and a hand on both."""

    def __init__(self, simulated: OnBench) -> None:
        self.simulated = simulated

    @abstractmethod
    def connect(self) -> Transport:
        """A new connection from the host."""

    def touch(self, act: Callable[[], object]) -> None:
        """Do something to the analyzer while nobody else does."""
        act()

    def let_time_pass(self, duration_s: float) -> None:
        """The host does nothing for a while."""
        time.sleep(duration_s)

    def abandon(self, transport: Transport) -> None:
        """The host process dies: the operating system closes its files, and nobody says goodbye."""
        transport.close()

    def unplug(self) -> None:
        """Pull the cable."""
        self.touch(self.simulated.unplug)
        self.let_time_pass(_SETTLE_S)

    def replug(self) -> None:
        """Put it back."""
        self.touch(self.simulated.plug_in)
        self.let_time_pass(_SETTLE_S)

    def pulses(self) -> list[Pulse]:
        """Every stretch of laser light so far."""
        found: list[Pulse] = []
        self.touch(lambda: found.extend(self.simulated.laser_on_log))
        return found


class _InProcess(Bench):
    def __init__(self, simulated: SimulatedAnalyzer) -> None:
        super().__init__(simulated)
        self._analyzer = simulated
        self._clock = VirtualClock()

    def connect(self) -> Transport:
        return InProcessTransport(self._analyzer, self._clock)

    def let_time_pass(self, duration_s: float) -> None:
        self._clock.advance_to(self._clock.now_s + duration_s)
        self._analyzer.receive(b"", self._clock.now_s)


class _Served(Bench):
    def __init__(self, simulated: SimulatedAnalyzer, server: PtyServer | TcpServer) -> None:
        super().__init__(simulated)
        self._server = server

    def connect(self) -> Transport:
        if isinstance(self._server, PtyServer):
            return SerialTransport(self._server.address)
        self.let_time_pass(_SETTLE_S)  # one host at a time: let it notice that the last one left
        return TcpTransport(self._server.host, self._server.port)

    def touch(self, act: Callable[[], object]) -> None:
        with self._server.lock:
            act()


class _Usb(Bench):
    def __init__(self, simulated: SimulatedAnalyzer, bus: SimulatedUsbBackend) -> None:
        super().__init__(simulated)
        self._bus = bus

    def connect(self) -> Transport:
        return open_usb(SERIAL, backend=self._bus)

    def touch(self, act: Callable[[], object]) -> None:
        with self._bus.lock:
            act()


class _CFirmware(Bench):
    """`cable`: what spoils its replies; None for the firmware's own port."""

    def __init__(self, firmware: ReplayingFirmware, cable: FaultyCable | None) -> None:
        super().__init__(firmware)
        self._firmware, self._cable = firmware, cable

    def connect(self) -> Transport:
        if self._cable is None:
            return TcpTransport("127.0.0.1", self._firmware.port)
        self.let_time_pass(_SETTLE_S)  # the cable must notice that the last host left
        return TcpTransport("127.0.0.1", self._cable.port)


@contextmanager
def open_bench(
    link: str, scene: ReplayScene, faults: FaultPlan, folder: Path, speed: float = 1.0
) -> Iterator[Bench]:
    """A fresh analyzer with this scene under its laser, behind the link of this name."""
    n = scene.raw_counts.size
    page = CalibrationPage((800.0, 160.0 / n), 785.0, 0, n - 1, n, serial=SERIAL)
    if link == "c":
        if not CAN_BUILD:
            pytest.skip(WHY_NOT)
        assert speed == 1.0, "the C firmware keeps real time"
        with _c_bench(scene, page, faults, folder) as bench:
            yield bench
        return
    simulated = SimulatedAnalyzer(
        scene,
        calibration=page,
        framing=Framing.COBS if link == "pty" else Framing.RAW,
        faults=faults,
        speed=speed,
    )
    if link == "in-process":
        yield _InProcess(simulated)
    elif link == "usb":
        yield _Usb(simulated, SimulatedUsbBackend({SERIAL: simulated}))
    elif link == "pty":
        with PtyServer(simulated, folder / "ttyACM0") as pty:
            yield _Served(simulated, pty)
    else:
        with TcpServer(simulated) as tcp:
            yield _Served(simulated, tcp)


@contextmanager
def _c_bench(
    scene: ReplayScene, page: CalibrationPage, faults: FaultPlan, folder: Path
) -> Iterator[Bench]:
    with ReplayingFirmware(scene, page, folder) as firmware:
        if not faults.faults:
            yield _CFirmware(firmware, None)
            return
        with FaultyCable(firmware, faults) as cable:
            yield _CFirmware(firmware, cable)
