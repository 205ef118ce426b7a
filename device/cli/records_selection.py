"""The options that choose records: ids, `--all`, `--since`, `--before`, `--search`.

Next: `records_export.py` and `records_reidentify.py`, the verbs; `../records/selection.py`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from device.cli.options import with_options

if TYPE_CHECKING:
    from device.records.selection import Selection

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_OPTIONS = (
    click.argument("ids", metavar="[ID]...", nargs=-1),
    click.option("--all", "everything", is_flag=True, help="Every record of the store."),
    click.option(
        "--since", type=_DAY, metavar="DATE", help="Only from this day or time (UTC) on."
    ),
    click.option("--before", type=_DAY, metavar="DATE", help="Only from before it (UTC)."),
    click.option(
        "--search", default="", metavar="TEXT",
        help="Only those with this text in names, verdict, sample, operator, note or source.",
    ),
)  # fmt: skip


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`ids`, `everything`, `since`, `before` and `search`."""
    return with_options(command, _OPTIONS)


def selection_of(
    ids: tuple[str, ...],
    everything: bool,
    since: datetime | None,
    before: datetime | None,
    search: str,
    **more: Any,
) -> "Selection":
    """What was chosen; `more` as `Selection` has it.

    Raises:
        click.UsageError: nothing was, or ids and everything.
    """
    from device.records.selection import Selection

    chosen = (everything, since, before, search, *more.values())
    if ids and any((everything, since, before, search)):
        raise click.UsageError("Name records, or choose them by options, not both.")
    if not ids and not any(chosen):
        raise click.UsageError("Which records? Name them, or choose with --since ... or --all.")
    return Selection(ids, search, _utc(since), _utc(before), **more)


def _utc(when: datetime | None) -> str:
    return "" if when is None else f"{when:%Y-%m-%dT%H:%M:%S}.000+00:00"
