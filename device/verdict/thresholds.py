"""The numbers that decide between asserting, doubting and not knowing.

Next: `identification.py`, which compares with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
import numpy.typing as npt

from device.fit.flexible import LARGEST_MODEL_ERROR
from device.fit.library import LibraryFit
from device.inference.errors import BundleError

Floats = npt.NDArray[np.float64]

_IN_ORDER = (("at_home_cm1", "moved_cm1"), ("trace_share", "large_share"))  # ends of two ramps


def _within(default: float, lowest: float, highest: float) -> float:
    """A threshold's default, and the closed interval in which a bundle may set it."""
    bounds = {"lowest": lowest, "highest": highest}
    value: float = field(default=default, metadata=bounds)
    return value


@dataclass(frozen=True)
class FitThresholds:
    """Where asserting ends; a bundle's manifest may move each number by name, within its interval.

    Chosen on development data (real mixtures of the solvents, spectra of other liquids). Evidence
    is a rise of chi squared, log odds are natural, shares and parts are 0-1 of the signal, own
    shifts and widths are those that `LibraryFit` gives each component.
    """

    evidence: float = _within(25.0, 1.0, 1e3)  # that the fit alone must show
    evidence_when_proposed: float = _within(6.0, 0.5, 1e3)  # ... when the network proposes it
    # ... and so much more when the network's presence lies below its threshold by one logit or
    # more: among C compounds the largest evidence of pure noise is far above that of one.
    evidence_more_after_no: float = _within(2.0, 0.0, 1e3)
    # ... and, times (model error / its largest)^doubt_power, so much more for each logit below a
    # proposal, up to `evidence` + the second number. The power is above 1: false assertions grow
    # faster than the model error.
    evidence_per_logit: float = _within(80.0, 0.0, 1e4)
    evidence_against_no: float = _within(120.0, 0.0, 1e4)
    doubt_power: float = _within(2.0, 0.1, 10.0)
    # Networks give traces, and lines that moved because liquids interact, a presence near their
    # threshold. Elsewhere a proposal needs so many logits above it.
    surer: float = _within(1.8, 0.0, 10.0)
    at_home_cm1: float = _within(0.3, 0.0, 5.0)  # root mean square own shift, up to which in full
    moved_cm1: float = _within(0.6, 0.01, 10.0)  # ... and from which for large shares only
    trace_share: float = _within(0.02, 0.0, 0.5)  # share up to which by the own shift alone
    large_share: float = _within(0.03, 0.001, 1.0)  # ... and from which in full
    # From this share on networks give a high presence to what is there. Where the network proposes
    # anything and such a component has a presence below the first limit, the verdict is PARTIAL;
    # below the second it is not asserted, whatever its evidence. Neither holds for a model error
    # up to `disputable_model_error`: a compound that only resembles the one fitted leaves more.
    disputable_model_error: float = _within(0.04, 0.0, 1.0)
    seen_by_networks_from: float = _within(0.06, 0.001, 1.0)
    disputed_presence: float = _within(0.30, 0.0, 1.0)
    denied_presence: float = _within(0.10, 0.0, 1.0)
    # A presence below its threshold counts only where at least this part of the compound's lines
    # was measured; one above it always counts.
    visible_to_networks: float = _within(0.5, 0.0, 1.0)
    smallest_share: float = _within(0.012, 1e-4, 0.2)  # less may be a misfit of a strong neighbour
    smallest_share_when_proposed: float = _within(0.006, 1e-4, 0.2)
    support: float = _within(0.4, 0.01, 1.0)  # part of a component's lines that is really there
    # Above it the answer is PARTIAL at best; the better the references match, the less is tolerated
    # (`unexplained_part`, `misfit_part`).
    identified_unexplained: float = _within(0.11, 1e-3, 0.5)
    identified_misfit: float = _within(0.058, 1e-3, 0.5)  # the same of the misfit, foreign or not
    # A line away from all of the asserted components', against the strongest line: no misfit puts
    # one there. Real mixtures reach 0.010.
    identified_lone_line: float = _within(0.016, 1e-3, 0.5)
    # Both limits hold in full from this root mean square own shift on. The smaller it is, the
    # better references describe the sample: the first limit falls with its `bent_power`, the
    # second in proportion, down to these parts. A misfit is tolerated in full, too, where lines
    # are narrower than the references' by `narrower_cm2`: those never resolved them.
    bent_cm1: float = _within(0.4, 0.01, 10.0)
    bent_power: float = _within(2.5, 0.1, 10.0)
    # ... and the first part is smaller where broader lines merge details:
    smallest_unexplained_part: float = _within(0.25, 0.01, 1.0)
    smeared_cm2: float = _within(20.0, 0.1, 1e3)
    smallest_smeared_part: float = _within(0.3, 0.01, 1.0)
    smallest_misfit_part: float = _within(0.33, 0.01, 1.0)
    narrower_cm2: float = _within(9.0, 0.1, 1e3)
    # A component that must move farther, and that the network does not propose, is something else.
    largest_own_shift_cm1: float = _within(2.6, 0.1, 10.0)
    presence_temperature: float = _within(0.7, 0.1, 10.0)  # divides the log odds of both together
    # Beside something foreign its lines may coincide with a compound's, for fit and network alike:
    # more evidence is asked; more still for each logit of presence below `partial_sure_presence`,
    # for own shifts (times the cube: liquids that mix move lines by 1 cm-1, few by 2), own widths
    # (times the square), and for the part of its lines that are not there as they should be.
    partial_evidence: float = _within(20.0, 0.5, 1e4)
    partial_evidence_per_logit: float = _within(15.0, 0.0, 1e4)
    partial_sure_presence: float = _within(0.92, 0.01, 0.999)
    partial_evidence_per_cm3: float = _within(15.0, 0.0, 1e4)
    partial_evidence_per_cm4: float = _within(0.5, 0.0, 1e4)
    partial_evidence_for_support: float = _within(50.0, 0.0, 1e4)
    partial_support: float = _within(0.6, 0.0, 1.0)
    smallest_known_part: float = _within(0.20, 0.01, 1.0)  # less explained: nothing is asserted
    # ... and where more than the first is left unexplained, this takes its place
    unknown_unexplained: float = _within(0.30, 0.01, 1.0)
    unknown_smallest_known_part: float = _within(0.40, 0.01, 1.0)

    @classmethod
    def from_manifest(cls, values: Mapping[str, float]) -> "FitThresholds":
        """Defaults with the manifest's values in their places.

        Raises:
            BundleError: the manifest names a threshold that this version does not know, or sets
                one outside its interval.
        """
        legal = {one.name: one.metadata for one in fields(cls)}
        unknown = sorted(set(values) - set(legal))
        if unknown:
            raise BundleError(
                f"The model sets thresholds this version does not know: {', '.join(unknown)}.",
                remedy="Update the analyzer's software, or use an older model.",
            )
        for name, value in values.items():
            lowest, highest = legal[name]["lowest"], legal[name]["highest"]
            if not lowest <= value <= highest:  # also refuses NaN
                raise BundleError(
                    f"The model sets the threshold {name} to {value:g}; "
                    f"{lowest:g} to {highest:g} is legal."
                )
        result = replace(cls(), **values)
        for smaller, larger in _IN_ORDER:
            if not getattr(result, smaller) < getattr(result, larger):
                raise BundleError(f"The model sets {smaller} no lower than {larger}.")
        return result

    def evidence_asked(self, lead: Floats, doubt: Floats, model_error: float) -> Floats:
        """Evidence that a component needs.

        Args:
            lead: log odds of the network beyond its threshold.
            doubt: log odds that it lacks for a proposal: 0 when it proposes, infinite where no
                presence counts and the evidence of the fit stands alone.
        """
        misfit = (model_error / LARGEST_MODEL_ERROR) ** self.doubt_power
        more = self.evidence_more_after_no * np.clip(-lead, 0.0, 1.0)
        more += misfit * self.evidence_per_logit * doubt
        asked = self.evidence_when_proposed + more
        known = np.minimum(asked, self.evidence + misfit * self.evidence_against_no)
        result: Floats = np.where(np.isinf(doubt), self.evidence, known)
        return result

    def share_asked(self, doubt: Floats) -> Floats:
        """0-1 of the signal that a component needs."""
        result: Floats = np.where(
            doubt <= 0.0, self.smallest_share_when_proposed, self.smallest_share
        )
        return result

    def sureness_asked(self, fit: LibraryFit, share: npt.ArrayLike) -> Floats:
        """Log odds above its threshold from which presence is a proposal, for components of such
        shares 0-1 of the signal: `surer` times the larger of two ramps, each clipped to 0-1."""
        unmoved = (self.moved_cm1 - fit.bent_cm1) / (self.moved_cm1 - self.at_home_cm1)
        large = (np.asarray(share) - self.trace_share) / (self.large_share - self.trace_share)
        result: Floats = self.surer * np.clip(np.maximum(unmoved, large), 0.0, 1.0)
        return result

    def unexplained_part(self, fit: LibraryFit) -> float:
        """0-1: part of `identified_unexplained` up to which this fit counts as identified.

        (own shift / bent_cm1)^bent_power, clipped from below, times 0.25 + model error / its
        largest, at most 1. Mixtures whose liquids interact, with large own shifts, leave up to the
        full limit. Another instrument alone leaves less that counts as foreign, the less the
        broader its lines: broad lines merge the details that would differ.
        """
        moved = (fit.bent_cm1 / self.bent_cm1) ** self.bent_power
        clear = np.clip(1.0 - fit.width_cm2 / self.smeared_cm2, self.smallest_smeared_part, 1.0)
        worse = 0.25 + fit.model_error / LARGEST_MODEL_ERROR
        part = np.clip(moved, self.smallest_unexplained_part * clear, 1.0)
        return float(part) * min(1.0, worse)

    def misfit_part(self, fit: LibraryFit) -> float:
        """0-1: part of `identified_misfit` up to which this fit counts as identified.

        It grows with the own shifts of liquids that interact, and with lines narrower than the
        references'; broader lines (positive width) add nothing: they merge details.
        """
        part = max(fit.bent_cm1 / self.bent_cm1, -fit.width_cm2 / self.narrower_cm2)
        return float(np.clip(part, self.smallest_misfit_part, 1.0))

    def explains(self, fit: LibraryFit) -> bool:
        """Does the fit leave nothing foreign?"""
        return (
            fit.lone_line <= self.identified_lone_line
            and fit.unexplained <= self.identified_unexplained * self.unexplained_part(fit)
            and fit.misfit <= self.identified_misfit * self.misfit_part(fit)
        )
