"""The addresses of the screen. Who may ask is decided here; what may not even ask, in `guard.py`.

Reading needs the session's cookie; every change needs the session's own header as well. Light needs
more than both: see `Desk.command`. Next: `desk.py`.
"""

from collections.abc import Awaitable, Callable
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

from device.export.package import LONGEST_QUESTION
from device.records.measured import BlankNotKept, spectrum_of
from device.records.photo import Photo
from device.screen.changes import Changes, at_device, outcome
from device.screen.desk import Desk
from device.screen.exports import PACKAGE, check_format
from device.screen.guard import PHOTO_PATH, Guard, Hosts
from device.screen.history import LONGEST_SEARCH, History
from device.screen.languages import LANGUAGES, language_for
from device.screen.requests_json import refused
from device.screen.results import curves_json, spectrum_json
from device.screen.sessions import HEADER, LASTS_S, Session, Sessions, speaks_for
from device.screen.stream import Streams
from device.strict_json import StrictJsonError
from firmware_bridge.errors import RamixError

PAGES: Final = Path(__file__).resolve().parent / "pages"

Endpoint = Callable[[Request], Awaitable[Response]]


class Web(Changes):
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
        super().__init__(desk, history, press_trigger)
        self.sessions = sessions
        self.streams = Streams(desk.board)
        self._language, self._secure = language, secure

    def app(self, hosts: Hosts) -> Guard:
        """Everything, behind the guard."""
        reads: dict[str, Endpoint] = {
            "/events": self.events,
            "/api/session": self.session,
            "/api/records": self.records,
            "/api/records/{key}": self.record,
            "/api/records/{key}/curves": self.curves,
            "/api/records/{key}/file": self.file,
            "/api/records/{key}/photo": self.kept_photo,
            "/api/next-photo": self.next_photo,
        }
        changes: dict[str, Endpoint] = {
            "/api/command": self.command,
            "/api/check": self.check,
            "/api/calibrate": self.calibrate,
            "/api/verify": self.verify,
            "/api/end-verifying": self.end_verifying,
            "/api/reidentify": self.reidentify,
            "/api/sample": self.sample,
            PHOTO_PATH: self.photo,
            "/api/remove-photo": self.remove_photo,
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
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False  # an address that is none is not answered with another
        return Guard(app, hosts)

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

    async def events(self, request: Request) -> Response:
        cookie = request.cookies.get(self.sessions.cookie)
        events = self.streams.listen(lambda: self.sessions.find(cookie) is not None)
        return StreamingResponse(events, media_type="text/event-stream")

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
            try:
                one = await self.identified(key)
            except BlankNotKept:
                return JSONResponse(spectrum_json(spectrum))
        return JSONResponse(await run_in_threadpool(curves_json, one))

    async def kept_photo(self, request: Request) -> Response:
        """Of a record, checked once more."""
        record = await run_in_threadpool(self.history.find, request.path_params["key"])
        return _picture(await run_in_threadpool(lambda: record.photo))

    async def next_photo(self, _request: Request) -> Response:
        """Of the measurement to come."""
        return _picture(self.seat.about.photo)

    async def file(self, request: Request) -> Response:
        """A record in a format of an export, or as a package with a question."""
        key, name = request.path_params["key"], request.query_params.get("format", "json")
        if check_format(name):
            drawn = self.desk.post(lambda station: self.history.exhibit(key, station.identifier))
            exhibit = await outcome(drawn)
        elif name != PACKAGE:
            exhibit = await run_in_threadpool(self.history.exhibit, key, None)
        if name == PACKAGE:
            question = request.query_params.get("question", "")[: LONGEST_QUESTION + 1]
            made = await run_in_threadpool(self.history.as_package, key, question)
        else:
            made = await run_in_threadpool(self.history.as_file, exhibit, name)
        named = {"content-disposition": f'attachment; filename="{made.name}"'}
        return Response(made.data, media_type=made.media_type, headers=named)


def _picture(photo: Photo | None) -> Response:
    if photo is None:
        raise HTTPException(404)
    return Response(photo.data, media_type=photo.media_type)
