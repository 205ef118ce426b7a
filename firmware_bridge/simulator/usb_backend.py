"""A USB bus with simulated analyzers on it, as a backend of pyusb: the driver runs unmodified.

    backend = SimulatedUsbBackend({"SIM-0001": analyzer})
    usb.core.find(idVendor=VENDOR_ID, backend=backend)

Timeouts are real, errors carry the errno that Linux gives: 110 timeout, 32 stall until clear_halt,
19 unplugged (also out of a blocked read), 16 claimed elsewhere, 13 no permission. Other threads
that touch an analyzer meanwhile hold `lock`.

Next: `usb_listing.py` for who is there; the libusb counterpart is pyusb's own `backend/libusb1.py`.
"""

import errno
import os
import threading
import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Final

import usb.backend
from usb.core import USBError, USBTimeoutError

from firmware_bridge.errors import CallerError
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.usb_descriptors import (
    CONFIGURATION,
    STRING_DESCRIPTOR,
    configuration_descriptor,
    device_descriptor,
    endpoint_descriptor,
    interface_descriptor,
    string_descriptor,
)
from firmware_bridge.simulator.usb_listing import Handle, Plugged, UsbListing
from firmware_bridge.usb_ids import ENDPOINT_IN, ENDPOINT_OUT, INTERFACE, MAX_PACKET_BYTES

_GET_DESCRIPTOR: Final = 0x06
# A blocked read looks at least this often for what other threads did.
_LONGEST_NAP_S: Final = 0.02


