"""From network and library fit to one answer: the network proposes, the fit disposes.

A closed-set network names something for every input, and a fit finds a little of everything in
noise. A component is asserted when the fit has evidence for it in lines of its own and there is
enough of it; a proposal of the network lowers the evidence asked for. What the asserted
components leave unexplained decides between IDENTIFIED, PARTIAL and UNKNOWN.

Next: `device/identifier.py`, which runs network and fit; `records.py`, which keeps the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from device.answers.flexible_fit import LARGEST_MODEL_ERROR
from device.answers.library_fit import Library, LibraryFit
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.spectra.quality import Reason
from device.spectra.resampling import MODEL_GRID
from device.spectra.spectrum import GridSpectrum
from firmware_bridge.errors import CallerError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A spectrum that nothing explains: this part of its energy in spikes means there is nothing else,
# and this part explained with the axis moved means that the axis is wrong. Liquids outside the
# library reach 0.64 by chance, those inside 0.93 and more.
_ONLY_SPIKES = 0.8
_EXPLAINED_ELSEWHERE = 0.9

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


@dataclass(frozen=True)
class FitThresholds:
    """Where the lines are drawn; a bundle's manifest may move each of them by name.

    Chosen on development data (real mixtures of the solvents, spectra of other liquids).
    """

    evidence: float = 25.0  # chi squared that the fit alone must show
    evidence_when_proposed: float = 7.0  # ... when the network says present
    # ... and so much more for each unit of log odds below that, where the fit is at its worst; a
    # fit that matches to the noise is believed with less help, down to this part.
    evidence_per_logit: float = 9.0
    smallest_part_of_doubt: float = 0.2
    smallest_share: float = 0.012  # of the signal; less may be a misfit of a strong neighbour
    support: float = 0.4  # part of a component's lines that must really be there
    identified_unexplained: float = 0.11  # above it the answer is PARTIAL at best
    # With a large unexplained rest a foreign line may pose as one of ours: ask for more.
    partial_evidence: float = 10.0
    partial_support: float = 0.6
    unknown_unexplained: float = 0.30
    unknown_evidence: float = 20.0
    smallest_known_part: float = 0.20  # less of the signal explained is no answer at all

    @classmethod
    def from_manifest(cls, values: Mapping[str, float]) -> "FitThresholds":
        """Defaults with the manifest's values in their places.

        Raises:
            CallerError: the manifest names a threshold that this version does not know.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise CallerError(
                f"The model sets thresholds this version does not know: {', '.join(unknown)}.",
                remedy="Update the analyzer's software, or use an older model.",
            )
        return replace(cls(), **values)

    def evidence_asked(self, doubt: Floats, model_error: float) -> Floats:
        """Evidence that a component needs, by the log odds `doubt` of the network below its
        threshold (0 when it proposes, infinite when it cannot know)."""
        misfit = max(model_error / LARGEST_MODEL_ERROR, self.smallest_part_of_doubt)
        asked = self.evidence_when_proposed + self.evidence_per_logit * misfit * doubt
        result: Floats = np.minimum(asked, self.evidence)
        return result


