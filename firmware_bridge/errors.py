"""The base error of the project and those of link and instrument.

The tree; every other error stands beside the code that raises it and joins here by its base::

    RamixError                     anything the project raises on purpose
    |-- CallerError                the caller asked for something impossible   (ValueError)
    |-- ProtocolError              bytes that break the protocol: the peer's mistake
    |   `-- CalibrationMismatch    a calibration page that contradicts the frame
    |-- InstrumentError            the instrument understood and refused
    `-- LinkError                  the bytes did not get through               (OSError)
        |-- LinkTimeout            no reply inside the deadline                (TimeoutError)
        |-- LinkClosed             unplugged, or the peer closed               (ConnectionError)
        |-- PortNotFound           nothing there                               (FileNotFoundError)
        |-- PortPermission         there, but not for this user                (PermissionError)
        `-- PortBusy               claimed by another program

Next: `packet.py`, where bytes become packets.
"""

from typing import ClassVar


class RamixError(Exception):
    """What went wrong in one sentence (`text`) and what to do about it (`remedy`).

    `code` is a stable identifier for programs; people read `text` and `remedy`.
    """

    code: ClassVar[str] = "error"
    default_remedy: ClassVar[str] = ""

    def __init__(self, text: str, *, remedy: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.remedy = self.default_remedy if remedy is None else remedy


class CallerError(RamixError, ValueError):
    """The caller's mistake: an argument outside what the analyzer or the file format allows."""

    code = "bad_argument"


class ProtocolError(RamixError):
    """The peer sent bytes that are intact (their CRC holds) and yet break the protocol."""

    code = "protocol"
    default_remedy = "Check that host and firmware versions match."


class CalibrationMismatch(ProtocolError):
    """The calibration page does not describe the frames this analyzer sends."""

    code = "calibration_mismatch"
    default_remedy = "Restore the calibration page that belongs to this analyzer."


class InstrumentError(RamixError):
    """The analyzer understood the request and refused it; `status` is the wire's status code."""

    code = "instrument"

    def __init__(self, text: str, *, status: int, remedy: str | None = None) -> None:
        super().__init__(text, remedy=remedy)
        self.status = status


class LinkError(RamixError, OSError):
    """The bytes did not get through."""

    code = "link"
    default_remedy = "Check cable and power, then try again."


class LinkTimeout(LinkError, TimeoutError):
    """No matching reply inside the deadline."""

    code = "timeout"
    default_remedy = "Try again; if it repeats, restart the analyzer."


class LinkClosed(LinkError, ConnectionError):
    """The analyzer was unplugged or the peer closed the connection."""

    code = "link_closed"
    default_remedy = "Plug the analyzer in again and retry."


class PortNotFound(LinkError, FileNotFoundError):
    """No analyzer answers at this port."""

    code = "no_analyzer"
    default_remedy = "Run `ramix list` to see the ports that answer."


class PortPermission(LinkError, PermissionError):
    """The port exists and this user may not open it."""

    code = "permission"
    default_remedy = "Install the udev rule or join the group that owns the port (see README)."


class PortBusy(LinkError):
    """Another program holds the port."""

    code = "port_busy"
    default_remedy = "Close the other program that uses the analyzer."
