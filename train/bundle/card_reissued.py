"""The card of a bundle issued again: what was measured with the old file stays, and is named.

Next: `reissue.py`, which makes the bundle; `card.py`, the rest of the card.
"""

from device.inference.bundle import Bundle
from train.bundle.card import MADE_BY, THROUGH
from train.bundle.card_markdown import mapping
from train.bundle.reissue import REISSUED_FROM

_MEASURED_WITH = "Measured with"


def with_measurements_of(card: str, old_card: str, bundle: Bundle) -> str:
    """`card` with the old card's measurements through the analyzer, if it has any.

    `bundle` was issued again: its network and references are those of the file that was measured,
    and the card names that file.
    """
    measured = _section(old_card)
    if MADE_BY not in measured or REISSUED_FROM not in bundle.manifest.provenance:
        return card
    of = mapping(bundle.manifest.provenance[REISSUED_FROM])
    note = (
        f"Measured with {of['version']} (`{str(of['sha256'])[:12]}`), whose network and references"
        " are those of this file; its decision may be another.\n"
    )
    kept = measured.rstrip() + "\n\n" + ("" if _MEASURED_WITH in measured else note + "\n")
    return card.replace(_section(card), kept)


def _section(card: str) -> str:
    """What stands under the heading `THROUGH`, with it."""
    start = card.index(THROUGH)
    return card[start : card.index("\n## ", start) + 1]
