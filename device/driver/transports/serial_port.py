"""An analyzer on a serial port: USB CDC-ACM, RS-232, or a pseudo-terminal; packets inside COBS.

pyserial lets errors of three families through (its own, OSError, termios.error), several of them
without an errno: all are caught here.

Next: `usb_bulk.py`.
"""

import errno
import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import serial
from serial.tools import list_ports

from device.driver.transports.base import Transport
from firmware_bridge.errors import (
    LinkClosed,
    LinkError,
    LinkTimeout,
    PortBusy,
    PortNotFound,
    PortPermission,
)
from firmware_bridge.framing import Framing

# A frame of 2,048 pixels takes 45 ms at this rate; at 115,200 it would take 0.36 s.
BAUD_RATE = 921_600
# A name here belongs to the analyzer; /dev/ttyACM0 belongs to whichever was plugged in first.
_BY_ID = Path("/dev/serial/by-id")
_VENDOR_ERRORS = (serial.SerialException, OSError, termios.error)


class SerialTransport(Transport):
    """An open serial port, held exclusively."""

    framing = Framing.COBS

    def __init__(self, path: str, baud_rate: int = BAUD_RATE) -> None:
        """Open and configure the port.

        Raises:
            PortNotFound: no such file, or it is no serial port.
            PortPermission: it is there, for other users.
            PortBusy: another program holds it.
        """
        self.name = path
        try:
            self._port = serial.Serial(path, baud_rate, write_timeout=1.0, exclusive=True)
        except _VENDOR_ERRORS as error:
            raise _not_opened(path, error) from error

    def write(self, data: bytes, timeout_s: float) -> None:
        """Send all of `data`."""
        with self._translated():
            self._port.write_timeout = max(timeout_s, 1e-3)
            self._port.write(data)

    def read(self, timeout_s: float) -> bytes:
        """The first byte within `timeout_s`, and all that came with it."""
        with self._translated():
            self._port.timeout = max(0.0, timeout_s)
            data = self._port.read(1)
            if data:
                data += self._port.read(self._port.in_waiting)
        return data

    def discard_input(self) -> None:
        """Drop what the operating system has buffered."""
        with self._translated():
            self._port.reset_input_buffer()

    def close(self) -> None:
        """Close the port; a port that vanished closes too."""
        try:
            self._port.close()
        except _VENDOR_ERRORS:
            return  # nothing is left to release

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except serial.SerialTimeoutException as error:
            raise LinkTimeout(f"{self.name} took no data in time.") from error
        except _VENDOR_ERRORS as error:
            # Unplugging shows as an error without errno, as EIO or as ENXIO, depending on the call.
            raise LinkClosed(f"The serial link {self.name} is gone ({error}).") from error


def list_serial(vendor_id: int, product_id: int) -> list[tuple[str, str]]:
    """Serial ports of our USB identity, as (path, serial number), by their lasting names."""
    lasting = {link.resolve(): link for link in _BY_ID.glob("*")} if _BY_ID.is_dir() else {}
    found = []
    for port in list_ports.comports():
        if (port.vid, port.pid) == (vendor_id, product_id):
            path = Path(port.device)
            found.append((str(lasting.get(path.resolve(), path)), port.serial_number or ""))
    return sorted(found)


def _not_opened(path: str, error: Exception) -> LinkError:
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return PortPermission(f"You may not open {path}.")
    if number in (errno.EBUSY, errno.EWOULDBLOCK):
        return PortBusy(f"Another program holds {path}.")
    if not os.path.exists(path):
        return PortNotFound(f"There is no {path}.")
    return PortNotFound(f"{path} is not a serial port that can be opened ({error}).")
