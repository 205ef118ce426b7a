"""Why a verdict is what it is, in words: `why` of an answer or a record as lines of text.

Next: `device/verdict/scores.py`, the formulas behind the terms.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from device.answer.nearest import because
from device.show.containers import container_lines
from firmware_bridge.errors import CallerError

_WIDTH = 80
_TERM_WIDTH = 12  # the longest term and two blanks
# A record has its keys in the order of the alphabet.
_ORDER = ("evidence", "network", "support", "close fit", "lone line", "worst line", "constant")


class NothingToExplain(CallerError):
    """The answer holds no sums: nothing was decided, or it was stored by older software."""

    code = "nothing_to_explain"
    default_remedy = "Identify the spectrum again with this version."


def explanation(result: Mapping[str, Any], compound: str | None = None) -> str:
    """What decided about all compounds that were found, or about one of them.

    Args:
        result: the object of `ramix identify --json`.
        compound: its name, in any case.

    Raises:
        NothingToExplain: the answer has no `why`, or says nothing of that compound.
    """
    why = result.get("why")
    if not why:
        if result["verdict"] == "NO_RESULT" and result["reasons"]:
            first = result["reasons"][0]
            text = f"Nothing was decided of this measurement. {first['text']}"
            raise NothingToExplain(text, remedy=first["remedy"])
        raise NothingToExplain("This answer does not say why it is what it is.")
    told = why["compounds"]
    if compound is not None:
        told = [one for one in told if one["name"].casefold() == compound.casefold()]
        if not told:
            raise NothingToExplain(
                f"The fit found nothing of {compound} in this spectrum.",
                remedy="`ramix identify --watch NAME` says from which share on it would be seen.",
            )
    cut = why["cut"]
    lines = [f"{result['verdict']}. Log odds, part by part; above {cut:+.1f} is named.", ""]
    for one in told:
        lines += _compound(one, cut)
        lines.append("")
    if compound is None:
        lines += [*_foreign(why["foreign"]), ""]
        lines += container_lines(result.get("containers") or (), _WIDTH)
    return "\n".join(lines).rstrip()


def _compound(one: Mapping[str, Any], cut: float) -> Iterator[str]:
    verb = "named" if one["named"] else "not named"
    yield f"{one['name']}: {verb}, {one['log_odds']:+.1f}"
    for term, part in _ordered(one["terms"]):
        yield f"  {part:+6.1f}  {term:<{_TERM_WIDTH}}{_of_term(term, one)}".rstrip()
    if not one["named"]:
        yield f"  {_missing(one, cut)}"


def _ordered(terms: Mapping[str, float]) -> list[tuple[str, float]]:
    return [(term, terms[term]) for term in _ORDER if term in terms]


def _of_term(term: str, one: Mapping[str, Any]) -> str:
    if term == "evidence":
        return f"chi squared rises by {one['evidence']:.0f} without it"
    if term == "network":
        presence = one["presence"]
        return "no network" if presence is None else f"the network's presence is {presence:.2f}"
    if term == "support":
        return f"{one['support']:.0%} of its lines are there"
    if term == "close fit":
        return "the fit is close: what is there has evidence"
    return ""


def _missing(one: Mapping[str, Any], cut: float) -> str:
    """The part that speaks most against it."""
    lacking, reason = cut - one["log_odds"], because(one, cut)
    if lacking <= 0:
        return f"{reason[0].upper()}{reason[1:]}."
    return f"Missing {lacking:.1f}: {reason}."


def _foreign(foreign: Mapping[str, Any]) -> Iterator[str]:
    verb = "there" if foreign["log_odds"] > 0 else "not seen"
    yield f"Something foreign: {verb}, {foreign['log_odds']:+.1f} (above 0 it is there)"
    what = {
        "lone line": f"strongest line away from all named: {foreign['lone_line']:.2%} of the "
        "strongest",
        "worst line": f"largest misfit at one line: {foreign['worst_line']:.1%} of the strongest",
    }
    for term, part in _ordered(foreign["terms"]):
        yield f"  {part:+6.1f}  {term:<{_TERM_WIDTH}}{what.get(term, '')}".rstrip()
