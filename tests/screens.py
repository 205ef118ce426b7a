"""A screen on a thread of its own, and a page's manners without a browser, for its tests."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from device.cli.light_options import LightOptions
from device.cli.measuring import measurement_settings
from device.driver.growing import SequentialSettings
from device.installation import default_record_store_path
from device.records.store import RecordStore
from device.screen.deliveries import Deliveries
from device.screen.phases import Phase
from device.screen.server import Place, Screen
from device.screen.simulated_bench import SimulatedBench
from device.screen.watch_list import WatchList
from device.station.station import Equipment, Station
from tests.tiny_bundles import tiny_path

TINY = f"sim:mix=fixture A:0.6,fixture B:0.4&snr=200&speed=8&model={tiny_path(2)}"
WAIT_S = 20.0


@contextmanager
def running(
    folder: Path,
    port: str = TINY,
    *,
    budget_s: float = 0.5,
    countdown_s: float = 0.0,
    place: Place | None = None,
    **how: Any,
) -> Iterator[Screen]:
    """A served screen whose station is open; records lie in `folder`."""
    up = threading.Event()
    simulated = port.startswith("sim:")
    name = default_record_store_path(simulated=simulated).name
    store = RecordStore(folder / name, simulated=simulated)
    settings = SequentialSettings(budget_s=budget_s)
    equipment = Equipment(settings, countdown_s=countdown_s, store=store)
    screen = Screen(
        port, equipment, place or Place(), folder,
        timeout_s=2.0, opened=lambda _url: up.set(),
        settings_of=lambda one: measurement_settings(LightOptions(**vars(one))), **how,
    )  # fmt: skip
    thread = threading.Thread(target=screen.serve, name="screen")
    thread.start()
    try:
        assert up.wait(WAIT_S)
        wait_for(screen, lambda: screen.desk.view.phase not in (Phase.STARTING,))
        yield screen
    finally:
        screen.stop()
        thread.join(WAIT_S)
        assert not thread.is_alive()


def bench_of(screen: Screen) -> SimulatedBench:
    assert screen.bench is not None
    return screen.bench


def count_down_from(screen: Screen, countdown_s: float) -> None:
    """Of the measurements to come: a test that does not look at the countdown need not wait."""

    deliveries = screen.seat.deliveries

    def prepare(station: Station, watched: WatchList) -> None:
        Deliveries.prepare(deliveries, station, watched)
        station.equipment = replace(station.equipment, countdown_s=countdown_s)

    deliveries.prepare = prepare  # type: ignore[method-assign]


def wait_for(screen: Screen, holds: Callable[[], bool]) -> None:
    """Until the board says so; every change of the board is looked at again."""
    end = threading.Event()
    for _ in range(int(WAIT_S / 0.01)):
        if holds():
            return
        end.wait(0.01)
    raise AssertionError(f"never: {screen.desk.view}")


class Client:
    """One session with the screen; `at` is its host and port as typed."""

    def __init__(self, screen: Screen, *, enter: bool = True) -> None:
        address, _, rest = screen.url.removeprefix("http://").partition("/")
        self.at, self._token = address, rest.partition("token=")[2]
        self.cookie = self.secret = ""
        if enter:
            self.enter()

    def enter(self) -> None:
        status, headers, _ = self.ask("GET", f"/?token={self._token}")
        assert status == 303
        self.cookie = headers["set-cookie"].partition(";")[0]
        self.secret = json.loads(self.ask("GET", "/api/session")[2])["secret"]

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; header names are given with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie and "cookie" not in given:
            given["cookie"] = self.cookie
        connection = http.client.HTTPConnection(self.at, timeout=10)
        try:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        status, _, body = self.ask("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)

    def post(self, path: str, **content: Any) -> tuple[int, Any]:
        """As the page does it."""
        body = json.dumps(content).encode()
        status, _, told = self.ask("POST", path, body, x_ramix_session=self.secret)
        return status, json.loads(told) if told.startswith(b"{") else told.decode()

    def command(self, name: str) -> tuple[int, Any]:
        return self.post("/api/command", command=name)
