"""The one thread that touches the analyzer: it works off what the screen wants, and tells events.

Web requests post a `Job`; CANCEL goes past the queue, over the stop switch. Nothing here waits for
a page. Next: `phases.py`, what the screen says then; `checkup.py`, self-test and calibration.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final

from device.answer.identifier import Identifier
from device.countdown import MeasurementCancelled
from device.driver.spectrometer import Spectrometer
from device.events import Answered, Cancelled, Event, Failed, Ready, SelfTestDue, SpectrumSoFar
from device.screen.arming import Arming
from device.screen.board import Board
from device.screen.checkup import Checkup
from device.screen.jobs import Job, Jobs
from device.screen.journal import Journal
from device.screen.phases import NotFit, ScreenEvent, View, after, is_idle
from device.screen.refusals import NotNow, Unexpected
from device.screen.results import Results, shown, spectrum_json
from device.screen.seat import Seat
from device.screen.view_json import view_json
from device.station.start import started
from device.station.station import Equipment, Station
from device.station.stop_switch import StopSwitch
from firmware_bridge.errors import LinkError, LinkTimeout, RamixError

_POLL_S: Final = 0.1  # between two looks for the trigger: also the delay of a button
_RETRY_S: Final = 3.0  # until a station that could not be opened is tried again

_log = logging.getLogger("ramix.screen")


class Closing(Exception):
    """The program ends: leaves every wait of the desk."""


class Desk:
    """Runs from `start` to `close`; every other method may be called from any thread."""

    def __init__(
        self,
        port: str,
        equipment: Equipment,
        open_analyzer: Callable[[str], Spectrometer],
        switch: StopSwitch,
        board: Board,
        seat: Seat,
        tell: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self.board, self.seat, self.results = board, seat, Results()
        self.view = View()
        self.identifier: Identifier | None = None
        self._port, self._equipment, self._open = port, equipment, open_analyzer
        self._switch, self._tell_too = switch, tell
        self._jobs = Jobs()
        self._closing, self._retry = threading.Event(), threading.Event()
        self.checkup = Checkup(
            self.show, self._check_closing, self.stoppable, self._self_tested, board
        )
        self.arming = Arming()
        self._unstored = 0
        self.journal = Journal()
        self._thread = threading.Thread(target=self._run, name="desk")

    # ---- from other threads ----

    def start(self) -> None:
        """Open the station and wait for the trigger."""
        self.pin()
        self._thread.start()

    def close(self) -> None:
        """End what is under way, laser first, and wait for it."""
        self._closing.set()
        self._switch.press()
        self._thread.join()

    def is_alive(self) -> bool:
        """Whether the thread that owns the analyzer runs."""
        return self._thread.is_alive()

    def post(self, job: Job) -> "Future[Any]":
        """Have it done between two measurements.

        Raises:
            NotNow: a measurement is under way, or too much waits already.
        """
        if not is_idle(self.view):
            raise NotNow("The analyzer is busy or away.")
        return self._jobs.post(job)

    def receive(self, event: Event) -> None:
        """What is told beside the station; on the desk's own thread."""
        self._tell(event)

    def cancel(self) -> None:
        """End what is under way, laser first; past the queue."""
        self.arming.disarm()
        self.checkup.cancel()
        self._switch.press()

    def retry(self) -> None:
        """Open the station now, not in a while."""
        self._retry.set()

    # ---- the desk's own thread ----

    def show(self, event: ScreenEvent) -> None:
        """Let the screen say what follows from an event."""
        self.view = after(self.view, event)
        self.pin()

    def pin(self) -> None:
        """Tell the page what holds now; any thread may."""
        told = view_json(self.view, armed_s=self.arming.left_s())
        self.board.pin("state", {**told, **self.seat.to_json()})

    def _tell(self, event: Event) -> None:
        self._check_closing()
        self._tell_too(event)
        if isinstance(event, SelfTestDue):
            self.seat.due = event.text
        if isinstance(event, SpectrumSoFar):
            self.board.pin("spectrum", spectrum_json(event.spectrum))
        if not isinstance(event, Answered):  # shown with its card
            self.show(event)

    def _check_closing(self) -> None:
        if self._closing.is_set():
            raise Closing

    def _run(self) -> None:
        asked = True
        while not self._closing.is_set():
            try:
                start_as = self._equipment.start_as if asked else ""  # a failed one is kept once
                opening = replace(self._equipment, beside=None, start_as=start_as)
                with Station(self._port, opening, self._open, self._tell, self._pause) as station:
                    station.equipment = self._equipment
                    if not asked:
                        self.journal.note("start", self._started(station))
                    self.seat.see_self_tests(self._equipment.beside, station.analyzer)
                    self._tell(Ready())
                    self._work(station)
            except Closing:
                return
            except RamixError as error:
                self.show(NotFit(error))
            except Exception as error:  # noqa: BLE001 - the last net: the screen stays, dark
                _log.exception("the station ended")
                self.show(NotFit(Unexpected(f"Something unexpected happened: {error!r:.200}.")))
            self._jobs.refuse_all()
            asked = self._wait_for_retry()

    def _started(self, station: Station) -> Mapping[str, Any]:
        known = started(station.analyzer, station.identifier, self._equipment.settings)
        return {"by": self._equipment.start_as, "port": self._port, **known}

    def _work(self, station: Station) -> None:
        """Answer trigger and buttons, and bring a lost analyzer back, until closing."""
        while True:
            self._check_closing()
            if self.arming.told_differs():
                self.pin()
            self._see_model(station)
            self.journal.write(self._equipment.store)
            try:
                if not self._one_job(station):
                    station.analyzer.wait_trigger(0.0)  # a press meanwhile was not for light
                pressed = station.analyzer.wait_trigger(_POLL_S) is not None
                if pressed and self.seat.may_measure():
                    self.measure(station)
                    station.analyzer.wait_trigger(0.0)
            except LinkError as lost:
                self.arming.disarm()
                self._jobs.refuse_all()
                station.come_back(lost)

    def _one_job(self, station: Station) -> bool:
        try:  # False: it failed
            self._jobs.do_one(station)
        except LinkError:
            raise
        except MeasurementCancelled:
            station.analyzer.laser_off()
            self.show(Cancelled())
            return False
        except RamixError as error:
            if not is_idle(self.view):
                self.show(Failed(error))
            return False
        return True

    def measure(self, station: Station) -> None:
        """Once; stored before it is shown. A lost link is raised, all else is shown."""
        try:
            self.seat.deliveries.prepare(station, self.seat.watched)
            self.journal.write(self._equipment.store)  # who signed in stands before what he did
            done = self.stoppable(Station.measure, station)
        except MeasurementCancelled:
            station.analyzer.laser_off()
            self._tell(Cancelled())
        except RamixError as failure:
            try:
                station.analyzer.laser_off()  # raises where the link itself is gone
            finally:
                self._tell(Failed(failure))
            if isinstance(failure, LinkError) and not isinstance(failure, LinkTimeout):
                raise
        else:
            self._unstored += done.record_id is None
            key = done.record_id or f"unstored-{self._unstored}"
            one = shown(done.answer, station.identifier, done.record_id, done.code)
            self.results.keep(key, one)
            self.board.pin("card", {"key": key, **self.seat.kept_card(one, done.record_id)})
            self.show(Answered(str(done.answer.identification.verdict), key))

    def stoppable(self, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Do it so that CANCEL ends it; what switches the laser off comes after."""
        with self._switch.armed():
            return work(*given, **named)

    def _self_tested(self, passed: bool) -> None:
        if passed:
            self.seat.due = ""

    def _see_model(self, station: Station) -> None:
        if self.identifier is not station.identifier:
            self.identifier = station.identifier
            self.board.pin("station", self.seat.station_json(station))

    def _pause(self, duration_s: float) -> None:
        if self._closing.wait(duration_s):
            raise Closing

    def _wait_for_retry(self) -> bool:
        """Until it is time; whether somebody asked for it."""
        until_s = time.monotonic() + _RETRY_S
        asked = False
        while time.monotonic() < until_s and not asked and not self._closing.is_set():
            asked = self._retry.wait(_POLL_S)
        self._retry.clear()
        return asked
