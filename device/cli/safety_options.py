"""The options that protect sample and measurement, of all verbs that make light.

Next: `../driver/safety.py`, what they become; `options.py`, the others that verbs share.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import click

from device.driver.safety import LEAST_COOLER_C, MOST_COOLER_C, CoolerSettings, Safety

COOLER_C: Final = (LEAST_COOLER_C, MOST_COOLER_C)

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


def safety_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command gets `safety`, a `Safety`; equal to `Safety()` where none of them was given."""

    @wraps(command)
    def with_safety(
        *arguments: Any,
        dark_sample: bool,
        no_heating_watch: bool,
        cooler_c: float | None,
        **others: Any,
    ) -> Any:
        safety = Safety(not no_heating_watch, dark_sample, CoolerSettings(cooler_c))
        return command(*arguments, safety=safety, **others)

    decorated: Callable[..., Any] = with_safety
    for option in reversed(_SAFETY):
        decorated = option(decorated)
    return decorated
