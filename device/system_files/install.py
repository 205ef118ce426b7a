"""Writes the udev rule and the systemd unit, whole or not at all.

Next: `../cli/install_system.py`, which says so.
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

from device.durable import make_folder, sync_folder, written_whole
from device.plain_file import read_plain, why_not
from device.system_files.errors import RootNeeded, SystemFileError
from device.system_files.service_unit import UNIT_NAME, service_unit
from device.system_files.udev_rule import RULE_NAME, udev_rule

THIS_SYSTEM: Final = Path("/")
RULES_FOLDER: Final = PurePosixPath("etc/udev/rules.d")
UNITS_FOLDER: Final = PurePosixPath("etc/systemd/system")
# What makes each of them count, once it is written.
NEXT_STEPS: Final = (
    "sudo udevadm control --reload && sudo udevadm trigger",
    "sudo systemctl daemon-reload && sudo systemctl enable --now ramix",
)
_FILE_MODE: Final = 0o644
_MAX_BYTES: Final = 1_000_000


class Outcome(StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class SystemFile:
    """`path` is relative to the root of a system."""

    path: PurePosixPath
    text: str


def system_files(program: PurePosixPath | None) -> tuple[SystemFile, ...]:
    """Rule and unit; `program` is the `ramix` of the service, None: the rule alone.

    Raises:
        SystemFileError: the service could not start that program.
    """
    rule = SystemFile(RULES_FOLDER / RULE_NAME, udev_rule())
    if program is None:
        return (rule,)
    return rule, SystemFile(UNITS_FOLDER / UNIT_NAME, service_unit(program))


def require_may_write(root: Path) -> None:
    """Raises `RootNeeded` where this system is meant and the user is not root."""
    if os.path.realpath(root) == str(THIS_SYSTEM) and os.geteuid() != 0:
        raise RootNeeded("Only root may install files of the system.")


def write(file: SystemFile, root: Path) -> Outcome:
    """Put the file below `root`; it is safe on the disk when this returns.

    Raises:
        SystemFileError: it cannot be written there.
    """
    path = root / file.path
    data = file.text.encode()
    try:
        make_folder(path.parent)
        there = read_plain(path, _MAX_BYTES) if path.exists() else None
        if there == data:
            path.chmod(_FILE_MODE)
            return Outcome.UNCHANGED
        with written_whole(path, mode=_FILE_MODE) as stream:
            stream.write(data)
        sync_folder(path.parent)
    except (OSError, ValueError) as error:
        raise SystemFileError(f"{path} cannot be written: {why_not(error)}.") from error
    return Outcome.WRITTEN if there is None else Outcome.REPLACED
