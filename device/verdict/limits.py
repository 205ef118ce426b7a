"""Not detected above: the share at which an absent compound is detected in this spectrum.

An amount c of a compound raises chi squared by c squared times its information, which is what
the named components leave of its own lines' weight (`LibraryFit.precision`). It is named once that
reaches the evidence asked for (`scores.py`); measured amounts scatter around the true one by one
over the root of the information. So 95% of all amounts are detected from (root of evidence +
1.645) / root of information on (Currie, Anal. Chem. 1968, 40, 586, one-sided 5% miss), plus |pull|
/ information where the pull of the residual is negative: the amount must first cancel that.
Next: `identification.py`, which states amounts with them; `show/card.py`, which prints them.
"""

import numpy as np
import numpy.typing as npt

from device.fit.flexible import EVIDENCE_FROM_SHARE
from device.fit.library import LibraryFit
from device.inference.decision_numbers import DecisionNumbers
from device.verdict.scores import evidence_asked

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

SURE_SIGMAS = 1.645  # above a mean, where 95% of a normal distribution lies below


def limiting_shares(fit: LibraryFit, named: Bools, numbers: DecisionNumbers) -> Floats:
    """[C], share of the signal from which 95% of amounts are detected beside what is named;
    infinite where the information is zero, and for all if nothing is named.

    Args:
        fit: of all compounds to the spectrum (`Identification.full_fit`).
    """
    total = float(fit.coefficients[named].sum())
    information = _information(fit, named)
    with np.errstate(divide="ignore", invalid="ignore"):
        amount = (np.sqrt(evidence_asked(fit, numbers)) + SURE_SIGMAS) / np.sqrt(information)
        amount += np.maximum(-fit.pull, 0.0) / information
        share = np.maximum(amount / (amount + total), EVIDENCE_FROM_SHARE)
    usable = (information > 0) & (total > 0)
    result: Floats = np.where(usable, share, np.inf)
    return result


def _information(fit: LibraryFit, present: Bools) -> Floats:
    """[C], weight of each compound's lines less what the present components could take over."""
    own = fit.precision.diagonal()
    if not present.any():
        return np.array(own)
    shared = fit.precision[:, present]
    among = np.linalg.pinv(fit.precision[np.ix_(present, present)], hermitian=True)
    result: Floats = own - ((shared @ among) * shared).sum(axis=1)
    return result
