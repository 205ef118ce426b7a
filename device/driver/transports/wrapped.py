"""A link around another one: everything is passed on, and whoever inherits changes what it must.

Next: `../../station/stop_switch.py` and `../../simulated/links.py`, which do.
"""

from device.driver.transports.base import Transport


class WrappedTransport(Transport):
    """What is true of the inner link is true of this one, also that it leaves this machine."""

    def __init__(self, link: Transport) -> None:
        self.framing = link.framing
        self.name = link.name
        self.is_remote = link.is_remote
        self._link = link

    def write(self, data: bytes, timeout_s: float) -> None:
        self._link.write(data, timeout_s)

    def read(self, timeout_s: float) -> bytes:
        return self._link.read(timeout_s)

    def monotonic_s(self) -> float:
        return self._link.monotonic_s()

    def discard_input(self) -> None:
        self._link.discard_input()

    def close(self) -> None:
        self._link.close()
