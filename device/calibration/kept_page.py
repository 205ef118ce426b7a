"""The page that was in the analyzer, kept in a file before another takes its place.

The file holds the page's own bytes, so it can be written back (`ramix calibrate --restore`).

Next: `round.py`, which keeps one.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from device.durable import make_folder, sync_folder, written_whole
from device.plain_file import read_plain, why_not
from firmware_bridge.calibration import MAGIC, CalibrationPage
from firmware_bridge.errors import CallerError, RamixError

_MOST_BYTES: Final = 256 * 1024
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class PageNotKept(RamixError):
    """The old page could not be put into a file, so nothing was written to the analyzer."""

    code = "page_not_kept"
    default_remedy = "Make room, or let RAMIX_HOME name a folder that you may write to."


class PageFileError(CallerError):
    """The file is no calibration page."""

    code = "page_file"


def keep(page: bytes, serial: str, folder: Path) -> Path | None:
    """Put a page's bytes into a new file of `folder`, readable by its owner alone; its path.

    None where the analyzer has no page yet.

    Raises:
        PageNotKept: the disk does not take it.
    """
    if not page:
        return None
    name = re.sub(r"[^A-Za-z0-9._-]", "_", serial).lstrip(".") or "analyzer"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    try:
        make_folder(folder, _FOLDER_MODE)
        folder.chmod(_FOLDER_MODE)
        path = folder / f"{name}-{stamp}.page"
        number = 1
        while path.exists():
            number += 1
            path = folder / f"{name}-{stamp}-{number}.page"
        with written_whole(path, mode=_FILE_MODE) as stream:
            stream.write(page)
        sync_folder(folder)
    except OSError as error:
        raise PageNotKept(f"The old page cannot be kept in {folder}: {why_not(error)}.") from error
    return path


def read_kept(path: Path) -> CalibrationPage:
    """A page from such a file.

    Raises:
        PageFileError: it cannot be read, or holds no page.
        CalibrationError: the page is damaged.
    """
    try:
        page = read_plain(path, _MOST_BYTES)
    except (OSError, ValueError) as error:
        raise PageFileError(f"Cannot read the page in {path}: {why_not(error)}.") from error
    if not page.startswith(MAGIC):
        raise PageFileError(f"{path} holds no calibration page.")
    return CalibrationPage.from_bytes(page)
