"""Text that came from outside as it may stand on a terminal or in a log.

Next: `show/style.py` and `cli/output.py`, where most of it is printed.
"""


def printable(text: str) -> str:
    """One line: each letter that is not printable, line breaks included, as a question mark."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
