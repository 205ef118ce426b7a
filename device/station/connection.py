"""The connection to one analyzer, which may be lost and found again by its serial number.

Next: `station.py`, which measures over it.
"""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from device.driver.port import PortSyntaxError, SerialPort, UsbPort, parse_port
from device.driver.spectrometer import Spectrometer
from device.events import Connecting, LinkLost, OtherAnalyzer, Reconnected, Reconnecting
from device.ports import list_ports
from device.runtime import Tell
from firmware_bridge.errors import (
    CallerError,
    InstrumentError,
    LinkError,
    PortNotFound,
    ProtocolError,
    RamixError,
)

# Between two tries: an analyzer that was plugged in again takes about this long to appear.
_PAUSE_S = 0.5


class Connection:
    """An analyzer that is open within a `with` statement, and again after `reconnect`."""

    def __init__(
        self,
        port: str,
        open_analyzer: Callable[[str], Spectrometer],
        tell: Tell,
        pause: Callable[[float], None],
    ) -> None:
        self._port = port
        self._open_analyzer = open_analyzer
        self._tell = tell
        self._pause = pause
        self._analyzer: Spectrometer | None = None
        self._serial = ""
        self._failure: RamixError | None = None  # of the last try

    @property
    def analyzer(self) -> Spectrometer:
        if self._analyzer is None:
            raise CallerError("The station is not open: use it in a `with` statement.")
        return self._analyzer

    def __enter__(self) -> Self:
        self._tell(Connecting(self._port))
        self._analyzer = self._open_analyzer(self._port).__enter__()
        self._serial = self._analyzer.info.serial
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        analyzer, self._analyzer = self._analyzer, None
        if analyzer is not None:
            analyzer.__exit__(kind, error, trace)

    def reconnect(self, lost: LinkError) -> None:
        """Close what is left, and wait until the same analyzer answers: dark, and nothing armed.

        Opening reads who it is and its capabilities; calibration and settings follow with each
        measurement, and presses of the trigger that were made meanwhile do not count.
        """
        self._tell(LinkLost(lost))
        self.__exit__(type(lost), lost, lost.__traceback__)
        attempt, strangers, self._failure = 0, set[str](), None
        while self._analyzer is None:
            self._pause(_PAUSE_S)
            attempt += 1
            self._tell(Reconnecting(attempt, self._failure))
            for port in self._candidates():
                found = self._try(port)
                if found is None:
                    continue
                if found.info.serial == self._serial:
                    self._analyzer = found
                    break
                found.__exit__(None, None, None)
                if found.info.serial not in strangers:
                    strangers.add(found.info.serial)
                    self._tell(OtherAnalyzer(found.info.serial, self._serial))

    def is_back(self, *, model_changed: bool) -> None:
        """Everything about it has been read again."""
        self._tell(Reconnected(self._serial, model_changed))

    def _try(self, port: str) -> Spectrometer | None:
        """The analyzer there, open; None while nothing or nonsense answers, as in a restart."""
        try:
            return self._open_analyzer(port).__enter__()
        except (LinkError, ProtocolError, InstrumentError) as failure:
            self._failure = failure
            return None

    def _candidates(self) -> Iterator[str]:
        """Where it may be now: its own place on USB, or another terminal than before."""
        try:
            typed = parse_port(self._port)
        except PortSyntaxError:  # the opener has its own names
            typed = None
        if isinstance(typed, UsbPort) and typed.serial is None:
            yield f"usb:{self._serial}"
        if isinstance(typed, SerialPort):
            yield from self._terminals()
        yield self._port

    def _terminals(self) -> Iterator[str]:
        try:
            there = list_ports()
        except PortNotFound:
            return
        for port in there:
            if port.kind == "serial" and port.serial == self._serial:
                yield port.port
