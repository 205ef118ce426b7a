"""Where a chain goes on after something that it cannot vouch for: a store set aside, a mark lost.

The entry that tells it is signed like any other; its code is what somebody accepts who has looked
into the matter. Next: `before.py`, which looks into stores that were set aside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from device.printable import printable
from device.records.head import Head
from device.records.kinds import EntryKind

_LONGEST_NAME: Final = 255  # bytes of a file's name


@dataclass(frozen=True)
class Interruption:
    """What the entry `head` says about the store before.

    file: name of that store, in the folder of this one; empty where none lies aside.
    link: what was known of its end: `sequence`, `hash` and `mark` (`set_aside.Remains`).
    found: what looking into that file says now.
    """

    head: Head
    why: str
    file: str = ""
    link: Mapping[str, Any] | None = None
    found: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """With it somebody says that the matter is known."""
        return self.head.code

    def in_words(self) -> str:
        when = f"entry {self.head.sequence}, {self.head.time_utc[:19]} UTC, code {self.code}"
        if self.link is None:
            told = f"the mark was lost, an end cut off before would not show. {self.why}"
        else:
            aside = f" It lies aside as {self.file}." if self.file else ""
            told = f"begun anew, the store before could not be continued. {self.why}{aside}"
        return f"{when}: {told}"


def interruptions_of(head: Head, content: object) -> list[Interruption]:
    """What a checked entry with this content tells of: one, or none."""
    told = content if isinstance(content, Mapping) else {}
    if head.kind == EntryKind.MARK:
        return [Interruption(head, printable(str(told.get("why"))))]
    link = told.get("continues") if head.kind == EntryKind.STORE else None
    if not isinstance(link, Mapping):
        return []
    file, why = (printable(str(link.get(key) or "")) for key in ("file", "why"))
    return [Interruption(head, why, file[:_LONGEST_NAME], link)]
