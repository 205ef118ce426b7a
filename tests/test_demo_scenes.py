"""Ten presses of the trigger at the shipped samples give ten right cards, and no card knew."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from device.cli.main import run_command
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.installation import default_model_path, default_record_store_path
from device.ports import open_analyzer
from device.simulated.port import open_transport
from device.simulated.scene_list import demo_list
from device.simulated.truth import TruthLog
from device.station.station import Equipment, Station
from firmware_bridge.simulator.samples import Samples

pytestmark = pytest.mark.skipif(
    not default_model_path().exists(), reason="the shipped model has not been built"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def cards(capsys: pytest.CaptureFixture[str], port: str, triggers: int) -> list[dict[str, Any]]:
    assert run_command(["run", "--port", port, "--triggers", str(triggers), "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def is_right(card: dict[str, Any]) -> bool:
    """Names, verdict and, without a result, the reason are those of the truth."""
    truth = card["truth"]
    names = sorted(component["name"] for component in card["components"])
    codes = [reason["code"] for reason in card["reasons"]]
    return (
        card["verdict"] == truth["verdict"]
        and names == sorted(truth["components"])
        and (truth["reason"] is None or codes == [truth["reason"]])
    )


def answer_of(card: dict[str, Any]) -> dict[str, Any]:
    changing = ("truth", "record_id", "record_code", "timings_ms", "measured_utc")
    return {key: value for key, value in card.items() if key not in changing}


@pytest.mark.parametrize("seed", [0, 1])
def test_ten_presses_give_ten_right_cards(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    found = cards(capsys, f"sim:scenes=demo&seed={seed}", 10)
    assert [card["truth"]["scene"] for card in found] == list(range(1, 11))
    wrong = [(card["truth"], card["verdict"], card["components"]) for card in found
             if not is_right(card)]  # fmt: skip
    assert not wrong
    assert len({card["record_id"] for card in found}) == 10


def test_a_wrong_card_would_be_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    (card,) = cards(capsys, "sim:scenes=demo", 1)
    assert is_right(card)
    for change in (
        {"verdict": "PARTIAL"},
        {"components": card["components"][1:]},
        {"components": [*card["components"], {"name": "Toluene"}]},
        {"truth": {**card["truth"], "reason": "saturated"}},
    ):
        assert not is_right({**card, **change})


@pytest.mark.parametrize("link", ["tcp", "pty", "usb"])
def test_the_samples_take_turns_over_every_link(
    link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Over these links the trigger's clock is the host's: a press too soon cancels a busy host.
    port = f"sim:scenes=demo&link={link}&speed=200&trigger_every_s=2"
    command = ["run", "--port", port, "--triggers", "2", "--countdown", "0", "--json"]
    assert run_command(command) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [card["truth"]["scene"] for card in found] == [1, 2]
    assert all(map(is_right, found))


def test_a_host_that_measures_without_the_trigger_gets_the_next_sample_too() -> None:
    log = TruthLog()
    port = "scenes=demo&trigger_every_s=0"
    equipment = Equipment(SequentialSettings())
    with Station(
        "sim:", equipment, lambda _: Analyzer(open_transport(port, log.follow)), lambda _: None
    ) as station:
        for expected in demo_list()[:3]:
            answer = station.measure().answer
            assert log.latest() == {"scene": demo_list().index(expected) + 1, **expected.truth()}
            assert str(answer.identification.verdict) == expected.verdict


def test_identify_gets_the_first_sample_and_tells_no_truth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["identify", "--port", "sim:scenes=demo", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert sorted(one["name"] for one in card["components"]) == sorted(demo_list()[0].components)
    assert "truth" not in card


def test_a_card_for_people_says_what_was_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "--port", "sim:scenes=demo", "--triggers", "1"]) == 0
    assert demo_list()[0].name in capsys.readouterr().out


def test_a_sample_without_a_list_has_no_truth(capsys: pytest.CaptureFixture[str]) -> None:
    (card,) = cards(capsys, "sim:mix=toluene", 1)
    assert "truth" not in card


def marked_list(path: Path, mark: str, verdict: str) -> Path:
    path.write_text(f"""
[[scene]]
name = "{mark}"
sample = "mix=Toluene:0.5,ethanol:0.5&snr=30"
verdict = "{verdict}"
components = ["{mark}"]
foreign = ["{mark}"]
""")
    return path


def test_the_stored_record_holds_no_truth(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = "unmistakable-truth"
    path = marked_list(tmp_path / "list.toml", mark, "UNKNOWN")
    (card,) = cards(capsys, f"sim:scenes={path}", 1)
    assert card["truth"]["name"] == mark  # the control: the mark is there to be found
    assert run_command(["records", "show", card["record_id"], "--simulated", "--json"]) == 0
    shown = capsys.readouterr().out
    assert "Toluene" in shown and mark not in shown and "truth" not in shown
    store = default_record_store_path(simulated=True)
    with sqlite3.connect(store) as database:
        dumped = "".join(database.iterdump())
    kept = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert mark not in dumped and mark.encode() not in kept


def test_another_truth_changes_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for mark, verdict in (("Toluene", "IDENTIFIED"), ("acetone", "NO_RESULT")):
        path = marked_list(tmp_path / "list.toml", mark, verdict)
        found += cards(capsys, f"sim:scenes={path}", 1)
    assert found[0]["truth"] != found[1]["truth"]
    assert answer_of(found[0]) == answer_of(found[1])
    assert not is_right(found[1])


def test_nothing_of_the_truth_hangs_on_an_open_analyzer() -> None:
    with open_analyzer("sim:scenes=demo&trigger_every_s=0") as analyzer:
        assert not any(isinstance(one, TruthLog) for one in reachable(analyzer))
        assert any(isinstance(one, Samples) for one in reachable(analyzer))  # the control


def reachable(start: object) -> list[object]:
    """Everything of ours behind `start`'s attributes."""
    found: list[object] = []
    todo, seen = [start], set[int]()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, list | tuple | set | frozenset):
            todo += one
        elif isinstance(one, dict):
            todo += one.values()
        elif type(one).__module__.partition(".")[0] in ("device", "firmware_bridge"):
            found.append(one)
            todo += vars(one).values() if hasattr(one, "__dict__") else []
    return found
