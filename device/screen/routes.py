"""The addresses of the screen. Who may ask is decided here; what may not even ask, in `guard.py`.

Reading needs the session's cookie; every change needs the session's own header as well. Light needs
more than both: see `Desk.command`. Next: `desk.py`.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from device.answer.identifier import Identifier
from device.screen.desk import Desk
from device.screen.guard import Guard, Hosts
from device.screen.history import LONGEST_SEARCH, History
from device.screen.languages import LANGUAGES, language_for
from device.screen.phases import Command
from device.screen.recalled import spectrum_of
from device.screen.requests_json import done, posted, refused
from device.screen.results import Shown, curves_json, shown, spectrum_json
from device.screen.sessions import HEADER, LASTS_S, Session, Sessions, speaks_for
from device.screen.stream import Streams
from device.station.station import Station
from device.strict_json import StrictJsonError
from firmware_bridge.errors import RamixError

PAGES: Final = Path(__file__).resolve().parent / "pages"
_JOB_WITHIN_S: Final = 20.0

Endpoint = Callable[[Request], Awaitable[Response]]


class Web:
    """The application around one desk."""

    def __init__(
        self,
        desk: Desk,
        history: History,
        sessions: Sessions,
        *,
        language: str | None,
        secure: bool,
        press_trigger: Callable[[], None] | None,
    ) -> None:
        self.desk, self.seat, self.history, self.sessions = desk, desk.seat, history, sessions
        self.streams = Streams(desk.board)
        self._language, self._secure, self._press = language, secure, press_trigger

    def app(self, hosts: Hosts) -> Guard:
        """Everything, behind the guard."""
        reads: dict[str, Endpoint] = {
            "/events": self.events,
            "/api/session": self.session,
            "/api/records": self.records,
            "/api/records/{key}": self.record,
            "/api/records/{key}/curves": self.curves,
            "/api/records/{key}/file": self.file,
        }
        changes: dict[str, Endpoint] = {
            "/api/command": self.command,
            "/api/calibrate": self.calibrate,
            "/api/reidentify": self.reidentify,
            "/api/sample": self.sample,
            "/api/watch": self.watch,
            "/api/sign-in": self.sign_in,
            "/api/sign-out": self.sign_out,
            "/api/operators": self.add_operator,
            "/api/trigger": self.trigger,
        }
        routes = [
            Route("/", self.page),
            Mount("/static", StaticFiles(directory=PAGES)),
            *(Route(path, self._reading(one)) for path, one in reads.items()),
            *(Route(path, self._changing(one), methods=["POST"]) for path, one in changes.items()),
        ]
        handlers: dict[Any, Any] = {RamixError: refused, StrictJsonError: refused}
        return Guard(Starlette(routes=routes, exception_handlers=handlers), hosts)

    # ---- who ----

    def _session(self, request: Request) -> Session:
        session = self.sessions.find(request.cookies.get(self.sessions.cookie))
        if session is None:
            raise HTTPException(401)
        return session

    def _reading(self, endpoint: Endpoint) -> Endpoint:
        async def read(request: Request) -> Response:
            self._session(request)
            return await endpoint(request)

        return read

    def _changing(self, endpoint: Endpoint) -> Endpoint:
        async def change(request: Request) -> Response:
            if not speaks_for(self._session(request), request.headers.get(HEADER)):
                raise HTTPException(403)
            return await endpoint(request)

        return change

    async def page(self, request: Request) -> Response:
        """The one page; with the right token in its address it begins a session."""
        token = request.query_params.get("token")
        if token is not None:
            key = self.sessions.begin(token)
            if key is None:
                return self._html("enter.html", request, 401)
            answer = RedirectResponse("/", 303)
            answer.set_cookie(
                self.sessions.cookie, key, max_age=int(LASTS_S), httponly=True,
                samesite="strict", secure=self._secure,
            )  # fmt: skip
            return answer
        if self.sessions.find(request.cookies.get(self.sessions.cookie)) is None:
            return self._html("enter.html", request, 401)
        return self._html("index.html", request)

    def _html(self, name: str, request: Request, status: int = 200) -> HTMLResponse:
        wanted = request.query_params.get("lang") or self._language
        language = language_for(wanted, request.headers.get("accept-language", ""))
        text = (PAGES / name).read_text(encoding="utf-8")
        return HTMLResponse(text.replace('lang="en"', f'lang="{language}"', 1), status)

    # ---- reading ----

    async def events(self, _request: Request) -> Response:
        return StreamingResponse(self.streams.listen(), media_type="text/event-stream")

    async def session(self, request: Request) -> Response:
        return JSONResponse(
            {
                "secret": self._session(request).secret,
                "at_device": at_device(request),
                "languages": list(LANGUAGES),
                "simulated": self._press is not None,
            }
        )

    async def records(self, request: Request) -> Response:
        search = request.query_params.get("search", "")[:LONGEST_SEARCH]
        before = request.query_params.get("before")
        return JSONResponse(await run_in_threadpool(self.history.page, search, before))

    async def record(self, request: Request) -> Response:
        key = request.path_params["key"]
        record = await run_in_threadpool(self.history.find, key)
        return JSONResponse(self.history.card(record))

    async def curves(self, request: Request) -> Response:
        """Of an answer of today as it is; of an older record by the model that answers now."""
        key = request.path_params["key"]
        one = self.desk.results.find(key)
        if one is None:
            record = await run_in_threadpool(self.history.find, key)
            spectrum = spectrum_of(record)
            model = self.desk.identifier
            if model is None or model.label.sha256 != record.result["model"]["sha256"]:
                return JSONResponse(spectrum_json(spectrum))
            one = await self._identified(key)
        return JSONResponse(await run_in_threadpool(curves_json, one))

    async def file(self, request: Request) -> Response:
        record = await run_in_threadpool(self.history.find, request.path_params["key"])
        safe = "".join(letter for letter in record.record_id if letter.isalnum() or letter == "-")
        named = {"content-disposition": f'attachment; filename="ramix-{safe}.json"'}
        return Response(self.history.as_file(record), media_type="application/json", headers=named)

    # ---- changing ----

    async def command(self, request: Request) -> Response:
        fields = await posted(request)
        name = fields.text("command")
        fields.done()
        if name not in list(Command):
            raise StrictJsonError("there is no such command")
        job = self.desk.command(Command(name), at_device=at_device(request))
        if job is not None and name not in (Command.MEASURE, Command.CHECK):
            await _outcome(job)
        return done()

    async def calibrate(self, request: Request) -> Response:
        fields = await posted(request)
        steps = fields.texts("steps")
        fields.done()
        if not at_device(request):
            raise HTTPException(403)
        self.desk.calibrate(steps)
        return done()

    async def reidentify(self, request: Request) -> Response:
        """A stored spectrum, answered by the model that answers now; nothing is stored."""
        fields = await posted(request)
        key = fields.text("key")
        fields.done()
        one = await self._identified(key)
        curves = await run_in_threadpool(curves_json, one)
        return JSONResponse({"card": {"key": key, **self.seat.card(one)}, "curves": curves})

    async def _identified(self, key: str) -> Shown:
        record = await run_in_threadpool(self.history.find, key)
        spectrum = spectrum_of(record)

        def identify(station: Station) -> Shown:
            model: Identifier = station.identifier
            return shown(model.identify(spectrum), model, None)

        found: Shown = await _outcome(self.desk.post(identify))
        return found

    async def sample(self, request: Request) -> Response:
        fields = await posted(request)
        sample, note = fields.text("sample", empty=True), fields.text("note", empty=True)
        fields.done()
        self.seat.describe(sample, note)
        return self._told()

    async def watch(self, request: Request) -> Response:
        fields = await posted(request)
        names = fields.items("names")
        fields.done()
        await run_in_threadpool(self.seat.watch, names)
        return self._told()

    async def sign_in(self, request: Request) -> Response:
        fields = await posted(request)
        name, pin = fields.text("name"), fields.text("pin")
        fields.done()
        await run_in_threadpool(self.seat.sign_in, name, pin)
        return self._told()

    async def sign_out(self, _request: Request) -> Response:
        self.seat.sign_out()
        return self._told()

    async def add_operator(self, request: Request) -> Response:
        fields = await posted(request)
        name, pin = fields.text("name"), fields.text("pin")
        fields.done()
        if not at_device(request):
            raise HTTPException(403)
        await run_in_threadpool(self.seat.add_operator, name, pin)
        return self._told()

    async def trigger(self, request: Request) -> Response:
        """The simulated analyzer's; a real one has its own."""
        if self._press is None or not at_device(request):
            raise HTTPException(404)
        self._press()
        return done()

    def _told(self) -> Response:
        self.desk.pin_seat()
        return done()


def at_device(request: Request) -> bool:
    """Whether the request comes from this machine; a tunnel to it is as good as sitting there."""
    client = request.client
    try:
        return client is not None and ipaddress.ip_address(client.host).is_loopback
    except ValueError:
        return False


async def _outcome(job: "Future[Any]") -> Any:
    try:
        return await asyncio.wait_for(asyncio.wrap_future(job), _JOB_WITHIN_S)
    except TimeoutError as error:
        raise HTTPException(504) from error
