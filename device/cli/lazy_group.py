"""A command whose verbs are imported when they are called, never before.

`ramix identify` must start in the time it takes to load numpy and the interpreter, and no `--help`
waits for TensorFlow. Next: `main.py`, which lists the verbs of `ramix`.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class Verb(NamedTuple):
    """Where a verb lives, and its line in `ramix --help` (a test compares it with the verb's)."""

    module: str
    attribute: str
    summary: str


class LazyGroup(click.Group):
    """A group of such verbs, in their order."""

    def __init__(self, *, verbs: Mapping[str, Verb], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = self.verbs.get(cmd_name)
        if verb is None:
            return None
        command = getattr(import_module(verb.module), verb.attribute)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in self.verbs.items()])
