"""Deliveries on the screen: PASS or FAIL by a locked method, stored, until somebody ends it."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.answer.method import Measuring, material_of, method_of
from device.driver.acquisition import AcquisitionSettings
from device.records.store import RecordStore
from device.screen.phases import Phase
from device.screen.server import Screen
from tests.screens import TINY, Client, bench_of, running, wait_for

PURE = TINY.replace("mix=fixture A:0.6,fixture B:0.4", "mix=fixture A")


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    with running(tmp_path, PURE) as up:
        yield up


def until(screen: Screen, *phases: Phase) -> None:
    wait_for(screen, lambda: screen.desk.view.phase in phases)


def measured(screen: Screen) -> dict[str, object]:
    before = screen.desk.board.content("card").get("key")
    bench_of(screen).press_trigger()
    wait_for(screen, lambda: screen.desk.board.content("card").get("key") != before)
    until(screen, Phase.RESULT)
    return dict(screen.desk.board.content("card"))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def material(card: dict[str, object]) -> dict[str, object]:
    told = card["material"]
    assert isinstance(told, dict)
    return told


def test_it_passes_with_this_and_fails_with_another_until_it_is_ended(
    screen: Screen, tmp_path: Path
) -> None:
    client = Client(screen)
    assert client.post("/api/verify", names=["fixture A"], method="")[0] == 200
    state = screen.desk.board.content("state")
    assert [one["name"] for one in state["verifying"]["wanted"]] == ["fixture A"]
    passed = measured(screen)
    assert material(passed)["result"] == "PASS" and passed["level"]
    assert client.post("/api/verify", names=["fixture B"], method="")[0] == 200
    failed = measured(screen)
    assert material(failed)["result"] == "FAIL" and material(failed)["why"]
    rows = client.get("/api/records")["rows"]
    assert [row["tested"] for row in rows] == ["FAIL", "PASS"]
    assert client.get(f"/api/records/{failed['key']}")["material"]["result"] == "FAIL"
    again = client.post("/api/reidentify", key=failed["key"])[1]["card"]  # by no material
    assert again["material"] is None and again["verdict"] == "IDENTIFIED"
    assert client.post("/api/end-verifying")[0] == 200
    assert screen.desk.board.content("state")["verifying"] is None
    assert screen.desk.view.phase is Phase.READY
    assert measured(screen)["material"] is None
    with RecordStore(tmp_path / "records-sim.sqlite", read_only=True) as store:
        told = [one.content["verifying"] for one in reversed(store.events("settings"))]
    assert [one and one["wanted"][0]["name"] for one in told] == ["fixture A", "fixture B", None]


def test_a_mixture_is_tested_by_its_shares(tmp_path: Path) -> None:
    with running(tmp_path) as up:
        client = Client(up)
        names = ["fixture A=60+-20", "fixture B=40+-20"]
        assert client.post("/api/verify", names=names, method="")[0] == 200
        assert material(measured(up))["result"] == "PASS"
        names = ["fixture A=90+-5", "fixture B=10+-5"]
        assert client.post("/api/verify", names=names, method="")[0] == 200
        assert material(measured(up))["result"] == "FAIL"


def test_a_file_locks_the_way_of_measuring_too(screen: Screen) -> None:
    identifier = screen.desk.identifier
    assert identifier is not None
    wanted = material_of(["fixture A"], identifier)
    method = method_of(identifier, wanted, Measuring(frames=3, integration_time=20.0), [])
    client = Client(screen)
    status, _ = client.post("/api/verify", names=[], method=b64(method.to_bytes()))
    assert status == 200
    sha256 = screen.desk.board.content("state")["verifying"]["method_sha256"]
    card = measured(screen)
    assert material(card)["method_sha256"] == sha256 and len(sha256) == 64
    settings = card["settings"]
    assert isinstance(settings, dict) and settings["frames"] == 3
    assert client.post("/api/end-verifying")[0] == 200
    assert not isinstance(screen.desk.seat.deliveries._usual, AcquisitionSettings)
    settings = measured(screen)["settings"]
    assert isinstance(settings, dict) and settings["stopped_because"] != "fixed"


def test_what_is_no_material_or_another_model_s_method_begins_nothing(screen: Screen) -> None:
    identifier = screen.desk.identifier
    assert identifier is not None
    method = method_of(identifier, material_of(["fixture A"], identifier), Measuring(), [])
    other = b64(method.to_bytes().replace(identifier.label.sha256.encode(), b"0" * 64))
    client = Client(screen)
    for names, text, code in (
        ([], "", "method_invalid"), (["fixture A"], other, "method_invalid"),
        (["nothing like it"], "", "not_in_the_library"), ([], b64(b"{}"), "method_invalid"),
        ([], other, "method_differs"), (["fixture A"] * 17, "", "method_invalid"),
        ([], "*", "bad_request"),
    ):  # fmt: skip
        status, told = client.post("/api/verify", names=names, method=text)
        assert (status, told["error"]["code"]) == (400, code), names
    assert screen.desk.board.content("state")["verifying"] is None
    assert client.post("/api/verify", names=["fixture A"])[0] == 400


def test_a_model_that_changed_meanwhile_makes_no_light(screen: Screen) -> None:
    client = Client(screen)
    assert client.post("/api/verify", names=["fixture A"], method="")[0] == 200
    identifier = screen.desk.identifier
    assert identifier is not None
    pulses = len(bench_of(screen).analyzer.laser_on_log)
    object.__setattr__(identifier.decision, "sha256", "0" * 64)  # as if another program answered
    bench_of(screen).press_trigger()
    until(screen, Phase.FAILED)
    failure = screen.desk.view.failure
    assert failure is not None and failure.code == "method_differs"
    assert len(bench_of(screen).analyzer.laser_on_log) == pulses


def test_who_has_not_signed_in_neither_begins_nor_ends_it(screen: Screen) -> None:
    client = Client(screen)
    assert client.post("/api/verify", names=["fixture A"], method="")[0] == 200
    assert client.post("/api/operators", name="Ada", pin="4711")[0] == 200
    assert client.post("/api/end-verifying")[0] == 403
    assert client.post("/api/verify", names=["fixture B"], method="")[0] == 403
    assert client.post("/api/sign-in", name="Ada", pin="4711")[0] == 200
    assert client.post("/api/sign-out")[0] == 200
    assert screen.desk.board.content("state")["verifying"]["wanted"][0]["name"] == "fixture A"
