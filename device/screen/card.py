"""One result as the screen shows it: ordered by hazard, with what was not seen and what came near.

Pure: the object of `answer/result.py` in, an object for the page out. Words are keys of the page's
catalogue, except those that an answer or a model brings.
Next: `ghs.py` for the hazards; `pages/card.js`, which draws it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from device.screen.ghs import label
from device.screen.watch_list import WatchList

_CANDIDATES: Final = 3
_FEW_LINES: Final = 0.6  # of a compound's lines; told as a reason, decides nothing
_WORST_FIRST: Final = ("danger", "warning", "unlisted", "none")


def card_json(
    result: Mapping[str, Any],
    hazards: Mapping[str, str],
    watched: WatchList,
    *,
    created_utc: str = "",
    about: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The card.

    level       `danger`, `warning`, `none` or `unlisted`: of the worst component or watched
                compound; `unlisted` also where nothing is named, for unknown is not harmless
    components  worst first: the result's own, with `level`, `pictograms`, `codes`, `hazard`
    watch       [{name, state: named|open|excluded, signal_share}], the worst first
    candidates  [{name, log_odds, lacking, why_not}] of what is not named
    """
    components = [_component(one, hazards) for one in result["components"]]
    components.sort(key=lambda one: (one["rank"], -(one["signal_share"] or 0.0)))
    watch = watched.seen_in(result)
    levels = [one["level"] for one in components]
    if any(one["state"] != "excluded" for one in watch):
        levels.append("danger")
    if not components or result["verdict"] != "IDENTIFIED":
        levels.append("unlisted")
    return {
        "verdict": result["verdict"],
        "level": min(levels, key=_WORST_FIRST.index),
        "pictograms": _pictograms(components),
        "components": components,
        "unexplained": result["unexplained"],
        "reasons": result["reasons"],
        "containers": result.get("containers") or [],
        "watch": watch,
        "limits": result.get("limits") or [],
        "candidates": _candidates(result),
        "safety": result.get("safety"),
        "model": result["model"],
        "decision": result.get("decision"),
        "settings": result.get("settings"),
        "timings_ms": result["timings_ms"],
        "record_id": result.get("record_id"),
        "created_utc": created_utc,
        "about": dict(about or {}),
        "notes": list(notes),
    }


def _component(one: Mapping[str, Any], hazards: Mapping[str, str]) -> dict[str, Any]:
    hazard = hazards.get(one["name"], "")
    known = label(hazard)
    return {
        **one,
        "hazard": hazard,
        "level": known.level,
        "pictograms": known.pictograms,
        "codes": known.codes,
        "rank": known.rank,
    }


def _pictograms(components: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of all components, in the order of their worst bearer."""
    return list(dict.fromkeys(name for one in components for name in one["pictograms"]))


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
