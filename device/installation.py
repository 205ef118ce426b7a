"""Where things live on this machine: shipped models, configuration, records, cache.

`RAMIX_HOME=DIR` moves configuration, records and cache under one directory (tests, several
analyzers on one computer); the shipped models stay with the installation. On a machine that its
administrator has set up, the system's own directories decide whatever the environment says. Nothing
heavy is imported here and nothing is created: who writes, makes the directory.

Next: `durable.py`, how files are written there; `plain_file.py`, how they are read.
"""

import os
import sys
from pathlib import Path
from typing import Final

from device.plain_file import read_plain
from firmware_bridge.errors import RamixError

# No variable of a user's environment moves these two. A packager may write others here.
SYSTEM_CONFIG_DIR: Final = Path("/etc/ramix")
SYSTEM_STATE_DIR: Final = Path("/var/lib/ramix-trust")
TRUST_STATE_NAME: Final = "trust-state.json"
PRODUCTION_NAME: Final = "production"
DEFAULT_MODEL_NAME: Final = "solvents13-2.ramix"


class NoHome(RamixError):
    """Neither the environment nor the system says where this user's files lie."""

    code = "no_home"
    default_remedy = "Name a folder with HOME or RAMIX_HOME."


def how_to_install(library: str) -> str:
    """The command that adds a library to this environment, whether it was made in a checkout or by
    an archive's installer; this program itself is in no registry."""
    return f"{sys.executable} -m pip install {library}"


def shipped_models_dir() -> Path:
    """`models/` beside the packages (a checkout), else below the environment's `share`."""
    beside = Path(__file__).resolve().parent.parent / "models"
    return beside if beside.is_dir() else Path(sys.prefix) / "share" / "ramix-edge" / "models"


def shipped_data_dir() -> Path:
    """Recorded spectra: `data/` beside the packages, else what the wheel brought of it."""
    beside = Path(__file__).resolve().parent.parent / "data"
    return beside if beside.is_dir() else Path(sys.prefix) / "share" / "ramix-edge" / "data"


def default_model_path() -> Path:
    """The bundle that answers when nobody chose another."""
    return shipped_models_dir() / DEFAULT_MODEL_NAME


def config_dirs() -> tuple[Path, Path]:
    """The system's configuration directory and the user's, in the order they are asked.

    `RAMIX_HOME/etc` stands in for the system's only where this machine has none.
    """
    home = _home()
    user_dir = home / "config" if home else _xdg("XDG_CONFIG_HOME", ".config") / "ramix"
    if home is not None and not _is_set_up():
        return home / "etc", user_dir
    return SYSTEM_CONFIG_DIR, user_dir


def trust_state_paths() -> tuple[Path, Path]:
    """Where the highest number of a trust file is remembered: the system's and the user's."""
    home = _home()
    user_path = data_dir() / TRUST_STATE_NAME
    if home is not None and not _is_set_up():
        return home / "var" / TRUST_STATE_NAME, user_path
    return SYSTEM_STATE_DIR / TRUST_STATE_NAME, user_path


def production_marks() -> tuple[Path, Path]:
    """Files that make this a production installation: the administrator's, and the packager's."""
    return config_dirs()[0] / PRODUCTION_NAME, shipped_models_dir() / PRODUCTION_NAME


def settings_paths() -> tuple[Path, ...]:
    """Where defaults of options may stand, the system's first: the later one holds."""
    return tuple(directory / "ramix.toml" for directory in config_dirs())


def configured_model_path() -> Path | None:
    """`model.ramix` in a configuration directory (a file or a link), if there is one."""
    for directory in config_dirs():
        path = directory / "model.ramix"
        if path.exists() or path.is_symlink():  # a dangling link is an error, not "nothing"
            return path
    return None


def data_dir() -> Path:
    """Where records and the field library are kept."""
    return _home() or _xdg("XDG_DATA_HOME", ".local/share") / "ramix"


def default_record_store_path(*, simulated: bool = False) -> Path:
    """Records of simulated analyzers are kept apart: nobody may take them for measurements."""
    return data_dir() / ("records-sim.sqlite" if simulated else "records.sqlite")


def field_library_dir() -> Path:
    """Compounds measured in the field, one file each."""
    return data_dir() / "library"


def kept_pages_dir() -> Path:
    """Calibration pages that others took the place of, one file each."""
    return data_dir() / "calibration"


def bundle_cache_dir() -> Path:
    """Bundles read back from analyzers, named by SHA-256; safe to delete."""
    home = _home()
    base = home / "cache" if home is not None else _xdg("XDG_CACHE_HOME", ".cache") / "ramix"
    return base / "bundles"


def read_capped(path: Path, max_size: int) -> bytes:
    """Read a whole plain file of at most `max_size` bytes; raises OSError (also for a named pipe,
    a device or a folder), or ValueError if it is larger."""
    return read_plain(path, max_size)


def is_there(path: Path) -> bool:
    """False only when it is known that nothing is there; a dangling link is something.

    Raises OSError where it cannot be looked at.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _is_set_up() -> bool:
    """Whether this machine has a system's configuration, or had one; unreadable is not absent."""
    try:
        return is_there(SYSTEM_CONFIG_DIR) or is_there(SYSTEM_STATE_DIR)
    except OSError:
        return True


def _home() -> Path | None:
    value = os.environ.get("RAMIX_HOME")
    return Path(value) if value else None


def _xdg(variable: str, below_home: str) -> Path:
    value = os.environ.get(variable)
    if value:
        return Path(value)
    try:
        return Path.home() / below_home
    except RuntimeError as error:  # no HOME, and a user whom the system does not know
        raise NoHome("It is not known which folder is this user's home.") from error
