"""`ramix simulate` in its own process: it says where it is, serves, and ends when told."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.cli.main import run_command
from device.ports import open_analyzer
from firmware_bridge.errors import LinkError

ROOT = Path(__file__).parent.parent
FOUR_SOLVENTS = ROOT / "data" / "solvents13" / "mixtures" / "FourSolvent-1.txt"


@contextmanager
def simulate(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "device.cli.main", "simulate", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def first_line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_on_tcp_until_it_is_told_to_stop(ending: signal.Signals) -> None:
    replay = ("--replay", FOUR_SOLVENTS, "--model", "none", "--speed", "100")
    with simulate("--tcp", "0", *replay, "--json") as running:
        port = json.loads(first_line(running))["port"]
        with open_analyzer(port) as analyzer:
            assert analyzer.acquire_frame(True).counts.max() == 12_818
        running.send_signal(ending)
        assert running.wait(timeout=10) == 0


def test_it_has_the_serial_number_that_it_is_given() -> None:
    with simulate("--tcp", "0", "--model", "none", "--serial", "RX-17", "--json") as running:
        told = json.loads(first_line(running))
        assert told["serial"] == "RX-17"
        with open_analyzer(told["port"]) as analyzer:
            assert (analyzer.info.serial, analyzer.calibration().serial) == ("RX-17", "RX-17")


def test_it_makes_a_link_to_its_terminal_and_takes_it_away_again(tmp_path: Path) -> None:
    link = tmp_path / "analyzer"
    with simulate("--pty", link, "--model", "none") as running:
        assert first_line(running) == str(link)
        with open_analyzer(str(link)) as analyzer:
            assert analyzer.info.product == "ramix-785"
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=10) == 0
    assert not link.is_symlink()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--tcp", "nowhere"],
        ["--tcp", "127.0.0.1:99999"],
        ["--tcp", "0", "--pty", "-"],
        ["--mix", "a:1", "--scene", "lamp"],
        ["--noise", "1"],
        ["--snr", "10"],
        ["--speed", "0"],
        ["--mix", "a:b:"],
        ["--scenes", "demo", "--mix", "a:1"],
        ["--truth", "truth.jsonl"],
        ["--fault", "fire"],
        ["--wall", "wood"],
        ["--battery", "101"],
        ["--mix", "a:1", "--brightness", "nan"],
        ["--flicker", "0.5"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["simulate", *wrong]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_list_is_served_and_its_truth_is_written(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    options = ("--model", "none", "--speed", "100", "--trigger-every", "0", "--fault", "unplug@3")
    with simulate(
        "--tcp", "0", "--scenes", listed(tmp_path), "--truth", truth, *options
    ) as running:
        port = first_line(running)
        with open_analyzer(port) as analyzer:
            analyzer.acquire_frame(False)
            assert analyzer.acquire_frame(True).counts.max() > 600  # the offset is 165
            with pytest.raises(LinkError):
                analyzer.acquire_frame(True)
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=10) == 0
    (line,) = truth.read_text().splitlines()
    assert json.loads(line)["name"] == "calcite" and json.loads(line)["scene"] == 1


def listed(folder: Path) -> Path:
    path = folder / "list.toml"
    path.write_text('[[scene]]\nname = "calcite"\nsample = "scene=calcite"\nverdict = "UNKNOWN"\n')
    return path
