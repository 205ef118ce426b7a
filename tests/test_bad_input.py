"""Whatever is given to the command, the answer is one clear sentence and the right exit code."""

import errno
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import serial

from device.cli.main import run_command
from device.driver.transports.in_process import InProcessTransport
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.framing import Framing
from tests.tiny_bundles import tiny_path, tiny_variant

ROOT = Path(__file__).resolve().parent.parent
NATIVE = ROOT / "data/solvents13/mixtures/FourSolvent-1.txt"
MODEL = str(tiny_path(2))
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


@dataclass(frozen=True)
class Said:
    """What the command answered."""

    text: str
    remedy: str
    code: str


def _refused(arguments: list[str], exit_code: int, capsys: Capture) -> Said:
    """Run it both ways, for people and with --json; both must refuse alike, in one sentence."""
    capsys.readouterr()
    assert run_command(arguments) == exit_code
    for_people = capsys.readouterr()
    assert for_people.out == ""
    assert "Traceback" not in for_people.err
    assert run_command([*arguments, "--json"]) == exit_code
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    error = json.loads(lines[0])["error"]
    assert set(error) == {"code", "text", "remedy"}
    assert error["code"] != "unexpected"
    assert f"Error: {error['text']}" in for_people.err
    assert error["remedy"] in for_people.err
    assert error["text"].endswith(".")
    assert error["text"].isprintable()  # one line, and no commands to the terminal
    assert not re.search(r"Errno|Exception|Error:|0x[0-9a-f]{8}", error["text"])
    return Said(**error)


# ---- files ----


