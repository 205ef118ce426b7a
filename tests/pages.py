"""The pages of the repository as text: their shell lines, links, headings, options and pictures.

Next: `test_pages.py`, which holds them against the programs and the tree.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from device.cli.lazy_group import commands_of

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
SHELL_BLOCKS = ("", "sh", "console")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)|(?<=\()([\w./-]+\.png)(?=\))")
# A word in front of a command that runs it: not ours.
_RUNNERS = ("sudo", "time", "nice")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def shell_lines(text: str) -> Iterator[str]:
    """The commands of shell blocks; of a console's, those behind `$ `, without their output."""
    for language, block in _FENCE.findall(text):
        if language not in SHELL_BLOCKS:
            continue
        for line in block.splitlines():
            if language == "console" and not line.startswith("$ "):
                continue
            yield line.strip().removeprefix("$ ")


def calls_of(program: str, text: str) -> Iterator[list[str]]:
    """The words of every call of `program` in shell blocks, the program's name first.

    A placeholder in capitals stands for any value; what stands behind `|`, `>`, `&&` is another
    command's.
    """
    for line in shell_lines(text):
        if (
            re.match(r"(sudo\s+)?([A-Z_]+=\S+\s+)*\S*" + re.escape(program) + r"(\s|$)", line)
            is None
        ):
            continue
        words = shlex.split(line, comments=True)
        words = [word for word in words if "=" not in word or not word.split("=")[0].isupper()]
        while words and words[0] in _RUNNERS:
            words = words[1:]
        if Path(words[0]).name != program:
            continue
        end = next((i for i, word in enumerate(words) if word in ("|", ">", ">>", "&&", "&")), None)
        yield [program, *words[1:end]]


def parse(command: click.Command, words: list[str]) -> None:
    """Let click parse a command line by its last verb, without running anything.

    Raises:
        click.UsageError: it is not legal.
    """
    # With its parents, as a run has them: a verb keeps the `-h` of the first context that asks it.
    parent: click.Context | None = None
    while isinstance(command, click.Group) and len(words) > 1 and not words[1].startswith("-"):
        parent = click.Context(command, parent=parent, **command.context_settings)
        name, found, rest = command.resolve_command(parent, words[1:])
        if found is None or name is None:
            raise click.UsageError(f"{words[0]} has no {words[1]}")
        command, words = found, [name, *rest]
    command.make_context(words[0], words[1:], parent=parent)


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Targets of links and pictures that are not on the web."""
    found = [*_LINK.findall(prose(text)), *pictures(text)]
    return [one for one in found if "://" not in one and not one.startswith("mailto:")]


def pictures(text: str) -> list[str]:
    return [shown or linked for shown, linked in _PICTURE.findall(prose(text))]


def anchors(text: str) -> set[str]:
    """Headings as the forge turns them into anchors."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """Links of `text`, standing at `page`, to a file or a heading that is not there."""
    broken = []
    for link in links(text):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        there = target.exists()
        if there and anchor and target.suffix == ".md":
            there = anchor in anchors(text if target == page else read(target))
        if not there:
            broken.append(link)
    return broken


def linked_pages(page: Path) -> set[Path]:
    """Pages that a page links to."""
    targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(read(page))}
    return {one for one in targets if one.suffix == ".md" and one.is_file()}


def reached_from(start: Path) -> set[Path]:
    """Pages that links lead to, however far."""
    reached, open_ones = {start}, [start]
    while open_ones:
        new = linked_pages(open_ones.pop()) - reached
        reached |= new
        open_ones.extend(new)
    return reached


def options_named(text: str) -> set[str]:
    """Long options between backticks."""
    spans = re.findall(r"`([^`\n]+)`", prose(text))
    return {one for span in spans for one in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", span)}


def options_of(command: click.Command, path: str) -> set[str]:
    """Long options of a command and of all below it."""
    return {
        name
        for _, one in commands_of(command, path)
        for parameter in one.params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--")
    } | {"--help"}
