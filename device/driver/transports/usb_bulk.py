"""An analyzer on USB: one vendor interface with a bulk endpoint each way, through pyusb.

What pyusb raises, and what it means here (measured on Linux): ETIMEDOUT is silence, EPIPE a stall
to be cleared, ENODEV an unplugged cable, EBUSY another program, EACCES a missing udev rule. Right
after a replug the bus still lists the device that left, so opening is tried again for a moment.

Next: `../analyzer.py`.
"""

import errno
import time
from typing import Any

import usb.core
import usb.util

from device.driver.transports.base import READ_SIZE, Transport
from firmware_bridge.errors import (
    LinkClosed,
    LinkError,
    LinkTimeout,
    PortBusy,
    PortNotFound,
    PortPermission,
)
from firmware_bridge.framing import Framing
from firmware_bridge.usb_ids import ENDPOINT_IN, ENDPOINT_OUT, INTERFACE, PRODUCT_ID, VENDOR_ID

# How long a stale handle, or one whose permissions udev has not set yet, is given to become good.
_REPLUG_PATIENCE_S = 1.5
_REPLUG_PAUSE_S = 0.05
_STALE = (errno.ENODEV, errno.EACCES, errno.ENOENT)
_GONE = (errno.ENODEV, errno.ENOENT, errno.ESHUTDOWN)


class UsbTransport(Transport):
    """A claimed interface. Made by `open_usb`."""

    framing = Framing.RAW

    def __init__(self, handle: Any, name: str) -> None:
        self.name = name
        self._usb = handle

    def write(self, data: bytes, timeout_s: float) -> None:
        """Send all of `data`, through partial transfers and one stall."""
        give_up_s = time.monotonic() + timeout_s
        stalled = False
        while data:
            left_s = give_up_s - time.monotonic()
            try:
                data = data[self._usb.write(ENDPOINT_OUT, data, _milliseconds(left_s)) :]
            except usb.core.USBError as error:
                if stalled or error.errno != errno.EPIPE:
                    raise self._translated(error) from error
                stalled = True
                self._clear_halt(ENDPOINT_OUT)
            if data and time.monotonic() >= give_up_s:
                raise LinkTimeout(f"{self.name} took no data for {timeout_s:.3g} s.")

    def read(self, timeout_s: float) -> bytes:
        """One bulk transfer; after a stall the endpoint is cleared and the wait goes on above."""
        try:
            return bytes(self._usb.read(ENDPOINT_IN, READ_SIZE, _milliseconds(timeout_s)))
        except usb.core.USBError as error:
            if error.errno == errno.EPIPE:
                self._clear_halt(ENDPOINT_IN)
            elif error.errno != errno.ETIMEDOUT:
                raise self._translated(error) from error
        return b""

    def discard_input(self) -> None:
        """Read until a millisecond passes in silence; a peer that babbles cannot hold us here."""
        give_up_s = time.monotonic() + 0.1
        while self.read(1e-3) and time.monotonic() < give_up_s:
            pass

    def close(self) -> None:
        """Release interface and handle; both may be gone already."""
        try:
            usb.util.dispose_resources(self._usb)
        except usb.core.USBError:
            return

    def _clear_halt(self, endpoint: int) -> None:
        try:
            self._usb.clear_halt(endpoint)
        except usb.core.USBError as error:
            raise self._translated(error) from error

    def _translated(self, error: Any) -> LinkError:
        if error.errno == errno.EPIPE:
            return LinkError(f"{self.name} refuses data: its endpoint stalls.")
        if error.errno == errno.ETIMEDOUT:
            return LinkTimeout(f"{self.name} took no data in time.")
        if error.errno in _GONE:
            return LinkClosed(f"The analyzer at {self.name} was unplugged.")
        return LinkError(f"The USB link {self.name} failed ({error}).")


