"""What a sample was measured through, in words: `containers` of an answer or a record.

Next: `card.py` and `explanation.py`, which show it.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from device.printable import printable
from device.show.percent import percent


def container_lines(containers: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """One line for each container, or more where `width` is too small."""
    told = (f"container {printable(one['file'])}: {_told(one)}" for one in containers)
    return [
        line
        for text in told
        for line in textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="    ")
    ]


def _told(one: Mapping[str, Any]) -> str:
    if one["part"] is None:
        return "not fitted"
    if not one["part"]:
        return "nothing of it is seen"
    return f"{percent(one['amplitude'])} of all amplitude, taken out"
