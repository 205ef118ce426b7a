"""Why a verdict is what it is, as the entry `why` of the JSON object.

Next: `device/show/explanation.py`, the same in words.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from device.verdict.scores import Why, total

_MOST_TOLD = 12  # compounds; the likeliest come first


def why_json(why: Why, names: Sequence[str], named: frozenset[str]) -> dict[str, Any]:
    """The entry `why` of the JSON object.

    compounds  likeliest first, at most a dozen and all that are named: {name, named, log_odds,
               terms: {term: log odds}, evidence, presence, support}
    cut        log odds above which a compound is named
    model_error  what the fit leaves beyond noise, as a part of its amplitude
    foreign    {log_odds, terms, lone_line, worst_line}: above 0 something foreign is there; both
               lines against the strongest
    """
    score, fit = total(why.compounds), why.fit
    found = [i for i in np.argsort(-score, kind="stable") if fit.evidence[i] > 0]
    told = [i for n, i in enumerate(found) if n < _MOST_TOLD or names[i] in named]
    odds, terms = score.tolist(), {term: part.tolist() for term, part in why.compounds.items()}
    return {
        "cut": round(why.cut, 3),
        "compounds": [
            {
                "name": names[i],
                "named": names[i] in named,
                "log_odds": round(odds[i], 3),
                "terms": {term: round(part[i], 3) for term, part in terms.items()},
                "evidence": round(float(fit.evidence[i]), 3),
                "presence": round(float(why.presence[i]), 4) if i < len(why.presence) else None,
                "support": round(float(fit.support[i]), 3),
            }
            for i in told
        ],
        "model_error": round(fit.model_error, 4),
        "foreign": {
            "log_odds": round(sum(why.foreign.values()), 3),
            "terms": {term: round(part, 3) for term, part in why.foreign.items()},
            "lone_line": round(fit.lone_line, 5),
            "worst_line": round(fit.worst_line, 5),
        },
    }