def no_result(reasons: Sequence[Reason]) -> Identification:
    """The measurement must not be interpreted."""
    return Identification(Verdict.NO_RESULT, (), 1.0, tuple(reasons))


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
        presence_thresholds: float64[C], above which the network counts as proposing.
    """
    fit = library.fit(spectrum)
    known_to_network = len(prediction.presence)
    network = np.zeros(len(compounds))
    network[:known_to_network] = prediction.presence
    doubt = np.full(len(compounds), np.inf)
    doubt[:known_to_network] = _logit(presence_thresholds) - _logit(prediction.presence)
    asserted = _asserted(fit, np.maximum(doubt, 0.0), thresholds)
    if asserted.any():
        final = library.refit(spectrum, fit, asserted)
        asserted &= final.coefficients > 0
    else:
        final = fit
    verdict = _verdict(final.unexplained, asserted, thresholds)
    if verdict is not Verdict.IDENTIFIED:
        asserted &= _trusted_beside_foreign(final, thresholds)
        known = float(_shares(final, asserted)[0].sum())
        asserted &= known >= thresholds.smallest_known_part
        verdict = Verdict.PARTIAL if asserted.any() else Verdict.UNKNOWN
    if verdict is Verdict.UNKNOWN:
        reason = _why_not_interpretable(spectrum, library, fit)
        if reason is not None:
            return replace(no_result([reason]), fit=final, full_fit=fit)
    shares, sd = _shares(final, asserted)
    presence = _presence(network, fit.evidence, thresholds)
    volumes, volume_sd = _volumes(shares, sd, asserted, compounds, verdict)
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
            network_validated=bool(i < known_to_network),
        )
        for i in np.argsort(-shares)
        if asserted[i]
    )
    unexplained = min(1.0, max(0.0, 1.0 - float(shares.sum())))
    reasons = (*_reasons(verdict, unexplained, final), *_field_reasons(components))
    return Identification(verdict, components, unexplained, reasons, final, fit)


def _why_not_interpretable(
    spectrum: GridSpectrum, library: Library, fit: LibraryFit
) -> Reason | None:
    """A closer look before anything is called unknown: is the measurement itself to blame?"""
    if fit.spike_part > _ONLY_SPIKES:
        return Reason(
            "cosmic_ray",
            "All that stands out of the noise is a spike of one or two pixels.",
            "Measure again, with three frames or more.",
        )
    shift, explained = library.far_shift(spectrum)
    if explained > _EXPLAINED_ELSEWHERE:
        return Reason(
            "axis_out_of_calibration",
            f"The spectrum would fit the library with its axis moved by {shift:+.0f} cm-1.",
            "Calibrate the wavenumber axis, then measure again.",
        )
    return None


def _logit(probability: npt.NDArray[np.floating[Any]]) -> Floats:
    """Log odds; an int8 output knows no probability nearer to 0 or 1 than 1/256."""
    clipped = np.clip(np.asarray(probability, dtype=np.float64), 1 / 256, 255 / 256)
    result: Floats = np.log(clipped / (1.0 - clipped))
    return result


def _asserted(fit: LibraryFit, doubt: Floats, t: FitThresholds) -> Bools:
    """`doubt`: log odds by which the network stays below its threshold, 0 when it proposes."""
    total = float(fit.coefficients.sum())
    if total <= 0:
        return np.zeros(len(fit.coefficients), dtype=np.bool_)
    asked = t.evidence_asked(doubt, fit.model_error)
    result: Bools = (
        (fit.evidence >= asked)
        & (fit.coefficients >= t.smallest_share * total)
        & (fit.support >= t.support)
    )
    return result


def _verdict(unexplained: float, asserted: Bools, thresholds: FitThresholds) -> Verdict:
    if not asserted.any():
        return Verdict.UNKNOWN
    if unexplained <= thresholds.identified_unexplained:
        return Verdict.IDENTIFIED
    return Verdict.PARTIAL


def _trusted_beside_foreign(fit: LibraryFit, thresholds: FitThresholds) -> Bools:
    t = thresholds
    trusted: Bools = (fit.evidence >= t.partial_evidence) & (fit.support >= t.partial_support)
    if fit.unexplained > t.unknown_unexplained:
        trusted &= fit.evidence >= t.unknown_evidence
    return trusted


def _shares(fit: LibraryFit, asserted: Bools) -> tuple[Floats, Floats]:
    """Signal shares and their standard deviations; components not asserted count as unexplained."""
    total = float(fit.coefficients.sum())
    if total <= 0:
        zeros = np.zeros(len(fit.coefficients))
        return zeros, zeros
    part = fit.coefficients / total
    relative = fit.coefficient_sd / total
    variance = relative**2 * (1.0 - 2.0 * part) + part**2 * float(np.sum(relative**2))
    explained = 1.0 - fit.unexplained
    sd = np.sqrt(np.maximum(variance, 0.0)) * explained
    return np.where(asserted, part * explained, 0.0), np.where(asserted, sd, 0.0)


def _presence(network: npt.NDArray[np.floating[Any]], evidence: Floats, t: FitThresholds) -> Floats:
    """Either source may convince: the odds of the fit are those of its evidence."""
    fit = 1.0 / (1.0 + np.exp(np.clip(0.5 * (t.evidence - evidence), -50.0, 50.0)))
    result: Floats = 1.0 - (1.0 - np.asarray(network, dtype=np.float64)) * (1.0 - fit)
    return result


def _volumes(
    shares: Floats, sd: Floats, asserted: Bools, compounds: Sequence[Compound], verdict: Verdict
) -> tuple[Floats | None, Floats | None]:
    """Volume fractions of the Raman-visible part, where every named compound has a factor."""
    named = [compounds[i] for i in np.flatnonzero(asserted)]
    if verdict is not Verdict.IDENTIFIED or any(c.response_factor is None for c in named):
        return None, None
    factor = np.array([c.response_factor or 1.0 for c in compounds])
    factor_sd = np.array([c.response_factor_uncertainty or 0.0 for c in compounds])
    volume = shares / factor
    relative_variance = np.zeros(len(volume))
    relative_variance[asserted] = (sd[asserted] / shares[asserted]) ** 2
    relative_variance += (factor_sd / factor) ** 2
    total = float(volume.sum())
    part = volume / total
    variance = part**2 * (
        relative_variance * (1.0 - 2.0 * part) + float(np.sum(part**2 * relative_variance))
    )
    return part, np.sqrt(np.maximum(variance, 0.0))


def _reasons(verdict: Verdict, unexplained: float, fit: LibraryFit) -> tuple[Reason, ...]:
    if verdict is Verdict.IDENTIFIED:
        return ()
    # the sum over a line's derivative is highest at its centre
    where = MODEL_GRID.wavenumber_cm1[int(np.argmax(np.cumsum(fit.foreign)))] + fit.shift_cm1
    if verdict is Verdict.PARTIAL:
        return (
            Reason(
                "unexplained_signal",
                f"{unexplained:.0%} of the signal fits no compound of the library, "
                f"most of it near {where:.0f} cm-1.",
                "Treat the sample as holding something unknown beside the named components.",
            ),
        )
    return (
        Reason(
            "not_in_library",
            "No compound of the library explains this spectrum.",
            "Treat the sample as unknown; try a model with another library.",
        ),
    )


def _field_reasons(components: Sequence[Component]) -> tuple[Reason, ...]:
    names = [component.name for component in components if not component.network_validated]
    if not names:
        return ()
    return (
        Reason(
            "not_network_validated",
            f"Measured in the field and not network-validated: {', '.join(names)}. "
            "The library fit alone found it.",
            "Confirm it by another method before acting on it.",
        ),
    )
