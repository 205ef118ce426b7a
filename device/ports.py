"""Opens the analyzer that the operator typed, and lists those that can be seen from here.

Next: `driver/transports/base.py` for what a port opens, `driver/analyzer.py` for who speaks there.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from device.driver.port import SerialPort, SimPort, TcpPort, UsbPort, parse_port
from firmware_bridge.errors import LinkError, PortNotFound

if TYPE_CHECKING:
    from device.driver.analyzer import Analyzer
    from device.driver.transports.base import Transport

DEFAULT_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class PortInfo:
    """One line of `ramix list`."""

    port: str  # what to give to --port
    kind: str  # "usb" or "serial"
    serial: str  # empty when it may not be read
    note: str = ""  # what stands in the way of using it


def open_transport(port: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> "Transport":
    """The open link behind `port`; only the libraries that this kind of port needs are imported.

    Raises:
        PortSyntaxError: `port` is malformed.
        PortNotFound, PortPermission, PortBusy: it cannot be opened, and why.
    """
    match parse_port(port):
        case UsbPort(serial):
            from device.driver.transports.usb_bulk import open_usb

            return open_usb(serial)
        case SerialPort(path):
            from os.path import expanduser

            from device.driver.transports.serial_port import SerialTransport

            return SerialTransport(expanduser(path))
        case TcpPort(host, number):
            from device.driver.transports.tcp import TcpTransport

            return TcpTransport(host, number, connect_timeout_s=timeout_s)
        case SimPort(specification):
            from device.simulated.port import open_transport as open_simulated

            return open_simulated(specification)


def open_analyzer(port: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> "Analyzer":
    """The analyzer at `port`, for a `with` statement; `timeout_s` is each call's patience.

    Raises:
        as `open_transport`.
    """
    from device.driver.analyzer import Analyzer
    from device.link_key_file import find_key, is_named

    transport = open_transport(port, timeout_s)
    if isinstance(parse_port(port), TcpPort) and is_named():
        transport.is_remote = True  # by a tunnel, perhaps: who names a key wants it proven
    return Analyzer(transport, timeout_s, find_key)


def list_ports() -> list[PortInfo]:
    """The analyzers that can be seen from here; an empty list when there is nothing to look with.

    TCP and simulated ones cannot be listed: they are wherever one says they are.
    """
    return [*_usb_ports(), *_serial_ports()]


def _usb_ports() -> list[PortInfo]:
    try:
        from device.driver.transports.usb_bulk import list_usb

        serials = list_usb()
    except (ImportError, PortNotFound):
        return []  # no pyusb or no libusb: serial ports may still be there
    return [
        PortInfo(
            f"usb:{serial}", "usb", serial, "" if serial else "permission denied: see the udev rule"
        )
        for serial in serials
    ]


def _serial_ports() -> list[PortInfo]:
    from firmware_bridge.usb_ids import PRODUCT_ID, VENDOR_ID

    try:
        from device.driver.transports.serial_port import list_serial

        found = list_serial(VENDOR_ID, PRODUCT_ID)
    except (ImportError, LinkError):
        return []
    return [PortInfo(path, "serial", serial) for path, serial in found]
