"""The desk behind the screen: trigger, buttons, a lost analyzer, records, self-test and wizard."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from device.countdown import MeasurementCancelled
from device.records.errors import RecordStoreError
from device.records.store import RecordStore
from device.screen.arming import ARMED_S, Arming
from device.screen.phases import Phase
from device.screen.server import Screen
from device.selftest.standing import SelfTestedNow, SelfTestFailed
from device.station.stop_switch import StopSwitch
from firmware_bridge.messages import Opcode
from firmware_bridge.simulator.faults import Fault, FaultKind, FaultPlan
from firmware_bridge.simulator.output import Output
from tests.screens import TINY, Client, bench_of, running, wait_for


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    with running(tmp_path) as up:
        yield up
        assert not bench_of(up).laser_is_on()


def until(screen: Screen, *phases: Phase) -> None:
    wait_for(screen, lambda: screen.desk.view.phase in phases)


def measured(screen: Screen) -> str:
    """One press of the trigger; the key of its card."""
    before = screen.desk.board.content("card").get("key")
    bench_of(screen).press_trigger()
    wait_for(screen, lambda: screen.desk.board.content("card").get("key") != before)
    until(screen, Phase.RESULT)
    return str(screen.desk.board.content("card")["key"])


def test_a_press_of_the_trigger_becomes_a_stored_card(screen: Screen, tmp_path: Path) -> None:
    key = measured(screen)
    card = screen.desk.board.content("card")
    assert card["verdict"] == "IDENTIFIED" and card["record_id"] == key
    with RecordStore(tmp_path / "records-sim.sqlite", read_only=True) as store:
        record = store.get(key)
    assert record.simulated and record.verdict == "IDENTIFIED"
    assert not bench_of(screen).laser_is_on()


def test_a_verdict_that_cannot_be_stored_is_not_shown(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object, **_named: object) -> str:
        raise RecordStoreError("The record store cannot be used: the disk is full.")

    monkeypatch.setattr(RecordStore, "append", full)
    bench_of(screen).press_trigger()
    until(screen, Phase.FAILED)
    failure = screen.desk.view.failure
    assert failure is not None and "full" in failure.text
    assert screen.desk.board.content("card") == {}
    monkeypatch.undo()
    assert measured(screen)


def test_two_presses_on_the_page_measure_and_one_does_not(screen: Screen) -> None:
    client = Client(screen)
    assert client.command("measure")[0] == 403
    assert client.command("arm")[0] == 200
    assert screen.desk.board.content("state")["armed_s"] > 0
    assert client.command("measure")[0] == 200
    until(screen, Phase.RESULT)
    assert client.command("measure")[0] == 403  # the arming is used up
    assert client.command("dismiss")[0] == 200
    until(screen, Phase.READY)


def test_arming_ends_by_itself() -> None:
    now = [0.0]
    arming = Arming(lambda: now[0])
    assert not arming.use()
    arming.arm()
    now[0] = ARMED_S + 0.1
    assert not arming.use() and arming.left_s() == 0.0


def test_a_cancelled_countdown_makes_no_light_and_no_record(tmp_path: Path) -> None:
    with running(tmp_path, countdown_s=30.0) as up:
        client = Client(up)
        pulses = len(bench_of(up).analyzer.laser_on_log)
        bench_of(up).press_trigger()
        until(up, Phase.COUNTDOWN)
        assert client.command("arm")[0] == 409
        assert client.command("cancel")[0] == 200
        until(up, Phase.READY)
        assert up.desk.view.notice == "cancelled"
        assert len(bench_of(up).analyzer.laser_on_log) == pulses
        assert client.get("/api/records")["rows"] == []
        # the trigger itself cancels as well
        bench_of(up).press_trigger()
        until(up, Phase.COUNTDOWN)
        bench_of(up).press_trigger()
        until(up, Phase.READY)


def test_stop_ends_the_light_at_once_and_keeps_nothing(tmp_path: Path) -> None:
    with running(tmp_path, port=f"{TINY}&brightness=0.002", budget_s=60.0) as up:
        client = Client(up)
        bench_of(up).press_trigger()
        wait_for(up, lambda: bench_of(up).laser_is_on() and up.desk.view.laser)
        assert client.command("cancel")[0] == 200
        wait_for(up, lambda: not bench_of(up).laser_is_on())
        until(up, Phase.READY)
        assert up.desk.view.notice == "stopped"
        assert client.get("/api/records")["rows"] == []
        assert not bench_of(up).laser_is_on()


def test_a_press_of_the_trigger_while_the_laser_is_on_stops_it(tmp_path: Path) -> None:
    with running(tmp_path, port=f"{TINY}&brightness=0.002", budget_s=60.0) as up:
        bench_of(up).press_trigger()
        wait_for(up, lambda: bench_of(up).laser_is_on() and up.desk.view.laser)
        bench_of(up).press_trigger()
        until(up, Phase.READY)
        assert up.desk.view.notice == "stopped" and not bench_of(up).laser_is_on()
        assert Client(up).get("/api/records")["rows"] == []
        bench_of(up).press_trigger()  # and the next one measures again
        wait_for(up, lambda: bench_of(up).laser_is_on() and up.desk.view.laser)
        assert Client(up).command("cancel")[0] == 200
        until(up, Phase.READY)


def test_closing_in_the_middle_of_light_is_dark(tmp_path: Path) -> None:
    with running(tmp_path, port=f"{TINY}&brightness=0.002", budget_s=60.0) as up:
        bench_of(up).press_trigger()
        wait_for(up, lambda: bench_of(up).laser_is_on())
    assert not bench_of(up).analyzer.laser_is_on


def test_an_unplugged_analyzer_is_told_and_comes_back_unarmed(screen: Screen) -> None:
    client = Client(screen)
    assert client.command("arm")[0] == 200
    bench_of(screen).unplug()
    until(screen, Phase.RECONNECTING)
    assert client.command("measure")[0] == 409
    bench_of(screen).press_trigger()  # of what nobody sees
    bench_of(screen).plug_in()
    until(screen, Phase.READY)
    assert screen.desk.view.notice == "back"
    assert client.command("measure")[0] == 403  # nothing is armed by coming back
    assert measured(screen)


def test_unplugged_under_light_the_press_is_told_to_have_failed(tmp_path: Path) -> None:
    with running(tmp_path) as up:
        fault = Fault(FaultKind.UNPLUG, Opcode.ACQUIRE_FRAME, nth=3)
        bench_of(up).analyzer._output = Output(FaultPlan.of(fault))
        told: list[Phase] = []
        pin = up.desk.board.pin

        def pinned(topic: str, content: dict[str, object]) -> None:
            if topic == "state":
                told.append(Phase(str(content["phase"])))
            pin(topic, content)

        up.desk.board.pin = pinned  # type: ignore[method-assign, assignment]
        bench_of(up).press_trigger()
        until(up, Phase.RECONNECTING)
        assert Phase.FAILED in told
        bench_of(up).plug_in()
        until(up, Phase.READY)


def test_a_station_that_cannot_be_opened_says_why_and_is_tried_again(tmp_path: Path) -> None:
    with running(tmp_path, port="tcp://127.0.0.1:9") as up:
        until(up, Phase.NOT_FIT)
        state = up.desk.board.content("state")
        assert state["failure"]["text"] and state["failure"]["remedy"]
        assert state["may"] == ["retry"]
        client = Client(up)
        assert client.command("retry")[0] == 200
        assert client.command("arm")[0] == 409


def test_a_defect_ends_the_station_and_not_the_screen(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr("device.screen.desk.shown", broken)
    bench_of(screen).press_trigger()
    until(screen, Phase.NOT_FIT)
    assert not bench_of(screen).laser_is_on()
    failure = screen.desk.view.failure
    assert failure is not None and failure.code == "unexpected"
    monkeypatch.undo()
    Client(screen).command("retry")
    until(screen, Phase.READY)
    assert measured(screen)


def test_history_is_searched_recalled_and_answered_again(screen: Screen) -> None:
    client = Client(screen)
    assert client.post("/api/sample", sample="drum 7", note="from the ramp")[0] == 200
    key = measured(screen)
    assert client.post("/api/sample", sample="", note="")[0] == 200
    other = measured(screen)
    rows = client.get("/api/records")["rows"]
    assert [row["key"] for row in rows] == [other, key]
    (found,) = client.get("/api/records?search=DRUM")["rows"]
    assert found["key"] == key and found["sample"] == "drum 7"
    assert client.get("/api/records?search=nothing-like-it")["rows"] == []
    card = client.get(f"/api/records/{key}")
    assert card["about"]["note"] == "from the ramp" and card["verdict"] == "IDENTIFIED"
    status, again = client.post("/api/reidentify", key=key)
    assert status == 200
    first = {one["name"]: one["signal_share"] for one in card["components"]}
    second = {one["name"]: one["signal_share"] for one in again["card"]["components"]}
    assert first == second
    curves = client.get(f"/api/records/{key}/curves")
    points = len(curves["shift"])
    assert points > 500 and all(len(curves[name]) == points for name in ("measured", "fitted"))
    assert client.post("/api/reidentify", key="9999")[0] == 400


def test_a_record_of_before_this_start_has_its_curves_too(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        key = measured(first)
        before = Client(first).get(f"/api/records/{key}/curves")
    with running(tmp_path) as second:
        after = Client(second).get(f"/api/records/{key}/curves")
    assert after == before


def test_the_self_test_looks_at_everything_and_makes_no_light(screen: Screen) -> None:
    pulses = len(bench_of(screen).analyzer.laser_on_log)
    assert Client(screen).command("check")[0] == 200
    until(screen, Phase.CHECKED)
    rows = screen.desk.board.content("findings")["rows"]
    assert {"analyzer", "calibration", "battery", "disk"} <= {one["check"] for one in rows}
    assert len(bench_of(screen).analyzer.laser_on_log) == pulses


def test_the_self_test_asks_for_its_standard_and_is_kept(tmp_path: Path) -> None:
    port = TINY.replace(
        "mix=fixture A:0.6,fixture B:0.4&snr=200&speed=8", "scene=polystyrene&speed=50"
    )
    with running(tmp_path, port=port) as up:
        client = Client(up)
        assert client.post("/api/check", standard="polystyrene")[0] == 200
        until(up, Phase.ASKING)
        assert up.desk.view.asked == "polystyrene" and up.desk.view.asked_lit
        assert client.command("continue")[0] == 200
        until(up, Phase.CALIBRATING, Phase.CHECKED)  # fifty times as fast: it may be over by now
        seen = up.desk.view
        assert seen.laser or seen.phase is not Phase.CALIBRATING
        until(up, Phase.CHECKED)
        rows = up.desk.board.content("findings")["rows"]
        assert not [one for one in rows if one["level"] == "fault"], rows
        assert client.post("/api/check", standard="moon")[0] == 400
    with RecordStore(tmp_path / "records-sim.sqlite", read_only=True) as store:
        event = store.last_event("selftest")
    assert event is not None and event.content["standard"] == "polystyrene"
    assert event.content["passed"]


def test_after_a_failed_self_test_no_light_is_made(tmp_path: Path) -> None:
    def refusing(_tell: object) -> SelfTestedNow:
        def of(_serial: str) -> None:
            raise SelfTestFailed("The self-test of analyzer RX-1 failed: dark level.")

        return of

    with running(tmp_path, fitness=refusing) as up:
        pulses = len(bench_of(up).analyzer.laser_on_log)
        bench_of(up).press_trigger()
        until(up, Phase.FAILED)
        failure = up.desk.view.failure
        assert failure is not None and failure.code == "self_test_failed" and failure.remedy
        assert len(bench_of(up).analyzer.laser_on_log) == pulses


def test_the_wizard_asks_waits_measures_and_writes(tmp_path: Path) -> None:
    port = TINY.replace("mix=fixture A:0.6,fixture B:0.4&snr=200", "scene=neon")
    with running(tmp_path, port=port) as up:
        client = Client(up)
        assert client.post("/api/calibrate", steps=["neon"])[0] == 200
        until(up, Phase.ASKING)
        assert up.desk.view.asked == "neon" and not up.desk.view.laser
        assert client.command("continue")[0] == 200
        until(up, Phase.CHECKED)
        rows = up.desk.board.content("findings")["rows"]
        assert {one["level"] for one in rows} == {"ok"}, rows
        assert client.post("/api/calibrate", steps=["neon"])[0] == 200
        until(up, Phase.ASKING)
        assert client.command("cancel")[0] == 200
        until(up, Phase.READY)
        for steps in ([], ["neon", "argon"], ["moon"]):
            assert client.post("/api/calibrate", steps=steps)[0] == 400


def test_a_press_during_the_wizard_fires_nothing_after_it(tmp_path: Path) -> None:
    port = TINY.replace("mix=fixture A:0.6,fixture B:0.4&snr=200", "scene=neon")
    with running(tmp_path, port=port) as up:
        client = Client(up)
        client.post("/api/calibrate", steps=["neon"])
        until(up, Phase.ASKING)
        bench_of(up).press_trigger()
        client.command("cancel")
        until(up, Phase.READY)
        pulses = len(bench_of(up).analyzer.laser_on_log)
        assert client.command("check")[0] == 200  # and some time passes
        until(up, Phase.CHECKED)
        assert len(bench_of(up).analyzer.laser_on_log) == pulses
        assert client.get("/api/records")["rows"] == []


def test_with_operators_nobody_measures_before_somebody_signs_in(
    screen: Screen, tmp_path: Path
) -> None:
    client = Client(screen)
    assert client.post("/api/operators", name="Ada", pin="4711")[0] == 200
    assert screen.desk.board.content("state")["locked"]
    assert client.command("arm")[0] == 403
    assert client.post("/api/operators", name="Eve", pin="4711")[0] == 403
    bench_of(screen).press_trigger()
    assert client.post("/api/sign-in", name="Ada", pin="0000")[0] == 403
    assert screen.desk.view.phase is Phase.READY
    wait_for(screen, lambda: client.post("/api/sign-in", name="Ada", pin="4711")[0] == 200)
    key = measured(screen)
    assert client.get(f"/api/records/{key}")["about"]["operator"] == "Ada"
    assert client.post("/api/sign-out")[0] in (200, 400)
    with RecordStore(tmp_path / "records-sim.sqlite", read_only=True) as store:
        assert [one.kind for one in store.events("login")] == ["login"]


def test_a_watched_compound_turns_the_card_red(screen: Screen) -> None:
    client = Client(screen)
    names = ["fixture A", "something else"]
    assert client.post("/api/watch", names=names)[0] == 200
    measured(screen)
    card = screen.desk.board.content("card")
    assert card["level"] == "danger"
    states = {one["name"]: one["state"] for one in card["watch"]}
    assert states == {"fixture A": "named", "something else": "open"}
    assert client.post("/api/watch", names=[])[0] == 200
    kept = client.get(f"/api/records/{card['key']}")  # what was watched for then, and is known
    assert [one["name"] for one in kept["watch"]] == ["fixture A"] and kept["level"] == "danger"
    measured(screen)
    assert screen.desk.board.content("card")["level"] != "danger"
    assert client.post("/api/watch", names=["x" * 1000])[0] == 400


def test_a_stop_switch_stops_once_and_only_what_is_under_way() -> None:
    switch = StopSwitch()
    assert not switch.press()
    switch.check()
    with switch.armed():
        switch.check()
        assert switch.press()
        with pytest.raises(MeasurementCancelled):
            switch.check()
        switch.check()  # what switches the laser off is not stopped
    switch.check()
