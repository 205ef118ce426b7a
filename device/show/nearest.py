"""The nearest compounds and why they are not named, as lines of a card.

Next: `device/answer/nearest.py`, where they come from; `explanation.py`, all the sums.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from device.show.style import CardStyle


def nearest_lines(nearest: Sequence[Mapping[str, Any]], style: CardStyle) -> list[str]:
    """One entry a compound, likeliest first."""
    lines: list[str] = []
    for one in nearest:
        lacks = f"lacks {one['lacking']:.1f}: " if one["lacking"] else ""
        lines += style.wrap(f"{one['name']}: {lacks}{one['because']}", "    ", "      ")
    return ["  nearest, and why it is not named (log odds):", *lines] if lines else []
