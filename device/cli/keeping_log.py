"""Verbs that measure keep a log; `--log-file` says where, and `none` that they keep none.

Next: `../log_file.py`, the log itself.
"""

from pathlib import Path
from typing import Final

import click

NOWHERE: Final = "none"
_CHOSEN: Final = "ramix.log_file"


def _remember(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    context.meta[_CHOSEN] = value


log_file_option = click.option(
    "--log-file",
    callback=_remember,
    expose_value=False,
    metavar="FILE",
    help="Where the log of measurements is kept, one JSON object a line; `none`: nowhere. "
    "[default: log/ramix.jsonl beside the records]",
)


def keep_log() -> None:
    """From here on until the command ends; a log that cannot be kept is said, and no fault."""
    context = click.get_current_context()
    chosen = context.meta.get(_CHOSEN)
    if chosen == NOWHERE:
        return
    from device import installation, log_file
    from device.plain_file import why_not

    path = Path(chosen) if chosen is not None else installation.data_dir() / "log" / "ramix.jsonl"
    try:
        context.call_on_close(log_file.keep_log(path))
    except OSError as error:
        name = click.format_filename(path)
        click.echo(f"Warning: no log is kept in {name}: {why_not(error)}.", err=True)
