"""A ZIP archive of stored files, read as strictly as it is written.

Nothing is ever unpacked to a disk and nothing is decompressed. What is read is written again and
must be the same bytes: no second directory, hidden file, link, comment or trailing data survives
that, and two readers cannot see two different archives. Next: `package.py`, what lies in it.
"""

import binascii
import struct
from collections.abc import Sequence
from typing import Final

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<4sHHHHIIH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION: Final = 20  # 2.0: plain stored files
_DATE: Final = 0x21  # 1980-01-01: the same contents give the same bytes
_LONGEST_NAME: Final = 100
MOST_FILES: Final = 1000
MOST_BYTES: Final = 64 << 20  # of a whole archive: a hundred records have 8 MB


def zip_of(files: Sequence[tuple[str, bytes]]) -> bytes:
    """The archive of these names and contents, in this order.

    Raises:
        ValueError: a name twice or not of ASCII, too many files, or too large.
    """
    names = [name for name, _ in files]
    if len(files) > MOST_FILES or len(set(names)) != len(names):
        raise ValueError("too many files, or a name twice")
    parts: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name, data in files:
        raw_name = name.encode("ascii")
        if not 0 < len(raw_name) <= _LONGEST_NAME:
            raise ValueError(f"the name {name[:40]!r} is empty or too long")
        crc, size = binascii.crc32(data), len(data)
        local = _LOCAL.pack(
            _LOCAL_MARK, _VERSION, 0, 0, 0, _DATE, crc, size, size, len(raw_name), 0
        )
        directory.append(
            _CENTRAL.pack(
                _CENTRAL_MARK, _VERSION, _VERSION, 0, 0, 0, _DATE, crc, size, size,
                len(raw_name), 0, 0, 0, 0, 0, offset,
            )
            + raw_name
        )  # fmt: skip
        parts += [local, raw_name, data]
        offset += len(local) + len(raw_name) + size
        if offset > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES >> 20} MB")
    listed = b"".join(directory)
    end = _END.pack(_END_MARK, 0, 0, len(files), len(files), len(listed), offset, 0)
    return b"".join((*parts, listed, end))


def files_in(archive: bytes) -> list[tuple[str, bytes]]:
    """What `zip_of` was given.

    Raises:
        ValueError: it is anything else; one clause on why.
    """
    if len(archive) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES >> 20} MB")
    if len(archive) < _END.size or not archive.startswith((_LOCAL_MARK, _END_MARK)):
        raise ValueError("it is no archive of this kind")
    files: list[tuple[str, bytes]] = []
    seen: set[str] = set()
    offset = 0
    while archive.startswith(_LOCAL_MARK, offset):
        if len(files) == MOST_FILES:
            raise ValueError(f"it has more than {MOST_FILES} files")
        name, data, offset = _file_at(archive, offset)
        if name in seen:
            raise ValueError(f"the file {name!r} is in it twice")
        seen.add(name)
        files.append((name, data))
    if zip_of(files) != archive:
        raise ValueError("it was packed anew by another program, or cut off")
    return files


def _file_at(archive: bytes, offset: int) -> tuple[str, bytes, int]:
    """Name, contents and where the next one begins; nothing is taken beyond the archive."""
    if offset + _LOCAL.size > len(archive):
        raise ValueError("it is cut off")
    _, version, flags, method, _, _, _, packed, size, name_size, extra = _LOCAL.unpack_from(
        archive, offset
    )
    if method:
        raise ValueError("a file in it is compressed; a package's files are stored")
    if version > _VERSION or flags or extra or packed != size:
        raise ValueError("a file in it has properties that no package has")
    start = offset + _LOCAL.size
    end = start + name_size + size
    if name_size > _LONGEST_NAME or end > len(archive):
        raise ValueError("a file in it is larger than the archive: it is cut off or damaged")
    raw_name = archive[start : start + name_size]
    if not raw_name.isascii() or not raw_name.decode("ascii").isprintable():
        raise ValueError("the name of a file in it is not plain")
    return raw_name.decode("ascii"), archive[start + name_size : end], end
