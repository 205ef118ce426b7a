"""The options that protect sample and measurement, of all verbs that make light.

Next: `options.py`, the others that verbs share.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

# Spelled here again, because its owner imports arrays; a test compares them.
COOLER_C: Final = (-100.0, 30.0)

_SAFETY = (
    click.option(
        "--dark-sample",
        is_flag=True,
        help="The sample is dark or may be energetic: a tenth of the analyzer's power at most "
        "(unless --laser-power is given), reached from 1 mW by doubling.",
    ),
    click.option(
        "--no-heating-watch",
        is_flag=True,
        help="Go on where the light rises or lines move, as of a sample that is stirred.",
    ),
    click.option(
        "--cooler",
        "cooler_c",
        type=click.FloatRange(*COOLER_C),
        metavar="C",
        help="Cool the detector to so many degrees Celsius. [default: -20, or its maker's "
        "setpoint where that is out of reach]",
    ),
)


def safety_options(command: Command) -> Command:
    """`--dark-sample` and `--no-heating-watch` (bool), `--cooler` (C as `cooler_c`; None: not
    given)."""
    for option in reversed(_SAFETY):
        command = option(command)
    return command
