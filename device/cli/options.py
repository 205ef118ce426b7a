"""The options that several verbs share, spelled once.

`@common_options` gives a command `as_json: bool` and `timeout_s: float` (the log level is applied
here); `@port_option()` gives `port`; `@store_options` say where a result is kept.
Next: `light_options.py`, those of verbs that make light; `identify.py`, a verb that uses them all.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from device.cli.keeping_log import log_file_option
from device.version import VERSION

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_TIMEOUT_S: Final = 5.0
STDIN: Final = "-"  # instead of a file's name
ACQUIRE: Final = "acquire"  # instead of a blank's file: it is measured first

# Spelled here again, because their owners import an interpreter and arrays; a test compares them.
LEAST_TIMEOUT_S: Final = 0.1  # what a frame may take over the wire
RUNTIMES: Final = ("auto", "litert", "tflite")
PORT_FORMS: Final = (
    "usb:SERIAL, /dev/ttyACM0, tcp://127.0.0.1:7850, or a simulated one: sim:replay=FILE, "
    "sim:mix=toluene:0.5,aniline:0.5"
)


def _apply_log_level(_context: click.Context, _option: click.Parameter, level: str | None) -> None:
    if level is None:
        return
    import logging  # only now: most starts never log, and importing it costs milliseconds

    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # Ours alone: the libraries' own chatter (matplotlib's font search) helps nobody here.
    logging.getLogger("ramix").setLevel(level.upper())


def version_option(program: str) -> Callable[[Command], Command]:
    """`--version`: one line, and no look at what is installed."""
    return click.version_option(VERSION, prog_name=program, message="%(prog)s %(version)s")


def with_options(command: Command, options: Iterable[Callable[[Any], Any]]) -> Command:
    """The command with these options, in this order in its help."""
    for option in reversed(tuple(options)):
        command = option(command)
    return command


def common_options(command: Command) -> Command:
    """`--timeout`, `--json` and `--log-level`."""
    return with_options(command, _COMMON)


def is_typed(*names: str) -> bool:
    """Whether one of these parameters stands on the command line; a settings file's default does
    not contradict what does."""
    context = click.get_current_context()
    sources = {context.get_parameter_source(name) for name in names}
    return click.core.ParameterSource.COMMANDLINE in sources


def store_options(command: Command) -> Command:
    """`--store FILE`, `--no-store` and `--log-file` (see `keeping_log.py`)."""
    return with_options(command, _STORE)


def _name_key_file(_context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    if path is None and "device.link_key_file" not in sys.modules:
        return  # most starts need no key, and never load what reads one
    from device.link_key_file import name_key_file

    name_key_file(path)


key_file_option = click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    callback=_name_key_file,
    expose_value=False,
    metavar="FILE",
    help="The link key of an analyzer behind tcp://, which `ramix link-key` makes. "
    "[default: link.key among the settings]",
)


def check_store_options(store: Path | None, *, no_store: bool) -> None:
    """Raises `click.UsageError` where both were given."""
    if no_store and store is not None:
        raise click.UsageError("--store and --no-store contradict each other.")


def port_option(*, required: bool = True) -> Callable[[Command], Command]:
    """`--port`, required unless the verb has another source, and `--key-file`, applied here."""

    def add(command: Command) -> Command:
        return click.option(
            "--port",
            required=required,
            metavar="PORT",
            help=f"Where the analyzer is: {PORT_FORMS}.",
        )(key_file_option(command))

    return add


model_option = click.option(
    "--model", type=click.Path(path_type=Path), metavar="FILE",
    help="Answer with this bundle instead of the analyzer's, or of the configured one.",
)  # fmt: skip
runtime_option = click.option(
    "--runtime",
    type=click.Choice(RUNTIMES),
    default="auto",
    show_default=True,
    help="Which library runs the network; auto prefers LiteRT.",
)
blank_option = click.option(
    "--blank",
    "blanks",
    multiple=True,
    metavar="FILE",
    help="A spectrum of the empty vial, bag or bottle that the sample is measured through: its "
    "light is fitted, taken out and never named. May be repeated. At a port `acquire` measures "
    "it first.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout, nothing else."
)
log_level_option = click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
    callback=_apply_log_level,
    expose_value=False,
    is_eager=True,
    help="Log to stderr; `debug` also shows the traceback of an unexpected failure.",
)

timeout_option = click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(LEAST_TIMEOUT_S, 600.0),
    default=DEFAULT_TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for an answer of the analyzer, beyond the exposure itself.",
)
_COMMON = (timeout_option, json_option, log_level_option)
_STORE = (
    click.option(
        "--store",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Store the result in this file instead of the usual one.",
    ),
    click.option("--no-store", is_flag=True, help="Do not store the result of a measurement."),
    log_file_option,
)
