"""Where an analyzer is, as the operator types it: `usb:`, `/dev/ttyACM0`, `tcp://...`, `sim:...`.

Parsing is separate from opening, so that a typing error is told apart from a missing analyzer.
Next: `device/ports.py`, which opens what was typed.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from firmware_bridge.errors import CallerError

# A serial port may be a pseudo-terminal or a symlink anywhere, so any path will do.
_PATH_STARTS = ("/", "./", "../", "~/", "COM")


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
