"""Small pictures as cameras and programs write them, and what else calls itself one."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

PLACE = b"GPS-of-the-warehouse"


def jpeg(width: int = 48, height: int = 32, **how: Any) -> bytes:
    """With what a camera writes beside it: a place, a comment, a thumbnail's worth of bytes."""
    exif = Image.Exif()
    exif[0x010F] = PLACE.decode()
    exif[0x0112] = how.pop("turned", 1)
    stream = io.BytesIO()
    pixels = np.arange(width * height * 3, dtype=np.uint32).reshape(height, width, 3) % 251
    picture = Image.fromarray(pixels.astype(np.uint8))
    picture.save(stream, "JPEG", exif=exif, comment=PLACE, **how)
    return stream.getvalue()


def png(width: int = 20, height: int = 10, mode: str = "RGB", **chunks: bytes) -> bytes:
    """With texts beside it; `chunks` are added before the end, by name."""
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    told.add_text("Comment", PLACE.decode())
    stream = io.BytesIO()
    Image.new(mode, (width, height), 3).save(stream, "PNG", pnginfo=told)
    end = chunk(b"IEND", b"")
    more = b"".join(chunk(name.encode(), content) for name, content in chunks.items())
    return stream.getvalue().removesuffix(end) + more + end


def chunk(name: bytes, content: bytes) -> bytes:
    total = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + total


def png_of_size(width: int, height: int, pixels: bytes | None = None) -> bytes:
    """A header that says so, with few pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 100 if pixels is None else pixels)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def jpeg_of_size(width: int, height: int) -> bytes:
    """The frame of a small picture that says another size."""
    small = jpeg()
    at = small.index(b"\xff\xc0")
    return small[: at + 5] + struct.pack(">HH", height, width) + small[at + 9 :]


def jpeg_of_scans(count: int) -> bytes:
    """One that draws the same again and again."""
    small = jpeg()
    at = small.index(b"\xff\xda")
    return small[:at] + small[at:-2] * count + small[-2:]


SCRIPT = b"<script>alert(1)</script>"
HOSTILE = {
    "empty": b"",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "html": b"<!doctype html>" + SCRIPT,
    "html behind a signature": b"\xff\xd8\xff" + SCRIPT,
    "html behind the other signature": b"\x89PNG\r\n\x1a\n" + SCRIPT,
    "gif": b"GIF89a" + bytes(40),
    "pdf": b"%PDF-1.7\n" + bytes(40),
    "wide": png_of_size(60_000, 1),
    "many pixels": png_of_size(9_000, 9_000),
    "a bomb": png_of_size(4_000, 4_000, bytes(60_000_000)),
    "no pixels": png_of_size(0, 10),
    "fewer pixels than it says": png_of_size(400, 400),
    "many pixels in a jpeg": jpeg_of_size(65_000, 65_000),
    "scans": jpeg_of_scans(200),
    "too large": jpeg() + bytes(3_000_000),
    "unknown part": png(EVIL=b"x"),
    "changed part": png().replace(PLACE, PLACE[::-1]),
    "ends in a scan": jpeg()[:-2],
}
