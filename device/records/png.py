"""A PNG picture without what a camera or a program wrote beside it: only what draws it is kept.

Texts, times, places, profiles and all that follows the end are left out. Next: `photo.py`.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_KEPT: Final = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND")
_PARTS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # numbers of a pixel, by its kind of colour
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_AT_ONCE: Final = 1 << 20


def cleaned_png(data: bytes, check_size: Callable[[int, int], None]) -> tuple[bytes, int, int]:
    """The picture, its width and its height in pixels.

    `check_size` refuses a size by raising, before its pixels are counted.

    Raises:
        ValueError: with one clause on what is wrong.
    """
    kept, pixels = [SIGNATURE], []
    size: tuple[int, int] | None = None
    expected = 0
    for name, content in _chunks(data):
        if (size is None) != (name == b"IHDR"):
            raise ValueError("its parts are in no possible order")
        if name == b"IHDR":
            size, row_bytes = _header(content)
            check_size(*size)
            expected = size[1] * (1 + row_bytes)
        elif name == b"IDAT":
            pixels.append(content)
        elif not name[0] & 0x20 and name not in _KEPT:
            raise ValueError("it holds a part that no reader knows")
        if name in _KEPT:
            kept.append(_chunk(name, content))
    if size is None or _unpacked(pixels, expected) != expected:
        raise ValueError("its pixels are not as many as its size says")
    return b"".join(kept), *size


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content; ends with the picture."""
    at, name = len(SIGNATURE), b""
    while name != b"IEND":
        if len(data) < at + 12:
            raise ValueError("it is cut off")
        length, name = struct.unpack_from(">I4s", data, at)
        if len(data) < at + 12 + length:
            raise ValueError("it is cut off")
        content = data[at + 8 : at + 8 + length]
        if not name.isalpha() or data[at : at + 12 + length] != _chunk(name, content):
            raise ValueError("a part of it was changed")
        yield name, content
        at += 12 + length


def _chunk(name: bytes, content: bytes) -> bytes:
    total = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", total)


def _header(content: bytes) -> tuple[tuple[int, int], int]:
    """Size, and bytes of a row."""
    if len(content) != 13:
        raise ValueError("its size is not told")
    width, height, depth, colour, packed, filtered, interlaced = struct.unpack(">IIBBBBB", content)
    if depth not in _DEPTHS.get(colour, ()) or packed or filtered:
        raise ValueError("it is of no kind of PNG")
    if interlaced:
        raise ValueError("it is an interlaced PNG")
    return (width, height), (width * _PARTS[colour] * depth + 7) // 8


def _unpacked(parts: list[bytes], most: int) -> int:
    """How many bytes the pixels are; stops above `most`."""
    unpacking, count = zlib.decompressobj(), 0
    try:
        for part in parts:
            left = part
            while left and count <= most and not unpacking.eof:
                count += len(unpacking.decompress(left, _AT_ONCE))
                left = unpacking.unconsumed_tail
        return count if unpacking.eof else -1
    except zlib.error as error:
        raise ValueError("its pixels cannot be unpacked") from error
