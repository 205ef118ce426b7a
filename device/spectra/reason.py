"""A reason on the operator's card: why there is no result, or what is open."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why there is no result: a stable code, one sentence, and what the operator can do."""

    code: str
    text: str
    remedy: str
