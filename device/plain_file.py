"""Files that are files: a named pipe, a device or a folder is refused at once, never waited for.

Opening a named pipe waits for whoever writes into it, and some devices never end. All files that
come from outside (spectra, models, trust, records, field library, recipes) are opened through here.

Next: `strict_json.py`, what is read of such a file.
"""

import errno
import io
import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_T = TypeVar("_T")

_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


# Where the system's words do not say what is meant.
_OF_A_PATH: Final = {
    errno.ELOOP: "a link in its path leads to itself",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.ENAMETOOLONG: "its name is too long",
}
ZERO_BYTE: Final = "its name holds a zero byte"


class NotAPlainFile(OSError):
    """Something else than a file bears this name; `strerror` says what."""


def check_plain(path: str | os.PathLike[str]) -> None:
    """Look at what bears the name, without opening it; nothing there is no fault.

    Raises:
        NotAPlainFile: it is no file.
        OSError: it cannot be looked at.
    """
    try:
        _require_plain(os.stat(path).st_mode)
    except FileNotFoundError:
        return


class _Answering(io.FileIO):
    """A file that has nothing to give yet says so: /proc/kmsg is a plain file by its kind, and
    Python's own reader would answer None in place of bytes."""

    def __init__(self, path: str | os.PathLike[str], opener: Callable[[str, int], int]) -> None:
        super().__init__(os.fspath(path), "rb", opener=opener)

    def readinto(self, buffer: "Buffer", /) -> int:
        count: int | None = super().readinto(buffer)
        return _answered(count)

    def readall(self) -> bytes:
        data: bytes | None = super().readall()
        return _answered(data)


def _answered(found: _T | None) -> _T:
    if found is None:
        raise NotAPlainFile(errno.EAGAIN, "it gives nothing without being waited for")
    return found


def open_plain(path: str | os.PathLike[str]) -> BinaryIO:
    """A file open for reading, never waited for.

    Raises:
        NotAPlainFile: it is something else.
        OSError: it is not there, or may not be read.
        ValueError: its name is no path (it holds a zero byte).
    """
    _require_plain(os.stat(path).st_mode)  # before it is opened: opening a device may do something
    stream = io.BufferedReader(_Answering(path, opener=opened_without_waiting))
    try:
        _require_plain(os.fstat(stream.fileno()).st_mode)  # another one may bear the name by now
    except BaseException:
        stream.close()
        raise
    return stream


def read_plain(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """All bytes of a file.

    Raises:
        as `open_plain`; ValueError also for a file of more than `most_bytes`.
    """
    with open_plain(path) as stream:
        data = stream.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"it is larger than {most_bytes} bytes")
    return data


def opened_without_waiting(path: str, flags: int) -> int:
    """For `open(opener=...)`: a named pipe that nobody reads or writes is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)


def why_not(error: OSError | ValueError) -> str:
    """What stands in the way, in words that fit behind a colon."""
    if not isinstance(error, OSError):
        return ZERO_BYTE if "null byte" in str(error) or "null char" in str(error) else str(error)
    if isinstance(error, NotAPlainFile):
        return str(error.strerror)
    return _OF_A_PATH.get(error.errno or 0) or error.strerror or type(error).__name__


def _require_plain(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((words for holds, words in _KINDS if holds(mode)), "something else")
        raise NotAPlainFile(errno.EINVAL, f"it is {kind}, not a plain file")
