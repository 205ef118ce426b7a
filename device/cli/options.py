"""The options that every verb shares, spelled once.

`@common_options` gives a command `--json`, `--timeout` and `--log-level`; `@port_option()` adds
`--port`. The command receives `as_json: bool`, `timeout_s: float`, `port: str | None`; the log
level is applied here. Next: `identify.py`, the verb that uses them all.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_TIMEOUT_S = 5.0
PORT_FORMS = (
    "usb:SERIAL, /dev/ttyACM0, tcp://127.0.0.1:7850, or a simulated one: sim:replay=FILE, "
    "sim:mix=toluene:0.5,aniline:0.5"
)


def _apply_log_level(_context: click.Context, _option: click.Parameter, level: str | None) -> None:
    if level is None:
        return
    import logging  # only now: most starts never log, and importing it costs milliseconds

    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else."
)
timeout_option = click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.0, max=600.0, min_open=True),
    default=DEFAULT_TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for an answer of the analyzer, beyond the exposure itself.",
)
log_level_option = click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
    callback=_apply_log_level,
    expose_value=False,
    is_eager=True,
    help="Log to stderr; `debug` also shows the traceback of an unexpected failure.",
)


def common_options(command: Command) -> Command:
    """`--json`, `--timeout` and `--log-level`."""
    return json_option(timeout_option(log_level_option(command)))


def port_option(*, required: bool = True) -> Callable[[Command], Command]:
    """`--port`, required unless the verb has another source."""
    return click.option(
        "--port", required=required, metavar="PORT", help=f"Where the analyzer is: {PORT_FORMS}."
    )
