"""A share as people read it.

Next: `card.py` and `containers.py`, which print shares.
"""


def percent(value: float | None) -> str:
    """In whole percent; what is there but smaller than that is told as less than 1."""
    if value is None:
        return "-"
    return "<1 %" if 0.0 < value < 0.005 else f"{100.0 * value:.0f} %"
