"""What the product answers to one mixture, held against what is in it.

A compound that was missed has an expected share of the signal: its volume times its response
factor, over the same sum with the named compounds that are there; that is the quantity whose
detection limit the product states (`device/verdict/limits.py`).
Next: `scores.py`, which counts the outcomes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from device.answer.answer import Answer
from device.answer.identifier import Identifier
from device.inference.manifest import Compound
from device.verdict.identification import Component, Verdict
from train.validation.mixtures import Mixture


@dataclass(frozen=True)
class Missed:
    """A compound that is there and was not named; None: not known."""

    name: str
    expected_share: float | None  # of the signal of the named compounds and itself
    limit: float | None  # the share from which 95% of amounts are detected in this spectrum

    @property
    def below_limit(self) -> bool | None:
        if self.expected_share is None or self.limit is None:
            return None
        return self.expected_share < self.limit


@dataclass(frozen=True)
class Amount:
    """A volume fraction as prepared and as answered, with the half-width of its 90% interval."""

    name: str
    true: float
    found: float
    half_width: float

    @property
    def error(self) -> float:
        return self.found - self.true

    @property
    def held(self) -> bool:
        return abs(self.error) <= self.half_width


@dataclass(frozen=True, eq=False)
class Outcome:
    """One mixture, answered. `amounts` stand where exactly its compounds were named, two or more:
    other fractions are parts of another sum, and that of one compound is 1."""

    mixture: Mixture
    verdict: str
    named: tuple[str, ...]  # largest first
    false_names: tuple[str, ...]
    missed: tuple[Missed, ...]
    amounts: tuple[Amount, ...]
    reasons: tuple[str, ...]  # their codes

    @property
    def exact(self) -> bool:
        """The library's compounds that are there were named, all of them and no other."""
        return not self.false_names and not self.missed and self.verdict != Verdict.NO_RESULT

    @property
    def identified_with_outside(self) -> bool:
        """A substance outside the library went unnoticed."""
        return bool(self.mixture.outside) and self.verdict == Verdict.IDENTIFIED

    @property
    def wrong(self) -> bool:
        """Something to look at: it is drawn."""
        return not self.exact or self.identified_with_outside


def outcome_of(identifier: Identifier, mixture: Mixture) -> tuple[Outcome, Answer]:
    """Answer one mixture as the analyzer would, and compare."""
    answer = identifier.identify(mixture.spectrum)
    found = answer.identification
    named = tuple(one.name for one in found.components)
    missing = [name for name in mixture.parts if name not in named]
    limits: dict[str, float | None] = {}
    if missing:
        limits = {one.name: one.signal_share for one in identifier.limits(answer)}
    factors = factors_of(identifier.compounds)
    outcome = Outcome(
        mixture=mixture,
        verdict=str(found.verdict),
        named=named,
        false_names=tuple(name for name in named if name not in mixture.parts),
        missed=tuple(
            Missed(name, _expected_share(name, named, mixture, factors), limits.get(name))
            for name in missing
        ),
        amounts=_amounts(found.components, mixture),
        reasons=tuple(reason.code for reason in found.reasons),
    )
    return outcome, answer


def factors_of(compounds: tuple[Compound, ...]) -> dict[str, float | None]:
    return {one.name: one.response_factor for one in compounds}


def _expected_share(
    name: str, named: tuple[str, ...], mixture: Mixture, factors: Mapping[str, float | None]
) -> float | None:
    """None where an amount or a response factor is not known."""
    signals = []
    for one in (name, *(other for other in named if other in mixture.parts)):
        part, factor = mixture.parts[one], factors[one]
        if part is None or factor is None:
            return None
        signals.append(part * factor)
    return signals[0] / sum(signals)


def _amounts(components: tuple[Component, ...], mixture: Mixture) -> tuple[Amount, ...]:
    true = mixture.fractions
    if true is None or len(true) < 2 or {one.name for one in components} != true.keys():
        return ()
    return tuple(
        Amount(one.name, true[one.name], one.volume_fraction, one.volume_fraction_uncertainty)
        for one in components
        if one.volume_fraction is not None and one.volume_fraction_uncertainty is not None
    )