class SimulatedUsbBackend(usb.backend.IBackend):  # type: ignore[misc]  # pyusb has no types
    """The bus. `linger_s`: how long an unplugged analyzer is still listed, as Linux does.

    `occupied` and `forbidden` hold serial numbers that another program has claimed, or that this
    user may not open.
    """

    def __init__(
        self, analyzers: Mapping[str, SimulatedAnalyzer], *, linger_s: float = 0.0
    ) -> None:
        if any(analyzer.framing is not Framing.RAW for analyzer in analyzers.values()):
            raise CallerError("USB carries RAW packets.")
        self.lock = threading.RLock()
        self.occupied: set[str] = set()
        self.forbidden: set[str] = set()
        self._listing = UsbListing(analyzers, linger_s)

    # ---- who is there, and what it is ----

    def enumerate_devices(self) -> Iterator[Plugged]:
        with self.lock:
            return iter(self._listing.now())

    def get_device_descriptor(self, plugged: Plugged) -> SimpleNamespace:
        return device_descriptor(plugged.address)

    def get_configuration_descriptor(self, plugged: Plugged, config: int) -> SimpleNamespace:
        if config != 0:
            raise IndexError("there is one configuration")
        return configuration_descriptor()

    def get_interface_descriptor(
        self, plugged: Plugged, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        if (intf, alt, config) != (INTERFACE, 0, 0):
            raise IndexError("there is one interface with one setting")
        return interface_descriptor()

    def get_endpoint_descriptor(
        self, plugged: Plugged, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        return endpoint_descriptor(ep)

    # ---- opening and claiming ----

    def open_device(self, plugged: Plugged) -> Handle:
        handle = Handle(plugged)
        self._check_there(handle)
        if plugged.serial in self.forbidden:
            raise _error(errno.EACCES)
        return handle

    def close_device(self, handle: Handle) -> None:
        self._release(handle)

    def set_configuration(self, handle: Handle, value: int) -> None:
        self._check_there(handle)
        if value != CONFIGURATION:
            raise _error(errno.EINVAL)
        self._check_free(handle)
        self._restart_link(handle)

    def get_configuration(self, handle: Handle) -> int:
        self._check_there(handle)
        return CONFIGURATION

    def set_interface_altsetting(self, handle: Handle, intf: int, altsetting: int) -> None:
        self._check_there(handle)
        if (intf, altsetting) != (INTERFACE, 0):
            raise _error(errno.EINVAL)

    def claim_interface(self, handle: Handle, intf: int) -> None:
        self._check_there(handle)
        if intf != INTERFACE:
            raise _error(errno.ENOENT)
        with self.lock:
            self._check_free(handle)
            handle.plugged.claimed_by = handle

    def release_interface(self, handle: Handle, intf: int) -> None:
        self._check_there(handle)
        self._release(handle)

    def is_kernel_driver_active(self, handle: Handle, intf: int) -> bool:
        return False

    def reset_device(self, handle: Handle) -> None:
        self._check_there(handle)
        self._restart_link(handle)

    # ---- transfers ----

    def bulk_write(self, handle: Handle, ep: int, intf: int, data: Any, timeout: int) -> int:
        with self.lock:
            self._check_transfer(handle, ep, ENDPOINT_OUT)
            payload = bytes(data)
            handle.plugged.analyzer.receive(payload, handle.plugged.now_s())
            return len(payload)

    def bulk_read(self, handle: Handle, ep: int, intf: int, buff: Any, timeout: int) -> int:
        """Into `buff`; `timeout` in ms, 0 for ever."""
        plugged, analyzer = handle.plugged, handle.plugged.analyzer
        give_up_s = handle.plugged.now_s() + timeout / 1e3 if timeout else float("inf")
        while True:
            with self.lock:
                self._check_transfer(handle, ep, ENDPOINT_IN)
                now_s = handle.plugged.now_s()
                plugged.unread += analyzer.poll(now_s)
                if plugged.unread:
                    return _fill(buff, plugged)
                self._check_transfer(handle, ep, ENDPOINT_IN)  # `poll` may have ended the link
                due_s = analyzer.next_due_s()
            if now_s >= give_up_s:
                raise USBTimeoutError(os.strerror(errno.ETIMEDOUT), None, errno.ETIMEDOUT)
            wake_s = min(give_up_s, now_s + _LONGEST_NAP_S)
            if due_s is not None:
                wake_s = min(wake_s, due_s)
            time.sleep(max(0.0, wake_s - handle.plugged.now_s()))

    def clear_halt(self, handle: Handle, ep: int) -> None:
        self._check_there(handle)
        with self.lock:
            if ep == ENDPOINT_IN:
                handle.plugged.analyzer.clear_stall()

    def ctrl_transfer(
        self,
        handle: Handle,
        bmRequestType: int,
        bRequest: int,
        wValue: int,
        wIndex: int,
        data: Any,
        timeout: int,
    ) -> int:
        """String descriptors; a device stalls whatever it does not know."""
        self._check_there(handle)
        kind, index = wValue >> 8, wValue & 0xFF
        if (bmRequestType, bRequest, kind) != (0x80, _GET_DESCRIPTOR, STRING_DESCRIPTOR):
            raise _error(errno.EPIPE)
        descriptor = string_descriptor(
            index,
            product=handle.plugged.analyzer.info.product,
            serial=handle.plugged.serial,
        )
        if descriptor is None:
            raise _error(errno.EPIPE)
        sent = min(len(descriptor), len(data))
        for place in range(sent):
            data[place] = descriptor[place]
        return sent

    # ---- inside ----

    def _check_there(self, handle: Handle) -> None:
        if not handle.plugged.is_there:
            raise _error(errno.ENODEV)

    def _check_free(self, handle: Handle) -> None:
        holder = handle.plugged.claimed_by
        if handle.plugged.serial in self.occupied or holder not in (None, handle):
            raise _error(errno.EBUSY)

    def _check_transfer(self, handle: Handle, ep: int, wanted: int) -> None:
        self._check_there(handle)
        if ep != wanted:
            raise _error(errno.ENOENT)
        if handle.plugged.claimed_by is not handle:
            raise _error(errno.EIO)
        if ep == ENDPOINT_IN and handle.plugged.analyzer.stalled:
            raise _error(errno.EPIPE)

    def _release(self, handle: Handle) -> None:
        with self.lock:
            if handle.plugged.claimed_by is handle:
                handle.plugged.claimed_by = None

    def _restart_link(self, handle: Handle) -> None:
        """The firmware sees a reset or a new configuration: nothing is left of the old session."""
        with self.lock:
            handle.plugged.unread = b""
            handle.plugged.analyzer.disconnect(handle.plugged.now_s())


def _fill(buff: Any, plugged: Plugged) -> int:
    """One transfer. A packet that does not fit the rest of the buffer is an overflow, as on USB."""
    data = plugged.unread
    if len(data) > len(buff) and len(buff) % MAX_PACKET_BYTES:
        raise _error(errno.EOVERFLOW)
    taken, plugged.unread = data[: len(buff)], data[len(buff) :]
    memoryview(buff)[: len(taken)] = memoryview(taken)
    return len(taken)


def _error(number: int) -> USBError:
    return USBError(os.strerror(number), None, number)
