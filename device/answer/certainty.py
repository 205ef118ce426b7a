"""May a measurement stop here? A rule for looking several times at a spectrum that grows.

Log odds d beyond a cut are wrong with odds of exp(-d) times those at the cut. Who looks K times,
and stops early only where every sum above its cut is ln K away from it, errs at any one early look
with at most 1/K of the odds at the cut: over all K looks together (union bound) stopping early
costs no more errors than one decision at the cut. K has to be known before the first look. At the
last look the verdict stands as it is.

A sum below its cut is taken as all the light of the budget would leave it: a trace that only the
whole budget shows is not given up at the first look. Evidence is the square of a normal deviate.
Of its variance the part p is noise, which light lessens, and the rest misfit, which stays: with L
times the light the square grows L / (p + (1 - p) L) times. Chance hides at most sqrt(2 p ln K) of
the deviate with odds of 1/K, and so K looks together give up no more than one decision at the cut.
What has no evidence has nothing that could bring it near its cut: compounds, and something foreign
of which no lone line is seen. Something foreign is not certain while it may be a cosmic ray.

Next: `device/driver/growing.py`, which knows K; `device/runtime.py`, which asks.
"""

import math
from dataclasses import replace

import numpy as np

from device.inference.decision_numbers import DecisionNumbers
from device.verdict.identification import Identification, Verdict
from device.verdict.scores import (
    SMALLEST_LINE,
    beside_terms,
    compound_terms,
    foreign_terms,
    total,
)

# Reasons of the quality gate that no further frame removes: the exposure was found, and the probe
# sees no light at all.
_FINAL = frozenset({"saturated", "no_sample", "laser_off", "laser_dropped", "dark", "range"})
# Answers that ask for more light by themselves: two compounds not told apart, and noise.
_OPEN = frozenset({"a_or_b", "too_noisy"})


def margin_asked(looks: int) -> float:
    """Log odds that every sum must be away from its cut, where there are `looks` at most."""
    return math.log(looks)


def margin(
    found: Identification,
    numbers: DecisionNumbers,
    *,
    looks: int = 1,
    light_at_end: float = 1.0,
    rays_told: bool = True,
) -> float | None:
    """Log odds from the nearest sum to its cut; None where nothing was decided.

    A compound below its cut counts where the whole budget would bring it over it, and then the
    margin is negative; never above 0 where the answer itself asks for more light.

    Args:
        looks: how many there are at most.
        light_at_end: of the whole budget, as a multiple of the light so far.
        rays_told: there were frames enough to tell a cosmic ray from a line.
    """
    fit, why = found.full_fit, found.why
    if why is None or fit is None or found.fit is None:
        return None
    noise = min(max(fit.noise_part, 0.0), 1.0)
    growth = light_at_end / (noise + (1.0 - noise) * light_at_end)
    hidden = math.sqrt(2.0 * noise * margin_asked(looks))
    later = replace(fit, evidence=(np.sqrt(fit.evidence) + hidden) ** 2 * growth)
    now = total(compound_terms(fit, why.presence, numbers)) - numbers.named_from
    then = total(compound_terms(later, why.presence, numbers)) - numbers.named_from
    named, open_ = now > 0.0, (now <= 0.0) & (then > 0.0)
    each = np.where(named, now, np.where(open_, -then, np.inf))
    away = float(each[fit.evidence > 0].min(initial=np.inf))
    if any(reason.code in _OPEN for reason in found.reasons):
        return min(away, 0.0)
    foreign = sum(foreign_terms(found.fit, numbers).values())
    if foreign <= 0.0:
        return away if found.fit.lone_line <= SMALLEST_LINE else min(away, -foreign)
    if not rays_told:
        return min(away, 0.0)
    beside = total(beside_terms(found.fit, why.presence, numbers))[found.fit.evidence > 0]
    return min(away, foreign, float(np.abs(beside).min(initial=np.inf)))


def more_cannot_help(found: Identification) -> bool:
    """Whether the measurement was refused for a reason that more frames leave as it is."""
    refused = found.verdict is Verdict.NO_RESULT
    return refused and any(reason.code in _FINAL for reason in found.reasons)