def _native(change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    return lambda: change(NATIVE.read_bytes())


def _columns(axis: npt.NDArray[np.float64], end: str = "", name: str = "wavenumber_cm1") -> bytes:
    rows = "".join(f"{x:.2f},{100.0 + x % 7:.2f}\n" for x in axis)
    return f"{name},intensity\n{rows}{end}".encode()


_AXIS = np.arange(300.0, 2300.0, 2.0)
BAD_FILES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "blank lines": lambda: b"\n\r\n \n" * 50,
    "header only": lambda: b"wavenumber_cm1,intensity\n",
    "one point": lambda: b"wavenumber_cm1,intensity\n500,1\n",
    "binary": lambda: bytes(range(256)) * 40,
    "a model": lambda: Path(MODEL).read_bytes(),
    "prose": lambda: b"Dear colleague, please find attached the spectrum you asked for.\n" * 9,
    "json": lambda: b'{"wavenumber_cm1": [1, 2, 3], "intensity": [1, 2, 3]}\n',
    "not a number": lambda: _columns(_AXIS, "2300,nan\n2301,5\n"),
    "infinite": lambda: _columns(_AXIS, "2300,inf\n"),
    "axis not a number": lambda: _columns(_AXIS, "nan,5\n2301,5\n"),
    "absurdly large": lambda: _columns(_AXIS, "2300,1e999\n"),
    "missing value": lambda: _columns(_AXIS, "2300,\n2301,5\n"),
    "one column": lambda: b"".join(b"%d\n" % i for i in range(500)),
    "axis in nanometres": lambda: _columns(np.arange(790.0, 990.0, 0.1), name="wavelength_nm"),
    "axis that turns back": lambda: _columns(np.concatenate([_AXIS, _AXIS[::-1]])),
    "axis that stands still": lambda: _columns(np.full(500, 1000.0)),
    "native, header cut": _native(lambda data: data[:900]),
    "native, no numbers": _native(lambda data: data[: data.rfind(b"Pixel;") + 90]),
    "native, a damaged number": _native(lambda data: data[:-400] + b"\nx;y;z\n" + data[-400:]),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_refused(kind: str, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "sample.txt"
    file.write_bytes(BAD_FILES[kind]())
    said = _refused(["identify", "--file", str(file), "--model", MODEL], 1, capsys)
    assert "sample.txt" in said.text
    assert said.code == "unreadable_file"


def test_the_good_neighbour_of_each_bad_file_is_accepted(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "sample.txt"
    for content in (NATIVE.read_bytes(), _columns(_AXIS)):
        file.write_bytes(content)
        assert run_command(["identify", "--file", str(file), "--model", MODEL]) in (0, 9, 10, 11)


def test_a_huge_file_is_refused_unread(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as stream:
        stream.truncate(100_000_000)
    said = _refused(["identify", "--file", str(file), "--model", MODEL], 1, capsys)
    assert "100 MB" in said.text


@pytest.mark.parametrize(
    "name", ["missing.txt", ".", "missing/below.txt", "nul\0inside", "\x1b[2J"]
)
def test_a_path_that_is_no_file_is_refused(name: str, tmp_path: Path, capsys: Capture) -> None:
    _refused(["identify", "--file", str(tmp_path / name), "--model", MODEL], 1, capsys)


# ---- ports ----


@pytest.mark.parametrize("verb", ["identify", "run", "info"])
@pytest.mark.parametrize(
    "port",
    [
        "",
        "nonsense",
        "tcp://",
        "tcp://host",
        "tcp://host:0",
        "tcp://host:99999",
        "tcp://host:port",
        "sim:replay",
        "sim:colour=blue",
        "sim:mix=toluene:lots",
        "sim:scene=party",
        "sim:seed=x",
    ],
)
def test_a_malformed_port_is_a_usage_error(verb: str, port: str, capsys: Capture) -> None:
    _refused([verb, "--port", port], 2, capsys)


def _closed_tcp_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("verb", ["identify", "run", "info"])
@pytest.mark.parametrize("kind", ["serial", "tcp", "usb"])
def test_an_absent_analyzer_is_said_to_be_absent(verb: str, kind: str, capsys: Capture) -> None:
    port = {"serial": "/dev/ttyRAMIX9", "tcp": _closed_tcp_port(), "usb": "usb:NOBODY"}[kind]
    _refused([verb, "--port", port], 3, capsys)


def test_a_port_of_other_users_is_a_permission_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    def forbidden(*_arguments: object, **_options: object) -> None:
        raise serial.SerialException(errno.EACCES, "could not open port: Permission denied")

    monkeypatch.setattr(serial, "Serial", forbidden)
    said = _refused(["identify", "--port", str(tmp_path / "ttyACM0")], 4, capsys)
    assert "udev" in said.remedy or "group" in said.remedy


def test_a_silent_peer_is_a_timeout(capsys: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        _refused(["info", "--port", port, "--timeout", "0.3"], 5, capsys)


@pytest.mark.parametrize("replay", ["missing.txt", "empty.txt"])
def test_a_replay_that_cannot_be_read_is_refused(
    replay: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    _refused(["identify", "--port", f"sim:replay={tmp_path / replay}", "--model", MODEL], 1, capsys)


def test_a_calibration_page_that_contradicts_the_frame_is_a_protocol_error(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    page = CalibrationPage(
        wavelength_coefficients_nm=(795.0, 0.2), excitation_nm=785.0, first_valid_pixel=0,
        last_valid_pixel=1023, pixel_count=1024, dead_pixels=(), resolution_cm1=12.0, serial="x",
    )  # fmt: skip

    def contradicting(specification: str, _follow: object = None) -> InProcessTransport:
        simulated = build_analyzer(parse(specification), Framing.RAW)
        simulated.set_calibration_page(page.to_bytes())
        return InProcessTransport(simulated)

    monkeypatch.setattr("device.simulated.port.open_transport", contradicting)
    port = f"sim:scene=empty&model={MODEL}"
    for verb in ("identify", "run"):
        said = _refused([verb, "--port", port], 6, capsys)
        assert "1024" in said.text
        assert "2048" in said.text


def test_a_damaged_calibration_page_is_a_protocol_error(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def damaged(specification: str) -> InProcessTransport:
        simulated = build_analyzer(parse(specification), Framing.RAW)
        simulated.set_calibration_page(b"\xff" * 200)
        return InProcessTransport(simulated)

    monkeypatch.setattr("device.simulated.port.open_transport", damaged)
    _refused(["identify", "--port", f"sim:scene=empty&model={MODEL}"], 6, capsys)


def test_an_exposure_beyond_the_analyzer_s_limits_is_refused(capsys: Capture) -> None:
    port = f"sim:scene=empty&model={MODEL}"
    said = _refused(["identify", "--port", port, "--integration-time", "599999"], 1, capsys)
    assert "integration time" in said.text


# ---- models ----

BAD_MODELS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: NATIVE.read_bytes(),
    "cut short": lambda: Path(MODEL).read_bytes()[:-1],
    "longer": lambda: Path(MODEL).read_bytes() + b"\0",
    "a flipped bit in the middle": lambda: _flipped(0.5),
    "a flipped bit near the end": lambda: _flipped(0.99),
    "unsigned": lambda: tiny_variant(2, signers=[]),
}


def _flipped(place: float) -> bytes:
    data = bytearray(Path(MODEL).read_bytes())
    data[int(place * len(data))] ^= 1
    return bytes(data)


@pytest.mark.parametrize("kind", BAD_MODELS)
def test_a_bad_model_is_refused(kind: str, tmp_path: Path, capsys: Capture) -> None:
    model = tmp_path / "model.ramix"
    model.write_bytes(BAD_MODELS[kind]())
    _refused(["identify", "--file", str(NATIVE), "--model", str(model)], 7, capsys)
    # and the same as the model of an analyzer
    port = f"sim:scene=empty&model={tmp_path / 'good.ramix'}"
    (tmp_path / "good.ramix").write_bytes(Path(MODEL).read_bytes())
    _refused(["identify", "--port", port, "--model", str(model)], 7, capsys)


@pytest.mark.parametrize("name", ["missing.ramix", "."])
def test_a_missing_model_is_refused(name: str, tmp_path: Path, capsys: Capture) -> None:
    arguments = ["identify", "--file", str(NATIVE), "--model", str(tmp_path / name)]
    _refused(arguments, 7, capsys)


# ---- records and pictures ----


def test_a_store_that_is_none_is_refused_before_the_laser_fires(
    tmp_path: Path, capsys: Capture
) -> None:
    store = tmp_path / "notes.txt"
    store.write_bytes(b"shopping list\n" * 100)
    port = f"sim:scene=empty&model={MODEL}"
    said = _refused(["identify", "--port", port, "--store", str(store)], 1, capsys)
    assert said.code == "record_store"
    assert store.read_bytes() == b"shopping list\n" * 100


@pytest.mark.parametrize("verb", [["list"], ["show", "1"], ["verify"]])
def test_records_in_a_file_that_is_no_store_are_refused(
    verb: list[str], tmp_path: Path, capsys: Capture
) -> None:
    store = tmp_path / "notes.txt"
    store.write_bytes(b"shopping list\n" * 100)
    _refused(["records", *verb, "--store", str(store)], 1, capsys)


def test_a_picture_without_matplotlib_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    picture = str(tmp_path / "p.png")
    said = _refused(["identify", "--file", str(NATIVE), "--plot", picture], 1, capsys)
    assert f"{sys.executable} -m pip install matplotlib" in said.remedy


def test_a_picture_nowhere_is_refused(tmp_path: Path, capsys: Capture) -> None:
    picture = str(tmp_path / "no" / "folder" / "p.png")
    _refused(["identify", "--file", str(NATIVE), "--plot", picture], 1, capsys)


# ---- the same from a shell ----


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["identify", "--file", "/dev/null"], 1),
        (["identify", "--file", "/dev/zero"], 1),
        (["identify", "--port", "sim:colour=blue"], 2),
        (["identify", "--port", "/dev/ttyRAMIX9"], 3),
        (["identify", "--file", str(NATIVE), "--model", "missing.ramix"], 7),
    ],
)
def test_a_shell_sees_the_same(arguments: list[str], exit_code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "device.cli.main", *arguments],
        capture_output=True, text=True, cwd=ROOT, timeout=30,
    )  # fmt: skip
    assert done.returncode == exit_code
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
