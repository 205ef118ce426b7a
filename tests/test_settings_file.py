"""`ramix.toml` sets defaults: the command line comes first, and what is wrong in it is told."""

import json
from pathlib import Path

import click
import pytest

from device.cli import config as config_verb
from device.cli.main import cli, run_command
from device.cli.settings_file import SHARED, defaults_for, long_options, read_settings_files

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()
    return tmp_path


def user_file(home: Path, text: str) -> None:
    (home / "config" / "ramix.toml").write_text(text)


def verb(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def test_the_user_comes_after_the_system_and_a_verb_after_all(home: Path) -> None:
    (home / "etc").mkdir()
    (home / "etc" / "ramix.toml").write_text('[all]\nport = "usb:"\ntimeout = 9.0\n')
    user_file(home, '[all]\nport = "usb:RMX1"\n[run]\ncountdown = 4\n')
    found = defaults_for("run", verb("run"), [])
    assert found == {"port": "usb:RMX1", "timeout_s": 9.0, "countdown_s": 4}
    assert "countdown_s" not in defaults_for("identify", verb("identify"), [])


def test_a_verb_s_own_setting_overrules_what_contradicts_it_for_all(home: Path) -> None:
    user_file(
        home,
        '[all]\nbudget = 3.0\nstore = "kept.sqlite"\n'
        "[identify]\nframes = 2\nno-store = true\n[run]\nno-store = false\n",
    )
    assert defaults_for("identify", verb("identify"), []) == {"frames": 2, "no_store": True}
    assert defaults_for("run", verb("run"), []) == {
        "budget_s": 3.0, "store": "kept.sqlite", "no_store": False,
    }  # fmt: skip
    user_file(home, "[identify]\nframes = 2\nbudget = 3.0\n")  # of one section none is meant more
    assert defaults_for("identify", verb("identify"), []) == {"frames": 2, "budget_s": 3.0}


def test_a_verb_takes_its_port_from_the_file(home: Path, capsys: Capture) -> None:
    user_file(home, '[all]\nport = "sim:mix=toluene:1&seed=3"\nlaser-power = 20\n')
    assert run_command(["identify", "--no-store", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["components"][0]["name"] == "Toluene"
    assert answer["settings"]["laser_power_mw"] == 20


def test_the_command_line_comes_first(home: Path, capsys: Capture) -> None:
    user_file(home, '[all]\nport = "tcp://127.0.0.1:1"\n')
    assert run_command(["identify", "--port", "sim:mix=toluene:1", "--no-store", "--json"]) == 0
    assert "Toluene" in capsys.readouterr().out


def test_a_default_never_contradicts_what_was_typed(home: Path, capsys: Capture) -> None:
    user_file(home, '[all]\nport = "usb:"\nlaser-power = 5\nbudget = 3.0\ncountdown = 1.0\n')
    sample = "data/solvents13/mixtures/FourSolvent-1.txt"
    assert run_command(["identify", f"--file={sample}", "--json"]) == 0
    words = ["identify", "--port", "sim:mix=toluene:1", "--frames", "2", "--no-store", "--json"]
    assert run_command(words) == 0
    assert '"error"' not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[all]\nprot = 'usb:'\n", "was 'port' meant"),
        ("[run]\nno-such = 1\n", "[run] has no setting 'no-such'"),
        ("port = 'usb:'\n", "stands in no section"),
        ("[all]\nport = [\n", "cannot be read"),
        ("[all]\nport = ['usb:']\n", "takes one value"),
        ("[all]\nport = {a = 1}\n", "is no text and no number"),
        ("[run]\nblank = [[1]]\n", "is no text and no number"),
        ("[run]\nno-store = 'yes'\n", "is not true or false"),
        ("[all]\nport = true\n", "is not a value"),
    ],
)
def test_what_is_wrong_is_one_sentence(home: Path, capsys: Capture, text: str, told: str) -> None:
    user_file(home, text)
    code = run_command(["run", "--triggers", "1", "--json", "--port", "sim:mix=toluene:1"])
    output = capsys.readouterr().out
    assert code == 1 and json.loads(output)["error"]["code"] == "settings_file"
    assert told in output


def test_a_file_that_is_no_text_or_no_file_is_refused(home: Path, capsys: Capture) -> None:
    (home / "config" / "ramix.toml").mkdir()
    assert run_command(["list", "--json"]) == 1
    assert "a folder" in capsys.readouterr().out
    (home / "config" / "ramix.toml").rmdir()
    (home / "config" / "ramix.toml").write_bytes(b"\xff\xfe\x00")
    assert run_command(["list", "--json"]) == 1


def test_config_checks_every_section(home: Path, capsys: Capture) -> None:
    user_file(home, "[run]\ncountdown = 999\n")
    assert run_command(["config", "--json"]) == 1
    assert "999" in capsys.readouterr().out
    user_file(home, "[rum]\ncountdown = 1\n")
    assert run_command(["config"]) == 1
    assert "[rum] is no verb" in capsys.readouterr().err
    user_file(home, '["library add"]\nhazard = "H225"\n')
    assert run_command(["config"]) == 0
    assert "hazard = 'H225'" in capsys.readouterr().out


def test_the_template_is_legal_and_so_is_all_that_its_comments_show(home: Path) -> None:
    text = config_verb.template_text()
    user_file(home, text)
    (file,) = read_settings_files()
    assert file.sections == {}
    lines = [line.removeprefix("# ") for line in text.splitlines()[3:]]
    shown = [line for line in lines if not line.startswith("Any option")]
    user_file(home, "\n".join(shown))
    (file,) = read_settings_files()
    assert set(file.sections) == {"all", "run", "library add"}
    config_verb.check(file)


def test_writing_does_not_replace_a_file(home: Path) -> None:
    assert run_command(["config", "--write"]) == 0
    written = (home / "config" / "ramix.toml").read_text()
    assert run_command(["config", "--write"]) == 1
    assert (home / "config" / "ramix.toml").read_text() == written


def test_every_shared_setting_is_an_option_of_a_verb() -> None:
    known = {
        name
        for verbs in cli.list_commands(click.Context(cli))
        for name in long_options(verb(verbs))
    }
    assert {key for key, _, _ in SHARED} - known <= {"log-file"}  # eager in none, exposed in none


@pytest.mark.parametrize("value", ["1e-320", "nan", '"soon"'])
def test_a_number_that_is_refused_is_said_to_stand_in_a_file(
    value: str, home: Path, capsys: Capture
) -> None:
    user_file(home, f"[all]\ntimeout = {value}\n")
    assert run_command(["info", "--port", "sim:"]) == 2
    assert "--timeout" in (told := capsys.readouterr().err) and "`ramix config`" in told
    assert run_command(["info", "--port", "sim:", "--timeout", "nan"]) == 2
    assert "`ramix info --help`" in capsys.readouterr().err
