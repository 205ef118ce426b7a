"""The way to a simulated analyzer of a `sim:` port; closing the link also ends what lies behind.

Next: `driver/transports/in_process.py`, the link without a cable.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from device.driver.transports.base import Transport
from device.driver.transports.wrapped import WrappedTransport
from firmware_bridge.errors import LinkClosed

if TYPE_CHECKING:
    from device.simulated.spec import SimulatedPort
    from firmware_bridge.simulator.firmware import SimulatedAnalyzer
    from firmware_bridge.simulator.flash import Flash


class SimulatedLink(WrappedTransport):
    """A transport together with the server and the flash file that only it uses."""

    def __init__(self, link: Transport, endings: ExitStack, analyzer: "SimulatedAnalyzer") -> None:
        super().__init__(link)
        self._endings = endings
        self._attach_count: Callable[[], int] = lambda: analyzer.attach_count
        self._attached = analyzer.attach_count

    def write(self, data: bytes, timeout_s: float) -> None:
        self._check_link()
        super().write(data, timeout_s)

    def read(self, timeout_s: float) -> bytes:
        self._check_link()
        return super().read(timeout_s)

    def close(self) -> None:
        super().close()
        self._endings.close()

    def _check_link(self) -> None:
        """A restart ends every link; without a cable nobody else would tell."""
        if self._attach_count() != self._attached:
            raise LinkClosed(f"The analyzer at {self.name} has restarted.")


def connect(
    port: "SimulatedPort",
    analyzer: "SimulatedAnalyzer",
    keep: Callable[[], None] | None = None,
) -> Transport:
    """The open link of the kind that `port` asks for; closing it calls `keep` or ends everything.

    Raises:
        LinkError: the operating system refuses a socket or a terminal.
    """
    with ExitStack() as endings:
        if keep is None:
            endings.callback(release_flash, analyzer.flash)
        else:
            endings.callback(keep)
        link = _open(port.link, analyzer, endings)
        return SimulatedLink(link, endings.pop_all(), analyzer)


def release_flash(flash: "Flash") -> None:
    """Let another analyzer use the file behind the flash, if there is one."""
    from device.simulated.flash_file import FlashFile

    if isinstance(flash, FlashFile):
        flash.close()


def _open(kind: str, analyzer: "SimulatedAnalyzer", endings: ExitStack) -> Transport:
    """Transports are imported one by one: in process, neither pyusb nor pyserial is loaded."""
    match kind:
        case "pty":
            from device.driver.transports.serial_port import SerialTransport
            from firmware_bridge.simulator.serve import PtyServer

            return SerialTransport(endings.enter_context(PtyServer(analyzer)).path)
        case "tcp":
            from device.driver.transports.tcp import TcpTransport
            from firmware_bridge.simulator.serve import TcpServer

            tcp = endings.enter_context(TcpServer(analyzer))
            return TcpTransport(tcp.host, tcp.port)
        case "usb":
            from device.driver.transports.usb_bulk import open_usb
            from firmware_bridge.simulator.usb_backend import SimulatedUsbBackend

            serial = analyzer.info.serial
            return open_usb(serial, backend=SimulatedUsbBackend({serial: analyzer}))
        case _:
            from device.driver.transports.in_process import InProcessTransport, VirtualClock

            return InProcessTransport(analyzer, VirtualClock(analyzer.now_s))
