"""Questions to whoever sits at the terminal; where nobody does, that is said.

Next: `walls.py` and `calibrate.py`, which ask.
"""

import sys
from typing import Final

import click

from device.cli.output import clear_progress
from firmware_bridge.errors import RamixError

_YES: Final = {True: ("", "y", "yes"), False: ("y", "yes")}  # by what Enter alone means
_NO: Final = ("n", "no")


class NobodyConfirms(RamixError):
    """There is no terminal, and nothing else by which somebody could answer."""

    code = "nobody_confirms"


def confirmed(question: str, *, enter_is_yes: bool, remedy: str) -> None:
    """Returns once somebody said yes.

    Raises:
        NobodyConfirms: stdin is closed, or at its end; `remedy` says how to do without.
        click.Abort: somebody said no.
    """
    hint = "Y/n" if enter_is_yes else "y/N"
    while True:
        click.echo(f"{question} [{hint}]: ", nl=False, err=True)
        line = _next_line()
        if not line:
            click.echo(err=True)
            raise NobodyConfirms("Nobody is there to answer.", remedy=remedy)
        answer = line.strip().lower()
        if answer in _YES[enter_is_yes]:
            return
        if answer in _NO or not answer:
            raise click.Abort


def ask_to_place(sentence: str, *, yes: bool) -> None:
    """Returns once what `sentence` names lies before the probe; `yes`: it does.

    Raises:
        as `confirmed`.
    """
    clear_progress()
    if not yes:
        confirmed(f"{sentence} Ready?", enter_is_yes=True, remedy="Add --yes once it is so.")


def _next_line() -> str:
    """Of stdin; empty where it is closed or at its end."""
    if sys.stdin is None:
        return ""
    try:
        return sys.stdin.readline()
    except (OSError, ValueError):
        return ""