def open_usb(serial: str | None = None, backend: Any = None) -> UsbTransport:
    """Claim the analyzer with this serial number, or the first there is.

    `backend` is a pyusb backend; the packaged libusb when None.

    Raises:
        PortNotFound: no such analyzer on the bus, or no libusb to look with.
        PortPermission: it is there, and the udev rule is not.
        PortBusy: another program has claimed it.
    """
    name = f"usb:{serial or ''}"
    bus = _default_backend() if backend is None else backend
    give_up_s = time.monotonic() + _REPLUG_PATIENCE_S
    seen = False
    while True:
        error: Exception
        try:
            handle = _find(serial, bus)
            return _claimed(handle, f"usb:{_serial_number(handle)}")
        except PortNotFound as missing:
            if not seen:
                raise
            error = missing
        except PortPermission as unreadable:
            seen, error = True, unreadable
        except usb.core.USBError as refused:
            if refused.errno not in _STALE:
                raise _not_opened(name, refused) from refused
            seen, error = True, refused
        if time.monotonic() >= give_up_s:
            if isinstance(error, LinkError):
                raise error
            raise _not_opened(name, error) from error
        time.sleep(_REPLUG_PAUSE_S)


def list_usb(backend: Any = None) -> list[str]:
    """Serial numbers of the analyzers on the bus; "" for one that may not be asked for it.

    Raises:
        PortNotFound: there is no libusb to look with.
    """
    bus = _default_backend() if backend is None else backend
    return [_serial_number(handle) for handle in _ours(bus)]


def _ours(bus: Any) -> list[Any]:
    try:
        found = usb.core.find(find_all=True, idVendor=VENDOR_ID, idProduct=PRODUCT_ID, backend=bus)
        return list(found)
    except (usb.core.USBError, usb.core.NoBackendError) as error:
        raise PortNotFound(f"The USB bus cannot be listed ({error}).") from error


def _find(serial: str | None, bus: Any) -> Any:
    handles = _ours(bus)
    numbers = []
    for handle in handles:
        if serial is None:
            return handle
        numbers.append(_serial_number(handle))
        if numbers[-1] == serial:
            return handle
    if "" in numbers:
        raise PortPermission("An analyzer is plugged in, and you may not ask its serial number.")
    others = f" There is {', '.join(numbers)}." if numbers else ""
    wanted = f"the serial number {serial}" if serial else "our USB identity"
    raise PortNotFound(f"No analyzer with {wanted} is plugged in.{others}")


def _serial_number(handle: Any) -> str:
    # pyusb says ValueError where the system forbids, or a stale device cannot answer.
    try:
        return str(handle.serial_number or "")
    except (usb.core.USBError, ValueError, NotImplementedError):
        return ""


def _claimed(handle: Any, name: str) -> UsbTransport:
    try:
        # Setting the configuration again would reset the endpoints under another program.
        handle.get_active_configuration()
    except usb.core.USBError as error:
        if error.errno is not None:
            raise
        handle.set_configuration()  # pyusb's way to say "not configured yet": no errno
    try:
        usb.util.claim_interface(handle, INTERFACE)
    except usb.core.USBError:
        usb.util.dispose_resources(handle)
        raise
    return UsbTransport(handle, name)


def _not_opened(name: str, error: Exception) -> LinkError:
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return PortPermission(f"You may not open {name}.")
    if number == errno.EBUSY:
        return PortBusy(f"Another program holds {name}.")
    if number in _STALE:
        return PortNotFound(f"The analyzer at {name} was unplugged.")
    return LinkError(f"The analyzer at {name} cannot be opened ({error}).")


def _default_backend() -> Any:
    try:
        import libusb_package
    except ImportError:  # 32-bit ARM has no wheel: the system's libusb then
        import usb.backend.libusb1

        backend = usb.backend.libusb1.get_backend()
    else:
        backend = libusb_package.get_libusb1_backend()
    if backend is None:
        raise PortNotFound(
            "USB cannot be used: libusb is missing or refuses to start.",
            remedy="Install the package libusb-1.0-0 (or libusb-package from PyPI).",
        )
    return backend


def _milliseconds(timeout_s: float) -> int:
    # libusb takes 0 for "for ever".
    return max(1, round(timeout_s * 1000))
