"""From network and library fit to one answer: who is named, and whether that is everything.

A compound is named when its log odds exceed the model's cut (`scores.py`); the fit of the named
ones is then asked whether something foreign is left. If so, names must pass a stricter sum.
Next: `../answer/identifier.py`, which runs network and fit; `../records/store.py`, which keeps the
answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from device.fit.library import Library, LibraryFit
from device.inference.decision_numbers import DecisionNumbers
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.spectra.reason import Reason
from device.spectra.spectrum import GridSpectrum
from device.verdict import reasons
from device.verdict.amounts import signal_shares, volume_fractions
from device.verdict.classes import class_of_foreign
from device.verdict.limits import SURE_SIGMAS, limiting_shares
from device.verdict.scores import (
    Why,
    beside_terms,
    compound_terms,
    evidence_weight,
    foreign_terms,
    probability,
    total,
)
from device.verdict.twins import resolve_twins

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


class Verdict(StrEnum):
    IDENTIFIED = "IDENTIFIED"  # everything explained
    PARTIAL = "PARTIAL"  # known components plus an unexplained rest
    UNKNOWN = "UNKNOWN"  # nothing in the library explains it
    NO_RESULT = "NO_RESULT"  # the measurement must not be interpreted


@dataclass(frozen=True)
class Component:
    """One asserted component; uncertainties are half-widths of the 90% interval."""

    name: str
    cas: str
    presence: float  # probability that it is there, from network and fit together
    signal_share: float
    signal_share_uncertainty: float
    volume_fraction: float | None = None
    volume_fraction_uncertainty: float | None = None
    network_validated: bool = True  # False for a compound measured in the field
    signal_share_at_least: float | None = None  # even if another hides below its detection limit


@dataclass(frozen=True, eq=False)
class Identification:
    """The answer to one spectrum; no fits when it was not interpreted."""

    verdict: Verdict
    components: tuple[Component, ...]  # largest first; empty for UNKNOWN and NO_RESULT
    unexplained: float  # 0-1 of the signal; 1 - sum of the signal shares
    reasons: tuple[Reason, ...]
    fit: LibraryFit | None = None  # of the asserted components, or of all when there are none
    full_fit: LibraryFit | None = None  # of the whole library
    why: Why | None = None
    limiting_shares: Floats | None = None  # [C], see `limits.py`; None where nothing is named


def no_result(why: Sequence[Reason]) -> Identification:
    """The measurement must not be interpreted."""
    return Identification(Verdict.NO_RESULT, (), 1.0, tuple(why))


def identify(
    spectrum: GridSpectrum,
    prediction: Prediction,
    library: Library,
    compounds: Sequence[Compound],
    numbers: DecisionNumbers,
    frames: int = 1,
    fit: LibraryFit | None = None,
    fault: Reason | None = None,
) -> Identification:
    """Decide what is asserted about a spectrum that passed the quality gate.

    Args:
        prediction: of the network for the same spectrum, for the first C of `compounds`; those
            behind were measured in the field, and have evidence of the fit alone.
        frames: how many the spectrum is the mean of.
        fit: of the whole library to `spectrum`, where it is made already.
        fault: of the measurement, told beside an answer that leaves nothing unexplained, and
            instead of any other.
    """
    fit = library.fit(spectrum) if fit is None else fit
    presence = prediction.presence
    terms = compound_terms(fit, presence, numbers)
    score, asked_of, cut = total(terms), fit, numbers.named_from
    asserted = (score > numbers.named_from) & (fit.evidence > 0)
    asserted, twins = resolve_twins(spectrum, library, fit, asserted, numbers)
    explaining = asserted.copy()
    explaining[[pair.chosen for pair in twins]] = True
    final = library.refit(spectrum, fit, explaining) if explaining.any() else fit
    asserted &= final.coefficients > 0
    foreign = foreign_terms(final, numbers)
    something_foreign = sum(foreign.values()) > 0.0

    lamp, in_doubt = reasons.light_of_a_lamp(spectrum, final)
    why: list[Reason] = []
    if explaining.any() and not something_foreign:
        for pair in twins:
            share = float(signal_shares(final, explaining)[0][pair.chosen])
            why.append(reasons.one_or_the_other(pair, compounds, share))
        verdict = Verdict.PARTIAL if why or in_doubt else Verdict.IDENTIFIED
    else:
        if explaining.any():
            terms, asked_of, cut = beside_terms(final, presence, numbers), final, 0.0
            asserted &= total(terms) > cut
        verdict = Verdict.PARTIAL if asserted.any() else Verdict.UNKNOWN
    if fault is not None and (something_foreign or not explaining.any()):
        return replace(no_result([fault]), fit=final, full_fit=fit)
    if verdict is Verdict.UNKNOWN:
        why_not = lamp if in_doubt else reasons.why_not_interpretable(spectrum, library, fit)
        if why_not is not None:
            return replace(no_result([why_not]), fit=final, full_fit=fit)
        of_class = class_of_foreign(fit, compounds) if something_foreign else None
        if of_class is not None:
            why.append(of_class)
        elif explaining.any():
            why.append(_signs(final, explaining, compounds))
        elif something_foreign or not (fit.evidence > 0).any():
            why.append(reasons.not_in_library())
        else:
            why.append(reasons.too_noisy(frames * _times_longer(fit, score, numbers), frames))

    shares, sd = signal_shares(final, asserted)
    unexplained = min(1.0, max(0.0, 1.0 - float(shares.sum())))
    if verdict is Verdict.PARTIAL and something_foreign:
        why.append(reasons.unexplained_signal(unexplained, final, spectrum.grid))
    limiting = limiting_shares(fit, asserted, numbers) if asserted.any() else None
    hidden = 0.0 if limiting is None else float(limiting[~asserted].max(initial=0.0))
    with_volumes = verdict is Verdict.IDENTIFIED
    components = _components(
        compounds, asserted, (shares, sd), score, hidden, len(presence), with_volumes=with_volumes
    )
    from_the_field = [one.name for one in components if not one.network_validated]
    if from_the_field:
        why.append(reasons.not_network_validated(from_the_field))
    beside = (fault or reasons.light_in_the_dark(spectrum, final), lamp)
    why.extend(reason for reason in beside if reason is not None)
    return Identification(
        verdict,
        components,
        unexplained,
        tuple(why),
        final,
        fit,
        Why(terms, cut, foreign, asked_of, presence),
        limiting,
    )


def _components(
    compounds: Sequence[Compound],
    asserted: Bools,
    shares_and_sd: tuple[Floats, Floats],
    score: Floats,
    hidden: float,
    of_network: int,
    *,
    with_volumes: bool,
) -> tuple[Component, ...]:
    """What is asserted, the largest share first.

    Args:
        score: log odds of each compound; `presence` of an answer is their probability.
        hidden: how much of the signal one compound that is not named may have at most.
        of_network: how many of the first compounds the network knows.
    """
    shares, sd = shares_and_sd
    there = probability(score)
    volumes: Floats | None = None
    volume_sd: Floats | None = None
    if with_volumes:
        volumes, volume_sd = volume_fractions(shares, sd, asserted, compounds)
    return tuple(
        Component(
            name=compounds[i].name,
            cas=compounds[i].cas,
            presence=float(there[i]),
            signal_share=float(shares[i]),
            signal_share_uncertainty=float(SURE_SIGMAS * sd[i]),
            signal_share_at_least=_at_least(shares[i] - SURE_SIGMAS * sd[i], hidden),
            volume_fraction=None if volumes is None else float(volumes[i]),
            volume_fraction_uncertainty=(
                None if volume_sd is None else float(SURE_SIGMAS * volume_sd[i])
            ),
            network_validated=bool(i < of_network),
        )
        for i in np.argsort(-shares)
        if asserted[i]
    )


def _signs(final: LibraryFit, explaining: Bools, compounds: Sequence[Compound]) -> Reason:
    """Of compounds that are not asserted although the fit needs them, the largest share first."""
    shares = signal_shares(final, explaining)[0]
    signs = [i for i in np.argsort(-shares) if explaining[i]]
    return reasons.signs_of([(compounds[i].name, float(shares[i])) for i in signs])


def _at_least(lower: float, hidden: float) -> float | None:
    """What is left of the lower end of a share's interval if so much of the signal is hidden; None
    where there is no telling how much that may be."""
    return max(float(lower), 0.0) * (1.0 - hidden) if np.isfinite(hidden) else None


def _times_longer(fit: LibraryFit, score: Floats, numbers: DecisionNumbers) -> float:
    """How many times the light it takes until the likeliest compound is named: evidence grows in
    proportion to it."""
    likeliest = int(np.argmax(np.where(fit.evidence > 0, score, -np.inf)))
    evidence = float(fit.evidence[likeliest])
    lacking = max(numbers.named_from - float(score[likeliest]), 0.0)
    lacking /= evidence_weight(fit, numbers)
    return float(np.expm1(np.log1p(evidence) + min(lacking, 20.0)) / evidence)
