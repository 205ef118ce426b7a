"""How an answer is shown by the verbs that ask: the JSON object or the card, picture and warning.

Next: `../show/card.py`, which lays the card out.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from device.answer.answer import Answer
from device.answer.identifier import Identifier
from device.answer.result import result_json
from device.cli.output import clear_progress, print_json, print_ramix_error
from device.show.card import card
from device.show.style import CARD_WIDTH, NARROWEST, WIDEST, CardStyle
from device.spectra.spectrum import Spectrum
from firmware_bridge.errors import RamixError

DEMO_NOTE = (
    "This model is signed with the public demo key, which anybody can use: good for trying out, "
    "not for decisions."
)


def show_answer(
    answer: Answer,
    record_id: str | None,
    identifier: Identifier,
    *,
    code: str = "",
    as_json: bool,
    picture: Path | None,
    all_limits: bool = False,
    watched: Sequence[str] = (),
    truth: Mapping[str, Any] | None = None,
) -> None:
    """Print one answer of `identifier`; draw it where a picture is wanted.

    `code` is that of the record's place in the chain, to be noted elsewhere.

    `truth` is what a simulated analyzer's log says of the sample; it is printed, nothing else.

    With `all_limits` or names to watch for, say above which share the compounds not named would
    have been seen.
    """
    clear_progress()
    result = result_json(answer, record_id)
    if code:
        result["record_code"] = code
    if all_limits or watched:
        from device.answer.result import limits_json
        from device.answer.watch import canonical_names

        names = set(canonical_names(identifier.compounds, watched, identifier.label.name))
        limits = identifier.limits(answer)
        result["limits"] = limits_json([x for x in limits if all_limits or x.name in names])
    if as_json:
        print_json(result if truth is None else {**result, "truth": truth})
        if picture is not None:
            _draw(answer, identifier, picture)
        return
    text = card(
        result,
        source=_source(answer.spectrum),
        notes=[*_notes(identifier), *_overridden(answer)],
        style=terminal_style(),
    )
    click.echo(text, color=True)  # colours were decided by the style; click must not strip them
    if picture is not None and _draw(answer, identifier, picture):
        click.echo(f"  picture {picture}")
    if truth is not None:
        click.echo(f"  simulated {truth['name']}; right is {truth['verdict']}")


def _draw(answer: Answer, identifier: Identifier, picture: Path) -> bool:
    """After the answer: a picture that cannot be written is told, and costs neither the answer nor
    its exit code."""
    from device.show.plot import plot

    try:
        plot(answer, identifier.bundle, picture, identifier.field_compounds)
    except RamixError as error:
        print_ramix_error(error, as_json=False)
        return False
    return True


def warn_of_model(identifier: Identifier) -> None:
    """The card says it each time; a program's operator reads it once, on stderr."""
    for note in _notes(identifier):
        click.echo(f"Warning: {note}", err=True)


def _notes(identifier: Identifier) -> list[str]:
    return [*([DEMO_NOTE] if identifier.bundle.demo_signed else []), *identifier.notices]


def _overridden(answer: Answer) -> list[str]:
    if answer.self_test is None or not answer.self_test.despite:
        return []
    return ["The analyzer's last self-test failed; it was measured with all the same."]


def _source(spectrum: Spectrum) -> str:
    """The file, or who measured."""
    if spectrum.raw is not None and spectrum.source == "acquisition":
        return f"analyzer {spectrum.raw.calibration.serial}"
    return spectrum.source


def terminal_style() -> CardStyle:
    """What stdout can show: colour only for somebody who looks, blocks only where they exist."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        "█▏━┃±→·≥".encode(encoding)
        can_draw = True
    except (UnicodeEncodeError, LookupError):
        can_draw = False
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return CardStyle(
        colour=colour and os.environ.get("TERM") != "dumb",
        unicode=can_draw,
        width=_width(),
    )


def _width() -> int:
    """Columns of the terminal, or of COLUMNS; of a file or a pipe 80."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return CARD_WIDTH
    columns = shutil.get_terminal_size((CARD_WIDTH, 24)).columns
    return min(max(columns, NARROWEST), WIDEST)
