"""Tells systemd that a station is ready, and that it lives (sd_notify, without its library).

`NOTIFY_SOCKET` names a datagram socket that takes lines `NAME=value`. Every event of a station is
a sign of life, so a station that hangs is restarted; the laser's lease ends its light before that.
Next: `../system_files/service_unit.py`, whose `WatchdogSec` listens.
"""

import contextlib
import os
import socket
from typing import Final

from device.events import Event, Ready, Waiting, words
from device.printable import printable
from device.runtime import Tell

VARIABLE: Final = "NOTIFY_SOCKET"


def watched(tell: Tell) -> Tell:
    """`tell`, and the service manager where this program is its service; else `tell` itself."""
    address = os.environ.get(VARIABLE, "")
    if not address.startswith(("/", "@")):
        return tell
    is_ready = False

    def both(event: Event) -> None:
        nonlocal is_ready
        lines = ["WATCHDOG=1"]
        if isinstance(event, Ready) and not is_ready:
            is_ready = True
            lines.append("READY=1")
        if not isinstance(event, Waiting):
            lines.append(f"STATUS={printable(words(event))}")
        _send(address, "\n".join(lines))
        tell(event)

    return both


def _send(address: str, text: str) -> None:
    """A manager that is gone or busy is no fault of the measurement, which must not wait for it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.setblocking(False)
        out.sendto(text.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)
