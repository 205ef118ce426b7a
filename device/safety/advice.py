"""What the operator must know of the named substances: worst first, and what must not meet.

A substance of `facts.json` brings its facts; one that only has a hazard text (measured in the
field, or of another library) brings that text, and what the H codes in it mean. What is not known
stays None: who shows it says "not known". Next: `protection.py`, what to wear and to keep away.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from device.safety.facts import Statement, Substance, facts
from device.safety.protection import protection

LIBRARY_TEXT = "the library's hazard text"  # the source where there are no facts
_CODE = re.compile(r"\b(EUH\d{3}|H\d{3}(?:FD|fd|[FDfd])?)\b")
_CARCINOGENIC = ("H350", "H340", "H360")
_SUSPECTED = ("H351", "H341", "H361")


class Level(StrEnum):
    """How bad it is, worst first."""

    DANGER = "danger"
    WARNING = "warning"
    UNKNOWN = "unknown"
    NONE_KNOWN = "none_known"


_ORDER = tuple(Level)
_NO_STATEMENT = 10_000  # rank of what has none


@dataclass(frozen=True)
class SubstanceAdvice:
    """One substance; None where something is not known.

    cmr: "known" where it causes cancer, genetic defects or harms reproduction (categories 1A and
        1B), "suspected" for category 2, else None.
    possible: not named, but one of two that cannot be told apart.
    hazard_text: what the library says of it.
    """

    name: str
    cas: str
    level: Level
    pictograms: tuple[str, ...]
    signal_word: str | None
    statements: tuple[Statement, ...]  # worst first
    cmr: str | None
    un_number: int | None
    shipping_name: str | None
    protection: tuple[str, ...]
    isolation_distance_m: int | None
    erg_guide: int | None
    hazard_text: str
    possible: bool
    source: str

    def to_json(self) -> dict[str, Any]:
        """For programs and records; the statements as code and text."""
        told = {"statements": [{"code": s.code, "text": s.text} for s in self.statements]}
        lists = {"pictograms": list(self.pictograms), "protection": list(self.protection)}
        return {**vars(self), "level": str(self.level), **told, **lists}


@dataclass(frozen=True)
class IncompatiblePair:
    """Two named substances that must not meet, and why."""

    one: str
    other: str
    text: str
    source: str


@dataclass(frozen=True)
class Advice:
    """All of it.

    protection: of all substances together, most urgent first.
    isolation_distance_m: the largest that is known, with its guide of the ERG.
    something_unknown: the sample holds, or may hold, what nobody named.
    """

    worst: Level
    substances: tuple[SubstanceAdvice, ...]  # worst first
    incompatible: tuple[IncompatiblePair, ...]
    protection: tuple[str, ...]
    isolation_distance_m: int | None
    erg_guide: int | None
    something_unknown: bool

    def to_json(self) -> dict[str, Any]:
        """The entry `safety` of the JSON object (`device/answer/result.py`)."""
        return {
            "worst": str(self.worst),
            "something_unknown": self.something_unknown,
            "protection": list(self.protection),
            "isolation_distance_m": self.isolation_distance_m,
            "erg_guide": self.erg_guide,
            "substances": [one.to_json() for one in self.substances],
            "incompatible": [vars(pair).copy() for pair in self.incompatible],
        }


def advice_for(
    components: Sequence[tuple[str, str, str]],
    *,
    possible: Sequence[tuple[str, str, str]] = (),
    something_unknown: bool = False,
) -> Advice:
    """What is known of all of them.

    Args:
        components: name, CAS number and the library's hazard text of each.
        possible: the same of those of which one or the other is there.
        something_unknown: the verdict leaves something open; unknown is not harmless.
    """
    told = [_told(*one, possible=False) for one in components]
    told += [_told(*one, possible=True) for one in possible]
    told.sort(key=lambda one: (_ORDER.index(one.level), _rank(one.statements)))
    levels = [one.level for one in told]
    if something_unknown or not told:
        levels.append(Level.UNKNOWN)
    widest = max(told, key=lambda one: one.isolation_distance_m or 0, default=None)
    return Advice(
        worst=min(levels, key=_ORDER.index),
        substances=tuple(told),
        incompatible=tuple(_incompatible(told)),
        protection=protection([each.code for one in told for each in one.statements]),
        isolation_distance_m=None if widest is None else widest.isolation_distance_m,
        erg_guide=None if widest is None else widest.erg_guide,
        something_unknown=something_unknown or not told,
    )


def _told(name: str, cas: str, hazard_text: str, *, possible: bool) -> SubstanceAdvice:
    known = facts().substances.get(cas)
    statements = _statements(known, hazard_text)
    codes = [one.code for one in statements]
    level, signal_word = _level(statements, known)
    return SubstanceAdvice(
        name=name,
        cas=cas,
        level=level,
        pictograms=pictograms(statements),
        signal_word=signal_word,
        statements=statements,
        cmr=_cmr(codes),
        un_number=None if known is None else known.un_number,
        shipping_name=None if known is None else known.shipping_name,
        protection=protection(codes),
        isolation_distance_m=None if known is None else known.isolation_distance_m,
        erg_guide=None if known is None else known.erg_guide,
        hazard_text=hazard_text,
        possible=possible,
        source=LIBRARY_TEXT if known is None else known.source,
    )


def _statements(known: Substance | None, hazard_text: str) -> tuple[Statement, ...]:
    """Those of the facts and those whose code stands in the text, without a second of one kind."""
    found = list(known.statements) if known is not None else []
    for code in _CODE.findall(hazard_text):
        one = facts().statements.get(code)
        if one is not None and not any(have.code[:4] == code[:4] for have in found):
            found.append(one)
    return tuple(sorted(found, key=lambda one: one.rank))


def _level(statements: Sequence[Statement], known: Substance | None) -> tuple[Level, str | None]:
    words = {one.signal_word for one in statements}
    if "Danger" in words:
        return Level.DANGER, "Danger"
    if "Warning" in words:
        return Level.WARNING, "Warning"
    if statements:
        return Level.WARNING, None  # harmful to water, or a supplemental statement
    return (Level.UNKNOWN if known is None else Level.NONE_KNOWN), None


def pictograms(statements: Iterable[Statement]) -> tuple[str, ...]:
    """Codes in order, without those that another takes the place of (CLP, Article 26)."""
    found = [one for one in statements if one.pictogram is not None]
    shown = {one.pictogram for one in found if one.pictogram is not None}
    weaker = {one.code for one in found if one.pictogram == "GHS07"}
    if "GHS06" in shown or ("GHS05" in shown and weaker <= {"H315", "H319"}):
        shown.discard("GHS07")
    if any(one.code == "H334" for one in found) and weaker <= {"H317", "H315", "H319"}:
        shown.discard("GHS07")
    return tuple(sorted(shown))


def _cmr(codes: Sequence[str]) -> str | None:
    kinds = {code[:4] for code in codes}
    if kinds & set(_CARCINOGENIC):
        return "known"
    return "suspected" if kinds & set(_SUSPECTED) else None


def _rank(statements: Sequence[Statement]) -> int:
    return min((one.rank for one in statements), default=_NO_STATEMENT)


def _incompatible(told: Sequence[SubstanceAdvice]) -> Iterable[IncompatiblePair]:
    for number, first in enumerate(told):
        for second in told[number + 1 :]:
            ours, theirs = facts().groups_of(first.cas), facts().groups_of(second.cas)
            for one in facts().reactions:
                there = one.one in ours and one.other in theirs
                if there or (one.one in theirs and one.other in ours):
                    yield IncompatiblePair(first.name, second.name, one.text, one.source)
                    break  # the file names the worst of a pair first
