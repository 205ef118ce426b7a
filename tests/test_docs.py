"""Documentation that is checked: every verb has help with an example and stands in the README."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from device.cli import exit_codes
from device.cli.main import VERBS, cli

ROOT = Path(__file__).resolve().parent.parent


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups included."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _commands(child, f"{path} {name}")


COMMANDS = dict(_commands(cli, "ramix"))


def _help(path: str) -> str:
    return COMMANDS[path].get_help(click.Context(COMMANDS[path], info_name=path))


def _examples(path: str) -> list[str]:
    """The lines of a command's help that call `ramix` itself."""
    text = COMMANDS[path].help or ""
    return [line.strip() for line in text.splitlines() if line.strip().startswith("ramix ")]


def _parse(words: list[str]) -> None:
    """Let click parse a command line by its last verb, without running anything."""
    command: click.Command = cli
    while isinstance(command, click.Group) and len(words) > 1 and not words[1].startswith("-"):
        found = command.get_command(click.Context(command), words[1])
        if found is None:
            raise click.UsageError(f"{words[0]} has no {words[1]}")
        command, words = found, words[1:]
    command.make_context(words[0], words[1:])


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_help_with_an_example_of_itself(path: str) -> None:
    text = _help(path)
    assert len(text) > 100
    assert re.search(r"^\s*Examples?:", text, re.MULTILINE), path
    assert any(example.startswith(path) for example in _examples(path)), path


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_of_every_command_is_explained(path: str) -> None:
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.name}"


@pytest.mark.parametrize(
    "example", sorted({example for path in COMMANDS for example in _examples(path)})
)
def test_every_example_is_a_legal_command_line(example: str) -> None:
    words = shlex.split(example.replace("...", "0"))
    _parse(words)


def test_an_illegal_example_would_be_noticed() -> None:
    for words in (["identify", "--no-such-option"], ["records", "burn"], ["no-such-verb"]):
        with pytest.raises(click.UsageError):
            _parse(["ramix", *words])


def _readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme(verb: str) -> None:
    assert re.search(rf"ramix {verb}\b", _readme())


@pytest.mark.parametrize("name", ["ramix-train", "ramix-flash", "make demo", "make test"])
def test_the_other_commands_are_in_the_readme(name: str) -> None:
    assert name in _readme()


def test_every_ramix_command_line_in_the_readme_is_legal() -> None:
    """Lines of shell blocks; a placeholder in capitals stands for any value."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", _readme(), re.DOTALL | re.MULTILINE)
    blocks = [text for language, text in fences if language in ("", "sh", "console")]
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    called = [re.sub(r"^\.venv/bin/", "", line) for line in lines]
    ramix = [line for line in called if line.startswith("ramix ")]
    assert ramix
    for line in ramix:
        words = shlex.split(line.split(" | ")[0], comments=True)
        _parse([word for word in words if word != "&"])


def test_every_file_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", _readme())
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing


def test_the_exit_codes_in_the_help_are_those_of_the_table() -> None:
    text = " ".join((cli.epilog or "").split())
    codes = {int(number) for number in re.findall(r"\b(\d+) [a-z]", text)}
    documented = set(exit_codes.VERDICT_EXIT_CODES.values())
    documented |= set(exit_codes.MATERIAL_EXIT_CODES.values())
    documented |= set(exit_codes.ERROR_EXIT_CODES.values()) | {exit_codes.EXIT_ERROR}
    documented |= {exit_codes.EXIT_INTERRUPTED, exit_codes.EXIT_READER_LEFT}
    assert codes == documented
