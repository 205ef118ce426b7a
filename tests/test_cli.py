"""The command itself: what starts, what it prints where, and with which exit code it ends."""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import numpy as np
import pytest

from device.cli import exit_codes, main, options, output, start
from device.cli.main import cli, run_command
from device.cli.verbs import VERBS
from device.inference.interpreter import RUNTIMES
from firmware_bridge import errors
from tests.tiny_bundles import tiny_bundle, tiny_path
from tools import flash_model

ROOT = Path(__file__).resolve().parent.parent
MODEL = str(tiny_path(2))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Records, cache and configuration of these tests live apart from the user's."""
    home = tmp_path / "home"
    monkeypatch.setenv("RAMIX_HOME", str(home))
    return home


@pytest.fixture
def mixture_file(tmp_path: Path) -> str:
    bundle = tiny_bundle(2)
    axis = bundle.manifest.grid.wavenumber_cm1
    rng = np.random.default_rng(11)
    intensity = 2e4 * (0.6 * bundle.references[0] + 0.4 * bundle.references[1]) + 1e3
    return _write(tmp_path / "mix.csv", axis, intensity + rng.normal(0.0, 50.0, len(axis)))


def _write(path: Path, axis: Any, intensity: Any) -> str:
    np.savetxt(
        path, np.c_[axis, intensity], delimiter=",", fmt="%.4f",
        header="wavenumber_cm1,intensity", comments="",
    )  # fmt: skip
    return str(path)


def _imported_by(*arguments: str) -> set[str]:
    """The modules that a fresh process has loaded after running the command."""
    script = (
        "import sys; from device.cli.main import run_command; code = run_command(sys.argv[1:]); "
        "print('\\nMODULES', code, *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split()[2:])


# ---- starting ----


def test_help_loads_no_verb() -> None:
    loaded = _imported_by("--help")
    assert "click" in loaded
    assert not loaded & {"numpy", "sqlite3", "rich", "usb", "serial", "cryptography", "logging"}


def test_identifying_a_file_loads_only_what_it_needs(mixture_file: str) -> None:
    loaded = _imported_by("identify", "--file", mixture_file, "--model", MODEL, "--json")
    assert "device.verdict.identification" in loaded  # the control: it did identify
    unwanted = {
        "tensorflow", "scipy", "pandas", "matplotlib", "rich", "sqlite3", "usb", "serial",
        "device.runtime", "device.driver.analyzer",
    }  # fmt: skip
    assert not loaded & unwanted


def test_only_a_picture_loads_matplotlib(mixture_file: str, tmp_path: Path) -> None:
    picture = str(tmp_path / "p.png")
    loaded = _imported_by("identify", "--file", mixture_file, "--model", MODEL, "--plot", picture)
    assert "matplotlib" in loaded


@pytest.mark.parametrize("name", VERBS)
def test_the_summary_of_each_verb_is_its_own(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.get_short_help_str(200) == VERBS[name].summary


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_has_its_short_help_whoever_asks_first(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    with command.make_context(name, [], resilient_parsing=True) as alone:  # without its group
        assert "-h" in command.get_help_option_names(alone)


def test_the_runtimes_offered_are_those_there_are() -> None:
    assert options.RUNTIMES == RUNTIMES


# ---- exit codes ----


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.RamixError("x"), 1),
        (errors.CallerError("x"), 1),
        (errors.InstrumentError("x", status=3), 1),
        (errors.PortNotFound("x"), 3),
        (errors.LinkClosed("x"), 3),
        (errors.PortPermission("x"), 4),
        (errors.LinkTimeout("x"), 5),
        (errors.ProtocolError("x"), 6),
        (errors.CalibrationMismatch("x"), 6),
    ],
)
def test_an_error_s_exit_code(error: errors.RamixError, code: int) -> None:
    assert exit_codes.exit_code_for_error(error) == code


def test_errors_of_other_rooms_find_their_exit_code() -> None:
    from device.driver.port import PortSyntaxError
    from device.inference import errors as model
    from device.records.errors import RecordStoreError
    from device.spectra.files.reading import SpectrumFileError
    from firmware_bridge.calibration import CalibrationError

    for error_type, code in (
        (SpectrumFileError, 1),
        (RecordStoreError, 1),
        (model.RuntimeMissing, 1),
        (PortSyntaxError, 2),
        (CalibrationError, 6),
        (model.ModelNotFound, 7),
        (model.SignatureError, 7),
        (model.TrustError, 7),
        (model.ProductMismatch, 7),
        (model.GoldenMismatch, 7),
        (model.VerificationFailed, 8),
    ):
        assert exit_codes.exit_code_for_error(error_type("x")) == code, error_type


def test_a_child_class_inherits_its_parent_s_row() -> None:
    class Special(errors.LinkTimeout):
        code = "special"

    assert exit_codes.exit_code_for_error(Special("x")) == exit_codes.EXIT_TIMEOUT


