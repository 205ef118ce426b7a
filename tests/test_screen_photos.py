"""A photo on the screen: checked at the edge, kept with one record, shown as a picture."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.records.photo import photo_from
from device.records.store import RecordStore
from device.screen.phases import Phase, is_idle
from device.screen.server import Screen
from tests.pictures import HOSTILE, PLACE, jpeg, png
from tests.screens import Client, bench_of, running, wait_for


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with running(tmp_path_factory.mktemp("screen")) as up:
        yield up


@pytest.fixture
def client(screen: Screen) -> Iterator[Client]:
    yield Client(screen)
    screen.desk.seat.attach(None)


def send(client: Client, data: bytes, **headers: str) -> tuple[int, str]:
    headers = {"x_ramix_session": client.secret, **headers}
    status, _, told = client.ask("POST", "/api/photo", data, **headers)
    return status, told.decode()


def measured(screen: Screen) -> str:
    before = screen.desk.view.record_id
    looks = itertools.count()

    def is_new() -> bool:
        if is_idle(screen.desk.view) and next(looks) % 100 == 0:  # one that came too early is lost
            bench_of(screen).press_trigger()
        return screen.desk.view.phase is Phase.RESULT and screen.desk.view.record_id != before

    wait_for(screen, is_new)
    return str(screen.desk.view.record_id)


def test_a_photo_is_kept_with_the_next_record_and_no_other(screen: Screen, client: Client) -> None:
    assert send(client, jpeg())[0] == 200
    attached = screen.desk.board.content("state")["photo"]
    assert attached == photo_from(jpeg()).as_json()
    status, headers, data = client.ask("GET", "/api/next-photo")
    assert status == 200 and headers["content-type"] == "image/jpeg" and PLACE not in data
    first = measured(screen)
    assert screen.desk.board.content("card")["photo"] == attached
    assert screen.desk.board.content("state")["photo"] is None
    second = measured(screen)
    assert screen.desk.board.content("card")["photo"] is None
    assert client.get(f"/api/records/{first}")["photo"] == attached
    assert client.get(f"/api/records/{second}")["photo"] is None
    status, headers, data = client.ask("GET", f"/api/records/{first}/photo")
    assert (status, data) == (200, photo_from(jpeg()).data)
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert client.ask("GET", f"/api/records/{second}/photo")[0] == 404
    assert client.ask("GET", "/api/records/9999/photo")[0] == 400


def test_a_photo_can_be_taken_away_and_goes_with_the_operator(
    screen: Screen, client: Client
) -> None:
    send(client, png())
    assert client.post("/api/remove-photo")[0] == 200
    assert screen.desk.seat.about.photo is None
    send(client, png())
    client.post("/api/sign-out")
    assert screen.desk.seat.about.photo is None
    assert client.ask("GET", "/api/next-photo")[0] == 404


def test_a_photo_waits_for_a_measurement_that_is_kept(screen: Screen, client: Client) -> None:
    send(client, png())
    bench_of(screen).unplug()
    wait_for(screen, lambda: screen.desk.view.phase is Phase.RECONNECTING)
    bench_of(screen).plug_in()
    wait_for(screen, lambda: screen.desk.view.phase is Phase.READY)
    assert screen.desk.seat.about.photo == photo_from(png())


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_is_no_photo_is_refused_at_the_edge(
    screen: Screen, client: Client, what: str
) -> None:
    try:
        status, told = send(client, HOSTILE[what])
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it was hung up on in the middle of its body, which is as good
    assert status == (413 if what == "too large" else 400)
    if status == 400:
        assert json.loads(told)["error"]["code"] == "photo_refused" and "Traceback" not in told
    assert screen.desk.seat.about.photo is None


def test_what_the_browser_calls_it_changes_nothing(screen: Screen, client: Client) -> None:
    assert send(client, HOSTILE["svg"], content_type="image/png")[0] == 400
    assert send(client, png(), content_type="text/html")[0] == 200
    assert client.ask("GET", "/api/next-photo")[1]["content-type"] == "image/png"


def test_no_other_address_takes_as_much(client: Client) -> None:
    body = json.dumps({"sample": "x" * 20_000, "note": ""}).encode()
    for path in ("/api/sample", "/api/photo/", "/api/remove-photo", "/API/PHOTO"):
        status = client.ask("POST", path, body, x_ramix_session=client.secret)[0]
        assert status == 413, path


def test_a_photo_is_taken_at_the_device_alone(
    screen: Screen, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from device.screen import changes

    monkeypatch.setattr(changes, "at_device", lambda _request: False)
    status, told = send(client, png())
    assert status == 403 and "not_here" in told
    assert screen.desk.seat.about.photo is None


def test_a_record_of_the_screen_is_whole(screen: Screen, client: Client, tmp_path: Path) -> None:
    send(client, jpeg())
    name = measured(screen)
    store = screen.desk._equipment.store
    assert store is not None
    with RecordStore(store.path, read_only=True) as kept:
        assert kept.get(name).photo == photo_from(jpeg())
        assert kept.verify().problems == ()
