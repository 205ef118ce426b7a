"""The screen as a running server: desk, web and, for a simulated port, its analyzer.

uvicorn runs on the calling thread, the desk on its own. However this ends, the desk is closed:
laser off, store closed. Next: `desk.py` and `routes.py`, the two sides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import uvicorn

from device.driver.analyzer import Analyzer
from device.driver.port import SimPort, parse_port
from device.driver.transports.base import Transport
from device.events import Event
from device.link_key_file import find_key
from device.plain_file import read_plain, why_not
from device.ports import open_transport
from device.records.beside import Beside
from device.runtime import Tell
from device.screen.board import Board
from device.screen.bounded_http import BoundedHttp
from device.screen.deliveries import Deliveries, SettingsOf
from device.screen.desk import Desk
from device.screen.guard import Hosts
from device.screen.history import History
from device.screen.routes import Web
from device.screen.seat import Seat
from device.screen.sessions import Sessions
from device.screen.simulated_bench import SimulatedBench
from device.selftest.standing import SelfTestedNow, nobody_asks
from device.station.station import Equipment
from device.station.stop_switch import Stoppable, StopSwitch
from device.station.trigger_stop import stopped_by_trigger
from firmware_bridge.errors import RamixError

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_WILDCARDS: Final = ("0.0.0.0", "::")
_MOST_REQUESTS: Final = 256  # also of connections that were closed, whose work ends soon
_MOST_HEAD_BYTES: Final = 16 * 1024
_KEEP_ALIVE_S: Final = 5
_FAREWELL_S: Final = 2
_LARGEST_PEM: Final = 1_000_000  # a chain of certificates is a hundredth of it


class ScreenNotServed(RamixError):
    """The address or the certificate cannot be used."""

    code = "screen_not_served"
    default_remedy = (
        "Choose another --http PORT, or 0 for a free one; check --tls-cert and --tls-key."
    )


@dataclass(frozen=True)
class Place:
    """Where the screen is served.

    names: host names beside `address` by which it may be called from elsewhere.
    """

    address: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ScreenNotServed: certificate or key is no file that can be read."""
        for file in (self.certificate, self.key):
            try:
                if file is not None:
                    read_plain(file, _LARGEST_PEM)
            except (OSError, ValueError) as error:
                raise ScreenNotServed(
                    f"{file} cannot be read: {why_not(error)}.",
                    remedy="Check --tls-cert and --tls-key.",
                ) from error

    @property
    def is_remote(self) -> bool:
        """Whether other machines reach it."""
        return self.address not in LOOPBACK

    @property
    def shown_address(self) -> str:
        """What can be opened: a wildcard cannot."""
        if self.address not in _WILDCARDS:
            return self.address
        return self.names[0] if self.names else "127.0.0.1"

    def hosts(self) -> Hosts:
        """The names that it answers to."""
        mine = {self.address.lower(), *(name.lower() for name in self.names)}
        return Hosts(frozenset(LOOPBACK | mine), any_address=self.is_remote)


class Screen:
    """One station with its page.

    Args:
        place: an address that is not loopback needs TLS; who asked is the command's business.
        folder: of operators and watch list.
        settings_of, blanks: for `Deliveries`.
        apart: where the store keeps what a simulated analyzer gave; None: where all else is.
        fitness: asked before any light how the analyzer stands, and tells what is due.
        opened: called with the address to open, once it is served.
    """

    def __init__(
        self,
        port: str,
        equipment: Equipment,
        place: Place,
        folder: Path,
        *,
        timeout_s: float,
        settings_of: SettingsOf,
        blanks: Sequence[str] = (),
        apart: Path | None = None,
        fitness: Callable[[Tell], SelfTestedNow] = lambda _tell: nobody_asks,
        language: str | None = None,
        opened: Callable[[str], None] = lambda _url: None,
        tell: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        parsed = parse_port(port)
        self.bench = SimulatedBench(parsed.specification) if isinstance(parsed, SimPort) else None
        self._timeout_s, self._port, switch = timeout_s, port, StopSwitch()

        def open_analyzer(at: str) -> Analyzer:
            return Analyzer(Stoppable(self._link(at), switch), timeout_s, find_key)

        deliveries = Deliveries(equipment.settings, settings_of, blanks)
        self.seat = seat = Seat(folder, deliveries, simulated=self.bench is not None)
        beside = Beside(seat.about_to_keep, fitness(lambda event: self.desk.receive(event)))
        equipment = replace(equipment, beside=beside, start_as="screen")
        store = None if equipment.store is None else equipment.store.path
        if equipment.store is not None:
            equipment.store.close()  # its connections belong to the thread that measures
        opener = stopped_by_trigger(open_analyzer)
        self.desk = Desk(port, equipment, opener, switch, Board(), self.seat, tell)
        self.sessions = Sessions()
        self._web = Web(
            self.desk,
            History(lambda: apart if apart and seat.simulated else store, seat),
            self.sessions,
            language=language,
            secure=place.certificate is not None,
            press_trigger=None if self.bench is None else self.bench.press_trigger,
        )
        self._place = place
        self._server = _Server(self._config(), self._web.streams.end_all, self._started)
        self._opened = opened
        self.url = ""

    def _link(self, at: str) -> Transport:
        if self.bench is not None and at == self._port:
            return self.bench.open(self._timeout_s)
        return open_transport(at, self._timeout_s)

    def _config(self) -> uvicorn.Config:
        place = self._place
        return uvicorn.Config(
            self._web.app(place.hosts()),
            host=place.address,
            port=place.port,
            http=BoundedHttp,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="error",  # a line for each request that is refused would fill the journal
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_REQUESTS,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_FAREWELL_S,
            h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
            ssl_certfile=None if place.certificate is None else str(place.certificate),
            ssl_keyfile=None if place.key is None else str(place.key),
        )

    def _started(self, port: int) -> None:
        scheme = "http" if self._place.certificate is None else "https"
        address = self._place.shown_address
        address = f"[{address}]" if ":" in address else address
        self.url = f"{scheme}://{address}:{port}/?token={self.sessions.token}"
        self._opened(self.url)

    def serve(self) -> None:
        """Until `stop` or Ctrl-C; SIGTERM must raise `KeyboardInterrupt`, or it kills.

        Raises:
            ScreenNotServed: address or certificate.
        """
        if self.bench is None:
            self._serve()
        else:
            with self.bench:
                self._serve()

    def _serve(self) -> None:
        self.desk.start()
        try:
            self._server.run()
        except (SystemExit, OSError) as error:  # uvicorn leaves so where it cannot listen
            raise ScreenNotServed(
                f"{self._place.address}:{self._place.port} cannot be served."
            ) from error
        finally:
            self.desk.close()

    def stop(self) -> None:
        """From another thread."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """Says when it listens, and ends the streams that would keep it from ending."""

    def __init__(
        self, config: uvicorn.Config, ending: Callable[[], None], started: Callable[[int], None]
    ) -> None:
        super().__init__(config)
        self._ending, self._on_start = ending, started

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_start(int(self.servers[0].sockets[0].getsockname()[1]))

    async def shutdown(self, sockets: Any = None) -> None:
        self._ending()
        await super().shutdown(sockets)
