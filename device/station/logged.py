"""What a station tells is logged, too: above all every time that light is made.

Next: `station.py`, which tells it; `../events.py`, the events.
"""

import logging

from device.events import Cooling, Event, FrameTaken, SpectrumSoFar, Step, Waiting, words
from device.runtime import Tell

_log = logging.getLogger("ramix.station")


def logged(tell: Tell) -> Tell:
    """`tell`, and a log of all but passing remarks."""

    def both(event: Event) -> None:
        if not isinstance(event, Step | FrameTaken | SpectrumSoFar | Waiting | Cooling):
            _log.info(words(event), extra={"event": type(event).__name__})
        tell(event)

    return both
