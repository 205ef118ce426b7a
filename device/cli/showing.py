"""A station's events as passing remarks on a terminal.

Next: `../events.py`, the events and their words.
"""

from device.cli.output import print_progress
from device.events import Event, words


def print_event(event: Event) -> None:
    """One line, overwritten by the next one; nothing where nobody watches."""
    print_progress(words(event))
