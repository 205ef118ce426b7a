"""What a search found: the front of networks nothing beats, and the choice among the finalists.

The best of many trials looks better than it is, so the choice rests on trainings from fresh seeds
alone, and the recipe keeps its own network unless the gain is more than chance gives.
Next: `report.py`, which writes it down.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from train.network.evaluate import Proportion
from train.recipe import NetworkSettings
from train.search.space import Cost

_STANDARD_ERRORS = 2.0  # a smaller gain is chance

State = Literal["finished", "stopped", "failed"]  # stopped: by the scheduler, for its loss


@dataclass(frozen=True)
class SearchTrial:
    """One training of one network; `exact` is the last there was, of the float network."""

    number: int
    seed: int
    network: NetworkSettings
    cost: Cost
    state: State
    step: int
    exact: Proportion
    dosage_error: float | None  # of a finished RaMixNet II


@dataclass(frozen=True)
class Finalist:
    """A network's trainings from fresh seeds."""

    network: NetworkSettings
    cost: Cost
    exact: tuple[float, ...]  # one a seed

    @property
    def mean(self) -> float:
        return mean(self.exact)


@dataclass(frozen=True)
class Choice:
    """The network a recipe should have, and why."""

    network: NetworkSettings
    gain: float  # of the best other network over the recipe's own, mean exact match
    standard_error: float  # of the gain, from the spread between seeds; nan with one seed
    reason: str


def front(outcomes: Iterable[SearchTrial]) -> tuple[SearchTrial, ...]:
    """The finished ones that no other beats in exact match, file size and work; smallest first."""
    finished = [outcome for outcome in outcomes if outcome.state == "finished"]
    kept = [one for one in finished if not any(_beats(other, one) for other in finished)]
    return tuple(sorted(kept, key=lambda one: one.cost.file_bytes))


def best(
    outcomes: Sequence[SearchTrial], own: NetworkSettings, count: int
) -> tuple[NetworkSettings, ...]:
    """The `count` finished networks of the highest exact match besides `own`."""
    others = [one for one in outcomes if one.state == "finished" and one.network != own]
    others.sort(key=lambda one: (-one.exact.value, one.cost.file_bytes, one.number))
    return tuple(one.network for one in others[:count])


def finalists(outcomes: Iterable[SearchTrial]) -> tuple[Finalist, ...]:
    """Trainings from fresh seeds by network, best first; a network with a failed one is out."""
    groups: dict[NetworkSettings, list[SearchTrial]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.network, []).append(outcome)
    whole = [
        Finalist(network, group[0].cost, tuple(one.exact.value for one in group))
        for network, group in groups.items()
        if all(one.state == "finished" for one in group)
    ]
    return tuple(sorted(whole, key=lambda one: (-one.mean, one.cost.file_bytes)))


def choose(own: NetworkSettings, of: Sequence[Finalist]) -> Choice:
    """The best finalist if its gain over `own` is more than chance, else `own`."""
    own_finalist = next((one for one in of if one.network == own), None)
    others = [one for one in of if one.network != own]
    if own_finalist is None or not others:
        return Choice(own, math.nan, math.nan, "nothing was compared from fresh seeds")
    leader = max(others, key=lambda one: one.mean)
    gain = leader.mean - own_finalist.mean
    error = _standard_error(of, len(own_finalist.exact))
    found = f"the best other network gains {100 * gain:+.1f} points of exact match"
    if math.isnan(error):
        return Choice(own, gain, error, f"{found}, which one seed cannot tell from chance")
    found += f", standard error {100 * error:.1f}"
    if gain > _STANDARD_ERRORS * error:
        return Choice(leader.network, gain, error, f"{found}: more than chance")
    return Choice(own, gain, error, f"{found}: no more than chance")


def _standard_error(of: Sequence[Finalist], seeds: int) -> float:
    """Of the difference of two means over `seeds`, from the spread of all networks together."""
    degrees = sum(len(one.exact) - 1 for one in of)
    if degrees == 0:
        return math.nan
    squares = sum((value - one.mean) ** 2 for one in of for value in one.exact)
    return math.sqrt(squares / degrees * 2 / seeds)


def _beats(one: SearchTrial, other: SearchTrial) -> bool:
    """No worse in anything and better in something."""
    left, right = _merits(one), _merits(other)
    return left != right and all(a >= b for a, b in zip(left, right, strict=True))


def _merits(outcome: SearchTrial) -> tuple[float, int, int]:
    cost = outcome.cost
    return outcome.exact.value, -cost.file_bytes, -cost.multiply_accumulates
