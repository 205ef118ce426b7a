"""The nearest compounds that are not named, and what each lacks: from the sums that decided.

Next: `why_json.py`, the sums; `device/show/nearest.py`, the same on the card.
"""

from collections.abc import Collection, Mapping
from typing import Any

_MOST = 3  # candidates; more is no help at a card
_CERTAIN = 0.98  # of its lines
_LARGE_PART = 0.25  # of what lacks, from which one term is the reason


def nearest(why: Mapping[str, Any] | None, told: Collection[str] = ()) -> list[dict[str, Any]]:
    """Likeliest first: {name, log_odds, lacking, because}; empty where nothing was decided, and
    without those that are `told` already, as one of two.

    lacking    log odds to the cut above which it would be named; 0 where another took its place
    because    the term that pulls it down most, as a sentence without its full stop
    """
    if why is None:
        return []
    others = [one for one in why["compounds"] if not one["named"] and one["name"] not in told]
    return [
        {
            "name": one["name"],
            "log_odds": one["log_odds"],
            "lacking": round(max(why["cut"] - one["log_odds"], 0.0), 3),
            "because": because(one, why["cut"]),
        }
        for one in others[:_MOST]
    ]


def because(one: Mapping[str, Any], cut: float) -> str:
    """What speaks most against a compound of `why` that is not named."""
    lacking = cut - one["log_odds"]
    if lacking <= 0:
        return "another compound explains its lines as well or better"
    seen = one["support"]
    against = {
        f"its own lines are not all there ({seen:.0%})": one["terms"]["support"] * (1.0 - seen)
        if seen < _CERTAIN
        else 0.0,
        "the network does not see it": -min(one["terms"]["network"], 0.0),
    }
    most = max(against, key=lambda name: against[name])
    if against[most] > _LARGE_PART * lacking:
        return most
    return "what only it explains is too little"
