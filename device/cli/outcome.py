"""How `identify` and `run` show an answer: the JSON object or the card, the picture, the warning.

Next: `../answers/report.py`, which lays both out.
"""

import os
import sys
from pathlib import Path

import click

from device.answers.answer import Answer
from device.answers.report import CardStyle, card, result_json
from device.cli.output import clear_progress, print_json
from device.inference.bundle import Bundle
from device.spectra.spectrum import Spectrum

DEMO_NOTE = (
    "This model is signed with the public demo key, which anybody can use: good for trying out, "
    "not for decisions."
)


def show_answer(
    answer: Answer, record_id: str | None, bundle: Bundle, *, as_json: bool, picture: Path | None
) -> None:
    """Print one answer; draw it where a picture is wanted."""
    if picture is not None:
        from device.answers.plot import plot

        plot(answer, bundle, picture)
    clear_progress()
    result = result_json(answer, record_id)
    if as_json:
        print_json(result)
        return
    text = card(
        result,
        source=_source(answer.spectrum),
        hazards={one.name: one.hazard for one in bundle.manifest.compounds},
        notes=[DEMO_NOTE] if bundle.demo_signed else [],
        style=terminal_style(),
    )
    click.echo(text, color=True)  # colours were decided by the style; click must not strip them
    if picture is not None:
        click.echo(f"  picture {picture}")


def warn_of_demo_key(bundle: Bundle) -> None:
    """The card says it each time; a program's operator reads it once, on stderr."""
    if bundle.demo_signed:
        click.echo(f"Warning: {DEMO_NOTE}", err=True)


def _source(spectrum: Spectrum) -> str:
    """The file, or who measured."""
    if spectrum.raw is not None and spectrum.source == "acquisition":
        return f"analyzer {spectrum.raw.calibration.serial}"
    return spectrum.source


def terminal_style() -> CardStyle:
    """What stdout can show: colour only for somebody who looks, blocks only where they exist."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        "█▏━┃±→·".encode(encoding)
        can_draw = True
    except (UnicodeEncodeError, LookupError):
        can_draw = False
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return CardStyle(colour=colour and os.environ.get("TERM") != "dumb", unicode=can_draw)