# ---- what comes out where ----


def _json_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    parsed: dict[str, Any] = json.loads(lines[0], parse_constant=refuse)
    return parsed


def test_a_file_is_identified(mixture_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["identify", "--file", mixture_file, "--model", MODEL, "--json"]) == 0
    result = _json_of(capsys)
    assert result["verdict"] == "IDENTIFIED"
    assert [one["name"] for one in result["components"]] == ["fixture A", "fixture B"]
    shares = sum(one["signal_share"] for one in result["components"])
    assert shares == pytest.approx(1.0 - result["unexplained"], abs=1e-5)
    assert result["record_id"] is None


def test_a_file_is_stored_only_when_asked(
    mixture_file: str, tmp_path: Path, _home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["identify", "--file", mixture_file, "--model", MODEL, "--json"]
    run_command(arguments)
    assert not list(_home.rglob("records*"))
    store = tmp_path / "mine.sqlite"
    capsys.readouterr()
    assert run_command([*arguments, "--store", str(store)]) == 0
    record_id = _json_of(capsys)["record_id"]
    assert run_command(["records", "list", "--store", str(store), "--json"]) == 0
    assert [one["record_id"] for one in _json_of(capsys)["records"]] == [record_id]


def test_a_stored_result_is_shown_again(
    mixture_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "mine.sqlite")
    arguments = ["identify", "--file", mixture_file, "--model", MODEL, "--json", "--store", store]
    run_command(arguments)
    first = _json_of(capsys)
    assert run_command(["records", "show", "1", "--store", store, "--json"]) == 0
    again = _json_of(capsys)
    assert {name: again[name] for name in first} == first
    assert again["measurement"]["source"] == "mix.csv"
    assert run_command(["records", "show", "1", "--store", store]) == 0
    card = capsys.readouterr().out
    assert "IDENTIFIED" in card
    assert "mix.csv" in card


def test_records_are_verified(
    mixture_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    store = str(tmp_path / "mine.sqlite")
    arguments = ["identify", "--file", mixture_file, "--model", MODEL, "--json", "--store", store]
    run_command(arguments)
    capsys.readouterr()
    assert run_command(["records", "verify", "--store", store, "--json"]) == 0
    assert _json_of(capsys)["whole"] is True
    connection = sqlite3.connect(store)
    connection.execute("UPDATE contents SET data = zeroblob(8)")
    connection.commit()
    connection.close()
    assert run_command(["records", "verify", "--store", store, "--json"]) == 1
    assert _json_of(capsys)["whole"] is False
    assert run_command(["records", "verify", "--store", store]) == 1
    assert "NOT whole" in capsys.readouterr().out


def test_no_records_yet_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["records", "list"]) == 0
    assert "No records yet" in capsys.readouterr().out
    assert run_command(["records", "list", "--json"]) == 0
    assert _json_of(capsys) == {"records": []}


def test_the_verdict_is_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A foreign line pattern is UNKNOWN, some of one PARTIAL, too little range NO_RESULT."""
    bundle = tiny_bundle(2)
    axis = bundle.manifest.grid.wavenumber_cm1
    noise = np.random.default_rng(5).normal(0.0, 30.0, len(axis))
    foreign = sum(1e4 * np.exp(-(((axis - at) / 6.0) ** 2)) for at in (700.0, 905.0, 1333.0))
    ours = 1e4 * bundle.references[0]
    for intensity, code in ((foreign, 10), (ours + 0.2 * foreign, 9), (ours, 0)):
        file = _write(tmp_path / "f.csv", axis, intensity + 1e3 + noise)
        assert run_command(["identify", "--file", file, "--model", MODEL, "--json"]) == code
        verdict = _json_of(capsys)["verdict"]
        assert exit_codes.exit_code_for_verdict(verdict) == code
    half = axis < 1200.0
    file = _write(tmp_path / "half.csv", axis[half], (ours + noise + 1e3)[half])
    assert run_command(["identify", "--file", file, "--model", MODEL, "--json"]) == 11
    result = _json_of(capsys)
    assert result["components"] == []
    assert [one["code"] for one in result["reasons"]] == ["range"]


def test_a_card_carries_no_colour_into_a_pipe(
    mixture_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["identify", "--file", mixture_file, "--model", MODEL]) == 0
    out = capsys.readouterr().out
    assert "IDENTIFIED" in out
    assert "\x1b" not in out


def test_the_demo_key_is_warned_about(
    mixture_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command(["identify", "--file", mixture_file, "--model", MODEL])
    assert "demo key" in capsys.readouterr().out
    run_command(["identify", "--file", mixture_file, "--model", MODEL, "--json"])
    assert "demo key" in capsys.readouterr().err


def test_nothing_but_the_card_reaches_the_terminal(mixture_file: str) -> None:
    """LiteRT likes to announce itself on stderr, past Python."""
    done = subprocess.run(
        [sys.executable, "-m", "device.cli.main", "identify", "--file", mixture_file,
         "--model", MODEL, "--runtime", "litert"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert "IDENTIFIED" in done.stdout
    assert done.stderr == ""


def test_a_picture_is_written_where_it_is_wanted(
    mixture_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "p.png"
    arguments = ["identify", "--file", mixture_file, "--model", MODEL, "--plot", str(picture)]
    assert run_command(arguments) == 0
    assert str(picture) in capsys.readouterr().out
    assert picture.read_bytes().startswith(b"\x89PNG")


# ---- when it goes wrong ----


@pytest.mark.parametrize(
    "arguments",
    [
        ["identify"],
        ["identify", "--file", "a.txt", "--port", "usb:"],
        ["identify", "--file", "a.txt", "--frames", "3"],
        ["identify", "--file", "a.txt", "--laser-power", "3"],
        ["identify", "--port", "usb:", "--budget", "3", "--frames", "3"],
        ["run", "--port", "usb:", "--budget", "3", "--integration-time", "auto"],
        ["run", "--port", "usb:", "--budget", "0"],
        ["identify", "--port", "usb:", "--frames", "0"],
        ["identify", "--port", "usb:", "--integration-time", "soon"],
        ["identify", "--port", "usb:", "--integration-time", "nan"],
        ["identify", "--port", "usb:", "--integration-time", "-5"],
        ["identify", "--port", "usb:", "--store", "x.sqlite", "--no-store"],
        ["identify", "--port", "usb:", "--timeout", "0"],
        ["identify", "--file", "a.txt", "--runtime", "abacus"],
        ["run"],
        ["run", "--port", "usb:", "--triggers", "0"],
        ["records", "show"],
        ["no-such-verb"],
        ["--no-such-option"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Error:" in captured.err
    assert "--help" in captured.err
    assert run_command([*arguments, "--json"]) == 2
    assert _json_of(capsys)["error"]["code"] == "usage"


def test_errors_with_json_are_objects(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["identify", "--file", "no-such-file.txt", "--json"]) == 1
    error = _json_of(capsys)["error"]
    assert list(error) == ["code", "text", "remedy"]
    assert error["code"] == "unreadable_file"
    assert "no-such-file.txt" in error["text"]


def test_errors_for_people_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["records", "show", "7"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Error: ")


@click.command()
@click.option("--json", is_flag=True)
@options.log_level_option
def _defective(json: bool) -> None:
    raise ZeroDivisionError("a secret detail")


@click.command()
def _interrupted() -> None:
    raise KeyboardInterrupt


def test_a_defect_of_ours_gives_a_sentence_and_an_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command([], _defective) == 1
    captured = capsys.readouterr()
    assert "Something unexpected happened (fault " in captured.err
    assert "secret" not in captured.err
    assert "Traceback" not in captured.err
    assert run_command(["--json"], _defective) == 1
    assert _json_of(capsys)["error"]["code"] == "unexpected"
    assert run_command([], _defective) == 1
    assert capsys.readouterr().err == captured.err  # the same defect has the same id


def test_the_traceback_of_a_defect_shows_at_debug(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("ramix")
    before = logger.level
    try:
        assert run_command(["--log-level", "debug"], _defective) == 1
    finally:
        logger.setLevel(before)
    assert "a secret detail" in caplog.text


def test_an_interrupt_ends_with_the_shell_s_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([], _interrupted) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.fixture
def _sigterm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_sigterm")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_stop_while_the_command_loads_is_one_sentence(
    as_json: bool,
    stop: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Loading(ModuleType):
        def __getattr__(self, name: str) -> Any:
            if stop is signal.SIGINT:  # a background job of a shell ignores the signal itself
                raise KeyboardInterrupt
            signal.raise_signal(stop)

    monkeypatch.setitem(sys.modules, "device.cli.main", Loading("device.cli.main"))
    monkeypatch.setattr(sys, "argv", ["ramix", "list", *(["--json"] if as_json else [])])
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == start.EXIT_INTERRUPTED == exit_codes.EXIT_INTERRUPTED
    told = capsys.readouterr()
    if as_json:
        assert json.loads(told.out)["error"]["text"] == start.INTERRUPTED
    else:
        assert told.err == f"{start.INTERRUPTED}\n" == f"{output.INTERRUPTED}\n"


@pytest.mark.usefixtures("_sigterm")
@pytest.mark.parametrize("program", [start.main, main.main, flash_model.main])
def test_sigterm_is_ctrl_c_to_every_program_that_holds_an_analyzer(
    program: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whatever ran before
    monkeypatch.setattr(sys, "argv", ["it", "--version"])
    with pytest.raises(SystemExit):
        program()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_a_reader_that_leaves_is_no_defect(mixture_file: str) -> None:
    command = f"{sys.executable} -m device.cli.main identify --help | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert "Usage: ramix identify" in done.stdout
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
