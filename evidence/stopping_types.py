"""What one measurement showed at each of its looks, and rules by which it might have stopped.

Next: `stopping.py`, which measures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

BRIGHTNESS = (0.003, 0.01, 0.1, 1.0, 10.0)  # of a sample that gives 20,000 counts a second
FIXED = (1, 2, 3, 4, 8, 16)  # pairs of frames as bright as the camera allows, whatever they show
PLAIN_MS = 100.0  # an exposure that nobody found
PLAIN = (1, 4, 16, 48)  # frames of it


@dataclass(frozen=True)
class Seen:
    """One look: pairs of frames and laser-on time so far, and what is said of the sample."""

    pairs: int
    laser_on_s: float
    right: bool
    false_name: bool
    names: bool


@dataclass(frozen=True)
class Measured:
    """All looks of one measurement; `stopped` is the index of the product's."""

    brightness: float
    foreign: bool
    seen: tuple[Seen, ...]
    stopped: int
    exposed: tuple[Seen, ...]  # after FIXED pairs, as far as the budget reaches
    plain: tuple[Seen, ...]  # with PLAIN frames of PLAIN_MS

    def as_data(self) -> dict[str, Any]:
        return {
            "brightness": self.brightness,
            "foreign": self.foreign,
            "stopped": self.stopped,
            "exposed": [vars(seen) for seen in self.exposed],
            "plain": [vars(seen) for seen in self.plain],
            "seen": [{**vars(one), "laser_on_s": round(one.laser_on_s, 4)} for one in self.seen],
        }


Rule = Callable[[Measured], Seen]


def product(one: Measured) -> Seen:
    """Where every sum is ln K from its cut."""
    return one.seen[one.stopped]


def first_name(one: Measured) -> Seen:
    """At the first look that names anything: no margin."""
    return next((seen for seen in one.seen if seen.names), one.seen[-1])


def pairs(number: int) -> Rule:
    """After so many well exposed pairs, or all that the budget allows."""

    def rule(one: Measured) -> Seen:
        return next((seen for seen in one.exposed if seen.pairs >= number), one.exposed[-1])

    return rule


def whole_budget(one: Measured) -> Seen:
    return one.seen[-1]


def plain(index: int) -> Rule:
    """PLAIN[index] frames of PLAIN_MS."""

    def rule(one: Measured) -> Seen:
        return one.plain[index]

    return rule


PRODUCT, WHOLE = "until it is certain", "the whole budget"
FOUND = {f"{number} pair{'s' if number > 1 else ''}": pairs(number) for number in FIXED}
UNTOLD = {f"{number} x {PLAIN_MS:g} ms": plain(index) for index, number in enumerate(PLAIN)}
RULES: dict[str, Rule] = {
    PRODUCT: product,
    "until something is named": first_name,
    **FOUND,
    WHOLE: whole_budget,
    **UNTOLD,
}


def wrong(found: list[Measured], rule: Rule) -> int:
    return sum(not rule(one).right for one in found)


def no_more_errors(found: list[Measured], fixed: Mapping[str, Rule]) -> str | None:
    """The shortest of the fixed measurements that is wrong no more often than the product."""
    most = wrong(found, product)
    return next((name for name, rule in fixed.items() if wrong(found, rule) <= most), None)
