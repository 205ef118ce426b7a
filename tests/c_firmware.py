"""The example firmware in C as a running program, with hands and eyes on it as on the simulator."""

import select
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.framing import Framing, encode, make_decoder
from firmware_bridge.messages import PROTOCOL_VERSION, DeviceInfo, LaserState
from firmware_bridge.simulator.faults import FaultKind, FaultPlan
from firmware_bridge.simulator.laser import DarkCause, Pulse
from firmware_bridge.simulator.output import Output
from firmware_bridge.simulator.scenes import ReplayScene
from tests.c_build import built

_PATIENCE_S: Final = 10.0
_CAUSES: Final = {
    "exposure_done": DarkCause.EXPOSURE_DONE,
    "host": DarkCause.HOST,
    "lease": DarkCause.LEASE,
    "interlock": DarkCause.INTERLOCK,
    "fault": DarkCause.FAULT,
    "link": DarkCause.LINK,
    "restart": DarkCause.REBOOT,
}


class CFirmware:
    """One process; each of its hands is a line on its standard input (example/hands.h).

    program: what `make` built when None.

    Raises RuntimeError where the program does not start.
    """

    def __init__(self, *options: str, program: Path | None = None) -> None:
        self._process = subprocess.Popen(
            [program or built() / "ramix-example", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        if not self.address:
            self.close()
            raise RuntimeError(f"the example firmware does not start: {options}")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """The end of its input ends the program."""
        with self._process:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                self._process.wait(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def hand(self, line: str) -> str:
        """Do something to it; its answer, which comes after what that makes it send."""
        with self._lock:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            ready, _, _ = select.select([self._process.stdout], [], [], _PATIENCE_S)
            if not ready:
                self._process.kill()
                raise TimeoutError(f"the example firmware does not answer {line!r}")
            answer = self._process.stdout.readline().rstrip("\n")
        assert answer != "unknown", line
        return answer

    def interlock(self, open: bool) -> None:
        self.hand("open" if open else "close")

    def press_trigger(self) -> None:
        self.hand("trigger")

    def reboot(self) -> None:
        self.hand("restart")

    def unplug(self) -> None:
        self.hand("unplug")

    def plug_in(self) -> None:
        self.hand("plug")

    @property
    def laser_state(self) -> LaserState:
        return LaserState(int(self.hand("state")))

    @property
    def laser_is_on(self) -> bool:
        return self.laser_state is LaserState.ON

    @property
    def laser_on_log(self) -> Sequence[Pulse]:
        told = self.hand("pulses").split()
        pulses = []
        for on_us, off_us, cause in zip(told[::3], told[1::3], told[2::3], strict=True):
            if cause == "none":
                pulses.append(Pulse(int(on_us) / 1e6))
            else:
                pulses.append(Pulse(int(on_us) / 1e6, int(off_us) / 1e6, _CAUSES[cause]))
        return pulses


class ReplayingFirmware(CFirmware):
    """It has this page, and a recorded frame under its laser. `folder` is for its files.

    seed: of the noise, and of the first settings epoch.
    """

    def __init__(
        self, scene: ReplayScene, calibration: CalibrationPage, folder: Path, seed: int = 1
    ) -> None:
        self.calibration = calibration
        self.info = DeviceInfo(
            product="ramix-785",
            hardware_revision=1,
            serial=calibration.serial,
            firmware_version="c-example-1.0",
            protocol_version=PROTOCOL_VERSION,
        )
        page, recording = folder / "page.bin", folder / "recording.txt"
        page.write_bytes(calibration.to_bytes())
        pairs = zip(scene.raw_counts, scene.dark_counts, strict=True)
        recording.write_text("".join(f"{raw!r} {dark!r}\n" for raw, dark in pairs))
        super().__init__(
            *("--port", "0", "--serial", calibration.serial, "--page", str(page)),
            *("--replay", str(recording), str(scene.integration_time_ms)),
            *("--noise", str(scene.noise_counts), "--seed", str(seed)),
            *(("--average",) if scene.is_average else ()),
        )


class FaultyCable:
    """Stands between the host and the firmware, and plays planned faults on the replies."""

    def __init__(self, firmware: CFirmware, faults: FaultPlan) -> None:
        self._firmware = firmware
        self._output = Output(faults)
        self._decoder = make_decoder(Framing.RAW)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._host: socket.socket | None = None
        self._inner: socket.socket | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="FaultyCable", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._cut()
        self._listener.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            now_s, due_s = time.monotonic(), self._output.next_due_s
            nap_s = 0.02 if due_s is None else min(0.02, max(0.0, due_s - now_s))
            watched = [s for s in (self._host, self._inner) if s is not None]
            ready, _, _ = select.select([*watched, self._listener], [], [], nap_s)
            try:
                self._move(ready)
            except OSError:
                self._cut()
            if self._listener in ready:
                self._join()

    def _move(self, ready: list[socket.socket]) -> None:
        if self._host is None or self._inner is None:
            return
        if self._host in ready:
            asked = self._host.recv(65_536)
            if not asked:
                raise ConnectionError
            self._inner.sendall(asked)
        if self._inner in ready:
            answered = self._inner.recv(65_536)
            if not answered:
                raise ConnectionError
            self._spoil(answered)
        self._host.sendall(self._output.due(time.monotonic()))

    def _spoil(self, data: bytes) -> None:
        for packet in self._decoder.feed(data):
            match self._output.send(packet.opcode, encode(packet), time.monotonic()):
                case FaultKind.UNPLUG:
                    self._firmware.unplug()
                    raise ConnectionError
                case FaultKind.REBOOT:
                    self._firmware.reboot()
                    raise ConnectionError

    def _join(self) -> None:
        self._cut()  # one host at a time: the earlier one has left
        self._host, _ = self._listener.accept()
        self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._inner = socket.create_connection(("127.0.0.1", self._firmware.port))
        self._inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _cut(self) -> None:
        for side in (self._host, self._inner):
            if side is not None:
                side.close()
        self._host = self._inner = None
        self._output.clear()
        self._decoder.reset()
