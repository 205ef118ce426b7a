"""Where the link key is kept: the file that was named, else `link.key` beside the other settings.

The file holds 64 hex digits. It is a secret: one that others may read is refused, not used.

Next: `driver/link_key.py`, which proves it to the analyzer.
"""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from device import installation
from device.driver.link_key import LinkKeyError
from device.durable import OWN_FILE, OWN_FOLDER, make_folder, sync_folder
from device.plain_file import open_plain, why_not
from firmware_bridge.link_key import KEY_SIZE

NAME: Final = "link.key"
_MOST_BYTES: Final = 2 * KEY_SIZE + 2  # and the end of a line

_named: list[Path] = []  # by the command line, for the whole program; at most one


class KeyFileRefused(LinkKeyError):
    """The key file cannot be used, and why."""

    code = "link_key_file"
    default_remedy = "Make a new one with `ramix link-key FILE` and give it to the analyzer too."


def name_key_file(path: Path | None) -> None:
    """Use this file from now on; None: the usual places."""
    _named[:] = [] if path is None else [path]


def is_named() -> bool:
    """Whether the command line, or the settings file in its place, names the key file."""
    return bool(_named)


def usual_key_files() -> tuple[Path, ...]:
    """Where a key is looked for when none was named: the user's settings, then the system's."""
    system_dir, user_dir = installation.config_dirs()
    return user_dir / NAME, system_dir / NAME


def find_key() -> bytes | None:
    """The key in the named file, or in the first usual place that has one; None: there is none.

    Raises:
        KeyFileRefused: a file is there and cannot be used.
    """
    if _named:
        return read_key(_named[0])
    for path in usual_key_files():
        try:
            is_there = path.exists() or path.is_symlink()
        except OSError as error:
            raise KeyFileRefused(f"{path} cannot be looked at: {why_not(error)}.") from error
        if is_there:
            return read_key(path)
    return None


def read_key(path: Path) -> bytes:
    """The 32 bytes of a key file.

    Raises:
        KeyFileRefused: it is not there, no plain file, open to others, or holds something else.
    """
    try:
        with open_plain(path) as stream:
            status = os.fstat(stream.fileno())
            text = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise KeyFileRefused(f"The link key {path} cannot be read: {why_not(error)}.") from error
    if stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileRefused(
            f"Other users can reach the link key {path}.",
            remedy=f"Take it away from them, chmod 600 {path}, and make a new one if it was read.",
        )
    if status.st_uid not in (0, os.geteuid()):
        raise KeyFileRefused(f"The link key {path} belongs to another user, who may change it.")
    digits = text.rstrip(b"\r\n")
    if len(digits) != 2 * KEY_SIZE or digits.strip(b"0123456789abcdefABCDEF"):
        raise KeyFileRefused(f"{path} is no link key: it must hold {2 * KEY_SIZE} hex digits.")
    return bytes.fromhex(digits.decode("ascii"))


def write_new_key(path: Path) -> None:
    """A fresh random key in a new file, readable by its owner alone; an old file is never touched.

    Raises:
        KeyFileRefused: the file is there already, or cannot be written.
    """
    text = secrets.token_hex(KEY_SIZE).encode() + b"\n"
    try:
        make_folder(path.parent, OWN_FOLDER)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWN_FILE)
        try:
            with open(descriptor, "wb") as stream:
                os.fchmod(stream.fileno(), OWN_FILE)
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError:
            path.unlink()  # else half a key would be found, and refused, at every start
            raise
        sync_folder(path.parent)
    except FileExistsError as error:
        raise KeyFileRefused(
            f"{path} is there already.", remedy="Name another file, or remove that one first."
        ) from error
    except OSError as error:
        raise KeyFileRefused(
            f"The link key {path} cannot be written: {why_not(error)}.",
            remedy="Name a file in a folder that you may write to.",
        ) from error
