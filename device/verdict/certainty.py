"""May a measurement stop here? A rule for looking several times at a spectrum that grows.

Log odds d beyond a cut are wrong with odds of exp(-d) times those at the cut. Who looks K times,
and stops early only where every sum is ln K away from its cut, errs at any one early look with at
most 1/K of the odds at the cut: over all K looks together (union bound) stopping early costs no
more errors than one decision at the cut. K has to be known before the first look. At the last look
the verdict stands as it is.

A compound of which the fit has no evidence has nothing that could bring it near its cut. Something
foreign is not certain while it may be a cosmic ray, whatever its sum: the odds are those of lines.
Next: `device/driver/growing.py`, which knows K; `device/runtime.py`, which asks.
"""

import math

import numpy as np

from device.inference.decision_numbers import DecisionNumbers
from device.verdict.identification import Identification, Verdict
from device.verdict.scores import Floats, beside_terms, compound_terms, foreign_terms, total

# Reasons of the quality gate that no further frame removes: the exposure was found, and the probe
# sees no light at all.
_FINAL = frozenset({"saturated", "no_sample", "laser_off", "laser_dropped", "dark", "range"})


def margin_asked(looks: int) -> float:
    """Log odds that every sum must be away from its cut, where there are `looks` at most."""
    return math.log(looks)


def margin(
    found: Identification, numbers: DecisionNumbers, *, rays_told: bool = True
) -> float | None:
    """Log odds from the nearest sum to its cut; None where nothing was decided.

    Args:
        rays_told: there were frames enough to tell a cosmic ray from a line.
    """
    if found.why is None or found.fit is None or found.full_fit is None:
        return None
    foreign = sum(foreign_terms(found.fit, numbers).values())
    presence = found.why.presence
    named = total(compound_terms(found.full_fit, presence, numbers)) - numbers.named_from
    away = [abs(foreign), _nearest(named, found.full_fit.evidence)]
    if foreign > 0.0 and not rays_told:
        return 0.0
    if foreign > 0.0:
        beside = total(beside_terms(found.fit, presence, numbers))
        away.append(_nearest(beside, found.fit.evidence))
    return min(away)


def more_cannot_help(found: Identification) -> bool:
    """Whether the measurement was refused for a reason that more frames leave as it is."""
    refused = found.verdict is Verdict.NO_RESULT
    return refused and any(reason.code in _FINAL for reason in found.reasons)


def _nearest(away: Floats, evidence: Floats) -> float:
    return float(np.abs(away[evidence > 0]).min(initial=np.inf))
