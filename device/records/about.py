"""What people say about a measurement: who, which sample, a note, why it was repeated.

Checked here once, so that no control character of a name ever lies in a store.
Next: `circumstances.py`, what machines say about it.
"""

from dataclasses import dataclass, field
from typing import Final

from device.records.photo import Photo
from firmware_bridge.errors import CallerError

LONGEST: Final = {"operator": 80, "sample": 120, "note": 1000, "repeat_reason": 200}


class AboutRefused(CallerError):
    """A text about a measurement that no record takes."""

    code = "about_refused"
    default_remedy = "Use one line of plain text."


@dataclass(frozen=True)
class About:
    """Each one line of printable text, empty where nobody said anything; and a photo of the sample.

    Raises:
        AboutRefused: one is too long (`LONGEST`, in characters) or holds an unprintable character.
    """

    operator: str = ""
    sample: str = ""
    note: str = ""
    repeat_reason: str = ""  # why the same sample was measured again
    photo: Photo | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, longest in LONGEST.items():
            check_line(getattr(self, name), name.replace("_", " "), longest)

    def as_json(self) -> dict[str, str]:
        """The texts; the photo is not among them."""
        return {name: getattr(self, name) for name in LONGEST}


def check_line(text: object, what: str, longest: int) -> str:
    """One printable line.

    Raises:
        AboutRefused: it is none, or longer than `longest` characters.
    """
    if not isinstance(text, str):
        raise AboutRefused(f"The {what} must be text.")
    if len(text) > longest:
        raise AboutRefused(
            f"The {what} has {len(text)} characters, more than {longest}.", remedy="Shorten it."
        )
    if not text.isprintable():  # also line breaks, and what turns the direction of writing
        raise AboutRefused(f"The {what} holds an unprintable character.")
    return text
