"""A command whose verbs are imported when they are called, never before.

`ramix identify` must start in the time it takes to load numpy and the interpreter, and no `--help`
waits for TensorFlow. Every verb below it knows `--version`. Next: `main.py`, which lists the verbs
of `ramix`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from device.cli.checked_value import Checked
from device.version import VERSION

HELP_NAMES = ["-h", "--help"]

# A verb's name, the verb and its words on the command line -> defaults, for `Context.default_map`.
Defaults = Callable[[str, click.Command, Sequence[str]], dict[str, Any]]


class Verb(NamedTuple):
    """Where a verb lives, and its line in `ramix --help` (a test compares it with the verb's)."""

    module: str
    attribute: str
    summary: str


class LazyGroup(click.Group):
    """A group of such verbs, in their order; `defaults` may set the defaults of their options."""

    def __init__(
        self, *, verbs: Mapping[str, Verb], defaults: Defaults | None = None, **attributes: Any
    ) -> None:
        super().__init__(**attributes)
        self.verbs = verbs
        self._defaults = defaults

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = self.verbs.get(cmd_name)
        if verb is None:
            return None
        command = getattr(import_module(verb.module), verb.attribute)
        return _completed(command) if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if self._defaults is not None and name is not None and command is not None:
            ctx.default_map = {name: self._defaults(name, command, rest)}
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in self.verbs.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        verbs = [
            CompletionItem(name, help=verb.summary)
            for name, verb in self.verbs.items()
            if name.startswith(incomplete)
        ]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)  # and its own options


def commands_of(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command by its whole name, groups included; imports them all."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from commands_of(child, f"{path} {name}")


def _completed(command: click.Command) -> click.Command:
    """The verb and those below it, with `-h`, `--version` and values that are looked at."""
    command.context_settings.setdefault("help_option_names", HELP_NAMES)
    for parameter in command.params:
        if not isinstance(parameter.callback, Checked):
            parameter.callback = Checked(parameter.callback)
    if all(parameter.name != "version" for parameter in command.params):
        click.version_option(VERSION, message="%(prog)s %(version)s")(command)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _completed(below)
    return command
