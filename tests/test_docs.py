"""Help that is checked: every command has one with an example that parses; the README is short.

`test_pages.py` checks the pages.
"""

import re
import shlex

import click
import pytest

from device.cli import exit_codes
from device.cli.lazy_group import commands_of
from device.cli.main import cli
from tests.pages import ROOT, parse, read
from tools.flash_model import cli as flash_cli
from train.cli.main import cli as train_cli

README = read(ROOT / "README.md")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
LONGEST_README = 220  # lines: what a buyer reads in three minutes


COMMANDS = dict(commands_of(cli, "ramix"))
OTHERS = {"ramix-flash": flash_cli, "ramix-train": train_cli}


def _help(path: str) -> str:
    return COMMANDS[path].get_help(click.Context(COMMANDS[path], info_name=path))


def _below(path: str) -> dict[str, click.Command]:
    """The commands of a group by name; none of another command."""
    command = COMMANDS[path]
    return dict(command.commands) if isinstance(command, click.Group) else {}


def _examples(path: str) -> list[str]:
    """The lines of a command's help that call `ramix` itself."""
    text = COMMANDS[path].help or ""
    return [line.strip() for line in text.splitlines() if line.strip().startswith("ramix ")]


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


@pytest.mark.parametrize("program", ["ramix-flash", "ramix-train"])
def test_the_other_programs_explain_each_verb_too(program: str) -> None:
    for path, command in commands_of(OTHERS[program], program):
        assert re.search(r"^ *Examples?:\n +ramix-", command.help or "", re.MULTILINE), path
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or (parameter.help or "")[:1].isalpha()
        assert any(parameter.name == "version" for parameter in command.params), path


@pytest.mark.parametrize("path", [path for path in COMMANDS if _below(path)])
def test_a_group_tells_the_whole_sentence_of_each_command_below_it(path: str) -> None:
    told = " ".join(_help(path).split())
    for name, command in _below(path).items():
        sentence = " ".join((command.help or "").split("\n\n")[0].split()).split(". ")[0]
        assert f"{name} {sentence.removesuffix('.')}" in told


@pytest.mark.parametrize(
    "example", sorted({example for path in COMMANDS for example in _examples(path)})
)
def test_every_example_is_a_legal_command_line(example: str) -> None:
    words = shlex.split(example.replace("...", "0"))
    parse(cli, words)


def test_an_illegal_example_would_be_noticed() -> None:
    for words in (["identify", "--no-such-option"], ["records", "burn"], ["no-such-verb"]):
        with pytest.raises(click.UsageError):
            parse(cli, ["ramix", *words])


@pytest.mark.parametrize("name", ["ramix-train", "ramix-flash", "make demo", "make test"])
def test_the_other_commands_are_in_the_readme(name: str) -> None:
    assert name in README


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) <= LONGEST_README


def test_the_readmes_figures_are_those_of_the_page_of_figures() -> None:
    table = re.search(r"^\| what \| result \|\n\|---\|---\|\n(.*?)\n\n", README, re.M | re.S)
    assert table is not None
    page = set(_NUMBER.findall(read(ROOT / "docs" / "figures.md")))
    for row in table[1].splitlines():
        result = row.split(" | ")[1]
        assert _NUMBER.findall(result), row
        assert set(_NUMBER.findall(result)) <= page, row


def test_the_exit_codes_in_the_help_are_those_of_the_table() -> None:
    text = " ".join((cli.epilog or "").split())
    codes = {int(number) for number in re.findall(r"\b(\d+) [a-z]", text)}
    documented = set(exit_codes.VERDICT_EXIT_CODES.values())
    documented |= set(exit_codes.MATERIAL_EXIT_CODES.values())
    documented |= set(exit_codes.ERROR_EXIT_CODES.values()) | {exit_codes.EXIT_ERROR}
    documented |= {exit_codes.EXIT_INTERRUPTED, exit_codes.EXIT_READER_LEFT}
    documented.add(exit_codes.EXIT_BEGUN_ANEW)
    assert codes == documented
