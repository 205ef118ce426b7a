"""A JPEG picture without what a camera wrote beside it: marker by marker, nothing is decoded.

Kept are the tables, the frame and its scans, and how the picture is turned; place, time, device,
thumbnails, comments and all that follows the end are left out. Next: `png.py`, `photo.py`.
"""

import re
import struct
from collections.abc import Iterator
from typing import Final

_SOI, _EOI, _SOS, _APP0, _EXIF, _ADOBE = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: browsers' three
_OTHER_FRAMES: Final = frozenset({0xC3, *range(0xC5, 0xC8), *range(0xC8, 0xCC), *range(0xCD, 0xD0)})
_TABLES: Final = frozenset({0xC4, 0xDB, 0xDD})  # Huffman, quantisation, restart interval
_MOST_SCANS: Final = 50  # a progressive picture has ten; each costs a pass over all of it
_JFIF: Final = b"JFIF\0\1\1\0\0\1\0\1\0\0"  # version 1.1, square pixels, no thumbnail
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_ORIENTATION: Final = 0x0112


def cleaned_jpeg(data: bytes) -> tuple[bytes, int, int]:
    """The picture, its width and its height in pixels.

    Raises:
        ValueError: with one clause on what is wrong.
    """
    kept, scans, turned = [bytes((0xFF, _SOI))], 0, 1
    size: tuple[int, int] | None = None
    for marker, content, following in _segments(data):
        if marker == _EXIF and content.startswith(b"Exif\0\0"):
            turned = _orientation(content[6:])
        elif marker in _OTHER_FRAMES:
            raise ValueError("it is of a kind of JPEG that browsers do not draw")
        elif marker in _FRAMES:
            if size is not None or scans:
                raise ValueError("it holds more than one picture")
            size = _size(content)
        elif marker == _SOS:
            scans += 1
            if size is None or scans > _MOST_SCANS:
                raise ValueError("its parts are in no possible order")
        if marker in _FRAMES or marker in _TABLES or marker == _SOS:
            kept += [_segment(marker, content), following]
        elif marker == _APP0 and content.startswith(b"JFIF\0"):
            kept.append(_segment(_APP0, _JFIF))
        elif marker == _ADOBE and content.startswith(b"Adobe") and len(content) == 12:
            kept.append(_segment(_ADOBE, content))
    if size is None or not scans:
        raise ValueError("it holds no picture")
    kept.insert(1, _segment(_EXIF, _turned(turned)) if turned != 1 else b"")
    return b"".join((*kept, bytes((0xFF, _EOI)))), *size


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, content, and what a scan has after it; ends with the picture."""
    if data[:2] != bytes((0xFF, _SOI)):
        raise ValueError("it does not begin as one")
    at = 2
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if len(data) < at + 2:
            raise ValueError("it is cut off")
        if data[at] != 0xFF:
            raise ValueError("its parts do not follow one another")
        marker = data[at + 1]
        if marker == _EOI:
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or marker < 0xC0 or 0xD0 <= marker <= _SOI:
            raise ValueError("its parts do not follow one another")
        if end > len(data):
            raise ValueError("it is cut off")
        following = b""
        if marker == _SOS:
            found = _AFTER_SCAN.search(data, end)
            if found is None:
                raise ValueError("it is cut off")
            following = data[end : found.start()]
        yield marker, data[at + 4 : end], following
        at = end + len(following)


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _size(frame: bytes) -> tuple[int, int]:
    if len(frame) < 6:
        raise ValueError("its size is not told")
    depth, height, width, components = struct.unpack_from(">BHHB", frame)
    if depth != 8 or components not in (1, 3) or len(frame) != 6 + 3 * components:
        raise ValueError("it is neither grey nor in colours of 8 bits")
    return width, height


def _orientation(tiff: bytes) -> int:
    """1 to 8; 1, as it stands, where it is not told."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 10:
        return 1
    (first,) = struct.unpack_from(order + "I", tiff, 4)
    if first + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(order + "H", tiff, first)
    for at in range(first + 2, min(first + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, at)
        if tag == _ORIENTATION:
            return int(value) if kind == 3 and 1 <= value <= 8 else 1
    return 1


def _turned(orientation: int) -> bytes:
    """The least Exif that says so and nothing else."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
