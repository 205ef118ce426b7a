"""Man pages of `ramix` and every verb, from their help texts.

    python -m tools.man_pages --out out/man

Next: `build_archive.py`, which puts them beside the program.
"""

import re
from pathlib import Path

import click

from device.cli.lazy_group import commands_of
from device.cli.main import cli
from device.durable import written_whole
from device.version import VERSION
from tools.cross_compiler import OUT


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=OUT / "man",
    help="Where `man1/` is made.  [default: out/man]",
)
def man_pages(out: Path) -> None:
    """Write one page for `ramix` and one for each verb."""
    for path in write_pages(out):
        click.echo(path)


def write_pages(out: Path) -> list[Path]:
    """The pages below `out/man1`, as `man -M out ramix-identify` finds them."""
    folder = out / "man1"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, command in commands_of(cli, "ramix"):
        path = folder / f"{name.replace(' ', '-')}.1"
        with written_whole(path) as stream:
            stream.write(page(name, command).encode())
        written.append(path)
    return written


def page(name: str, command: click.Command) -> str:
    """The page in roff: name, synopsis, description, options, verbs, exit codes, examples."""
    context = click.Context(command, info_name=name, **command.context_settings)
    title = name.replace(" ", "-")
    usage = " ".join(command.collect_usage_pieces(context))
    summary = command.get_short_help_str(200).rstrip(".")
    described, examples = _paragraphs(command.help or "")
    lines = [
        f'.TH "{title.upper()}" 1 "" "ramix-edge {VERSION}" "ramix-edge"',
        ".SH NAME",
        f"{_text(title)} \\- {_text(summary)}",
        ".SH SYNOPSIS",
        f".B {_text(name)}",
        _text(usage),
        ".SH DESCRIPTION",
        *described,
        ".SH OPTIONS",
    ]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            lines += [".TP", f"\\fB{_text(record[0])}\\fR", _text(record[1])]
    if isinstance(command, click.Group):
        lines += [".SH COMMANDS"]
        for word in command.list_commands(context):
            child = command.get_command(context, word)
            if child is not None:
                lines += [".TP", f"\\fB{_text(title)}-{_text(word)}\\fR(1)"]
                lines += [_text(child.get_short_help_str(200))]
    if command.epilog:
        lines += [".SH EXIT STATUS", _text(command.epilog)]
    lines += [".SH EXAMPLES", *examples] if examples else []
    return "\n".join(lines) + "\n"


def _paragraphs(help_text: str) -> tuple[list[str], list[str]]:
    """Of the description, and of the examples: the lines that click keeps as they are (`\\b`)."""
    described: list[str] = []
    examples: list[str] = []
    for block in re.split(r"\n\s*\n", help_text.strip()):
        lines = [line.strip() for line in block.splitlines()]
        if lines[0] == "\b":
            commands = [_text(line) for line in lines[1:] if not line.startswith("Example")]
            examples += [".PP", ".nf", *commands, ".fi"]
        else:
            described += [".PP", _text(" ".join(lines))]
    return described, examples


def _text(words: str) -> str:
    """Nothing in `words` is taken for a request or a dash of typesetting."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace("\n", " ")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    man_pages()
