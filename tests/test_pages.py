"""README and docs/ hold: commands are legal, links and headings are there, options exist.

Each check is a function of a text (`pages.py`) and is shown to fail on what is planted.
"""

import json
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import pytest

from device.cli.main import cli
from device.cli.verbs import VERBS
from device.screen.phases import Phase
from firmware_bridge.errors import RamixError
from tests.pages import (
    PAGES,
    ROOT,
    broken_links,
    calls_of,
    linked_pages,
    links,
    options_named,
    options_of,
    parse,
    pictures,
    reached_from,
    read,
)
from tests.test_design_document import missing_paths

README = ROOT / "README.md"
# The programs beside `ramix` that pages call, each with the click command behind it.
PROGRAMS = {
    "ramix": ("device.cli.main", "cli"),
    "ramix-train": ("train.cli.main", "cli"),
    "ramix-flash": ("tools.flash_model", "cli"),
    "sign_model.py": ("tools.sign_model", "cli"),
}
# Of programs that are no click command: make, pip, pytest, ssh, install.sh, a C firmware.
_OTHER_OPTIONS = {"--prefix", "--link", "--no-service", "--remove", "--no-deps", "--now"}
_FOLDERS = tuple(
    f"{name}/"
    for name in (
        "data", "device", "docs", "evidence", "examples", "firmware_bridge", "models", "notebook",
        "packaging", "requirements", "tests", "tools", "train",
    )
)  # fmt: skip
IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]


@cache
def command_of(program: str) -> click.Command:
    module, name = PROGRAMS[program]
    found = getattr(import_module(module), name)
    assert isinstance(found, click.Command)
    return found


@cache
def known_options() -> set[str]:
    tools = [ROOT / "tools", ROOT / "evidence", ROOT / "tests", ROOT / "notebook"]
    sources = [
        read(path)
        for folder in tools
        for path in folder.glob("*.py")
        if not path.name.startswith("test_")
    ]
    spelled = {one for text in sources for one in re.findall(r'"(--[a-z][a-z0-9-]+)"', text)}
    found = {one for program in PROGRAMS for one in options_of(command_of(program), program)}
    return found | spelled | _OTHER_OPTIONS


def illegal(text: str) -> list[str]:
    """Calls of our programs that click does not take, with its reason."""
    found = []
    for program in PROGRAMS:
        for words in calls_of(program, text):
            try:
                parse(command_of(program), [one.replace("...", "0") for one in words])
            except (click.exceptions.Exit, RamixError):  # --help; a recipe of the reader's own
                continue
            except click.ClickException as error:
                found.append(f"{' '.join(words)}: {error.format_message()}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_command_line_is_legal(page: Path) -> None:
    assert not illegal(read(page))


def test_there_are_command_lines_of_each_program() -> None:
    for program in PROGRAMS:
        assert [words for page in PAGES for words in calls_of(program, read(page))], program


@pytest.mark.parametrize(
    "planted",
    [
        "```sh\nramix identify --no-such-option\n```",
        "```console\n$ ramix records burn\nburnt\n```",
        "```\nsudo ramix no-such-verb\n```",
        "```sh\nramix-train build --no-such\n```",
        "```sh\nRAMIX_HOME=x ramix identify --no-such | head\n```",
    ],
)
def test_a_planted_command_is_noticed(planted: str) -> None:
    assert len(illegal(f"text\n{planted}\n")) == 1


def test_what_is_no_command_is_not_parsed() -> None:
    assert not illegal("```python\nramix burn\n```\n```console\nramix burn\n```\nramix burn\n")


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_link_and_every_anchor_is_there(page: Path) -> None:
    text = read(page)
    assert not broken_links(page, text)
    planted = "[a](attic.md) [b](#no-such-heading) ![c](attic.png) [d](https://x.org/attic.md)\n"
    assert broken_links(page, text + planted) == ["attic.md", "#no-such-heading", "attic.png"]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_option_that_is_named_exists(page: Path) -> None:
    text = read(page)
    assert not options_named(text) - known_options()
    assert options_named(f"{text} `--of-the-attic N`") - known_options() == {"--of-the-attic"}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_file_of_the_tree_that_is_named_is_there(page: Path) -> None:
    assert not missing_from_the_tree(read(page))
    assert missing_from_the_tree("`device/attic/x.py` `attic/y.py` `my.toml`") == [
        "device/attic/x.py"
    ]


def missing_from_the_tree(text: str) -> list[str]:
    """Of the words that begin with a folder of ours; others are the reader's own files."""
    missing = missing_paths(text, ROOT)
    return [one for one in missing if one.startswith(_FOLDERS) and "/my-" not in one]


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / one).resolve() for page in PAGES for one in pictures(read(page))}
    unused = [one.name for one in (ROOT / "docs").glob("*.png") if one.resolve() not in shown]
    assert not unused


