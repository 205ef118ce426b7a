"""How `identify` and `run` show an answer: the JSON object or the card, the picture, the warning.

Next: `../show/card.py`, which lays the card out.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from device.answer.answer import Answer
from device.answer.identifier import Identifier
from device.answer.result import result_json
from device.cli.output import clear_progress, print_json
from device.show.card import CardStyle, card
from device.spectra.spectrum import Spectrum
from firmware_bridge.errors import CallerError

DEMO_NOTE = (
    "This model is signed with the public demo key, which anybody can use: good for trying out, "
    "not for decisions."
)


def show_answer(
    answer: Answer,
    record_id: str | None,
    identifier: Identifier,
    *,
    as_json: bool,
    picture: Path | None,
    all_limits: bool = False,
    watched: Sequence[str] = (),
    truth: Mapping[str, Any] | None = None,
) -> None:
    """Print one answer of `identifier`; draw it where a picture is wanted.

    `truth` is what a simulated analyzer's log says of the sample; it is printed, nothing else.

    With `all_limits` or names to watch for, say above which share the compounds not named would
    have been seen.
    """
    if picture is not None:
        from device.show.plot import plot

        plot(answer, identifier.bundle, picture, identifier.field_compounds)
    clear_progress()
    result = result_json(answer, record_id)
    if all_limits or watched:
        from device.answer.result import limits_json

        names = set(canonical_names(identifier, watched))
        limits = identifier.limits(answer)
        result["limits"] = limits_json([x for x in limits if all_limits or x.name in names])
    if as_json:
        print_json(result if truth is None else {**result, "truth": truth})
        return
    text = card(
        result,
        source=_source(answer.spectrum),
        hazards={one.name: one.hazard for one in identifier.compounds},
        notes=[*_notes(identifier), *_overridden(answer)],
        style=terminal_style(),
    )
    click.echo(text, color=True)  # colours were decided by the style; click must not strip them
    if picture is not None:
        click.echo(f"  picture {picture}")
    if truth is not None:
        click.echo(f"  simulated {truth['name']}; right is {truth['verdict']}")


def canonical_names(identifier: Identifier, names: Sequence[str]) -> list[str]:
    """The library's own spelling of names or synonyms, whatever their case.

    Raises:
        CallerError: the library knows no such compound.
    """
    known = {
        spelling.casefold(): one.name
        for one in identifier.compounds
        for spelling in (one.name, *one.synonyms)
    }
    strange = [name for name in names if name.casefold() not in known]
    if strange:
        raise CallerError(
            f"The library of {identifier.label.name} has no {', '.join(strange)}.",
            remedy="`ramix model info` lists its compounds.",
        )
    return [known[name.casefold()] for name in names]


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
        "█▏━┃±→·".encode(encoding)
        can_draw = True
    except (UnicodeEncodeError, LookupError):
        can_draw = False
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return CardStyle(colour=colour and os.environ.get("TERM") != "dumb", unicode=can_draw)
