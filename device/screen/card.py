"""One result as the screen shows it: ordered by hazard, with what was not seen and what came near.

Pure: the object of `answer/result.py` in, an object for the page out. Words are keys of the page's
catalogue, except those that an answer or a model brings.
Next: `../safety/advice.py` for the hazards; `pages/card.js`, which draws it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from device.safety.advice import Level, advice_for
from device.screen.watch_list import WatchList, state_of

_CANDIDATES: Final = 3
_FEW_LINES: Final = 0.6  # of a compound's lines; told as a reason, decides nothing
_KEPT: Final = (
    "verdict", "unexplained", "reasons", "model", "timings_ms", "record_id", "record_code",
    "settings",
    "decision", "limits", "containers", "safety", "material",
)  # fmt: skip
_WORST_FIRST: Final = tuple(str(level) for level in Level)


def card_json(
    result: Mapping[str, Any],
    hazards: Mapping[str, str],
    watched: WatchList,
    *,
    created_utc: str = "",
    about: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The card; `hazards` maps a compound's name to what the library says of it.

    level       `danger`, `warning`, `unknown` or `none_known`: the worst of the named and of the
                watched; never better than `unknown` where something is open
    components  the result's own, worst first, each with its part `safety`
    safety      as `Advice.to_json`
    watch       [{name, state: named|open|excluded, signal_share}], the worst first
    candidates  [{name, log_odds, lacking, why_not, support, presence}] of what is not named
    """
    safety = result.get("safety") or _safety(result, hazards)
    ranks = {one["name"]: rank for rank, one in enumerate(safety["substances"])}
    told = {one["name"]: one for one in safety["substances"]}
    components = [{**one, "safety": told.get(one["name"])} for one in result["components"]]
    components.sort(key=lambda one: ranks.get(one["name"], len(ranks)))
    watch = [state_of(name, result) for name in watched.names]
    watch.sort(key=lambda one: ("named", "open", "excluded").index(one["state"]))
    alarmed = any(one["state"] != "excluded" for one in watch)
    level = min([safety["worst"], *(["danger"] if alarmed else [])], key=_WORST_FIRST.index)
    return {
        **{name: result.get(name) for name in _KEPT},
        "level": level,
        "components": components,
        "safety": safety,
        "watch": watch,
        "candidates": _candidates(result),
        "created_utc": created_utc,
        "about": dict(about or {}),
        "notes": list(notes),
    }


def _safety(result: Mapping[str, Any], hazards: Mapping[str, str]) -> dict[str, Any]:
    """For a result that was kept without one."""
    named = [
        (one["name"], one["cas"] or "", hazards.get(one["name"], ""))
        for one in result["components"]
    ]
    is_open = result["verdict"] != "IDENTIFIED"
    return advice_for(named, something_unknown=is_open).to_json()


def _candidates(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The likeliest that are not named, where something is left to be named."""
    why = result.get("why")
    if why is None or result["verdict"] not in ("PARTIAL", "UNKNOWN"):
        return []
    left = [one for one in why["compounds"] if not one["named"]]
    return [
        {
            "name": one["name"],
            "log_odds": one["log_odds"],
            "lacking": round(max(why["cut"] - one["log_odds"], 0.0), 1),
            "why_not": _why_not(one, why),
            "support": one["support"],
            "presence": one["presence"],
        }
        for one in left[:_CANDIDATES]
    ]


def _why_not(one: Mapping[str, Any], why: Mapping[str, Any]) -> str:
    """What speaks against it most, as a key of the catalogue's `why_not`."""
    if one["log_odds"] > why["cut"] and why["foreign"]["log_odds"] > 0.0:
        return "stranger"
    if one["support"] < _FEW_LINES:
        return "support"
    return "network" if one["terms"].get("network", 0.0) < 0.0 else "evidence"
