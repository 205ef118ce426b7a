"""Every verb that makes light has every option about it, or a reason stands in the docs."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from device.cli import light_options, main, options, walls
from device.cli.lazy_group import commands_of
from device.cli.light_options import LightOptions
from device.cli.main import run_command
from device.cli.walls import Walls
from device.countdown import MeasurementCancelled
from device.driver.acquisition import AcquisitionSettings
from device.driver.safety import CoolerSettings, Safety
from firmware_bridge.deadlines import READOUT_TIME_S
from firmware_bridge.messages import SetLaserPower
from tests.pages import ROOT

PAGE = (ROOT / "docs" / "measuring.md").read_text(encoding="utf-8")
PURE = "data/solvents13/components/Toluene.txt"
PORT = f"sim:replay={PURE}"
MODEL = ["--model", "models/solvents13-2.ramix"]
# What may make light: these, and verbs that only measure through one of them.
WITH_PORT_AND_NO_LIGHT = {"info", "doctor", "conformance"}


def table() -> tuple[list[str], dict[str, list[str]]]:
    """The options, and each verb's cells."""
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("|")
    ]
    head = next(row for row in rows if row[0] == "verb")
    verbs = {row[0]: row[1:] for row in rows if len(row) == len(head) and row[1:] != head[1:]}
    verbs.pop("---")
    return head[1:], verbs


def verbs_with_port() -> dict[str, set[str]]:
    found = {}
    for path, command in commands_of(main.cli, "ramix"):
        names = {name for parameter in command.params for name in parameter.opts}
        if not isinstance(command, click.Group) and "--port" in names:
            found[path.removeprefix("ramix ")] = names
    return found


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


def test_the_table_holds_every_verb_that_makes_light() -> None:
    verbs = {verb for verb in verbs_with_port() if not verb.startswith("model")}
    assert set(table()[1]) == verbs - WITH_PORT_AND_NO_LIGHT


def test_each_cell_is_true_and_each_hole_has_its_reason() -> None:
    names, verbs = table()
    reasons = set(re.findall(r"^([1-9])\. ", PAGE, re.MULTILINE))
    there = verbs_with_port()
    for verb, cells in verbs.items():
        for name, cell in zip(names, cells, strict=True):
            assert (cell == "yes") == (name in there[verb]), (verb, name)
            assert cell == "yes" or cell in reasons, (verb, name)


def test_the_table_s_columns_are_all_options_of_light() -> None:
    asked = {*light_options._NAMES.values(), "--timeout", "--key-file"}
    assert set(table()[0]) == asked


def test_bounds_that_are_spelled_again_are_those_of_the_wire() -> None:
    assert options.LEAST_TIMEOUT_S == READOUT_TIME_S
    assert SetLaserPower(light_options.MAX_POWER_MW).to_bytes()
    with pytest.raises(Exception, match="65535|65,535|range"):
        SetLaserPower(light_options.MAX_POWER_MW + 1).to_bytes()


def answer_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    run_command([*words, "--json"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    "words",
    [
        ["identify", "--no-store", *MODEL],
        ["verify-material", "toluene", "--no-store", *MODEL],
        ["acquire", "-o", "taken.csv"],
    ],
    ids=lambda words: words[0],
)
def test_options_of_safety_reach_the_measurement(
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = [str(Path(word).resolve()) if word.startswith("models/") else word for word in words]
    port = f"sim:replay={Path(PURE).resolve()}"
    monkeypatch.chdir(tmp_path)
    given = ["--dark-sample", "--no-heating-watch", "--cooler", "-30", "--countdown", "0.01"]
    told = answer_of(capsys, *words, "--port", port, *given)["settings"]
    assert set(told["overridden"]) == {"dark_sample", "heating_watch", "cooler"}
    assert (told["cooler_setpoint_c"], told["countdown_s"]) == (-30.0, 0.01)
    assert told["laser_power_mw"] <= 10


def test_a_locked_method_leaves_safety_to_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    method = str(tmp_path / "m.json")
    assert answer_of(capsys, "verify-material", "toluene", "--save-method", method, *MODEL)
    words = ["verify-material", "--method", method, "--port", PORT, "--no-store", *MODEL]
    told = answer_of(capsys, *words, "--dark-sample")["settings"]
    assert told["overridden"] == ["dark_sample"]


@pytest.mark.parametrize("name", ["--dark-sample", "--no-heating-watch"])
def test_a_method_is_not_saved_with_what_it_cannot_hold(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["verify-material", "toluene", "--save-method", str(tmp_path / "m.json"), name]
    assert run_command(words) == 2
    assert name in capsys.readouterr().err
    assert not (tmp_path / "m.json").exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["identify", "--file", PURE, "--cooler", "-30"], "--cooler needs a --port"),
        (["verify-material", "x", "--file", PURE, "--countdown", "1"], "--countdown needs"),
        (
            ["library", "add", PURE, "--name", "x", "--frames", "2", "--dark-sample"],
            "need a --port",
        ),
        (["identify", "--file", PURE, "--despite-self-test"], "--despite-self-test needs"),
    ],
)
def test_a_file_has_no_light(
    words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(words) == 2
    assert named in capsys.readouterr().err


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "config" / "ramix.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        '[all]\nport = "sim:"\nlaser-power = 5\nbudget = 5\ncountdown = 2\n'
        "[identify]\ncooler = -30\ndark-sample = true\n"
    )
    return path


