"""Where the lines are drawn between asserting, doubting and not knowing.

Next: `identification.py`, which draws them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from device.fit.flexible import LARGEST_MODEL_ERROR
from device.fit.library import LibraryFit
from firmware_bridge.errors import CallerError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FitThresholds:
    """Where the lines are drawn; a bundle's manifest may move each of them by name.

    Chosen on development data (real mixtures of the solvents, spectra of other liquids).
    """

    evidence: float = 25.0  # chi squared that the fit alone must show
    evidence_when_proposed: float = 6.0  # ... when the network says present
    evidence_more_after_no: float = 2.0  # ... and when it says absent: noise may pose as anything
    # ... and where the fit is at its worst so much more for each unit of log odds below a
    # proposal, but not beyond the last. Both fall off faster than the misfit itself: a fit that
    # matches to the noise needs little help.
    evidence_per_logit: float = 80.0
    evidence_against_no: float = 120.0
    doubt_power: float = 2.0
    # Networks hesitate over traces, and where liquids interact and move their lines. Elsewhere one
    # must be surer than its threshold, by so many log odds.
    surer: float = 1.8
    at_home_cm1: float = 0.3  # root mean square own shift up to which that holds in full
    moved_cm1: float = 0.6  # ... and from which it holds for large shares only
    trace_share: float = 0.02  # of the signal, up to which it holds at home only
    large_share: float = 0.03  # ... and from which it holds in full
    # From this share on networks see what is there. When one names others and gives a component
    # less presence than this, the two do not agree, and the verdict is PARTIAL; below the second
    # limit no evidence of the fit makes up for it, and the component is not named. Not so where the
    # fit matches nearly to the noise: what only resembles a compound leaves more than this.
    disputable_model_error: float = 0.04
    seen_by_networks_from: float = 0.06
    disputed_presence: float = 0.30
    denied_presence: float = 0.10
    # Where less of a compound's lines was measured, a network may name it, but it cannot deny it.
    visible_to_networks: float = 0.5
    smallest_share: float = 0.012  # of the signal; less may be a misfit of a strong neighbour
    smallest_share_when_proposed: float = 0.006
    support: float = 0.4  # part of a component's lines that must really be there
    # Above it the answer is PARTIAL at best; the better the references match, the less is tolerated
    # (`unexplained_part`, `misfit_part`).
    identified_unexplained: float = 0.11
    identified_misfit: float = 0.058  # the same of the misfit, foreign or not
    # A line away from all of the asserted components', against the strongest line: no misfit puts
    # one there. Real mixtures reach 0.010.
    identified_lone_line: float = 0.016
    # ... of both where lines sit at least so far from their references' places. Where they are at
    # home, references describe the sample well, and less is tolerated, down to these parts. What
    # is foreign falls off by this power; a misfit is tolerated in full, too, where lines are so
    # much narrower than the references', which never resolved them.
    bent_cm1: float = 0.4
    bent_power: float = 2.5
    smallest_unexplained_part: float = 0.25  # and less where broader lines hide details:
    smeared_cm2: float = 20.0
    smallest_smeared_part: float = 0.3
    smallest_misfit_part: float = 0.33
    narrower_cm2: float = 9.0
    # A component that must move farther, and that the network does not propose, is something else.
    largest_own_shift_cm1: float = 2.6
    presence_temperature: float = 0.7  # of the log odds of network and fit together
    # Beside something foreign its lines may pose as one of ours, to fit and network alike: ask for
    # more evidence; still more where the network is less sure than this, where lines had to move
    # (times the cube of their own shift: liquids that mix move lines by 1 cm-1, few by 2) or to
    # widen (times the square), and for the part of its lines that are not there as they should be.
    partial_evidence: float = 20.0
    partial_evidence_per_logit: float = 15.0
    partial_sure_presence: float = 0.92
    partial_evidence_per_cm3: float = 15.0
    partial_evidence_per_cm4: float = 0.5
    partial_evidence_for_support: float = 50.0
    partial_support: float = 0.6
    smallest_known_part: float = 0.20  # less of the signal explained is no answer at all
    # ... and where more than this is left unexplained, less than the last is none
    unknown_unexplained: float = 0.30
    unknown_smallest_known_part: float = 0.40

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

    def evidence_asked(self, lead: Floats, doubt: Floats, model_error: float) -> Floats:
        """Evidence that a component needs.

        Args:
            lead: log odds of the network beyond its threshold.
            doubt: log odds that it lacks for a proposal: 0 when it proposes, infinite when it
                cannot know and the fit speaks alone.
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
        """Log odds by which a network must be surer than its threshold to propose components of
        such shares 0-1 of the signal."""
        at_home = (self.moved_cm1 - fit.bent_cm1) / (self.moved_cm1 - self.at_home_cm1)
        large = (np.asarray(share) - self.trace_share) / (self.large_share - self.trace_share)
        result: Floats = self.surer * np.clip(np.maximum(at_home, large), 0.0, 1.0)
        return result

    def unexplained_part(self, fit: LibraryFit) -> float:
        """0-1: part of `identified_unexplained` up to which this fit counts as identified.

        Real mixtures whose references match badly, because the liquids interact, leave up to the
        full limit. Another instrument alone leaves little that looks foreign, the less the broader
        its lines, and where references match to the noise, a quarter of the rest is.
        """
        moved = (fit.bent_cm1 / self.bent_cm1) ** self.bent_power
        clear = np.clip(1.0 - fit.width_cm2 / self.smeared_cm2, self.smallest_smeared_part, 1.0)
        worse = 0.25 + fit.model_error / LARGEST_MODEL_ERROR
        part = np.clip(moved, self.smallest_unexplained_part * clear, 1.0)
        return float(part) * min(1.0, worse)

    def misfit_part(self, fit: LibraryFit) -> float:
        """0-1: part of `identified_misfit` that liquids that interact, or lines narrower than the
        references', excuse. Broader lines excuse nothing: they hide details instead."""
        excuse = max(fit.bent_cm1 / self.bent_cm1, -fit.width_cm2 / self.narrower_cm2)
        return float(np.clip(excuse, self.smallest_misfit_part, 1.0))

    def explains(self, fit: LibraryFit) -> bool:
        """Does the fit leave nothing foreign?"""
        return (
            fit.lone_line <= self.identified_lone_line
            and fit.unexplained <= self.identified_unexplained * self.unexplained_part(fit)
            and fit.misfit <= self.identified_misfit * self.misfit_part(fit)
        )
