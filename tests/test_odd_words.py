"""Odd words on a command line: one sentence and an exit code of the table, whatever the verb."""

import errno
import math
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from device.cli import main
from device.cli.checked_value import Checked
from device.cli.exit_codes import EXIT_ERROR, EXIT_PERMISSION, EXIT_USAGE
from device.cli.lazy_group import commands_of
from device.field_library.store import FieldLibrary, FieldLibraryError

SAMPLE = "data/solvents13/components/ethanol.txt"
TOO_LONG = "/" + "x" * 300


def verbs() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for path, command in commands_of(main.cli, "ramix"):
        if not isinstance(command, click.Group):
            yield tuple(path.split()[1:]), command


def test_every_value_of_every_verb_is_looked_at() -> None:
    unlooked = [
        (words, parameter.name)
        for words, verb in verbs()
        for parameter in verb.params
        if parameter.name != "version" and not isinstance(parameter.callback, Checked)
    ]
    assert unlooked == []


def test_no_option_takes_a_number_that_is_none() -> None:
    tried = 0
    for _, verb in verbs():
        for parameter in verb.params:
            if parameter.type.name not in ("float", "float range"):
                continue
            with pytest.raises(click.BadParameter):
                parameter.process_value(click.Context(verb), str(math.nan))
            tried += 1
    assert tried > 20


def test_no_file_has_an_empty_name() -> None:
    tried = 0
    for _, verb in verbs():
        for parameter in verb.params:
            if not isinstance(parameter.type, click.Path) or parameter.type.dir_okay:
                continue
            value = [""] if parameter.multiple else ""
            with pytest.raises(click.BadParameter):
                parameter.process_value(click.Context(verb), value)
            tried += 1
    assert tried > 10


def test_click_alone_would_let_them_through() -> None:
    assert math.isnan(click.FloatRange(0.0, 1.0)("nan"))
    assert click.Path(dir_okay=False, path_type=Path)("") == Path()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("explain", TOO_LONG), EXIT_ERROR),
        (("identify", "--file", SAMPLE, "--file", TOO_LONG), EXIT_ERROR),
        (("identify", "--file", SAMPLE, "--store", ""), EXIT_USAGE),
        (("run", "--port", "sim:", "--self-test-interval", "nan"), EXIT_USAGE),
        (("simulate", "--tcp", "127.0.0.1:0", "--seed", "9" * 400), EXIT_USAGE),
        (("records", "list", "--limit", "x" * 100_000), EXIT_USAGE),
    ],
    ids=lambda value: str(value)[:50],
)
def test_an_odd_word_is_one_sentence(
    words: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run_command(words) == code
    told = capsys.readouterr().err
    assert "unexpected" not in told
    assert len(told) < 5000


def test_a_link_to_itself_is_no_root(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert main.run_command(["install-system", "--root", str(loop)]) == EXIT_ERROR
    assert "cannot be written" in capsys.readouterr().err


def test_a_name_typed_as_any_bytes_is_not_in_the_field_library(tmp_path: Path) -> None:
    (tmp_path / "damaged.json").write_text("{")
    with pytest.raises(FieldLibraryError, match="has no"):
        FieldLibrary(tmp_path).remove("bad\udcff")


def test_a_home_that_cannot_be_looked_at_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    forbidden = tmp_path / "config" / "ramix.toml"
    seen = Path.lstat

    def lstat(path: Path) -> os.stat_result:
        if path == forbidden:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return seen(path)

    monkeypatch.setattr(Path, "lstat", lstat)
    assert main.run_command(["records", "list"]) == EXIT_ERROR
    assert f"{forbidden} cannot be looked at: Permission denied." in capsys.readouterr().err


def test_a_user_without_a_home_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("RAMIX_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    assert main.run_command(["records", "list"]) == EXIT_ERROR
    assert "RAMIX_HOME" in capsys.readouterr().err


def test_a_file_that_is_forbidden_is_no_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forbidden(_path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", "/there/a\x1bb")

    monkeypatch.setattr(Path, "exists", forbidden)
    assert main.run_command(["explain", "sample.txt"]) == EXIT_PERMISSION
    assert "'/there/a\\x1bb' cannot be used: Permission denied." in capsys.readouterr().err


def test_a_folder_that_is_gone_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        assert main.run_command(["acquire", "--port", "sim:"]) == EXIT_ERROR
        assert "The current folder is not there any more." in capsys.readouterr().err
    finally:
        monkeypatch.chdir(tmp_path)
