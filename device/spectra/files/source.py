"""A file's bytes, read once and within bounds, and the text that they are.

Next: `vocabulary.py`, whose words decide between old encodings; `format.py`, who reads what.
"""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from device.plain_file import NotAPlainFile, open_plain, why_not
from device.spectra.files.refusal import (
    MAX_FILE_BYTES,
    MAX_LINE_LENGTH,
    MAX_LINES,
    SpectrumFileError,
    TextFile,
    refuse,
)
from device.spectra.files.vocabulary import FOREIGN_SCRIPTS

# Below tab, or between CR and space: no text file has these; a binary file has them soon.
_BINARY = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26})
# The full-width Latin letters, digits and signs of East Asian text, and the blank of that width.
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
_TO_ASCII: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_NOT_ASCII = re.compile(rb"[^\n\r]*[\x80-\xff][^\n\r]*")
_MOST_LINES_TRIED = 200
# Of 8 bits and of two bytes; one is believed where a word of a spectrum's header appears in it.
_ENCODINGS: Final = (
    "gb18030",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "cp1251",
    "koi8_r",
    "cp866",
    "mac_cyrillic",
    "iso8859_5",
    "cp1253",
    "cp1255",
    "cp1256",
    "cp874",
)


@dataclass(frozen=True)
class Source:
    """A file's name, for messages, and its bytes."""

    name: str
    data: bytes

    @cached_property
    def text(self) -> TextFile:
        """The lines.

        Raises:
            SpectrumFileError: empty, not text, or of more lines than a spectrum has.
        """
        if not self.data.strip():
            raise SpectrumFileError(f"{self.name} is empty.")
        text = self._decoded()
        if _FULL_WIDTH.search(text):
            text = text.translate(_TO_ASCII)
        lines = text.count("\n") + text.count("\r")
        if lines > 2 * MAX_LINES:  # before they are made: each costs memory of its own
            refuse(self.name, f"more than {MAX_LINES} lines; a spectrum has fewer")
        split = tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        if len(split) > MAX_LINES:
            refuse(self.name, f"{len(split)} lines; a spectrum has {MAX_LINES} at most")
        if not text.lstrip().startswith("{"):
            for number, line in enumerate(split, start=1):
                if len(line) > MAX_LINE_LENGTH:
                    refuse(
                        self.name,
                        f"{len(line)} characters without an end of line; one spectrum has one "
                        "point in each line",
                        number,
                    )
        return TextFile(self.name, split)

    def _decoded(self) -> str:
        data = self.data
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return self._utf16("utf-16")
        even, odd = data[0:4000:2].count(0), data[1:4000:2].count(0)
        if max(even, odd) > len(data[1:4000:2]) // 2 and min(even, odd) == 0:
            # UTF-16 without its mark: every second byte of digits is zero
            return self._utf16("utf-16-le" if odd else "utf-16-be")
        if data.translate(None, delete=_BINARY) != data:
            raise SpectrumFileError(f"{self.name} is a binary file, not text.")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode(_encoding_of(data), errors="replace")

    def _utf16(self, encoding: str) -> str:
        try:
            text = self.data.decode(encoding)
        except UnicodeDecodeError:
            raise SpectrumFileError(f"{self.name} is damaged UTF-16 text.") from None
        if "\0" in text:
            raise SpectrumFileError(f"{self.name} is a binary file, not text.")
        return text


def read_source(path: str | os.PathLike[str]) -> Source:
    """Read a whole file of at most `MAX_FILE_BYTES`.

    Raises:
        SpectrumFileError: missing, not a plain file, not permitted, or too large.
    """
    name = Path(path).name or str(path)
    try:
        with open_plain(path) as file:
            status = os.fstat(file.fileno())
            # both: the file may grow between the two
            data = b"" if status.st_size > MAX_FILE_BYTES else file.read(MAX_FILE_BYTES + 1)
            size = max(status.st_size, len(data))
    except FileNotFoundError:
        raise SpectrumFileError(
            f"There is no file {os.fspath(path)}.", remedy="Check the path."
        ) from None
    except NotAPlainFile as error:
        raise SpectrumFileError(f"{name} cannot be read: {error.strerror}.") from None
    except PermissionError:
        raise SpectrumFileError(
            f"You may not read {os.fspath(path)}.", remedy="Change its permissions."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise SpectrumFileError(f"{name} cannot be read: {why_not(error)}.") from error
    if size > MAX_FILE_BYTES:
        raise SpectrumFileError(
            f"{name} has {size / 1e6:.0f} MB; a spectrum has less than "
            f"{MAX_FILE_BYTES / 1e6:.0f} MB."
        )
    return Source(name, data)


def _encoding_of(data: bytes) -> str:
    """The encoding in which words of a header appear; Latin-1, of older Windows software, else."""
    found = (match[0] for match, _ in zip(_NOT_ASCII.finditer(data), range(200), strict=False))
    sample = b"\n".join(line[:500] for line in found)[: 500 * _MOST_LINES_TRIED]
    best, most = "latin-1", 0
    if FOREIGN_SCRIPTS.search(sample.decode("utf-8", errors="replace")):
        return "utf-8"  # one damaged byte somewhere
    for encoding in _ENCODINGS:
        try:
            count = FOREIGN_SCRIPTS.count(sample.decode(encoding, errors="replace"))
        except LookupError:  # an interpreter built without it
            continue
        if count > most:
            best, most = encoding, count
    return best
