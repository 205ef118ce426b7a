"""Incoming goods: is it this and nothing else? PASS, FAIL with its reason, or NOT TESTED.

It passes only where the verdict is IDENTIFIED with exactly the wanted compounds; where shares are
asked for, only where the whole 90% interval of each lies within its tolerance. A measurement that
must not be interpreted, or has too little light to name anything, tests nothing.
Next: `method.py`, the locked method.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from device.answer.asked import Material
from device.answer.hidden import volume_kept

if TYPE_CHECKING:  # what reads a stored result needs no interpreter
    from device.answer.answer import Answer
    from device.verdict.identification import Component

PASS, FAIL, NOT_TESTED = "PASS", "FAIL", "NOT_TESTED"


def material_json(answer: "Answer") -> dict[str, Any] | None:
    """The entry `material` of the JSON object; None where no material was asked for.

    result  PASS, FAIL or NOT_TESTED
    wanted  [{name, share, tolerance}], shares in `quantity` (volume_fraction or signal_share)
    why     [{code, text}]: why it fails, or was not tested; empty for PASS
    at_least  0-1: how much of it is wanted even if one more hides below its limit; null where that
            is not known, or it does not pass
    method_sha256  of the locked method's file, or null
    """
    material = answer.asked.material
    if material is None:
        return None
    untested = list(_untested(answer))
    against = untested or list(_against(answer, material))
    result = NOT_TESTED if untested else FAIL if against else PASS
    return {
        "result": result,
        "wanted": [asdict(one) for one in material.wanted],
        "quantity": material.quantity,
        "why": [{"code": code, "text": text} for code, text in against],
        "at_least": _at_least(answer, material) if result == PASS else None,
        "method_sha256": material.method_sha256,
    }


def _at_least(answer: "Answer", material: Material) -> float | None:
    """What is left for the named compounds together if the worst of the others hides."""
    found = answer.identification
    if material.quantity == "volume_fraction":
        kept = volume_kept(found, answer.compounds)
        return None if kept is None else round(kept, 6)
    limits = found.limiting_shares
    if limits is None:
        return None
    named = {one.name for one in found.components}
    hidden = max(
        (
            float(limit)
            for one, limit in zip(answer.compounds, limits, strict=True)
            if one.name not in named
        ),
        default=0.0,
    )
    return round(1.0 - hidden, 6) if math.isfinite(hidden) else None


def _untested(answer: "Answer") -> Iterator[tuple[str, str]]:
    found = answer.identification
    codes = {reason.code for reason in found.reasons}
    if found.verdict == "NO_RESULT" or (found.verdict == "UNKNOWN" and "too_noisy" in codes):
        yield from ((reason.code, reason.text) for reason in found.reasons)


def _against(answer: "Answer", material: Material) -> Iterator[tuple[str, str]]:
    found = answer.identification
    wanted = {one.name for one in material.wanted}
    named = {one.name: one for one in found.components}
    pairs = [reason for reason in found.reasons if reason.code == "a_or_b"]
    in_pairs = {name for reason in pairs for name in reason.names}
    for reason in pairs:
        one, other = reason.names
        if other in wanted:
            one, other = other, one
        yield "twin", f"{one} cannot be told from {other} in this spectrum."
    missing = [one.name for one in material.wanted if one.name not in named]
    for name in missing:
        if name not in in_pairs:
            yield from _missing(name, list(named))
    others = [name for name in named if name not in wanted]
    if others and not missing:
        yield "beside", f"Beside what is wanted there is {', '.join(others)}."
    if any(reason.code == "unexplained_signal" for reason in found.reasons):
        yield "foreign", "There is signal that fits no compound of the library."
    yield from _outside(material, named)
    told = bool(pairs or missing or others)
    told = told or any(reason.code == "unexplained_signal" for reason in found.reasons)
    if found.verdict != "IDENTIFIED" and not told:
        yield "not_identified", f"The verdict is {found.verdict}, not IDENTIFIED."


def _missing(name: str, named: list[str]) -> Iterator[tuple[str, str]]:
    if not named:
        yield "missing", f"{name} was not found; nothing of the library is named."
    elif len(named) == 1:
        yield "missing", f"{name} was not found; named is {named[0]}."
    else:
        yield "missing", f"{name} was not found; named are {', '.join(named)}."


def _outside(material: Material, named: "dict[str, Component]") -> Iterator[tuple[str, str]]:
    for one in material.wanted:
        found = named.get(one.name)
        if one.share is None or one.tolerance is None or found is None:
            continue
        value: float | None = getattr(found, material.quantity)
        spread: float | None = getattr(found, f"{material.quantity}_uncertainty")
        asked = f"{100 * one.share:g} ± {100 * one.tolerance:g} %"
        if value is None or spread is None:
            yield "share", f"How much {one.name} is there is not known; asked for is {asked}."
        elif abs(value - one.share) + spread > one.tolerance:
            seen = f"{100 * value:.1f} ± {100 * spread:.1f} %"
            yield "share", f"{one.name} is {seen}; its interval is not within {asked}."
