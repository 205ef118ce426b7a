"""From network and library fit to one answer: presence lowers the evidence asked of the fit.

A closed-set network gives some compound a high presence for every input, and a fit finds small
positive amounts of every reference in noise. A component is asserted when the fit's evidence for
it (rise of chi squared without it), its share and the part of its lines that is there reach their
thresholds; the evidence threshold is lower where the network's presence exceeds its own by enough.
What the asserted components leave unexplained decides between IDENTIFIED, PARTIAL and UNKNOWN.

Next: `network_odds.py`, what presence amounts to; `identifier.py`, which runs network and fit;
`records/store.py`, which keeps the answer.
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
from device.verdict.network_odds import combined_presence, logit, network_odds
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
    fit: LibraryFit | None = None,
    fault: Reason | None = None,
) -> Identification:
    """Decide what is asserted about a spectrum that passed the quality gate.

    Args:
        prediction: of the network for the same spectrum, for the first C of `compounds`; those
            behind were measured in the field, and have evidence of the fit alone.
        presence_thresholds: float64[C], from which the network finds a compound present.
        fit: of the whole library to `spectrum`, where it is made already.
        fault: of the measurement, told beside an answer that leaves nothing unexplained, and
            instead of any other.
    """
    fit = library.fit(spectrum) if fit is None else fit
    counted, lead, doubt = network_odds(fit, prediction.presence, presence_thresholds, thresholds)
    asserted = _asserted(fit, lead, np.maximum(doubt, 0.0), thresholds)
    proposed = bool((doubt <= 0.0).any())
    asserted, disputed = _not_refused(fit, counted, asserted, proposed, thresholds)
    asserted, twins = resolve_twins(spectrum, library, fit, asserted, thresholds)
    explaining = asserted.copy()
    explaining[[pair.chosen for pair in twins]] = True
    final = library.refit(spectrum, fit, explaining) if explaining.any() else fit
    asserted &= final.coefficients > 0

    lamp, in_doubt = reasons.light_of_a_lamp(spectrum, final)
    why: list[Reason] = []
    explained = explaining.any() and thresholds.explains(final)
    if explained:
        for pair in twins:
            share = float(signal_shares(final, explaining)[0][pair.chosen])
            why.append(reasons.one_or_the_other(pair, compounds, share))
        disputed &= asserted
        if disputed.any():
            why.append(reasons.disputed([compounds[i].name for i in np.flatnonzero(disputed)]))
        verdict = Verdict.PARTIAL if why or in_doubt else Verdict.IDENTIFIED
    else:
        # beside something foreign, presence must reach its threshold, too, where there is one
        asserted &= lead >= 0.0
        asserted = _asserted_beside_foreign(final, counted, asserted, thresholds)
        verdict = Verdict.PARTIAL if asserted.any() else Verdict.UNKNOWN
    if fault is not None and not explained:
        return replace(no_result([fault]), fit=final, full_fit=fit)
    if verdict is Verdict.UNKNOWN:
        why_not = lamp if in_doubt else reasons.why_not_interpretable(spectrum, library, fit)
        if why_not is not None:
            return replace(no_result([why_not]), fit=final, full_fit=fit)
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
    beside = (fault or reasons.light_in_the_dark(spectrum, final), lamp)
    why.extend(reason for reason in beside if reason is not None)
    return Identification(verdict, components, unexplained, tuple(why), final, fit)


def _asserted(fit: LibraryFit, lead: Floats, doubt: Floats, t: FitThresholds) -> Bools:
    """`lead`, `doubt`: see `network_odds`; no doubt is below 0 here."""
    asked = t.evidence_asked(lead, doubt, fit.model_error)
    result: Bools = (
        (fit.evidence >= asked)
        & (fit.shares >= t.share_asked(doubt))
        & (fit.support >= t.support)
        & ((np.abs(fit.own_shift_cm1) <= t.largest_own_shift_cm1) | (doubt <= 0.0))
    )
    return result


def _not_refused(
    fit: LibraryFit,
    presence: npt.NDArray[np.floating[Any]],
    asserted: Bools,
    anything_proposed: bool,
    t: FitThresholds,
) -> tuple[Bools, Bools]:
    """The asserted components that a low presence does not rule out, and the disputed ones.

    Both limits concern large shares alone, where networks reach high presence. They do not apply
    where the network proposes nothing at all (noise or an axis error may have lowered every
    presence) nor where the model error is small (the fit then tells look-alikes apart by itself).
    """
    left, disputed = asserted.copy(), np.zeros(len(asserted), dtype=np.bool_)
    if anything_proposed and fit.model_error > t.disputable_model_error:
        known = len(presence)
        large = fit.shares[:known] >= t.seen_by_networks_from
        left[:known] &= ~large | (presence >= t.denied_presence)
        disputed[:known] = large & (presence < t.disputed_presence)
    return left, disputed


def _asserted_beside_foreign(
    fit: LibraryFit, presence: npt.NDArray[np.floating[Any]], asserted: Bools, t: FitThresholds
) -> Bools:
    """Beside a large unexplained rest a foreign line may coincide with a compound's: more evidence
    is asked, by the terms below, and at least a part of all signal must be explained."""
    lacking = np.zeros(len(asserted))  # logits; none where there is no network
    lacking[: len(presence)] = np.maximum(logit(t.partial_sure_presence) - logit(presence), 0.0)
    asked = (
        t.partial_evidence
        + t.partial_evidence_per_logit * lacking
        + t.partial_evidence_per_cm3 * np.abs(fit.own_shift_cm1) ** 3
        + t.partial_evidence_per_cm4 * fit.own_width_cm2**2
        + t.partial_evidence_for_support * (1.0 - fit.support)
    )
    enough = asserted & (fit.evidence >= asked) & (fit.support >= t.partial_support)
    needed = t.smallest_known_part
    if fit.unexplained > t.unknown_unexplained:
        needed = t.unknown_smallest_known_part
    known = float(signal_shares(fit, enough)[0].sum())
    result: Bools = enough & (known >= needed)
    return result
