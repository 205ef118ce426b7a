"""What the web side wants done between two measurements, in the order in which it asked.

Next: `desk.py`, whose thread does it.
"""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Any, Final

from device.screen.refusals import NotNow
from device.station.station import Station

_MOST: Final = 16

Job = Callable[[Station], Any]


class Jobs:
    """Any thread may post; the desk's own does them, or refuses them all."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[Job, Future[Any]]] = Queue(_MOST)

    def post(self, job: Job) -> "Future[Any]":
        """Raises `NotNow` where too much waits already."""
        outcome: Future[Any] = Future()
        try:
            self._queue.put_nowait((job, outcome))
        except Full as error:
            raise NotNow("Too much is waiting to be done.") from error
        return outcome

    def do_one(self, station: Station) -> None:
        """Do what waits longest, if anything does. Raises what the job raises, told before.

        Presses of the trigger until its end mean nothing; those after it do.
        """
        try:
            job, outcome = self._queue.get_nowait()
        except Empty:
            return
        if outcome.set_running_or_notify_cancel():
            try:
                done = job(station)
                station.analyzer.wait_trigger(0.0)  # a press until here was not for light
            except BaseException as error:
                outcome.set_exception(error)  # for whoever waits for it, whatever it is
                raise
            outcome.set_result(done)

    def refuse_all(self) -> None:
        """Nobody will do what waits."""
        with suppress(Empty):
            while True:
                _, outcome = self._queue.get_nowait()
                outcome.set_exception(NotNow("The analyzer went away."))
