"""`ramix list`, `info` and `acquire`, as typed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device import ports
from device.cli.main import run_command
from device.ports import PortInfo
from device.spectra.files.reading import read_spectrum

REPLAY = "sim:replay=data/solvents13/mixtures/FourSolvent-1.txt"


def _json_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_list_shows_what_is_plugged_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ports, "list_ports", lambda: [PortInfo("usb:RX-1", "usb", "RX-1")])
    assert run_command(["list"]) == 0
    assert "usb:RX-1" in capsys.readouterr().out
    assert run_command(["list", "--json"]) == 0
    port = {"port": "usb:RX-1", "kind": "usb", "serial": "RX-1", "note": ""}
    assert _json_of(capsys) == {"ports": [port]}


def test_list_says_so_when_nothing_is_plugged_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ports, "list_ports", list)
    assert run_command(["list"]) == 0
    assert "No analyzer" in capsys.readouterr().out


@pytest.mark.parametrize("link", ["inproc", "pty", "usb"])
def test_info_describes_the_analyzer(link: str, capsys: pytest.CaptureFixture[str]) -> None:
    port = f"{REPLAY}&model=none&link={link}"
    assert run_command(["info", "--port", port, "--json"]) == 0
    found = _json_of(capsys)
    parts = {"analyzer", "capabilities", "state", "calibration", "slots", "trust", "active_model"}
    assert set(found) == parts | {"camera", "power", "clock_utc"}
    assert found["camera"]["converter_bits"] == 16 and found["power"]["battery_percent"] == 100
    assert found["clock_utc"] is None  # nobody has set it
    assert run_command(["info", "--port", port]) == 0
    text = capsys.readouterr().out
    assert "ramix-785" in text and "OFF" in text and "EMPTY" in text


def test_info_tells_no_number_that_the_analyzer_does_not_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["info", "--port", "sim:figures=unknown&battery=none", "--json"]) == 0
    found = _json_of(capsys)
    assert set(found["camera"].values()) == {None}
    assert found["power"]["battery"] == "NONE" and found["power"]["battery_percent"] is None
    assert found["power"]["board_temperature_c"] is not None


def test_what_acquire_saves_can_be_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "sample.csv"
    assert run_command(["acquire", "--port", REPLAY, "-o", str(saved), "--json"]) == 0
    facts = _json_of(capsys)
    assert (facts["file"], facts["integration_time_ms"], facts["frames"]) == (str(saved), 1000.0, 1)
    again = read_spectrum(saved)
    original = read_spectrum(REPLAY.removeprefix("sim:replay="))
    common = np.interp(original.wavenumber_cm1, again.wavenumber_cm1, again.intensity)
    assert np.corrcoef(common, original.intensity)[0, 1] > 0.9999


def test_acquire_saves_everything_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "sample.json"
    command = ["acquire", "--port", REPLAY, "-o", str(saved), "--frames", "2"]
    assert run_command([*command, "--integration-time", "500"]) == 0
    assert "500" in capsys.readouterr().out
    everything = json.loads(saved.read_text())
    assert len(everything["raw_counts"]) == len(everything["variance"]) == 2048
    assert everything["integration_time_ms"] == 500.0


def test_acquire_replaces_a_file_only_when_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "sample.csv"
    saved.write_text("precious")
    assert run_command(["acquire", "--port", REPLAY, "-o", str(saved), "--json"]) == 1
    assert "--force" in str(_json_of(capsys)["error"])
    assert saved.read_text() == "precious"
    assert run_command(["acquire", "--port", REPLAY, "-o", str(saved), "--force"]) == 0
    assert saved.read_text().startswith("# analyzer")
    assert [path.name for path in tmp_path.iterdir()] == ["sample.csv"]


@pytest.mark.parametrize(
    ("target", "complaint"), [("sample.xyz", ".csv"), ("no/such/folder/sample.csv", "folder")]
)
def test_acquire_refuses_a_target_before_measuring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, complaint: str
) -> None:
    # The port does not exist: had it been opened, the exit code would be 3.
    command = ["acquire", "--port", "/dev/no-such-port", "-o", str(tmp_path / target)]
    assert run_command(command) == 1
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("port", "code"),
    [
        ("nonsense", 2),
        ("tcp://host", 2),
        ("sim:replay=/no/such/file.txt", 1),
        ("/dev/no-such-port", 3),
        ("usb:NOBODY", 3),
    ],
)
@pytest.mark.parametrize("verb", ["info", "acquire"])
def test_a_port_that_does_not_work_has_its_exit_code(
    verb: str, port: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([verb, "--port", port, "--json"]) == code
    error = _json_of(capsys)["error"]
    assert isinstance(error, dict) and error["text"].endswith(".") and error["code"]
