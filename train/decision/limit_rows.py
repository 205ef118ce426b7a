"""The network's log odds that detection limits assume, so that what they state holds.

A limit is the share from which 95% of amounts are named (`device/verdict/limits.py`). How readily a
network answers small amounts is in no formula: the highest log odds are taken at which 95% are
named of the compounds of scenes with a small limit whose shares lie between it and half as much
again, and under all lower ones too: one of few shares may reach 95% by chance.
Next: `decide.py`, which asks.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.inference.decision_numbers import DecisionNumbers
from device.verdict.limits import limiting_shares
from train.decision.examples import Example

Floats = npt.NDArray[np.float64]

_DETECTED = 0.95
_TRIED = np.linspace(-6.0, 3.0, 19)  # log odds
_NEAR = 1.5  # times the limit
TRACE = 0.05  # of the signal; larger limits are the noise's, and networks answer such shares
_FEWEST = 20  # shares near their limits
_RESAMPLED = 30


def limit_rows(one: Example, score: Floats, numbers: DecisionNumbers) -> Floats:
    """[N, 2 + tried]: share, score and the limits under each of the log odds tried, of every
    compound that is in a scene beside others."""
    rows = []
    for index in np.flatnonzero(one.present):
        others = one.present.copy()
        others[index] = False
        if one.fit.coefficients[others].sum() > 0:
            limits = [
                limiting_shares(one.fit, others, replace(numbers, network_at_limit=float(odds)))
                for odds in _TRIED
            ]
            rows.append([one.shares[index], score[index], *(limit[index] for limit in limits)])
    return np.array(rows).reshape(len(rows), 2 + len(_TRIED))


def network_at_limit(
    rows: Floats, named_from: float, rng: np.random.Generator
) -> tuple[float, float]:
    """(log odds, standard error by resampling) from rows [N, 2 + tried]."""
    again = [
        _highest(rows[rng.integers(len(rows), size=len(rows))], named_from)
        for _ in range(_RESAMPLED)
    ]
    return _highest(rows, named_from), float(np.std(again))


def _highest(rows: Floats, named_from: float) -> float:
    """The lowest tried where there are too few rows to say."""
    share, named = rows[:, 0], rows[:, 1] > named_from
    highest = float(_TRIED[0])
    for odds, limit in zip(_TRIED, rows[:, 2:].T, strict=True):
        near = (share >= limit) & (share <= _NEAR * limit) & (limit <= TRACE)
        if np.count_nonzero(near) >= _FEWEST:
            if named[near].mean() < _DETECTED:
                break
            highest = float(odds)
    return highest
