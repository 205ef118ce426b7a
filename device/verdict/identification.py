"""From network and library fit to one answer: the network proposes, the fit disposes.

A closed-set network names something for every input, and a fit finds a little of everything in
noise. A component is asserted when the fit has evidence for it in lines of its own and there is
enough of it; a proposal of the network lowers the evidence asked for. What the asserted
components leave unexplained decides between IDENTIFIED, PARTIAL and UNKNOWN.

Next: `identifier.py`, which runs network and fit; `records/store.py`, which keeps the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.library import Library, LibraryFit
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.spectra.quality import Reason
from device.spectra.spectrum import GridSpectrum
from device.verdict import reasons
from device.verdict.amounts import signal_shares, volume_fractions
from device.verdict.thresholds import FitThresholds
from device.verdict.twins import resolve_twins

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_NINETY_PERCENT = 1.645  # half-width of a 90% interval in standard deviations


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


@dataclass(frozen=True, eq=False)
class Identification:
    """The answer to one spectrum; no fits when it was not interpreted."""

    verdict: Verdict
    components: tuple[Component, ...]  # largest first; empty for UNKNOWN and NO_RESULT
    unexplained: float  # 0-1 of the signal; 1 - sum of the signal shares
    reasons: tuple[Reason, ...]
    fit: LibraryFit | None = None  # of the asserted components, or of all when there are none
    full_fit: LibraryFit | None = None  # of the whole library


def no_result(why: Sequence[Reason]) -> Identification:
    """The measurement must not be interpreted."""
    return Identification(Verdict.NO_RESULT, (), 1.0, tuple(why))


def identify(
    spectrum: GridSpectrum,
    prediction: Prediction,
    library: Library,
    compounds: Sequence[Compound],
    presence_thresholds: Floats,
    thresholds: FitThresholds,
) -> Identification:
    """Decide what is asserted about a spectrum that passed the quality gate.

    Args:
        prediction: of the network for the same spectrum, for the first C of `compounds`; those
            behind were measured in the field, and the fit alone speaks for them.
        presence_thresholds: float64[C], from which the network finds a compound present.
    """
    fit = library.fit(spectrum)
    said, lead, doubt = _network_on(fit, prediction.presence, presence_thresholds, thresholds)
    asserted = _asserted(fit, lead, np.maximum(doubt, 0.0), thresholds)
    asserted, disputed = _heard(fit, said, asserted, bool((doubt <= 0.0).any()), thresholds)
    asserted, twins = resolve_twins(spectrum, library, fit, asserted, thresholds)
    explaining = asserted.copy()
    explaining[[pair.chosen for pair in twins]] = True
    final = library.refit(spectrum, fit, explaining) if explaining.any() else fit
    asserted &= final.coefficients > 0

    why: list[Reason] = []
    explained = explaining.any() and thresholds.explains(final)
    if explained:
        for pair in twins:
            share = float(signal_shares(final, explaining)[0][pair.chosen])
            why.append(reasons.one_or_the_other(pair, compounds, share))
        disputed &= asserted
        if disputed.any():
            why.append(reasons.disputed([compounds[i].name for i in np.flatnonzero(disputed)]))
        verdict = Verdict.PARTIAL if why else Verdict.IDENTIFIED
    else:
        # beside something foreign, fit and network must agree, where there is a network to ask
        asserted &= lead >= 0.0
        asserted = _trusted_beside_foreign(final, said, asserted, thresholds)
        verdict = Verdict.PARTIAL if asserted.any() else Verdict.UNKNOWN
    if verdict is Verdict.UNKNOWN:
        blame = reasons.why_not_interpretable(spectrum, library, fit)
        if blame is not None:
            return replace(no_result([blame]), fit=final, full_fit=fit)
        why.append(reasons.not_in_library())

    shares, sd = signal_shares(final, asserted)
    unexplained = min(1.0, max(0.0, 1.0 - float(shares.sum())))
    if verdict is Verdict.PARTIAL and not explained:
        why.append(reasons.unexplained_signal(unexplained, final, spectrum.grid))
    presence = combined_presence(prediction.presence, fit.evidence, thresholds)
    volumes: Floats | None = None
    volume_sd: Floats | None = None
    if verdict is Verdict.IDENTIFIED:
        volumes, volume_sd = volume_fractions(shares, sd, asserted, compounds)
    components = tuple(
        Component(
            name=compounds[i].name,
            cas=compounds[i].cas,
            presence=float(presence[i]),
            signal_share=float(shares[i]),
            signal_share_uncertainty=float(_NINETY_PERCENT * sd[i]),
            volume_fraction=None if volumes is None else float(volumes[i]),
            volume_fraction_uncertainty=(
                None if volume_sd is None else float(_NINETY_PERCENT * volume_sd[i])
            ),
            network_validated=bool(i < len(prediction.presence)),
        )
        for i in np.argsort(-shares)
        if asserted[i]
    )
    from_the_field = [one.name for one in components if not one.network_validated]
    if from_the_field:
        why.append(reasons.not_network_validated(from_the_field))
    return Identification(verdict, components, unexplained, tuple(why), final, fit)


def _logit(probability: npt.ArrayLike) -> Floats:
    """Log odds; an int8 output knows no probability nearer to 0 or 1 than 1/256."""
    clipped = np.clip(np.asarray(probability, dtype=np.float64), 1 / 256, 255 / 256)
    result: Floats = np.log(clipped / (1.0 - clipped))
    return result


def _network_on(
    fit: LibraryFit,
    presence: npt.NDArray[np.floating[Any]],
    presence_thresholds: Floats,
    t: FitThresholds,
) -> tuple[Floats, Floats, Floats]:
    """What counts of the network's word: presence, log odds beyond its threshold (0 where it does
    not speak), and by how many it stays below a proposal (negative: beyond; infinite: it cannot
    know)."""
    known = len(presence)
    hidden = fit.visible[:known] < t.visible_to_networks
    silent = hidden & (presence < presence_thresholds)  # it may name what it hardly sees, not deny
    said = np.where(silent, presence_thresholds, presence)
    lead, doubt = np.zeros(len(fit.coefficients)), np.full(len(fit.coefficients), np.inf)
    lead[:known] = _logit(said) - _logit(presence_thresholds)
    below = t.sureness_asked(fit, fit.shares) - lead
    doubt[:known] = np.where(silent, np.inf, below[:known])
    return said, lead, doubt


def _asserted(fit: LibraryFit, lead: Floats, doubt: Floats, t: FitThresholds) -> Bools:
    """`lead`, `doubt`: see `_network_on`; no doubt is below 0 here."""
    asked = t.evidence_asked(lead, doubt, fit.model_error)
    result: Bools = (
        (fit.evidence >= asked)
        & (fit.shares >= t.share_asked(doubt))
        & (fit.support >= t.support)
        & ((np.abs(fit.own_shift_cm1) <= t.largest_own_shift_cm1) | (doubt <= 0.0))
    )
    return result


def _heard(
    fit: LibraryFit,
    presence: npt.NDArray[np.floating[Any]],
    asserted: Bools,
    anything_proposed: bool,
    t: FitThresholds,
) -> tuple[Bools, Bools]:
    """The asserted components that the network does not deny, and those that it disputes.

    A network that proposes nothing may have seen nothing, and a good fit needs no second voice.
    """
    heard, disputed = asserted.copy(), np.zeros(len(asserted), dtype=np.bool_)
    if anything_proposed and fit.model_error > t.disputable_model_error:
        known = len(presence)
        large = fit.shares[:known] >= t.seen_by_networks_from
        heard[:known] &= ~large | (presence >= t.denied_presence)
        disputed[:known] = large & (presence < t.disputed_presence)
    return heard, disputed


def _trusted_beside_foreign(
    fit: LibraryFit, presence: npt.NDArray[np.floating[Any]], asserted: Bools, t: FitThresholds
) -> Bools:
    """Beside a large unexplained rest a foreign line may pose as one of ours: ask for more."""
    unsure = np.zeros(len(asserted))  # what was measured in the field no network speaks for
    unsure[: len(presence)] = np.maximum(_logit(t.partial_sure_presence) - _logit(presence), 0.0)
    asked = (
        t.partial_evidence
        + t.partial_evidence_per_logit * unsure
        + t.partial_evidence_per_cm3 * np.abs(fit.own_shift_cm1) ** 3
        + t.partial_evidence_per_cm4 * fit.own_width_cm2**2
        + t.partial_evidence_for_support * (1.0 - fit.support)
    )
    trusted = asserted & (fit.evidence >= asked) & (fit.support >= t.partial_support)
    needed = t.smallest_known_part
    if fit.unexplained > t.unknown_unexplained:
        needed = t.unknown_smallest_known_part
    known = float(signal_shares(fit, trusted)[0].sum())
    result: Bools = trusted & (known >= needed)
    return result


def combined_presence(
    network: npt.NDArray[np.floating[Any]], evidence: Floats, t: FitThresholds
) -> Floats:
    """Either source may convince: the odds of the fit are those of its evidence.

    Both together are a little more certain than that, as scenes of another generator than the
    networks' show (`ramix-train figures --only experiments`): hence the temperature.
    """
    result: Floats = 1.0 / (1.0 + np.exp(np.clip(0.5 * (t.evidence - evidence), -50.0, 50.0)))
    known = len(network)  # what was measured in the field no network speaks for
    result[:known] = 1.0 - (1.0 - np.asarray(network, dtype=np.float64)) * (1.0 - result[:known])
    odds = np.clip(result, 1e-9, 1.0 - 1e-9)
    odds = (odds / (1.0 - odds)) ** (1.0 / t.presence_temperature)
    result = odds / (1.0 + odds)
    return result
