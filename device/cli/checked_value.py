"""Values that click lets through and no verb can use: NaN, infinity, a file without a name.

A range of click's holds NaN, for no comparison with it is true; `--store ""` is the current folder.
Next: `lazy_group.py`, which puts this before every option of every verb.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import click

Callback = Callable[[click.Context, click.Parameter, Any], Any]


@dataclass(frozen=True)
class Checked:
    """A parameter's callback, asked after its value was looked at; `then` None: there is none."""

    then: Callback | None

    def __call__(self, context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        """
        Raises:
            click.BadParameter: the value is none.
        """
        for one in value if isinstance(value, tuple | list) else (value,):
            if isinstance(one, float) and not math.isfinite(one):
                raise click.BadParameter(f"{one} is no number to count with.", context, parameter)
            if _takes_a_file(parameter.type) and one is not None and not PurePath(one).name:
                raise click.BadParameter(f"{str(one)!r} names no file.", context, parameter)
        return value if self.then is None else self.then(context, parameter, value)


def _takes_a_file(kind: object) -> bool:
    return isinstance(kind, click.Path) and not kind.dir_okay
