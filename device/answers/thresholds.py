"""Where the lines are drawn between asserting, doubting and not knowing.

Next: `identification.py`, which draws them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from device.answers.flexible_fit import LARGEST_MODEL_ERROR
from device.answers.library_fit import LibraryFit
from firmware_bridge.errors import CallerError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FitThresholds:
    """Where the lines are drawn; a bundle's manifest may move each of them by name.

    Chosen on development data (real mixtures of the solvents, spectra of other liquids).
    """

    evidence: float = 25.0  # chi squared that the fit alone must show
    evidence_when_proposed: float = 5.5  # ... when the network says present
    # ... and so much more where the fit is at its worst, and for each unit of log odds below that,
    # but not beyond the last. All of them fall off faster than the misfit itself: a fit that
    # matches to the noise needs little help.
    evidence_for_misfit: float = 4.0
    evidence_per_logit: float = 50.0
    evidence_against_no: float = 100.0
    doubt_power: float = 1.5
    # From this share on networks see what is there. When one names others and gives a component
    # less presence than this, the two do not agree, and the verdict is PARTIAL; below the second
    # limit no evidence of the fit makes up for it, and the component is not named. Not so where the
    # fit matches nearly to the noise: what only resembles a compound leaves more than this.
    disputable_model_error: float = 0.04
    seen_by_networks_from: float = 0.06
    disputed_presence: float = 0.30
    denied_presence: float = 0.10
    smallest_share: float = 0.012  # of the signal; less may be a misfit of a strong neighbour
    smallest_share_when_proposed: float = 0.009
    support: float = 0.4  # part of a component's lines that must really be there
    # Above it the answer is PARTIAL at best; the better the references match, the less is tolerated
    # (`tolerance`).
    identified_unexplained: float = 0.11
    identified_misfit: float = 0.058  # the same of the misfit, foreign or not
    # A line away from all of the asserted components', against the strongest line: no misfit puts
    # one there. Real mixtures reach 0.010.
    identified_lone_line: float = 0.016
    # ... of both where lines sit at least so far from their references' places, or are so much
    # wider or narrower. Where they are at home, references describe the sample well, and less is
    # tolerated, down to this part.
    bent_cm1: float = 0.35
    another_width_cm2: float = 9.0
    smallest_part_at_home: float = 0.33
    # A component that must move farther, and that the network does not propose, is something else.
    largest_own_shift_cm1: float = 2.6
    presence_temperature: float = 0.7  # of the log odds of network and fit together
    # Beside something foreign its lines may pose as one of ours, to fit and network alike: ask for
    # more evidence; still more where the network is less sure than this and where lines had to
    # move (times the cube of their own shift: liquids that mix move lines by 1 cm-1, few by 2).
    partial_evidence: float = 20.0
    partial_evidence_per_logit: float = 15.0
    partial_sure_presence: float = 0.92
    partial_evidence_per_cm3: float = 15.0
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

    def evidence_asked(self, doubt: Floats, model_error: float) -> Floats:
        """Evidence that a component needs, by the log odds `doubt` of the network below its
        threshold: 0 when it proposes, infinite when it cannot know and the fit speaks alone."""
        misfit = (model_error / LARGEST_MODEL_ERROR) ** self.doubt_power
        more = self.evidence_for_misfit + self.evidence_per_logit * doubt
        asked = self.evidence_when_proposed + misfit * more
        known = np.minimum(asked, self.evidence + misfit * self.evidence_against_no)
        result: Floats = np.where(np.isinf(doubt), self.evidence, known)
        return result

    def share_asked(self, doubt: Floats) -> Floats:
        """0-1 of the signal that a component needs."""
        result: Floats = np.where(
            doubt <= 0.0, self.smallest_share_when_proposed, self.smallest_share
        )
        return result

    def seen_by_networks(self, coefficients: Floats) -> Bools:
        """bool[C]: components so large that a network would have seen them."""
        result: Bools = coefficients >= self.seen_by_networks_from * float(coefficients.sum())
        return result

    def tolerance(self, fit: LibraryFit) -> float:
        """0-1: part of `identified_unexplained` up to which this fit counts as identified.

        Real mixtures whose references match badly (another instrument, liquids that interact)
        leave up to the full limit; where they match to the noise, a quarter of it is foreign.
        """
        return self.strain(fit) * min(1.0, 0.25 + fit.model_error / LARGEST_MODEL_ERROR)

    def strain(self, fit: LibraryFit) -> float:
        """0-1: by how much liquids that interact, or another instrument, excuse a misfit."""
        moved = fit.bent_cm1 / self.bent_cm1
        widened = abs(fit.width_cm2) / self.another_width_cm2
        return float(np.clip(max(moved, widened), self.smallest_part_at_home, 1.0))

    def explains(self, fit: LibraryFit) -> bool:
        """Does the fit leave nothing foreign?"""
        if fit.lone_line > self.identified_lone_line:
            return False
        little_foreign = fit.unexplained <= self.identified_unexplained * self.tolerance(fit)
        return little_foreign and fit.misfit <= self.identified_misfit * self.strain(fit)
