"""What the terminal at hand can show: colour, signs beyond ASCII, and how wide it is.

Next: `card.py`, which is laid out by it.
"""

import textwrap
from dataclasses import dataclass

from device.printable import printable

CARD_WIDTH = 80
NARROWEST, WIDEST = 40, 200  # a card is laid out between these
_LETTERS = str.maketrans({"±": "+-", "→": "->", "·": ",", "≥": ">="})


@dataclass(frozen=True)
class CardStyle:
    """What the terminal at hand can show."""

    colour: bool = False
    unicode: bool = True
    width: int = CARD_WIDTH

    def paint(self, text: str, sgr: str) -> str:
        """`text` in an ANSI rendition, or as it is."""
        return f"\x1b[{sgr}m{text}\x1b[0m" if self.colour else text

    def sign(self, text: str) -> str:
        """`text` without the signs that this terminal lacks."""
        return text if self.unicode else text.translate(_LETTERS)

    def wrap(self, text: str, first: str = "  ", rest: str | None = None) -> list[str]:
        """Lines within the width, `first` before the first and `rest` before the others."""
        return textwrap.wrap(
            printable(self.sign(text)),
            self.width,
            initial_indent=first,
            subsequent_indent=" " * len(first) if rest is None else rest,
            break_on_hyphens=False,
        )
