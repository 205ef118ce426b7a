"""Not detected above: the share at which an absent compound is detected in this spectrum.

An amount c of a compound raises chi squared by c squared times its information, which is what
the named components leave of its own lines' weight (`LibraryFit.precision`). It is named once that
reaches the evidence asked for (`scores.py`); measured amounts scatter around the true one by one
over the root of the information. So 95% of all amounts are detected from (root of evidence +
1.645) / root of information on (Currie, Anal. Chem. 1968, 40, 586, one-sided 5% miss), plus |pull|
/ information where the pull of the residual is negative: the amount must first cancel that.
Next: `show/card.py`, which prints it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.fit.flexible import EVIDENCE_FROM_SHARE
from device.fit.library import LibraryFit
from device.inference.decision_numbers import DecisionNumbers
from device.inference.manifest import Compound
from device.verdict.identification import Identification, Verdict
from device.verdict.scores import evidence_asked

Bools = npt.NDArray[np.bool_]

_ONE_SIDED_5_PERCENT = 1.645


@dataclass(frozen=True)
class DetectionLimit:
    """One compound that is not named; None where its information in this spectrum is zero."""

    name: str
    cas: str
    signal_share: float | None


def detection_limits(
    identification: Identification,
    fit: LibraryFit,
    compounds: Sequence[Compound],
    numbers: DecisionNumbers,
) -> tuple[DetectionLimit, ...]:
    """Limits of all compounds not named, smallest first.

    Args:
        fit: of all compounds to the same spectrum (`Identification.full_fit`).

    Returns:
        Nothing for UNKNOWN and NO_RESULT: a share needs a signal that is mostly explained.
    """
    if identification.verdict not in (Verdict.IDENTIFIED, Verdict.PARTIAL):
        return ()
    named = {component.name for component in identification.components}
    present = np.array([compound.name in named for compound in compounds])
    asked = evidence_asked(fit, numbers)
    total = float(fit.coefficients[present].sum())
    limits = []
    for index in np.flatnonzero(~present):
        information = _information(fit, index, present)
        share = None
        if information > 0 and total > 0:
            amount = (np.sqrt(asked) + _ONE_SIDED_5_PERCENT) / np.sqrt(information)
            amount += max(-float(fit.pull[index]), 0.0) / information
            share = max(float(amount / (amount + total)), EVIDENCE_FROM_SHARE)
        limits.append(DetectionLimit(compounds[index].name, compounds[index].cas, share))
    return tuple(sorted(limits, key=lambda limit: limit.signal_share or np.inf))


def _information(fit: LibraryFit, index: int, present: Bools) -> float:
    """Weight of a compound's lines less what the present components could take over."""
    own = float(fit.precision[index, index])
    if not present.any():
        return own
    shared = fit.precision[index, present]
    among = fit.precision[np.ix_(present, present)]
    return own - float(shared @ np.linalg.pinv(among) @ shared)
