"""What a command may put on stdout and stderr: one JSON object, or lines for people.

With `--json` stdout carries JSON alone (strict: no NaN, no Infinity); progress goes to stderr and
only when someone is watching. Next: `exit_codes.py`.
"""

import io
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from device.printable import printable
from firmware_bridge.errors import RamixError

INTERRUPTED = "Stopped by the operator."


def print_json(value: Mapping[str, Any]) -> None:
    """One object on one line of stdout, flushed: a reader at the other end of a pipe sees it now.

    Raises:
        ValueError: a NaN or an infinity got this far; it must never reach a program's parser.
    """
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):  # a name outside the terminal's letters
        text = json.dumps(value, allow_nan=False)
    click.echo(text)


def hold_standard_streams() -> None:
    """Open what the caller closed (`>&-`) on nothing at all.

    Else the next file or socket would get its number, and what a library prints would go there.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # so Python says that it was closed
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - lives as long as the process
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a strange letter costs no answer


def keep_quiet() -> None:
    """Nobody reads stdout any more: the interpreter must not fail to flush it when it ends."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - lives as long as the process


def error_object(code: str, text: str, remedy: str) -> dict[str, dict[str, str]]:
    """The shape of every failure under `--json`."""
    return {"error": {"code": code, "text": text, "remedy": remedy}}


def print_error(code: str, text: str, remedy: str, *, as_json: bool) -> None:
    """Say what went wrong and what to do: on stdout as JSON, or on stderr for people."""
    text = printable(text)  # names of files
    if as_json:
        print_json(error_object(code, text, remedy))
        return
    colour = False if os.environ.get("NO_COLOR") else None  # None: click looks at the terminal
    click.echo(click.style("Error: ", fg="red", bold=True) + text, err=True, color=colour)
    if remedy:
        click.echo(f"  -> {remedy}", err=True)


def print_interrupted(*, as_json: bool) -> None:
    """Ctrl-C, or a service manager's stop: asked for, so no error to people; to a program the
    result that it waits for does not come."""
    if as_json:
        print_json(error_object("interrupted", INTERRUPTED, ""))
    else:
        click.echo(INTERRUPTED, err=True)


def print_ramix_error(error: RamixError, *, as_json: bool) -> None:
    """`print_error` for an error of our own tree."""
    print_error(error.code, error.text, error.remedy, as_json=as_json)


def in_words(value: object) -> str:
    """One value of an object as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(in_words, value)) or "none"
    if isinstance(value, dict):
        return " ".join(f"{name} {in_words(one)}" for name, one in value.items())
    return str(value)


def print_progress(text: str) -> None:
    """A passing remark for somebody at a terminal; overwritten by the next one."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)


def clear_progress() -> None:
    """Remove the last passing remark, before something lasting is printed."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
