"""Whatever number stands behind an option: it is refused as one sentence, or the verb ends."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.cli import main
from device.cli.exit_codes import EXIT_USAGE
from device.cli.lazy_group import commands_of
from device.cli.main import run_command
from device.cli.serving import Serving
from device.screen.server import Screen
from tests.tiny_bundles import tiny_path
from tools import arm_check, bench, flash_model, sign_model
from train.cli.main import cli as train_cli

PURE = "data/solvents13/components/Toluene.txt"
PORT = f"sim:mix=fixture A:0.6,fixture B:0.4&snr=200&model={tiny_path(2)}"
ODD = ("0", "-1", "nan", "inf", "-inf", "1e-320", "1e308", str(10**30), "", "1_0")
NUMBERS = (click.types.IntParamType, click.types.FloatParamType)
# Text that a callback reads as a number.
READ_LATER = ("--integration-time", "--excitation", "--battery")
# A verb's words around the option, short enough that a number that is allowed is tried whole.
AROUND = {
    "list": [],
    "info": ["--port", PORT],
    "identify": ["--port", PORT, "--no-store"],
    "identify --excitation": ["--file", PURE, "--model", "models/solvents13-2.ramix"],
    "verify-material": ["fixture A", "--port", PORT, "--no-store"],
    "run": ["--port", PORT, "--no-store", "--triggers", "1"],
    "serve": ["--port", PORT, "--no-store"],
    "acquire": ["--port", PORT, "-o", "{folder}/taken.csv"],
    "calibrate": ["--port", "sim:scene=polystyrene", "--polystyrene", "--yes", "--dry-run"],
    "selftest": ["--port", PORT, "--no-store"],
    "selftest --last": ["--trend"],
    "simulate": ["--tcp", "0", "--model", "none"],
    "conformance": ["--port", PORT, "--only", "hello"],
    "doctor": ["--port", PORT],
    "records events": [],
    "records list": [],
    "library add": ["--port", PORT, "--name", "new"],
    "explain": [PURE, "--model", "models/solvents13-2.ramix"],
    "verify-material --excitation": ["fixture A", "--file", PURE],
}


def numeric_options() -> Iterator[tuple[str, click.Command, click.Option]]:
    for path, verb in commands_of(main.cli, "ramix"):
        for option in verb.params:
            if isinstance(option.type, NUMBERS) or option.opts[0] in READ_LATER:
                assert isinstance(option, click.Option)
                yield path.removeprefix("ramix "), verb, option


CASES = [(verb, option.opts[0]) for verb, _, option in numeric_options()]


@pytest.mark.parametrize(("path", "name"), CASES)
def test_every_number_has_a_smallest_and_a_largest(path: str, name: str) -> None:
    if name in READ_LATER:
        return  # its callback refuses: tried below
    (kind,) = [
        one.type for verb, _, one in numeric_options() if (verb, one.opts[0]) == (path, name)
    ]
    assert isinstance(kind, click.IntRange | click.FloatRange)
    assert kind.min is not None and kind.max is not None and kind.min < kind.max


@pytest.mark.parametrize(
    "program",
    [train_cli, sign_model.cli, flash_model.cli, bench.bench, arm_check.arm_check],
    ids=["ramix-train", "sign_model", "flash_model", "bench", "arm_check"],
)
def test_so_has_every_number_of_the_other_programs(program: click.Command) -> None:
    for path, verb in commands_of(program, "it"):
        for option in verb.params:
            if not isinstance(option.type, NUMBERS):
                continue
            kind = option.type
            assert isinstance(kind, click.IntRange | click.FloatRange), (path, option.name)
            assert kind.min is not None and kind.max is not None, (path, option.name)
            if isinstance(kind, click.FloatRange):
                with pytest.raises(click.BadParameter):
                    option.process_value(click.Context(verb), "nan")


@pytest.fixture
def _bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own; what serves until Ctrl-C ends where it would begin to serve."""
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))

    def begun(*_: Any, **__: Any) -> Any:
        raise click.Abort

    monkeypatch.setattr(Serving, "server", begun)
    monkeypatch.setattr(Screen, "__init__", begun)


@pytest.mark.usefixtures("_bounded")
@pytest.mark.parametrize(("path", "name"), CASES)
def test_an_odd_number_is_refused_or_the_verb_ends(
    path: str, name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    around = AROUND.get(f"{path} {name}", AROUND.get(path))
    assert around is not None, f"what stands around {path} {name}?"
    words = [*path.split(), *(word.format(folder=tmp_path) for word in around)]
    if path == "acquire":
        words.append("--force")
    refused = 0
    for odd in ODD:
        code = run_command([*words, f"{name}={odd}"])
        told = capsys.readouterr().err
        assert "unexpected" not in told and "Traceback" not in told, (odd, told)
        refused += code == EXIT_USAGE
    assert refused >= len(ODD) - 5  # a few are numbers like others: 0, -1, 1e-320, 1_0 as 10


@given(st.floats() | st.integers().map(float))
def test_no_number_gets_past_its_bounds(value: float) -> None:
    for _, verb, option in numeric_options():
        if option.opts[0] in READ_LATER:
            continue
        text = str(value) if "float" in option.type.name else f"{value:.0f}"
        try:
            taken = option.process_value(click.Context(verb), text)
        except click.BadParameter:
            continue
        kind: Any = option.type
        assert math.isfinite(taken) and kind.min <= taken <= kind.max


def test_a_timeout_that_no_link_keeps_is_refused_instead_of_reconnecting_for_ever() -> None:
    assert run_command(["run", "--port", "sim:", "--timeout", "1e-320"]) == EXIT_USAGE
