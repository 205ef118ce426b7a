"""docs/simulator.md and the keys of `sim:` agree; so do the options of `ramix simulate`."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from device.cli.exit_codes import exit_code_for_verdict
from device.cli.main import run_command
from device.cli.simulate import simulate
from device.cli.simulated_options import BOUNDS as OPTION_BOUNDS
from device.cli.simulated_options import CAMERAS, FIGURES, SCENES, SEEDS
from device.driver.port import PortSyntaxError
from device.installation import default_model_path
from device.simulated import spec
from device.simulated.planned import FAULTS, Planned
from device.simulated.sample import SHARE_BOUNDS, WALL_BOUNDS
from device.simulated.scene_list import parse_list
from device.simulated.spec import BOUNDS, KEYS, PORT_BOUNDS, parse
from device.verdict.identification import Verdict
from firmware_bridge.simulator import camera_figures

PAGE = (Path(__file__).parents[1] / "docs" / "simulator.md").read_text()
# key -> (unit, bounds, example); of the tables with five columns
ROWS = {
    key: (unit, bounds, example)
    for key, unit, bounds, example in re.findall(
        r"^\| `(\w+)` \|[^|]*\|([^|]*)\|([^|]*)\| `sim:([^`]*)` \|$", PAGE, re.MULTILINE
    )
}


def test_every_key_has_its_row_and_no_other_is_there() -> None:
    assert set(ROWS) == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_the_example_of_a_key_uses_it_and_is_understood(key: str) -> None:
    example = ROWS[key][2]
    assert f"{key}=" in example
    parse(example)


@pytest.mark.parametrize("key", BOUNDS)
def test_the_bounds_of_a_key_are_those_that_hold(key: str) -> None:
    low, high = BOUNDS[key]
    assert f"{low:g} to {high:g}" in ROWS[key][1]


def test_bounds_of_parts_and_battery_are_those_that_hold() -> None:
    for key, (low, high) in (("mix", SHARE_BOUNDS), ("wall", WALL_BOUNDS), ("battery", (0, 100))):
        assert f"{low:g} to {high:g}" in ROWS[key][1]


@pytest.mark.parametrize("key", sorted({*BOUNDS} - {"seed", "noise"}))
def test_a_number_beyond_its_bounds_is_refused(key: str) -> None:
    example = ROWS[key][2]
    assert getattr(parse(example), key) is not None
    low, high = BOUNDS[key]
    beyond = [high * 1.01] + ([low * 0.99] if low else [])
    for value in beyond:
        with pytest.raises(PortSyntaxError, match=f"{key} must be"):
            parse(re.sub(rf"\b{key}=[^&]*", f"{key}={value:.17g}", example))


def test_every_fault_is_on_the_page_and_understood() -> None:
    told = set(re.findall(r"^\| `(\w+)` \| [^|]* \|$", PAGE, re.MULTILINE))
    assert told == set(FAULTS)
    for name in FAULTS:
        Planned.parse(name)


def test_a_liquid_in_a_bottle_is_named_through_its_blank_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not default_model_path().exists():
        pytest.skip("the shipped model has not been built")
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    acquire, identify = re.findall(r"^ramix (acquire .*|identify .*empty.csv)$", PAGE, re.MULTILINE)
    assert run_command(shlex.split(acquire)) == 0
    capsys.readouterr()
    assert run_command([*shlex.split(identify), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in found["components"]] == ["Toluene"]
    without = shlex.split(identify)[:-2]
    assert run_command([*without, "--json"]) == exit_code_for_verdict(Verdict.PARTIAL)


def test_the_list_on_the_page_is_one() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    parse_list(text, "docs/simulator.md")


def test_every_key_has_its_option() -> None:
    options = {option.name for option in simulate.params if isinstance(option, click.Option)}
    renamed = {"trigger_every_s": "trigger_every"}
    assert {renamed.get(key, key) for key in KEYS} - {"link"} <= options


def test_choices_that_are_spelled_again_are_the_same() -> None:
    assert SCENES == spec.SCENES
    assert tuple(camera_figures.CAMERAS) == CAMERAS
    assert spec.FIGURES == FIGURES
    assert set(PORT_BOUNDS) < set(BOUNDS)
    assert OPTION_BOUNDS | {"seed": SEEDS} == BOUNDS
