"""`ramix install-system`: the files that a system needs, from one source."""

import configparser
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from device.cli.main import run_command
from device.doctor import access
from device.doctor.finding import Level
from device.system_files.errors import SystemFileError
from device.system_files.install import system_files
from device.system_files.service_unit import PACKAGED_PROGRAM, UNIT_NAME, service_unit
from device.system_files.udev_rule import RULE_NAME, udev_rule

PACKAGING = Path(__file__).resolve().parent.parent / "packaging"
RULE, UNIT = f"etc/udev/rules.d/{RULE_NAME}", f"etc/systemd/system/{UNIT_NAME}"
Capture = pytest.CaptureFixture[str]


def test_the_files_in_packaging_are_the_same_content() -> None:
    assert (PACKAGING / RULE_NAME).read_text() == udev_rule()
    assert (PACKAGING / UNIT_NAME).read_text() == service_unit()
    assert {path.name for path in PACKAGING.iterdir()} >= {RULE_NAME, UNIT_NAME}


def test_preview_prints_and_writes_nothing(tmp_path: Path, capsys: Capture) -> None:
    arguments = ["install-system", "--preview", "--root", str(tmp_path)]
    assert run_command(arguments) == 0
    output = capsys.readouterr().out
    assert udev_rule() in output and service_unit() in output and str(tmp_path / UNIT) in output
    assert run_command([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"][0] == {"path": str(tmp_path / RULE), "text": udev_rule()}
    assert not list(tmp_path.iterdir())


def test_writing_below_another_root(tmp_path: Path, capsys: Capture) -> None:
    arguments = ["install-system", "--root", str(tmp_path), "--json"]

    def outcomes(*more: str) -> list[str]:
        assert run_command([*arguments, *more]) == 0
        return [one["outcome"] for one in json.loads(capsys.readouterr().out)["files"]]

    assert outcomes() == ["written", "written"]
    assert (tmp_path / RULE).read_text() == udev_rule()
    assert (tmp_path / UNIT).read_text() == service_unit(PACKAGED_PROGRAM)
    for path in (RULE, UNIT):
        assert stat.S_IMODE((tmp_path / path).stat().st_mode) == 0o644
    assert outcomes() == ["unchanged", "unchanged"]
    assert outcomes("--program", "/opt/ramix/bin/ramix") == ["unchanged", "replaced"]
    assert "ExecStart=/opt/ramix/bin/ramix run " in (tmp_path / UNIT).read_text()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2  # nothing unfinished stays


def test_the_rule_alone(tmp_path: Path, capsys: Capture) -> None:
    arguments = ["install-system", "--root", str(tmp_path), "--rule-only"]
    assert run_command(arguments) == 0
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [RULE_NAME]
    assert run_command([*arguments, "--program", "/usr/bin/ramix"]) == 2


def test_the_doctor_accepts_the_rule_that_was_written(tmp_path: Path) -> None:
    assert run_command(["install-system", "--root", str(tmp_path)]) == 0
    (found,) = access.udev_rule([(tmp_path / RULE).parent])
    assert found.level is Level.OK


@pytest.mark.parametrize("root", [[], ["--root", "/"], ["--root", "/etc/.."]])
def test_without_root_it_refuses_in_a_sentence(
    root: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def no_write(*_: object) -> None:
        raise AssertionError("a file of this system was about to be written")

    monkeypatch.setattr("device.system_files.install.write", no_write)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    program = ["--program", "/usr/bin/ramix"]
    assert run_command(["install-system", *root, *program]) == 4
    error = capsys.readouterr().err
    assert "Only root may install files of the system." in error and "sudo" in error
    assert run_command(["install-system", *root, *program, "--preview"]) == 0


def test_a_root_that_cannot_be_written(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "etc").write_text("a file")
    assert run_command(["install-system", "--root", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "system_files"
    fifo = tmp_path / "other" / RULE
    fifo.parent.mkdir(parents=True)
    os.mkfifo(fifo)
    assert run_command(["install-system", "--root", str(tmp_path / "other")]) == 1


@pytest.mark.parametrize(
    "program",
    ["ramix", "bin/ramix", "/opt/a b/ramix", "/opt/%h/ramix", "/opt/ramix;x", "/opt/r\nUser=root",
     "/home/somebody/.venv/bin/ramix", "/root/.venv/bin/ramix", "/opt/../home/x/ramix"],
)  # fmt: skip
def test_a_program_that_the_service_could_not_start(program: str) -> None:
    with pytest.raises(SystemFileError):
        system_files(PurePosixPath(program))


def test_the_unit_shuts_the_service_in() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # keys keep their case
    unit.read_string(service_unit())
    service = unit["Service"]
    wanted = {
        "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes",
        "PrivateTmp": "yes", "DevicePolicy": "closed", "DynamicUser": "yes",
        "CapabilityBoundingSet": "", "StateDirectory": "ramix", "StateDirectoryMode": "0700",
        "UMask": "0077", "Restart": "on-failure", "Type": "notify", "WatchdogSec": "60",
    }  # fmt: skip
    assert {name: service[name] for name in wanted} == wanted
    assert "PrivateDevices" not in service  # would hide the analyzer
    assert "DeviceAllow=char-usb_device rw" in service_unit()
    assert "RAMIX_HOME" not in service_unit()  # would put trust into the service's own folder


def test_what_the_unit_starts_is_a_legal_command_line() -> None:
    import click

    from device.cli.main import cli

    (line,) = [one for one in service_unit().splitlines() if one.startswith("ExecStart=")]
    _, verb, *words = line.split()
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    command.make_context(verb, words)


def test_its_variables_lead_to_the_state_folder() -> None:
    (line,) = [one for one in service_unit().splitlines() if one.startswith("Environment=")]
    places = {"%S": "/var/lib", "%C": "/var/cache", "%E": "/etc"}
    pairs = [word.split("=") for word in line.removeprefix("Environment=").split()]
    program = (
        "from device import installation as i; "
        "print(i.default_record_store_path(), i.bundle_cache_dir(), *i.config_dirs())"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env={name: places[value] for name, value in pairs},
        cwd=PACKAGING.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.split() == [
        "/var/lib/ramix/records.sqlite", "/var/cache/ramix/bundles", "/etc/ramix", "/etc/ramix",
    ]  # fmt: skip


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    there = PurePosixPath(shutil.which("true") or "/bin/true")
    unit = tmp_path / UNIT_NAME
    unit.write_text(service_unit(there))
    finished = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60
    )
    complaints = [line for line in finished.stderr.splitlines() if str(unit) in line]
    newer = ("RestartSteps", "RestartMaxDelaySec")  # of systemd 254
    assert [line for line in complaints if not any(key in line for key in newer)] == []
    unit.write_text(service_unit(there).replace("NoNewPrivileges", "NoNewPrivilege"))
    finished = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60
    )
    assert "NoNewPrivilege" in finished.stderr  # the control: a wrong key is seen
