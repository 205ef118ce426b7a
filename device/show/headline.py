"""The first words of a card: the verdict, one sentence that does not contradict its numbers, and
the colour, which is the hazard's and not the match's.

Next: `card.py`, where they stand; `hazards.py`, what to do.
"""

from collections.abc import Mapping
from typing import Any

from device.show.percent import percent

# On white or black, so that they are read in the sun and at night; the words say the same.
_COLOURS = {"danger": "1;37;41", "warning": "1;30;43", "unknown": "1;37;45", "none_known": "7"}
_WORTH_TELLING = 0.02  # of the signal: a misfit of less is every fit's


def title(result: Mapping[str, Any]) -> str:
    """The verdict as people read it; A or B is told apart from something foreign."""
    if result["verdict"] == "PARTIAL" and _only_alternatives(result):
        return "PARTIAL: ONE OR THE OTHER"
    return str(result["verdict"]).replace("_", " ")


def headline(result: Mapping[str, Any]) -> str:
    """What the verdict means for this sample."""
    verdict, codes = result["verdict"], {reason["code"] for reason in result["reasons"]}
    if verdict == "NO_RESULT":
        return "This measurement must not be interpreted, for the reason below."
    if verdict == "UNKNOWN":
        if "too_noisy" in codes:
            return "Too little light to name anything. Unknown is not harmless."
        return "It is not known what this is. Unknown is not harmless."
    if verdict == "IDENTIFIED":
        rest = result["unexplained"] or 0.0
        if rest < _WORTH_TELLING:
            return "Everything in this spectrum is explained by the substances below."
        return (
            f"The substances below explain this spectrum but for {percent(rest)}, which is misfit "
            "of their lines and noise."
        )
    if _only_alternatives(result):
        told = " and ".join(" or ".join(one["names"]) for one in result["alternatives"])
        return f"{told}: this spectrum cannot tell which. Treat the sample as holding either."
    if "unexplained_signal" in codes:
        return "These substances are there, and something else that is not in the library."
    return "These substances are there; what else may be there is open, for the reason below."


def colour(worst: str) -> str:
    """The rendition of a banner for the worst hazard (`device/safety/advice.py`, `Level`)."""
    return _COLOURS.get(worst, _COLOURS["unknown"])


def _only_alternatives(result: Mapping[str, Any]) -> bool:
    codes = {reason["code"] for reason in result["reasons"]}
    return bool(result.get("alternatives")) and "unexplained_signal" not in codes
