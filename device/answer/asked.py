"""What is asked of a sample beside its verdict: compounds to watch for, a material to confirm.

An identifier carries it into every answer, so that a record holds what the card said.
Next: `watch.py` and `material.py`, which answer.
"""

from dataclasses import dataclass
from typing import Final

DEFAULT_ABOVE: Final = 0.05  # of the signal: a listed compound below it is not told as an alarm


@dataclass(frozen=True)
class Wanted:
    """A compound that the material must hold.

    share: 0-1 of it, or None where it is the only one and has no tolerance.
    tolerance: 0-1, to both sides.
    """

    name: str
    share: float | None = None
    tolerance: float | None = None


@dataclass(frozen=True)
class Material:
    """What must be there, and nothing else; shares in `quantity`.

    quantity: "volume_fraction" or "signal_share".
    method_sha256: of the locked method's file; None: there is none.
    """

    wanted: tuple[Wanted, ...]
    quantity: str = "signal_share"
    method_sha256: str | None = None


@dataclass(frozen=True)
class Asked:
    """Names are the library's own; `above` is 0-1 of the signal."""

    watch: tuple[str, ...] = ()
    above: float = DEFAULT_ABOVE
    material: Material | None = None
