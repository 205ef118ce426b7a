"""A reason on the operator's card: why there is no result, or what is open.

Next: `quality.py` and `../verdict/reasons.py`, which give them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why there is no result: a stable code, one sentence, and what the operator can do.

    names: the compounds that it speaks of, where programs need them (`a_or_b`: the two).
    share: 0-1, their part of the signal, where it is known.
    """

    code: str
    text: str
    remedy: str
    names: tuple[str, ...] = ()
    share: float | None = None


def whole_percent(share: float) -> str:
    """A part of the signal in a sentence; what is there is never told as 0%."""
    return "less than 1%" if 0.0 < share < 0.005 else f"{share:.0%}"
