"""A station's events on a terminal: passing remarks, and lasting lines where the analyzer is gone.

Next: `../events.py`, the events and their words.
"""

import click

from device.cli.output import clear_progress, print_progress
from device.events import (
    Answered,
    Cancelled,
    Event,
    Failed,
    LinkLost,
    OtherAnalyzer,
    Reconnected,
    SelfTestDue,
    SpectrumSoFar,
    Waiting,
    words,
)


def print_event(event: Event) -> None:
    """One line on stderr; what passes is overwritten by the next, and needs somebody who looks."""
    match event:
        case Answered() | Failed() | Cancelled() | SpectrumSoFar() | Waiting():
            return  # shown with all there is to say about them, or nothing to show
        case LinkLost() | OtherAnalyzer() | Reconnected():
            clear_progress()
            click.echo(words(event), err=True)
        case SelfTestDue(_, remedy):
            clear_progress()
            click.echo(f"{'Warning: ' if remedy else ''}{words(event)}", err=True)
        case _:
            print_progress(words(event))
