"""Which language of `pages/words/` a page gets: the one that was asked for, else the browser's.

Next: `pages/words.js`, which reads the catalogue.
"""

import re
from typing import Final

LANGUAGES: Final = ("en", "de")
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*"
)
_MOST_RANGES: Final = 20


def language_for(wanted: str | None, accepted: str) -> str:
    """`wanted` where there are words for it; else by `Accept-Language`; else English."""
    if wanted in LANGUAGES:
        return str(wanted)
    found: list[tuple[float, str]] = []
    for part in accepted.split(",")[:_MOST_RANGES]:
        match = _RANGE.fullmatch(part)
        if match is not None and match[1].lower() in LANGUAGES:
            found.append((float(match[2] or 1.0), match[1].lower()))
    return max(found, key=lambda one: one[0])[1] if found else LANGUAGES[0]
