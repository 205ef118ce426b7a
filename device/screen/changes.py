"""The addresses that change something; `routes.py` has asked for the session's secret before.

Next: `buttons.py`, who may press what.
"""

import asyncio
import ipaddress
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from device.answer.identifier import Identifier
from device.records.measured import containers_of, spectrum_of
from device.records.photo import photo_from
from device.screen.buttons import calibrate, check, end_verifying, press, verify
from device.screen.desk import Desk
from device.screen.history import History
from device.screen.phases import Command
from device.screen.refusals import NotHere
from device.screen.requests_json import done, posted, posted_photo
from device.screen.results import Shown, curves_json, shown
from device.screen.watch_list import asked_of
from device.station.station import Station
from device.strict_json import StrictJsonError, as_bytes

_JOB_WITHIN_S: Final = 20.0


class Changes:
    """Each takes one JSON object and refuses what it does not know.

    press_trigger: of a simulated analyzer; a real one has its own.
    """

    def __init__(
        self, desk: Desk, history: History, press_trigger: Callable[[], None] | None
    ) -> None:
        self.desk, self.seat, self.history = desk, desk.seat, history
        self._press = press_trigger

    async def command(self, request: Request) -> Response:
        fields = await posted(request)
        name = fields.text("command")
        fields.done()
        if name not in list(Command):
            raise StrictJsonError("there is no such command")
        job = press(self.desk, Command(name), at_device=at_device(request))
        if job is not None:
            await outcome(job)
        return done()

    async def check(self, request: Request) -> Response:
        fields = await posted(request)
        standard = fields.text("standard", empty=True)
        fields.done()
        check(self.desk, standard, at_device=at_device(request))
        return done()

    async def calibrate(self, request: Request) -> Response:
        fields = await posted(request)
        steps = fields.texts("steps")
        fields.done()
        calibrate(self.desk, steps, at_device=at_device(request))
        return done()

    async def verify(self, request: Request) -> Response:
        fields = await posted(request)
        names, file = fields.texts("names"), as_bytes(fields.take("method"), "request.method")
        fields.done()
        await outcome(verify(self.desk, names, file, at_device=at_device(request)))
        return done()

    async def end_verifying(self, request: Request) -> Response:
        fields = await posted(request)
        fields.done()
        await outcome(end_verifying(self.desk, at_device=at_device(request)))
        return done()

    async def reidentify(self, request: Request) -> Response:
        """A stored spectrum, answered by the model that answers now; nothing is stored."""
        fields = await posted(request)
        key = fields.text("key")
        fields.done()
        one = await self.identified(key)
        curves = await run_in_threadpool(curves_json, one)
        return JSONResponse({"card": {"key": key, **self.seat.card(one)}, "curves": curves})

    async def identified(self, key: str) -> Shown:
        record = await run_in_threadpool(self.history.find, key)
        spectrum = await run_in_threadpool(spectrum_of, record)

        def identify(station: Station) -> Shown:
            model: Identifier = station.identifier
            model.asked = asked_of(self.seat.watched, model.compounds)  # whatever is verified now
            through = containers_of(record, model)
            return shown(model.identify(spectrum, through), model, None)

        found: Shown = await outcome(self.desk.post(identify))
        return found

    async def sample(self, request: Request) -> Response:
        require_device(request)
        fields = await posted(request)
        sample, note = fields.text("sample", empty=True), fields.text("note", empty=True)
        fields.done()
        self.seat.describe(sample, note)
        return self._told()

    async def photo(self, request: Request) -> Response:
        """Of the next measurement that is kept: the bytes of a picture, and nothing else."""
        require_device(request)
        photo = await run_in_threadpool(photo_from, await posted_photo(request))
        self.seat.attach(photo)
        return self._told()

    async def remove_photo(self, request: Request) -> Response:
        require_device(request)
        fields = await posted(request)
        fields.done()
        self.seat.attach(None)
        return self._told()

    async def watch(self, request: Request) -> Response:
        require_device(request)
        fields = await posted(request)
        names = fields.items("names")
        fields.done()
        await run_in_threadpool(self.seat.watch, names)
        self.desk.journal.note("settings", {"watch_list": list(self.seat.watched.names)})
        return self._told()

    async def sign_in(self, request: Request) -> Response:
        require_device(request)
        fields = await posted(request)
        name, pin = fields.text("name"), fields.text("pin")
        fields.done()
        await run_in_threadpool(self.seat.sign_in, name, pin)
        self.desk.journal.note("login", {"operator": name})
        return self._told()

    async def sign_out(self, request: Request) -> Response:
        require_device(request)
        self.desk.journal.note("logout", {"operator": self.seat.about.operator})
        self.seat.sign_out()
        return self._told()

    async def add_operator(self, request: Request) -> Response:
        require_device(request)
        fields = await posted(request)
        name, pin = fields.text("name"), fields.text("pin")
        fields.done()
        await run_in_threadpool(self.seat.add_operator, name, pin)
        return self._told()

    async def trigger(self, request: Request) -> Response:
        """The simulated analyzer's; a real one has its own."""
        if self._press is None or not at_device(request):
            raise HTTPException(404)
        self._press()
        return done()

    def _told(self) -> Response:
        self.desk.pin()
        return done()


def at_device(request: Request) -> bool:
    """Whether the request comes from this machine; a tunnel to it is as good as sitting there."""
    client = request.client
    try:
        return client is not None and ipaddress.ip_address(client.host).is_loopback
    except ValueError:
        return False


def require_device(request: Request) -> None:
    """Raises `NotHere`: what is kept with a record is said at the analyzer."""
    if not at_device(request):
        raise NotHere("This is done at the analyzer alone, not from elsewhere.")


async def outcome(job: "Future[Any]") -> Any:
    """What a job came to. Raises what it raised, or a 504 where it takes too long."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(job), _JOB_WITHIN_S)
    except TimeoutError as error:
        raise HTTPException(504) from error
