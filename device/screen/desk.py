"""The one thread that touches the analyzer: it works off what the screen wants, and tells events.

Web requests post a `Job` and wait for its outcome; a press of CANCEL goes past the queue, over the
stop switch. Whatever a page does, the light ends with the measurement: nothing here waits for a
page. Next: `phases.py`, what the screen says then; `checkup.py`, self-test and calibration.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Any, Final

from device.answer.identifier import Identifier
from device.countdown import MeasurementCancelled
from device.driver.spectrometer import Spectrometer
from device.events import Answered, Cancelled, Event, Failed, Ready, SpectrumSoFar
from device.screen.board import Board
from device.screen.checkup import Checkup
from device.screen.phases import (
    Command,
    Dismissed,
    NotFit,
    ScreenEvent,
    View,
    after,
    is_idle,
    may,
)
from device.screen.results import Results, shown, spectrum_json
from device.screen.seat import Seat
from device.screen.view_json import view_json
from device.station.station import Equipment, Station
from device.station.stop_switch import StopSwitch
from firmware_bridge.errors import CallerError, LinkError, LinkTimeout, RamixError

_POLL_S: Final = 0.1  # between two looks for the trigger: also the delay of a button
_RETRY_S: Final = 3.0  # until a station that could not be opened is tried again
_MOST_JOBS: Final = 16
ARMED_S: Final = 10.0  # how long the second press of two may be waited for

_log = logging.getLogger("ramix.screen")


class NotNow(RamixError):
    """The screen is busy with something else, or the analyzer is away."""

    code = "not_now"
    default_remedy = "Wait until it has ended, then try again."


class NotArmed(RamixError):
    """Light was asked for without the press that arms it."""

    code = "not_armed"
    default_remedy = "Arm first, or press the trigger on the analyzer."


class Unexpected(RamixError):
    """A defect of ours; the log has it."""

    code = "unexpected"
    default_remedy = "Start again with --log-level debug and report what it prints."


class Closing(Exception):
    """The program ends: leaves every wait of the desk."""


Job = Callable[[Station], Any]


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
        self._jobs: Queue[tuple[Job, Future[Any]]] = Queue(_MOST_JOBS)
        self._closing, self._retry = threading.Event(), threading.Event()
        self._checkup = Checkup(self.show, self._check_closing, board)
        self._armed_until_s = 0.0
        self._unstored = 0
        self._thread = threading.Thread(target=self._run, name="desk")

    # ---- from other threads ----

    def start(self) -> None:
        """Open the station and wait for the trigger."""
        self._pin()
        self._thread.start()

    def close(self) -> None:
        """End what is under way, laser first, and wait for it."""
        self._closing.set()
        self._switch.press()
        self._thread.join()

    def pin_seat(self) -> None:
        """Operator, sample or watch list changed."""
        self._pin()

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
        outcome: Future[Any] = Future()
        try:
            self._jobs.put_nowait((job, outcome))
        except Full as error:
            raise NotNow("Too much is waiting to be done.") from error
        return outcome

    def command(self, command: Command, *, at_device: bool) -> "Future[Any] | None":
        """Do what a button says; `at_device`: it was pressed on this machine.

        Raises:
            NotNow: it makes no sense in this state.
            NotArmed: light is asked for, from elsewhere or without arming.
        """
        if not may(self.view, command):
            raise NotNow(f"This cannot be done now: the screen says {self.view.phase}.")
        match command:
            case Command.CANCEL:
                self._checkup.cancel()
                self._switch.press()
            case Command.RETRY:
                self._retry.set()
            case Command.CONTINUE:
                self._checkup.go_on(at_device=at_device)
            case Command.ARM:
                if not at_device:
                    raise NotArmed("Light is armed at the analyzer alone, not from elsewhere.")
                self.seat.require_operator()
                self._armed_until_s = time.monotonic() + ARMED_S
                return self.post(lambda _station: self._pin())
            case Command.MEASURE:
                if time.monotonic() > self._armed_until_s:
                    raise NotArmed("The laser is not armed.")
                self._armed_until_s = 0.0
                return self.post(self._measure)
            case Command.DISMISS:
                return self.post(lambda _station: self.show(Dismissed()))
            case Command.CHECK:
                return self.post(self._checkup.check)
            case Command.CALIBRATE:
                raise CallerError("A calibration says what it measures.")
        return None

    def calibrate(self, steps: tuple[str, ...]) -> None:
        """The wizard of those steps. Raises `NotNow`, `CallerError` for steps that are none."""
        if not may(self.view, Command.CALIBRATE):
            raise NotNow("The analyzer is busy or away.")
        self.seat.require_operator()
        plan = self._checkup.plan_of(steps)
        self.post(lambda station: self._stoppable(self._checkup.calibrate, station, plan))

    # ---- the desk's own thread ----

    def show(self, event: ScreenEvent) -> None:
        """Let the screen say what follows from an event."""
        self.view = after(self.view, event)
        self._pin()

    def _pin(self) -> None:
        armed_s = max(self._armed_until_s - time.monotonic(), 0.0)
        self.board.pin("state", {**view_json(self.view, armed_s=armed_s), **self.seat.to_json()})

    def _tell(self, event: Event) -> None:
        self._check_closing()
        self._tell_too(event)
        if isinstance(event, SpectrumSoFar):
            self.board.pin("spectrum", spectrum_json(event.spectrum))
        if not isinstance(event, Answered):  # shown with its card
            self.show(event)

    def _check_closing(self) -> None:
        if self._closing.is_set():
            raise Closing

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                with Station(
                    self._port, self._equipment, self._open, self._tell, self._pause
                ) as station:
                    self._tell(Ready())
                    self._work(station)
            except Closing:
                return
            except RamixError as error:
                self.show(NotFit(error))
            except Exception as error:  # noqa: BLE001 - the last net: the screen stays, dark
                _log.exception("the station ended")
                self.show(NotFit(Unexpected(f"Something unexpected happened: {error!r:.200}.")))
            self._refuse_jobs()
            self._wait_for_retry()

    def _work(self, station: Station) -> None:
        """Answer trigger and buttons, and bring a lost analyzer back, until closing."""
        while True:
            self._check_closing()
            self._pin_disarmed()
            self._see_model(station)
            try:
                if self._one_job(station):
                    station.analyzer.wait_trigger(0.0)  # a press meanwhile was not for light
                pressed = station.analyzer.wait_trigger(_POLL_S) is not None
                if pressed and self.seat.may_measure():
                    self._measure(station)
                    station.analyzer.wait_trigger(0.0)
            except LinkError as lost:
                self._refuse_jobs()
                station.come_back(lost)

    def _one_job(self, station: Station) -> bool:
        """Do what waits longest; False: nothing does."""
        try:
            job, outcome = self._jobs.get_nowait()
        except Empty:
            return False
        if outcome.set_running_or_notify_cancel():
            try:
                outcome.set_result(job(station))
            except BaseException as error:
                outcome.set_exception(error)  # whoever asked hears of it, whatever it is
                if not isinstance(error, RamixError) or isinstance(error, LinkError):
                    raise
        return True

    def _measure(self, station: Station) -> None:
        """Once; stored before it is shown. A lost link is raised, all else is shown."""
        try:
            done = self._stoppable(Station.measure, station)
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
            one = shown(done.answer, station.identifier, done.record_id)
            self.results.keep(key, one)
            self.board.pin("card", {"key": key, **self.seat.card(one)})
            self.show(Answered(str(done.answer.identification.verdict), key))

    def _stoppable(self, work: Callable[..., Any], *arguments: Any) -> Any:
        with self._switch.armed():
            return work(*arguments)

    def _see_model(self, station: Station) -> None:
        if self.identifier is not station.identifier:
            self.identifier = station.identifier
            self.board.pin("station", self.seat.station_json(station))

    def _pin_disarmed(self) -> None:
        if self._armed_until_s and time.monotonic() > self._armed_until_s:
            self._armed_until_s = 0.0
            self._pin()

    def _pause(self, duration_s: float) -> None:
        if self._closing.wait(duration_s):
            raise Closing

    def _refuse_jobs(self) -> None:
        with suppress(Empty):
            while True:
                _, outcome = self._jobs.get_nowait()
                outcome.set_exception(NotNow("The analyzer went away."))

    def _wait_for_retry(self) -> None:
        until_s = time.monotonic() + _RETRY_S
        while time.monotonic() < until_s and not self._closing.is_set():
            if self._retry.wait(_POLL_S):
                break
        self._retry.clear()