def test_every_page_is_reached_from_the_readme() -> None:
    reached = reached_from(README)
    assert not [page.name for page in PAGES if page.resolve() not in reached]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme_or_a_page_that_it_links_to(verb: str) -> None:
    near = [README, *sorted(linked_pages(README))]
    assert [page for page in near if re.search(rf"\bramix {verb}\b", read(page))]


def test_every_command_of_ramix_is_called_by_a_page() -> None:
    """Groups' commands, too: `ramix records prune` and the like."""
    texts = [read(page) for page in PAGES]
    missing = []
    for name in VERBS:
        verb = cli.get_command(click.Context(cli), name)
        assert verb is not None
        children = verb.list_commands(click.Context(verb)) if isinstance(verb, click.Group) else []
        for path in [name, *(f"{name} {child}" for child in children)]:
            if not any(re.search(rf"\bramix {path}\b", " ".join(text.split())) for text in texts):
                missing.append(path)
    assert not missing


# The rows of docs/screen.md that are no state's own name.
_OTHER_WORDS = {
    "no measurement": Phase.FAILED,
    "the analyzer is gone": Phase.RECONNECTING,
}
# States that the page tells of in a paragraph of their own, and the one before all.
_WITHOUT_ROW = {Phase.STARTING, Phase.CHECKING, Phase.CHECKED, Phase.ASKING, Phase.CALIBRATING}


def test_every_state_of_the_screen_is_on_its_page() -> None:
    table = re.search(r"^\| state \|.*?\n\n", read(ROOT / "docs/screen.md"), re.M | re.S)
    assert table is not None
    rows = re.findall(r"^\| ([^|]+?) \|", table[0], re.M)[1:]
    told = {
        _OTHER_WORDS[row] if row in _OTHER_WORDS else Phase(row.lower().replace(" ", "_"))
        for row in rows
    }
    assert told == set(Phase) - _WITHOUT_ROW


def test_the_screens_places_that_pages_name_are_on_it() -> None:
    words = json.loads(read(ROOT / "device/screen/pages/words/en.json"))
    assert {"Measure", "History", "Check", "Settings"} <= set(words.values())
    for name in ("History", "Check", "Settings"):
        assert name in read(ROOT / "docs/screen.md") and name in read(ROOT / "docs/guide.md")


def test_every_make_goal_that_a_page_names_is_in_the_makefile() -> None:
    goals = set(re.findall(r"^([a-z]+):.*## ", read(ROOT / "Makefile"), re.MULTILINE))
    named = {one for page in PAGES for one in re.findall(r"`make ([a-z]+)", read(page))}
    assert named - goals == set()
    assert {"demo", "test"} <= goals


def test_links_are_read_and_code_is_not() -> None:
    assert links("[a](b.md#c) ![d](e.png) <https://x> `[f](g.md)`\n```sh\n[h](i.md)\n```\n") == [
        "b.md#c",
        "g.md",
        "e.png",
    ]
