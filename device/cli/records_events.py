"""An event of a store in words: a line of when and what, and below it what its content says.

The whole content is in `ramix records events --json`. Next: `records.py`, the verbs.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from device.records.content import StoredEvent
    from device.show.style import CardStyle

_MOST_LINES: Final = 3  # of one event's content
# What is told of an object within a content; of a list its length is.
_OF_AN_OBJECT: Final = ("product", "name", "version", "serial", "code")
_DIGEST_LENGTH, _DIGEST_TOLD = 64, 12  # hex digits


def event_lines(event: "StoredEvent", style: "CardStyle") -> list[str]:
    """The event as wide as the terminal; times are UTC."""
    when = event.created_utc[:19].replace("T", " ")
    first = f"{event.event_id}  {when}  {event.kind}"
    if event.problem:
        return [f"! {first}", *style.wrap(f"damaged: {event.problem}", "    ")]
    below = style.wrap("; ".join(_said(event.content)), "    ")
    if len(below) > _MOST_LINES:
        below = [*below[: _MOST_LINES - 1], "    ... (the rest: --json)"]
    return [first, *below]


def _said(content: Mapping[str, Any]) -> list[str]:
    parts = ((str(name).replace("_", " "), _words(value)) for name, value in content.items())
    return [f"{name}: {words}" for name, words in parts if words]


def _words(value: object) -> str:
    """One value of a content; nothing where it is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        known = (str(value[name]) for name in _OF_AN_OBJECT if value.get(name))
        return " ".join(known)
    if isinstance(value, list | tuple):
        return str(len(value)) if value else ""
    text = str(value)
    return text[:_DIGEST_TOLD] if _is_digest(text) else text


def _is_digest(text: str) -> bool:
    return len(text) == _DIGEST_LENGTH and not set(text) - set("0123456789abcdef")
