"""What the verbs of `ramix records` share: which store, and texts that are safe to print.

Next: `records.py`, the verbs.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.printable import printable as one_line

if TYPE_CHECKING:
    from device.records.store import RecordStore

_STORE = click.option(
    "--store",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Look into this store instead of the usual one.",
)
_SIMULATED = click.option(
    "--simulated", is_flag=True, help="Look into the store of simulated analyzers."
)


def store_choice(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--store FILE` and `--simulated`."""
    return _STORE(_SIMULATED(command))


def open_store(path: Path | None, *, simulated: bool, read_only: bool = True) -> "RecordStore":
    """The store that was chosen.

    Raises:
        click.UsageError: two were.
    """
    from device.records.journal import usual_store
    from device.records.store import RecordStore

    if path is not None and simulated:
        raise click.UsageError("--store and --simulated contradict each other.")
    if path is not None:
        return RecordStore(path, read_only=read_only)
    return usual_store(simulated=simulated, read_only=read_only)


def printable(value: Any) -> Any:
    """The same text, list or JSON object with each unprintable character as a question mark; lines
    stay lines.

    What lies in a store may have been put there by anybody: no control character of it reaches a
    terminal.
    """
    if isinstance(value, str):
        return "\n".join(map(one_line, value.split("\n")))
    if isinstance(value, Mapping):
        return {printable(key): printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable(inner) for inner in value]
    return value
