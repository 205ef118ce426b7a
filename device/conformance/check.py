"""A check: one rule of PROTOCOL.md with its section, and the function that tries it.

Next: `catalogue.py`, all checks in their order; `runner.py`, which runs them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag
from typing import Final

from device.conformance.bench import Bench

# As the document numbers them.
SECTIONS: Final = {
    "1": "Links",
    "2": "Packet",
    "3": "Serial: COBS",
    "4": "Conversation",
    "5": "Requests",
    "7": "Laser and frame",
    "8": "Events, power, clock",
    "9": "Model slots",
    "10": "Payloads",
    "11": "Calibration page",
    "12": "Link key",
}


class Needs(Flag):
    """What a check does beyond asking: it must be allowed."""

    NOTHING = 0
    LASER = 1  # arms the laser, and makes light within exposures
    FLASH = 2  # erases and writes the analyzer's flash
    HINDERED = 4  # asks for light that a fault or an open cover forbids


@dataclass(frozen=True)
class Check:
    """`run` returns what the analyzer did, in a few words.

    It raises `CheckFailed` or `CheckSkipped`; a link that fails raises its `LinkError`.
    """

    name: str
    section: str
    rule: str
    run: Callable[[Bench], str]
    needs: Needs = Needs.NOTHING


def check(
    section: str, rule: str, needs: Needs = Needs.NOTHING
) -> Callable[[Callable[[Bench], str]], Check]:
    """Make a function a check, named as it is; `rule` says what is expected."""

    def make(run: Callable[[Bench], str]) -> Check:
        return Check(run.__name__.replace("_", "-"), section, rule, run, needs)

    return make
