"""What the operator must know before touching the sample, as lines of a card: worst hazard first.

The words come from `safety` of a result; of records from before it existed `safety_of` asks
today's facts. Next: `device/safety/advice.py`, where the words come from.
"""

from collections.abc import Mapping
from typing import Any

from device.safety.advice import LIBRARY_TEXT
from device.show.style import CardStyle

_WORDS = {
    "danger": "DANGER",
    "warning": "WARNING",
    "unknown": "HAZARD NOT KNOWN",
    "none_known": "NO HAZARD KNOWN",
}
_COLOURS = {"danger": "1;31", "warning": "1;33", "unknown": "1;35", "none_known": "1"}
_STATEMENTS_TOLD = 3  # of a substance; the record and --json have all
_SENTENCES_TOLD = 4  # of what to do
_CMR = {"known": "CMR", "suspected": "suspected CMR"}


def safety_of(result: Mapping[str, Any], texts: Mapping[str, str]) -> Mapping[str, Any]:
    """`safety` of a result; of an older record, by what this version knows and its `texts`."""
    stored: Mapping[str, Any] | None = result.get("safety")
    if stored is not None:
        return stored
    from device.safety.advice import advice_for

    named = [
        (one["name"], one["cas"] or "", texts.get(one["name"], "")) for one in result["components"]
    ]
    return advice_for(named, something_unknown=result["verdict"] != "IDENTIFIED").to_json()


def first_line(safety: Mapping[str, Any]) -> str:
    """The worst hazard in one line, for the banner."""
    word = _WORDS[safety["worst"]]
    substances = safety["substances"]
    if not substances or substances[0]["level"] != safety["worst"]:
        return f"{word}: treat it as dangerous" if safety["worst"] == "unknown" else word
    worst = substances[0]
    told = [worst["name"], *(one["text"].lower() for one in worst["statements"][:1])]
    number = f", UN {worst['un_number']}" if worst["un_number"] else ""
    return f"{word}: {', '.join(told)}{number}"


def hazard_lines(safety: Mapping[str, Any], style: CardStyle) -> list[str]:
    """Each substance with its worst statements and UN number, pairs that react, what to do."""
    lines: list[str] = []
    for one in safety["substances"]:
        word = _WORDS[one["level"]]
        first, *others = style.wrap(f"{word} {_told(one)}", "  ", "    ")
        painted = first.replace(word, style.paint(word, _COLOURS[one["level"]]), 1)
        lines += [painted, *others]
    for pair in safety["incompatible"]:
        text = f"{pair['one']} with {pair['other']}: {pair['text']}"
        first, *others = style.wrap(f"! {text}", "  ", "    ")
        lines += [first.replace("!", style.paint("!", "1;31"), 1), *others]
    doing = _doing(safety)
    if doing:
        lines += style.wrap(f"→ {doing}", "  ", "    ")
    return lines


def _told(one: Mapping[str, Any]) -> str:
    parts = [statement["text"] for statement in one["statements"][:_STATEMENTS_TOLD]]
    if one["hazard_text"] and one["source"] == LIBRARY_TEXT:
        parts = [one["hazard_text"].rstrip(".")]  # as its owner wrote it
    parts = parts or [_nothing(one["level"])]
    number = "UN number not known"
    if one["un_number"]:
        number = f"UN {one['un_number']} {one['shipping_name'] or ''}".rstrip()
    kind = f" ({_CMR[one['cmr']]})" if one["cmr"] else ""
    either = " if it is that" if one["possible"] else ""
    return f"{one['name']}{either}{kind}: {'. '.join(parts)}. {number}."


def _nothing(level: str) -> str:
    return "Not classified as hazardous" if level == "none_known" else "Nothing is on record"


def _doing(safety: Mapping[str, Any]) -> str:
    """What to wear and to keep away, most urgent first; then the distance."""
    told = list(safety["protection"][:_SENTENCES_TOLD])
    if safety["isolation_distance_m"]:
        guide = f"ERG guide {safety['erg_guide']}"
        told.append(f"A spill: keep {safety['isolation_distance_m']} m away ({guide}).")
    elif told:
        told.append("Distance to keep from a spill: not known.")
    return " ".join(told)
