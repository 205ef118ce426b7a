"""What the screen saves of a record: each format, its name, and the event that says so before."""

import io
import json
import re
import zipfile
from collections.abc import Iterator

import pytest

from device.export.errors import ExportUnavailable
from device.export.package import package_from
from device.records.store import RecordStore
from device.screen import exports
from device.screen.exports import NAMES, download_name
from device.screen.phases import Phase
from device.screen.server import Screen
from tests.screens import Client, bench_of, running, wait_for

BEGINS = {
    "csv": b"# ", "json": b"{", "jcamp": b"##TITLE=", "spc": b"\x80K", "nexus": b"\x89HDF",
    "html": b"<!doctype html>", "pdf": b"%PDF", "png": b"\x89PNG", "package": b"PK\x03\x04",
}  # fmt: skip


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAMIX_HOME", str(home))
        with running(home) as up:
            yield up


@pytest.fixture(scope="module")
def key(screen: Screen) -> str:
    bench_of(screen).press_trigger()
    wait_for(screen, lambda: screen.desk.view.phase is Phase.RESULT)
    return str(screen.desk.board.content("card")["key"])


def last_event(screen: Screen) -> dict[str, object]:
    store = screen.desk._equipment.store
    assert store is not None
    with RecordStore(store.path, read_only=True) as opened:
        event = opened.last_event("export")
        assert event is not None and not opened.verify().problems
    return dict(event.content)


@pytest.mark.parametrize("name", NAMES)
def test_each_format_is_saved_under_a_safe_name_and_told_in_the_chain(
    name: str, screen: Screen, key: str
) -> None:
    status, headers, body = Client(screen).ask("GET", f"/api/records/{key}/file?format={name}")
    assert status == 200, body
    assert body[: len(BEGINS[name])].lower() == BEGINS[name].lower()
    found = re.fullmatch(r'attachment; filename="(ramix-[\w.-]+)"', headers["content-disposition"])
    assert found is not None
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    told = last_event(screen)
    assert told["by"] == "screen" and key in json.dumps(told) and found[1] in json.dumps(told)


def test_a_report_has_the_curves_of_the_model_that_answers_here(screen: Screen, key: str) -> None:
    body = Client(screen).ask("GET", f"/api/records/{key}/file?format=html")[2].decode()
    assert "not drawn" not in body and "<script" not in body


def test_a_package_opens_and_has_the_question(screen: Screen, key: str) -> None:
    asked = "Is%20this%20A%3F"
    path = f"/api/records/{key}/file?format=package&question={asked}"
    status, headers, body = Client(screen).ask("GET", path)
    assert status == 200 and ".rrp" in headers["content-disposition"]
    package = package_from(body, "case.rrp")
    assert package.question == "Is this A?" and package.records[0].record_id == key
    assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
    for bad in ("%0A", "x" * 1001):
        path = f"/api/records/{key}/file?format=package&question={bad}"
        assert Client(screen).ask("GET", path)[0] == 400


def test_what_is_not_there_is_refused_in_words(
    screen: Screen, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(screen)
    assert client.ask("GET", f"/api/records/{key}/file?format=exe")[0] == 400
    assert client.ask("GET", "/api/records/9999/file?format=csv")[0] == 400
    assert client.ask("GET", "/api/records/..%2F..%2Fetc/file?format=csv")[0] in (400, 404)

    def missing(_name: str) -> None:
        raise ExportUnavailable("h5py is not installed.", remedy="Install ramix[nexus].")

    monkeypatch.setattr(exports, "require_format", missing)
    status, _, body = client.ask("GET", f"/api/records/{key}/file?format=nexus")
    assert status == 400 and json.loads(body)["error"]["code"] == "export_unavailable"


def test_nobody_without_the_session_saves_anything(screen: Screen, key: str) -> None:
    before = last_event(screen)
    for name in NAMES:
        path = f"/api/records/{key}/file?format={name}"
        assert Client(screen, enter=False).ask("GET", path)[0] == 401
        assert Client(screen).ask("GET", path, sec_fetch_site="cross-site")[0] == 403
    assert last_event(screen) == before


def test_a_name_holds_nothing_that_a_header_or_a_shell_would_read() -> None:
    assert download_name('1"\r\nx: y; ../é 2.csv') == "ramix-1xy..2.csv"
