"""Stops a measurement from another thread, by the way that Ctrl-C takes: laser off first.

The thread that measures reads from the analyzer at least every tenth of a second. A pressed switch
makes that read raise, once; the driver then aborts the exposure, as it does on every way out.
Next: `station.py`, which measures; `../screen/desk.py`, which presses.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from device.countdown import MeasurementCancelled
from device.driver.transports.base import Transport
from device.driver.transports.wrapped import WrappedTransport


class StopSwitch:
    """Works while `armed`; a press at any other time stops nothing and is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed = self._pressed = False

    def press(self) -> bool:
        """Stop what is under way; False: nothing was."""
        with self._lock:
            self._pressed = self._armed
            return self._armed

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Within the block a press stops what it does."""
        with self._lock:
            self._armed, self._pressed = True, False
        try:
            yield
        finally:
            with self._lock:
                self._armed = self._pressed = False

    def check(self) -> None:
        """Raises `MeasurementCancelled` once for each press: what ends the light is not stopped."""
        with self._lock:
            pressed, self._pressed = self._pressed, False
            if pressed:
                self._armed = False
        if pressed:
            raise MeasurementCancelled("The measurement was stopped by the operator.")


class Stoppable(WrappedTransport):
    """A link whose reading asks the switch first."""

    def __init__(self, link: Transport, switch: StopSwitch) -> None:
        super().__init__(link)
        self._switch = switch

    def read(self, timeout_s: float) -> bytes:
        self._switch.check()
        return super().read(timeout_s)
