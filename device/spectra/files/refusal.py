"""Lines of an unknown file, and the one error that says why they are no spectrum.

Next: `source.py`, where the bytes come from.
"""

from dataclasses import dataclass
from typing import NoReturn

from firmware_bridge.errors import RamixError

# The largest native files have 0.2 MB and a JSON of 65,535 pixels 3 MB; memory and time of reading
# are bounded by this and by the two limits below.
MAX_FILE_BYTES = 5_000_000
MAX_LINES = 70_000  # no detector has more than 65,535 pixels
MAX_LINE_LENGTH = 50_000


class SpectrumFileError(RamixError):
    """The file holds no spectrum that can be used; `text` names the line and the reason."""

    code = "unreadable_file"
    default_remedy = (
        "Save it again with `ramix acquire`, or as B&W Tek text, ENLIGHTEN CSV, JCAMP-DX, SPC, or "
        "two columns `wavenumber_cm1,intensity`."
    )


def refuse(name: str, reason: str, line: int | None = None, remedy: str | None = None) -> NoReturn:
    """Raise the one error of this package, about the file `name`."""
    place = "" if line is None else f", line {line}"
    text = f"{name}{place}: {reason}."
    raise SpectrumFileError(text, remedy=remedy) if remedy else SpectrumFileError(text)


@dataclass(frozen=True)
class TextFile:
    """A file's name, for messages, and its lines without line ends; line n is lines[n - 1]."""

    name: str
    lines: tuple[str, ...]

    def fail(self, reason: str, line: int | None = None, remedy: str | None = None) -> NoReturn:
        """Raise the one error of this package."""
        refuse(self.name, reason, line, remedy)
