"""How many components a mixture has, in words that are true of a small library, too.

Next: `unequal.py`, the first figure of scenes.
"""

from evidence.scenes import possible

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def counted(components: tuple[int, int], compounds: int, noun: str = "component") -> str:
    """`1-4 components`, as far as there are so many compounds; else `1 component`."""
    fewest, most = possible(components, compounds)
    number = f"{fewest}-{most}" if fewest < most else f"{most}"
    return f"{number} {noun}{'' if most == 1 else 's'}"


def spelled(components: tuple[int, int], compounds: int, noun: str) -> str:
    """`one to four compounds`."""
    fewest, most = possible(components, compounds)
    number = f"{_NUMBERS[fewest]} to {_NUMBERS[most]}" if fewest < most else _NUMBERS[most]
    return f"{number} {noun}{'' if most == 1 else 's'}"
