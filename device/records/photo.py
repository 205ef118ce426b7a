"""A photo of the sample, kept with the record: checked here once, and without what tells of people.

A camera writes place, time and its own number into a picture; none of that is kept (`jpeg.py`,
`png.py`). Next: `about.py`, which carries it; `content.py`, where it becomes part of a record.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from device.plain_file import read_plain, why_not
from device.records.jpeg import cleaned_jpeg
from device.records.png import SIGNATURE, cleaned_png
from firmware_bridge.errors import CallerError

MOST_BYTES: Final = 3_000_000  # of a picture as it comes; a record's data may have 64 million
MOST_PIXELS: Final = 24_000_000  # 96 MB where it is drawn
LONGEST_SIDE: Final = 16_384  # of a side; browsers draw no longer ones
JPEG, PNG = "image/jpeg", "image/png"


class PhotoRefused(CallerError):
    """A file that is kept as no photo."""

    code = "photo_refused"
    default_remedy = "Give a JPEG or a PNG of at most 3 MB and 24 million pixels."


@dataclass(frozen=True)
class Photo:
    """A picture as `photo_from` gives it."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """What a record says of it beside its bytes."""
        return {
            "media_type": self.media_type,
            "width": self.width,
            "height": self.height,
            "bytes": len(self.data),
            "sha256": self.sha256,
        }


def photo_from(data: bytes) -> Photo:
    """A photo of the bytes of a JPEG or PNG file, whatever its name says.

    Raises:
        PhotoRefused: it is neither, is cut off, or is too large.
    """
    if len(data) > MOST_BYTES:
        raise PhotoRefused(f"The photo is larger than {MOST_BYTES // 1_000_000} MB.")
    is_png = data.startswith(SIGNATURE)
    if not is_png and not data.startswith(b"\xff\xd8\xff"):
        raise PhotoRefused("The photo is neither a JPEG nor a PNG.")
    try:
        found, width, height = cleaned_png(data, _check_size) if is_png else cleaned_jpeg(data)
    except ValueError as error:
        if isinstance(error, PhotoRefused):
            raise
        raise PhotoRefused(f"The photo is no whole picture: {error}.") from error
    _check_size(width, height)
    return Photo(found, PNG if is_png else JPEG, width, height)


def photo_in(path: Path) -> Photo:
    """A photo of a file.

    Raises:
        PhotoRefused: it cannot be read, or as `photo_from`.
    """
    try:
        data = read_plain(path, MOST_BYTES)
    except (OSError, ValueError) as error:
        raise PhotoRefused(f"The photo {path} cannot be read: {why_not(error)}.") from error
    return photo_from(data)


def _check_size(width: int, height: int) -> None:
    if not width or not height:
        raise PhotoRefused("The photo has no pixels.")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise PhotoRefused(f"The photo has {width} x {height} pixels, too many.")
