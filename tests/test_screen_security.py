"""Whatever another site, user or machine sends: refused, dark, and the station alive after it."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.events import Countdown
from device.screen import bounded_http
from device.screen.guard import Guard, Hosts, refusal
from device.screen.operators import Operators, WrongPin
from device.screen.phases import Phase, View, after
from device.screen.server import Place, Screen
from device.screen.sessions import Session, Sessions, speaks_for
from firmware_bridge.errors import CallerError
from tests.screens import Client, bench_of, running, wait_for


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with running(tmp_path_factory.mktemp("screen")) as up:
        yield up


@pytest.fixture
def client(screen: Screen) -> Client:
    return Client(screen)


@pytest.fixture(autouse=True)
def _dark_and_alive_after_it(screen: Screen) -> Iterator[None]:
    """After every attack of this file."""
    before = len(bench_of(screen).analyzer.laser_on_log)
    yield
    assert not bench_of(screen).laser_is_on()
    assert len(bench_of(screen).analyzer.laser_on_log) == before, "the laser was fired"
    assert screen.desk.is_alive() and screen.desk.view.phase is Phase.READY
    assert Client(screen).get("/api/session")["at_device"]


FIRE = json.dumps({"command": "arm"}).encode()
READS = [
    "/events", "/api/session", "/api/records", "/api/records/1", "/api/records/1/curves",
    "/api/records/1/file", "/api/records/1/photo", "/api/next-photo",
]  # fmt: skip
CHANGES = [
    "/api/command", "/api/check", "/api/calibrate", "/api/reidentify", "/api/sample", "/api/watch",
    "/api/sign-in", "/api/sign-out", "/api/operators", "/api/trigger", "/api/verify",
    "/api/end-verifying", "/api/photo", "/api/remove-photo",
]  # fmt: skip


@pytest.mark.parametrize("path", [*READS, *CHANGES])
def test_nothing_is_told_or_done_without_a_session(screen: Screen, path: str) -> None:
    stranger = Client(screen, enter=False)
    method = "GET" if path in READS else "POST"
    assert stranger.ask(method, path, FIRE if method == "POST" else None)[0] == 401
    assert stranger.ask(method, path, cookie="ramix_00000000=guess")[0] == 401


def test_every_route_is_in_one_of_the_two_lists(screen: Screen) -> None:
    app = screen._web.app(Hosts(frozenset()))._app
    paths = {route.path.replace("{key}", "1") for route in app.routes}  # type: ignore[attr-defined]
    assert paths == {"/", "/static", *READS, *CHANGES}


@pytest.mark.parametrize("path", CHANGES)
def test_a_cookie_alone_changes_nothing(client: Client, path: str) -> None:
    """What a form or a link of another site could send at most."""
    assert client.ask("POST", path, FIRE)[0] == 403
    assert client.ask("POST", path, FIRE, x_ramix_session="guess")[0] == 403
    assert client.ask("GET", path)[0] == 405


@pytest.mark.parametrize("site", ["cross-site", "same-site", "unheard-of"])
def test_no_request_of_another_site_gets_through(client: Client, site: str) -> None:
    secret = {"x_ramix_session": client.secret}
    assert client.ask("POST", "/api/command", FIRE, sec_fetch_site=site, **secret)[0] == 403
    for path in ("/api/records", "/events", "/static/app.js"):
        assert client.ask("GET", path, sec_fetch_site=site, sec_fetch_mode="no-cors")[0] == 403
    # and a frame or an image of the page itself
    assert client.ask("GET", "/", sec_fetch_site=site, sec_fetch_mode="navigate")[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://"])
def test_a_foreign_origin_is_refused_even_with_every_secret(client: Client, origin: str) -> None:
    answer = client.ask("POST", "/api/command", FIRE, origin=origin, x_ramix_session=client.secret)
    assert answer[0] == 403


def test_the_page_itself_would_get_through(screen: Screen, client: Client) -> None:
    """The control: the same request from our own page is understood, and arms."""
    own = {"origin": f"http://{client.at}", "sec_fetch_site": "same-origin"}
    answer = client.ask("POST", "/api/command", FIRE, x_ramix_session=client.secret, **own)
    assert answer[0] == 200
    assert screen.desk.arming.use()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "localhost:x", "[::1"],
)
def test_a_name_that_was_made_to_point_here_is_not_answered(client: Client, host: str) -> None:
    for path in ("/", "/api/records", "/static/app.js"):
        assert client.ask("GET", path, host=host)[0] in (400, 421)


def test_no_other_site_may_read_frame_or_script_the_page(client: Client) -> None:
    for path in ("/", "/static/app.js", "/api/session", "/api/nothing"):
        _, headers, _ = client.ask("GET", path)
        assert not [name for name in headers if name.startswith("access-control")]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["cross-origin-resource-policy"] == "same-origin"
    assert client.ask("GET", "/api/session")[1]["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py",
        "/static//etc/passwd", "/static/%2fetc/passwd", "/static/..\\server.py",
        "/static/words/../../desk.py", "/static/%00", "/..%2f..%2fetc/passwd",
        "/api/records/..%2f..%2fetc%2fpasswd", "/api/records/..%2fx/file",
    ],
)  # fmt: skip
def test_no_path_leaves_the_pages(client: Client, path: str) -> None:
    status, _, body = client.ask("GET", path)
    assert status in (400, 404)
    assert b"root:" not in body and b"import " not in body


def test_a_body_without_end_is_refused(client: Client) -> None:
    big = b"x" * 20_000
    assert client.ask("POST", "/api/command", big, x_ramix_session=client.secret)[0] == 413
    headers = {"cookie": client.cookie, "x-ramix-session": client.secret}
    pieces = (b"x" * 4096 for _ in range(64))
    with contextlib.closing(http.client.HTTPConnection(client.at, timeout=10)) as connection:
        try:
            connection.request("POST", "/api/command", pieces, headers, encode_chunked=True)
            assert connection.getresponse().status == 413
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was hung up on in the middle of its body, which is as good
    assert client.ask("GET", "/api/session")[0] == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"arm"', b"\xff", b'{"command": "arm", "command": "x"}', b'{"command": 1}',
     b'{"command": "fire"}', b'{"command": "arm", "x": 1}', b"[" * 10_000, b'{"command": NaN}'],
)  # fmt: skip
def test_what_is_no_command_is_refused(client: Client, body: bytes) -> None:
    status, _, told = client.ask("POST", "/api/command", body, x_ramix_session=client.secret)
    assert status == 400 and b"Traceback" not in told


@pytest.fixture(scope="module")
def kept(screen: Screen) -> Client:
    return Client(screen)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_refused_or_understood(kept: Client, body: bytes) -> None:
    client = kept
    status, _, _ = client.ask("POST", "/api/watch", body, x_ramix_session=client.secret)
    assert status in (200, 400)


def test_clients_that_say_nothing_are_dropped_and_others_served(
    screen: Screen, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_WITHIN_S", 0.3)
    host, _, port = client.at.partition(":")
    slow = [socket.create_connection((host, int(port)), timeout=5) for _ in range(60)]
    for one in slow[::2]:
        with contextlib.suppress(OSError):  # one too many: closed at once
            one.sendall(b"GET / HTTP/1.1\r\nHost: ")
    time.sleep(0.6)
    assert client.get("/api/session")["secret"] == client.secret
    assert all(_is_closed(one) for one in slow)


def test_who_holds_every_connection_keeps_nobody_out(screen: Screen, client: Client) -> None:
    """Without a word, and with an answer that is not read: the newest is served all the same."""
    host, _, port = client.at.partition(":")
    ask = f"GET /static/vendor/uPlot.esm.js HTTP/1.1\r\nHost: {client.at}\r\n\r\n" * 40
    with contextlib.ExitStack() as held:
        for number in range(3 * bounded_http.MOST_CONNECTIONS):
            one = held.enter_context(contextlib.closing(socket.socket()))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect((host, int(port)))
            if number < 2 * bounded_http.MOST_CONNECTIONS:
                one.sendall(ask.encode())
        for _ in range(5):
            assert client.get("/api/session")["secret"] == client.secret


def test_an_answer_that_is_not_read_is_given_up(
    screen: Screen, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "READ_WITHIN_S", 0.2)
    host, _, port = client.at.partition(":")
    ask = f"GET /static/vendor/uPlot.esm.js HTTP/1.1\r\nHost: {client.at}\r\n\r\n" * 40
    with contextlib.closing(socket.socket()) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((host, int(port)))
        deaf.sendall(ask.encode())
        mine = deaf.getsockname()[1]
        kept = screen._server.server_state.connections
        wait_for(screen, lambda: mine in _ports(kept))
        wait_for(screen, lambda: mine not in _ports(kept))


def _ports(connections: object) -> set[int]:
    assert isinstance(connections, set)
    return {one.client[1] for one in list(connections) if one.client}


def test_refused_requests_fill_no_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    host, _, port = client.at.partition(":")
    upgrade = b"GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade, close\r\n\r\n"
    for bad in (b"no http\r\n\r\n", upgrade):
        with socket.create_connection((host, int(port)), timeout=5) as one:
            one.sendall(bad)
            while one.recv(4096):
                pass
    assert [one for one in caplog.records if one.name.startswith("uvicorn")] == []


def test_a_session_that_ended_hears_no_more(screen: Screen) -> None:
    """A page that is left open over night: its stream ends with its session, not later."""
    late = Client(screen)
    host, _, port = late.at.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as one:
        ask = f"GET /events HTTP/1.1\r\nHost: {late.at}\r\nCookie: {late.cookie}\r\n\r\n"
        one.sendall(ask.encode())
        heard = b""
        while b"event: state" not in heard:
            heard += one.recv(65536)
        screen.sessions._open.pop(late.cookie.partition("=")[2])
        screen.desk.pin()
        while not heard.endswith(b"0\r\n\r\n"):  # the last chunk
            more = one.recv(65536)
            assert more, "hung up on"
            heard += more
    assert late.ask("GET", "/events")[0] == 401


def test_an_address_that_is_none_is_not_answered_with_another(client: Client) -> None:
    for path in ("/api/records/1/", "/api/session/", "/api/records/%2e%2e%2f", "//evil.example/"):
        assert client.ask("GET", path)[0] == 404


def _is_closed(connection: socket.socket) -> bool:
    with connection:
        try:
            while connection.recv(4096):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
    return True


def test_a_page_that_never_reads_does_not_keep_the_station(screen: Screen, client: Client) -> None:
    host, _, port = client.at.partition(":")
    deaf = []
    for _ in range(12):
        one = socket.create_connection((host, int(port)), timeout=5)
        ask = f"GET /events HTTP/1.1\r\nHost: {client.at}\r\nCookie: {client.cookie}\r\n\r\n"
        one.sendall(ask.encode())
        deaf.append(one)
    for number in range(200):
        screen.desk.board.pin("state", {"n": number, "filler": "x" * 10_000})
    assert client.get("/api/session")
    for one in deaf:
        one.close()
    screen.desk.pin()


def test_the_trigger_is_answered_while_a_page_hangs(tmp_path: Path) -> None:
    with running(tmp_path) as up:
        client = Client(up)
        host, _, port = client.at.partition(":")
        with socket.create_connection((host, int(port))) as deaf:
            ask = f"GET /events HTTP/1.1\r\nHost: {client.at}\r\nCookie: {client.cookie}\r\n\r\n"
            deaf.sendall(ask.encode())
            bench_of(up).press_trigger()
            wait_for(up, lambda: up.desk.view.phase is Phase.RESULT)
        assert not bench_of(up).laser_is_on()


# ---- from another machine ----


def test_other_machines_need_tls_and_may_not_arm() -> None:
    far = Place("192.0.2.7", 7860, names=("bench.example",))
    hosts = far.hosts()
    assert far.is_remote and not Place().is_remote
    assert Place("0.0.0.0").shown_address == "127.0.0.1" and Place("0.0.0.0").is_remote
    assert Place("::", names=("bench.example",)).shown_address == "bench.example"
    assert hosts.knows("bench.example:7860") and hosts.knows("192.0.2.7")
    assert hosts.knows("10.1.2.3:7860")  # a literal address: nobody's name was resolved to it
    assert not hosts.knows("evil.example") and not Place().hosts().knows("10.1.2.3")


def test_light_is_armed_on_this_machine_alone(screen: Screen) -> None:
    from device.screen.buttons import calibrate, end_verifying, press, verify
    from device.screen.phases import Command
    from device.screen.refusals import NotArmed

    for command in (Command.ARM, Command.MEASURE):
        with pytest.raises(NotArmed):
            press(screen.desk, command, at_device=False)
    with pytest.raises(NotArmed):
        calibrate(screen.desk, ("polystyrene",), at_device=False)
    with pytest.raises(NotArmed):
        verify(screen.desk, ("fixture A",), b"", at_device=False)
    with pytest.raises(NotArmed):
        end_verifying(screen.desk, at_device=False)
    screen.desk.arming.arm()  # by somebody at the device
    assert screen.desk.arming.use() and not screen.desk.arming.use()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sample", {"sample": "x", "note": ""}), ("watch", {"names": ["x"]}), ("sign-out", {}),
        ("sign-in", {"name": "Ada", "pin": "4711"}), ("operators", {"name": "Ada", "pin": "4711"}),
        ("photo", {}), ("remove-photo", {}),
    ],
)  # fmt: skip
def test_what_is_kept_with_a_record_is_said_on_this_machine_alone(
    screen: Screen, client: Client, monkeypatch: pytest.MonkeyPatch, path: str, body: object
) -> None:
    from device.screen import changes

    before = screen.desk.seat.to_json()
    monkeypatch.setattr(changes, "at_device", lambda _request: False)
    data = json.dumps(body).encode()
    status, _, told = client.ask("POST", f"/api/{path}", data, x_ramix_session=client.secret)
    monkeypatch.undo()
    assert status == 403 and json.loads(told)["error"]["code"] == "not_here"
    assert screen.desk.seat.to_json() == before and not screen.desk.seat.operators.names()


def test_measuring_without_arming_is_refused(client: Client) -> None:
    status, told = client.command("measure")
    assert status == 403 and told["error"]["code"] == "not_armed"


# ---- the parts ----


def scope(**headers: str) -> dict[str, object]:
    given = {"host": "127.0.0.1:1", **headers}
    return {
        "method": "POST", "path": "/api/command", "scheme": "http", "type": "http",
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in given.items()],
    }  # fmt: skip


def test_the_guard_lets_its_own_page_through_and_needs_each_of_its_rules() -> None:
    hosts = Place().hosts()
    assert refusal(scope(), hosts) is None
    assert refusal(scope(host="evil.example"), hosts) == 421
    assert refusal(scope(origin="http://evil.example"), hosts) == 403
    assert refusal(scope(sec_fetch_site="cross-site"), hosts) == 403
    assert refusal(scope(content_length="99999"), hosts) == 413
    assert refusal(scope(content_length="-1"), hosts) == 413
    assert refusal({**scope(), "method": "PUT"}, hosts) == 405
    twice = scope()
    twice["headers"] = [(b"host", b"127.0.0.1"), (b"host", b"evil.example")]
    assert refusal(twice, hosts) == 421


@given(host=st.text(st.characters(max_codepoint=127), max_size=40))
def test_no_text_is_taken_for_our_name_unless_it_is(host: str) -> None:
    known = Place().hosts().knows(host)
    assert known <= host.lower().startswith(("127.0.0.1", "localhost", "[::1]", "::1"))


def test_sessions_end_and_are_few() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    assert sessions.begin("guess") is None and sessions.begin("") is None
    first = sessions.begin(sessions.token)
    assert isinstance(sessions.find(first), Session)
    assert sessions.find("guess") is None and sessions.find(None) is None
    now[0] = 13 * 3600.0
    assert sessions.find(first) is None
    keys = [sessions.begin(sessions.token) for _ in range(40)]
    assert sessions.find(keys[0]) is None and sessions.find(keys[-1]) is not None
    session = sessions.find(keys[-1])
    assert session is not None and speaks_for(session, session.secret)
    assert not speaks_for(session, None) and not speaks_for(session, "guess")


def test_pins_are_kept_as_salted_hashes_and_guessing_gets_slower(tmp_path: Path) -> None:
    now = [100.0]
    path = tmp_path / "kept" / "operators.json"
    operators = Operators(path, lambda: now[0])
    operators.add("Ada", "4711")
    operators.add("Ben", "4711")
    text = path.read_text()
    assert "4711" not in text and path.stat().st_mode & 0o777 == 0o600
    hashes = json.loads(text)["operators"]
    assert hashes["Ada"]["scrypt"] != hashes["Ben"]["scrypt"]
    operators.check("Ada", "4711")
    for wait_s in (1.0, 2.0, 4.0):
        with pytest.raises(WrongPin, match="do not belong"):
            operators.check("Ada", "0000")
        with pytest.raises(WrongPin, match="Too many"):
            operators.check("Ada", "4711")
        operators.check("Ben", "4711")  # who is not locked by another's guesses
        now[0] += wait_s + 0.01
    operators.check("Ada", "4711")
    with pytest.raises(WrongPin):
        operators.check("Nobody", "4711")
    for name, pin in (("", "4711"), ("x" * 61, "4711"), ("A\nB", "4711"), ("A", "123")):
        with pytest.raises(CallerError):
            operators.add(name, pin)


def test_made_up_names_do_not_end_the_wait_of_one_that_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from device.screen import operators as module

    monkeypatch.setattr(module, "_N", 2)  # what a hash costs is not what is tested
    operators = Operators(tmp_path / "operators.json", lambda: 100.0)
    operators.add("Ada", "4711")
    with pytest.raises(WrongPin):
        operators.check("Ada", "0000")
    for number in range(3 * module.MOST_OPERATORS):
        with pytest.raises(WrongPin):
            operators.check(f"made up {number}", "0000")
    assert len(operators._wrong) <= module.MOST_OPERATORS + 2
    with pytest.raises(WrongPin, match="Too many"):
        operators.check("Ada", "4711")


def test_the_guard_is_around_everything() -> None:
    import asyncio

    async def naked(_scope: object, _receive: object, _send: object) -> None:
        raise AssertionError("got through")

    sent: list[dict[str, object]] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {}

    asyncio.run(Guard(naked, Place().hosts())(scope(host="evil.example"), receive, send))
    assert sent[0]["status"] == 421
    asyncio.run(Guard(naked, Place().hosts())({"type": "websocket"}, receive, send))
    assert sent[-1]["type"] == "websocket.close"


def test_the_countdown_is_a_state_of_its_own() -> None:
    assert after(View(Phase.READY), Countdown(1.0)).phase is Phase.COUNTDOWN
