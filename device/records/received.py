"""Packages of colleagues, kept whole in a folder of their own: never among this machine's records.

Next: `../export/package.py`, what is in one.
"""

from pathlib import Path
from typing import Final

from device import installation
from device.durable import OWN_FILE, OWN_FOLDER, make_folder, sync_folder, written_whole
from device.plain_file import read_plain, why_not
from device.records.errors import RecordStoreError

FOLDER: Final = "packages"


def received_folder() -> Path:
    return installation.data_dir() / FOLDER


def keep(data: bytes, sha256: str, suffix: str) -> Path:
    """Put a checked package there, named after its hash; safe on disk when this returns.

    Raises:
        RecordStoreError: the disk does not take it.
    """
    folder = received_folder()
    path = folder / f"{sha256[:16]}{suffix}"
    try:
        make_folder(folder, OWN_FOLDER)
        with written_whole(path, OWN_FILE) as stream:
            stream.write(data)
        sync_folder(folder)
    except OSError as error:
        raise RecordStoreError(
            f"The package was not kept in {folder}: {why_not(error)}.",
            remedy="Give the folder to this user, or name another one with RAMIX_HOME.",
        ) from error
    return path


def read_file(path: Path, most_bytes: int) -> bytes:
    """A package or an answer as it came.

    Raises:
        RecordStoreError: it cannot be read, or is larger than any.
    """
    try:
        return read_plain(path, most_bytes)
    except (OSError, ValueError) as error:
        raise RecordStoreError(
            f"{path} cannot be read: {why_not(error)}.", remedy="Check the path."
        ) from error
