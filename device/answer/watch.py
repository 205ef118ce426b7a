"""Watch lists: compounds that somebody must be told of when they are named, or cannot be excluded.

A compound cannot be excluded where it would have been seen only above a larger share of the signal
than was asked for, where nothing was decided (UNKNOWN, NO_RESULT), and where it is one of two that
cannot be told apart. Next: `asked.py`, where the list is kept; `device/show/watch.py`, the lines.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from firmware_bridge.errors import CallerError

if TYPE_CHECKING:  # what reads a stored result needs no interpreter
    from device.answer.answer import Answer
    from device.inference.manifest import Compound

NAMED, CANNOT_BE_EXCLUDED, NOT_ABOVE = "named", "cannot_be_excluded", "not_above"


class NotInLibrary(CallerError):
    """The model has no such compound: it could never be seen."""

    code = "not_in_the_library"
    default_remedy = "`ramix model info` lists its compounds."


def canonical_names(
    compounds: "Sequence[Compound]", asked: Iterable[str], model: str
) -> tuple[str, ...]:
    """The library's own spelling of names, synonyms or CAS numbers, each once, whatever their case.

    Raises:
        NotInLibrary: the library knows no such compound.
    """
    known = {
        spelling.casefold(): one.name
        for one in compounds
        for spelling in (one.name, *one.synonyms, one.cas)
        if spelling
    }
    asked = list(asked)
    strange = [name for name in asked if name.casefold() not in known]
    if strange:
        raise NotInLibrary(f"The library of {model} has no {', '.join(strange)}.")
    return tuple(dict.fromkeys(known[name.casefold()] for name in asked))


def watch_json(answer: "Answer") -> list[dict[str, Any]]:
    """The entry `watch` of the JSON object, in the order of the list.

    seen   `named`, `cannot_be_excluded` or `not_above`: not there above `limit`
    limit  share of the signal from which it would have been seen; null where that is not known
    above  the share that was asked for
    """
    found, asked = answer.identification, answer.asked
    named = {one.name for one in found.components}
    either = {name for reason in found.reasons for name in reason.names}
    told = []
    for index, compound in enumerate(answer.compounds):
        if compound.name not in asked.watch:
            continue
        limit = None
        if found.limiting_shares is not None and compound.name not in named:
            share = float(found.limiting_shares[index])
            limit = round(share, 6) if math.isfinite(share) else None
        if compound.name in named:
            seen = NAMED
        elif compound.name in either or limit is None or limit > asked.above:
            seen = CANNOT_BE_EXCLUDED
        else:
            seen = NOT_ABOVE
        told.append(
            {
                "name": compound.name,
                "cas": compound.cas,
                "seen": seen,
                "limit": limit,
                "above": asked.above,
            }
        )
    return sorted(told, key=lambda one: asked.watch.index(str(one["name"])))
