"""`--column`, `--axis-column` and `--excitation`: what a person says about a file to be read.

Next: `../spectra/files/choices.py`, what becomes of them.
"""

from functools import wraps
from typing import Any, cast

import click

from device.cli.options import Command
from device.spectra.files.choices import FROM_HEADER, Choices


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
        choices = Choices(column=column, axis_column=axis_column, excitation_nm=excitation_nm)
        return command(*args, choices=choices, **kwargs)

    chosen: Any = with_choices
    for option in reversed(_CHOICES):
        chosen = option(chosen)
    return cast(Command, chosen)


def _parse_excitation(
    context: click.Context, option: click.Parameter, value: str | None
) -> float | str | None:
    """Nanometres as a positive number, or the word `header`."""
    if value is None or value == FROM_HEADER:
        return value
    try:
        excitation_nm = float(value)
    except ValueError:
        excitation_nm = 0.0
    if not 150.0 <= excitation_nm <= 2000.0:  # also refuses NaN
        raise click.BadParameter(
            f"{value!r} is neither the nanometres of a laser nor {FROM_HEADER!r}.",
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