@pytest.mark.usefixtures("settings_file")
@pytest.mark.parametrize(
    "words",
    [
        ["library", "add", PURE, "--name", "new"],
        ["identify", "--file", PURE, *MODEL],
        ["verify-material", "toluene", "--file", PURE, *MODEL],
        ["verify-material", "toluene", "--save-method", "{folder}/m.json", *MODEL],
        ["selftest", "--trend"],
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_defaults_of_a_settings_file_do_not_contradict_a_file(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_command([word.format(folder=tmp_path) for word in words])
    assert code == 0 or "There is no self-test" in capsys.readouterr().err


@pytest.mark.usefixtures("settings_file")
def test_a_method_s_way_of_measuring_holds_against_a_settings_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    method = str(tmp_path / "m.json")
    words = ["verify-material", "toluene", "--save-method", method, "--frames", "2", *MODEL]
    assert run_command(words) == 0
    capsys.readouterr()
    told = answer_of(
        capsys, "verify-material", "--method", method, "--port", PORT, "--no-store", *MODEL
    )
    assert told["settings"]["frames"] == 2


# ---- a container that is measured first ----


class _Bench:
    """Records what a blank's measurement asks for; a press cancels the first countdown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, cancel: bool) -> None:
        self.did: list[Any] = []
        self._cancel = cancel
        self.info = SimpleNamespace(serial="X")
        monkeypatch.setattr(walls, "_wait", lambda _analyzer: self.did.append("word"))
        monkeypatch.setattr(walls, "cooled", lambda _a, cooler, _t: self.did.append(cooler))
        monkeypatch.setattr(walls, "count_down", self._count_down)
        monkeypatch.setattr(walls, "growing", self._growing)

    def _count_down(self, _analyzer: Any, countdown_s: float, _tell: Any) -> None:
        self.did.append(countdown_s)
        if self._cancel:
            self._cancel = False
            raise MeasurementCancelled("Pressed.")

    def _growing(self, _analyzer: Any, settings: Any, _tell: Any) -> Iterator[Any]:
        self.did.append(settings.safety)
        yield SimpleNamespace(acquisition="taken")

    def laser_off(self) -> None:
        self.did.append("off")


@pytest.mark.parametrize("cancel", [False, True])
def test_an_empty_container_is_lit_as_carefully_as_a_sample(
    cancel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    safety = Safety(dark_sample=True, cooler=CoolerSettings(-30.0))
    bench: Any = _Bench(monkeypatch, cancel=cancel)
    identifier: Any = SimpleNamespace(
        bundle=SimpleNamespace(manifest=SimpleNamespace(grid=AcquisitionSettings().seen))
    )
    asked = Walls([], AcquisitionSettings(frames=3, safety=safety), 1.5, sample_next=True)
    taken: Any = asked._empty(bench, identifier, "")
    assert taken == "taken"
    once = ["word", safety.cooler, 1.5]
    assert bench.did == [*once, *(["off", *once] if cancel else []), safety]


def test_nothing_given_is_nothing_typed() -> None:
    assert LightOptions() == LightOptions(typed=())
    LightOptions(frames=3).refuse_at_a_file()  # of a settings file
    with pytest.raises(click.UsageError):
        LightOptions(typed=("--frames",)).refuse_at_a_file()
    assert sys.modules["device.cli.light_options"] is light_options
