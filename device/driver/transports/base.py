"""Transport: one way to carry bytes to an analyzer and back, whatever the cable.

A transport knows no packet and no opcode. Its implementations are the one place where errors of
pyusb, pyserial and sockets become ours: above this folder there is only `LinkError` and its kin.

Next: `in_process.py`, the shortest transport; then `../analyzer.py`, which speaks through one.
"""

import time
from abc import ABC, abstractmethod

from firmware_bridge.framing import Framing

# Room for one frame of 2,048 pixels and then some; a multiple of every bulk packet size, so that a
# USB transfer never ends in an overflow.
READ_SIZE = 16_384


class Transport(ABC):
    """Bytes out, bytes in, and the clock by which to wait for them.

    `framing` says how packets are delimited on this link; `name` is the port as the operator
    would type it, for error messages; `is_remote`: it leaves this machine over a network.
    """

    framing: Framing
    name: str
    is_remote: bool = False

    @abstractmethod
    def write(self, data: bytes, timeout_s: float) -> None:
        """Send all of `data`.

        Raises:
            LinkTimeout: the peer did not take it within `timeout_s`.
            LinkClosed: the link is gone.
            LinkError: any other failure to send.
        """

    @abstractmethod
    def read(self, timeout_s: float) -> bytes:
        """Whatever arrives first within `timeout_s`; `b""` when nothing does.

        Raises:
            LinkClosed: the link is gone.
            LinkError: any other failure to receive.
        """

    def monotonic_s(self) -> float:
        """The clock of this link: real time, or the simulator's own."""
        return time.monotonic()

    @abstractmethod
    def discard_input(self) -> None:
        """Throw away received bytes that were not read yet; never waits.

        Raises:
            LinkError: the link is gone.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the port. Harmless when repeated and when the link is already gone."""
