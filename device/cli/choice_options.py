"""Options that say of a spectrum's file what it does not say itself: `@choice_options`.

Next: `../spectra/files/choices.py`, what they become.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

import click

from device.cli.options import with_options

Command = TypeVar("Command", bound=Callable[..., Any])

LASER_OF_HEADER: Final = "header"  # as in device/spectra/files/choices.py


def _parse_excitation(
    context: click.Context, option: click.Parameter, value: str | None
) -> float | str | None:
    """Nanometres as a positive number, or the word `header`."""
    if value is None or value == LASER_OF_HEADER:
        return value
    try:
        excitation_nm = float(value)
    except ValueError:
        excitation_nm = 0.0
    if not 150.0 <= excitation_nm <= 2000.0:  # also refuses NaN
        raise click.BadParameter(
            f"{value!r} is neither the nanometres of a laser nor {LASER_OF_HEADER!r}.",
            context,
            option,
        )
    return excitation_nm


_CHOICES = (
    click.option(
        "--column",
        metavar="NAME",
        help="The column of a FILE with the intensity, by its name or its number from 1.",
    ),
    click.option(
        "--axis-column",
        metavar="NAME",
        help="The column of a FILE with the Raman shift, by its name or its number from 1.",
    ),
    click.option(
        "--excitation",
        "excitation_nm",
        callback=_parse_excitation,
        metavar="NM",
        help="The laser's wavelength, for a FILE whose axis is wavelength; `header`: the one that "
        "the file states. Without it such a file is refused.",
    ),
)


def choice_options(command: Command) -> Command:
    """`--column`, `--axis-column` and `--excitation`; the command gets them as `choices`."""

    @wraps(command)
    def with_choices(
        *args: Any,
        column: str | None,
        axis_column: str | None,
        excitation_nm: float | str | None,
        **kwargs: Any,
    ) -> Any:
        from device.spectra.files.choices import Choices

        choices = Choices(column=column, axis_column=axis_column, excitation_nm=excitation_nm)
        return command(*args, choices=choices, **kwargs)

    return cast(Command, with_options(with_choices, _CHOICES))
