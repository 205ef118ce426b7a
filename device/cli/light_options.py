"""How light is made: the options of every verb that makes any, as one value, `LightOptions`.

`@growing_light_options` for verbs that measure until they are certain, `@fixed_light_options` for
those that take so many frames. Which verb has which: docs/measuring.md.
Next: `measuring.py`, what they become; `../driver/safety.py`, those of safety.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple

import click

from device.cli.options import is_typed, with_options
from device.driver.safety import LEAST_COOLER_C, MOST_COOLER_C, CoolerSettings, Safety

AUTO_EXPOSURE: Final = "auto"
COOLER_C: Final = (LEAST_COOLER_C, MOST_COOLER_C)
MAX_EXPOSURE_MS: Final = 600_000.0
MAX_MEASURING_S: Final = 3600.0
LEAST_S: Final = 0.001  # of a wait and of a budget: the wire counts milliseconds
MAX_POWER_MW: Final = 65_535  # that SET_LASER_POWER carries

# Spelled here again, because its owner imports arrays; a test compares the two.
MAX_COUNTDOWN_S: Final = 60.0

_NAMES: Final = {
    "budget_s": "--budget",
    "frames": "--frames",
    "integration_time": "--integration-time",
    "laser_power_mw": "--laser-power",
    "dark_sample": "--dark-sample",
    "no_heating_watch": "--no-heating-watch",
    "cooler_c": "--cooler",
    "countdown_s": "--countdown",
}
Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


class LightOptions(NamedTuple):
    """What was asked for; None: nothing. `integration_time` in ms, or `AUTO_EXPOSURE`.

    typed: those that stand on the command line, not only in a settings file.
    """

    budget_s: float | None = None
    frames: int | None = None
    integration_time: float | str | None = None
    laser_power_mw: int | None = None
    safety: Safety = Safety()
    countdown_s: float | None = None
    typed: tuple[str, ...] = ()

    def refuse_at_a_file(self, *others: str) -> None:
        """Raises `click.UsageError` where one of these, or of `others`, was typed."""
        if typed := [*self.typed, *others]:
            need = "needs" if len(typed) == 1 else "need"
            raise click.UsageError(
                f"{', '.join(typed)} {need} a --port: a file is measured already."
            )


def growing_light_options(countdown: str) -> Decorator:
    """`--budget`, `--frames`, `--integration-time` and all others, as `light: LightOptions`.

    `countdown` says what holds where no `--countdown` is given.
    """
    return _options(_BUDGET, _GROWING_FRAMES, _GROWING_TIME, countdown=countdown)


def fixed_light_options(countdown: str) -> Decorator:
    """The same for verbs that take so many frames: there is no budget."""
    return _options(_FIXED_FRAMES, _FIXED_TIME, countdown=countdown)


def _options(*how_long: Decorator, countdown: str) -> Decorator:
    every: tuple[Decorator, ...] = (
        *how_long,
        laser_power_option,
        *_SAFETY,
        _countdown_option(countdown),
    )

    def add(command: Command) -> Command:
        @wraps(command)
        def with_light(
            *arguments: Any,
            frames: int | None,
            integration_time: float | str | None,
            laser_power_mw: int | None,
            dark_sample: bool,
            no_heating_watch: bool,
            cooler_c: float | None,
            countdown_s: float | None,
            budget_s: float | None = None,
            **others: Any,
        ) -> Any:
            typed = tuple(name for key, name in _NAMES.items() if is_typed(key))
            safety = Safety(not no_heating_watch, dark_sample, CoolerSettings(cooler_c))
            light = LightOptions(
                budget_s, frames, integration_time, laser_power_mw, safety, countdown_s, typed
            )
            return command(*arguments, light=light, **others)

        return with_options(with_light, every)

    return add


def _parse_integration_time(
    context: click.Context, option: click.Parameter, value: str | None
) -> float | str | None:
    """Milliseconds as a positive number, or the word `auto`."""
    if value is None or value == AUTO_EXPOSURE:
        return value
    try:
        milliseconds = float(value)
    except ValueError:
        milliseconds = 0.0
    if not LEAST_S <= milliseconds <= MAX_EXPOSURE_MS:  # also refuses NaN
        raise click.BadParameter(
            f"{value!r} is neither milliseconds nor {AUTO_EXPOSURE!r}.", context, option
        )
    return milliseconds


def _countdown_option(default: str) -> Decorator:
    return click.option(
        "--countdown",
        "countdown_s",
        type=click.FloatRange(0.0, MAX_COUNTDOWN_S),
        metavar="SECONDS",
        help="Wait so long before the first light; a press of the trigger meanwhile cancels. "
        f"0: do not wait. [default: {default}]",
    )


laser_power_option: Final[Decorator] = click.option(
    "--laser-power",
    "laser_power_mw",
    type=click.IntRange(1, MAX_POWER_MW),
    metavar="MW",
    help="Laser power in milliwatts. [default: the analyzer's maximum]",
)
_SAFETY: Final = (
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
_BUDGET: Final = click.option(
    "--budget",
    "budget_s",
    type=click.FloatRange(LEAST_S, MAX_MEASURING_S),
    metavar="SECONDS",
    help="How long measuring may take: exposure and number of frames are found, and it ends as "
    "soon as the verdict is certain. [default: 10]",
)


def _frames_option(help_text: str) -> Decorator:
    return click.option("--frames", type=click.IntRange(1, 1000), metavar="N", help=help_text)


def _time_option(help_text: str) -> Decorator:
    return click.option(
        "--integration-time", callback=_parse_integration_time, metavar="MS", help=help_text
    )


_GROWING_FRAMES: Final = _frames_option(
    "Average N frames, however certain the verdict is; from three on, cosmic rays are removed."
)
_GROWING_TIME: Final = _time_option(
    "Exposure of a frame in milliseconds, or `auto`, for one frame or those of --frames. "
    "[default with --frames: found]"
)
_FIXED_FRAMES: Final = _frames_option(
    "Average N frames; from three on, cosmic rays are removed. [default: 1]"
)
_FIXED_TIME: Final = _time_option(
    "Exposure of a frame in milliseconds; `auto`: found, of a recording too. [default: found]"
)
