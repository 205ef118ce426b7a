"""Where an analyzer is, as the operator types it: `usb:`, `/dev/ttyACM0`, `tcp://...`, `sim:...`.

Parsing is separate from opening, so that a typing error is told apart from a missing analyzer.

Next: `driver/transports/base.py` for what a port opens, `driver/analyzer.py` for who speaks there.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from firmware_bridge.errors import CallerError, LinkError, PortNotFound

if TYPE_CHECKING:
    from device.driver.analyzer import Analyzer
    from device.driver.transports.base import Transport

# A serial port may be a pseudo-terminal or a symlink anywhere, so any path will do.
_PATH_STARTS = ("/", "./", "../", "~/", "COM")
DEFAULT_TIMEOUT_S = 5.0


class PortSyntaxError(CallerError):
    """The text names no kind of port that exists."""

    code = "port_syntax"
    default_remedy = (
        "Use usb:SERIAL, usb: for the first one, /dev/ttyACM0, tcp://127.0.0.1:7850 or "
        "sim:replay=FILE."
    )


@dataclass(frozen=True)
class UsbPort:
    """An analyzer on USB; `serial` None means the first there is."""

    serial: str | None


@dataclass(frozen=True)
class SerialPort:
    """An analyzer on a serial port."""

    path: str


@dataclass(frozen=True)
class TcpPort:
    """An analyzer behind a TCP socket."""

    host: str
    port: int


@dataclass(frozen=True)
class SimPort:
    """A simulated analyzer; `specification` is what follows `sim:`."""

    specification: str


Port = UsbPort | SerialPort | TcpPort | SimPort


@dataclass(frozen=True)
class PortInfo:
    """One line of `ramix list`."""

    port: str  # what to give to --port
    kind: str  # "usb" or "serial"
    serial: str  # empty when it may not be read
    note: str = ""  # what stands in the way of using it


def parse_port(text: str) -> Port:
    """The port that `text` names; nothing is opened.

    Raises:
        PortSyntaxError: it names none.
    """
    if not text.isprintable():
        raise PortSyntaxError("A port cannot hold control characters.")
    if text.startswith("usb:"):
        return UsbPort(text.removeprefix("usb:") or None)
    if text.startswith("sim:"):
        return SimPort(text.removeprefix("sim:"))
    if text.startswith("tcp://"):
        return _parse_tcp(text)
    if text.startswith(_PATH_STARTS):
        return SerialPort(text)
    raise PortSyntaxError(f"{text!r} is not a port." if text else "The port is empty.")


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
            from device.simulated_port import open_transport as open_simulated

            return open_simulated(specification)


def open_analyzer(port: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> "Analyzer":
    """The analyzer at `port`, for a `with` statement; `timeout_s` is each call's patience.

    Raises:
        as `open_transport`.
    """
    from device.driver.analyzer import Analyzer

    return Analyzer(open_transport(port, timeout_s), timeout_s=timeout_s)


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


def _parse_tcp(text: str) -> TcpPort:
    try:
        parts = urlsplit(text)
        number = parts.port
    except ValueError as error:
        raise PortSyntaxError(f"{text!r} is not a TCP address ({error}).") from error
    if not parts.hostname or not number or parts.username or parts.query or parts.fragment:
        raise PortSyntaxError(f"{text!r} is not a TCP address: tcp://HOST:PORT is.")
    if parts.path not in ("", "/"):
        raise PortSyntaxError(f"{text!r} has something after the port number.")
    return TcpPort(parts.hostname, number)
