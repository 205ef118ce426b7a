"""The folder of compounds measured in the field: one file each, whole or not there.

A new entry is written beside its place, synced and renamed, so that a power cut leaves either no
entry or a whole one. A damaged entry is never skipped: a library that silently lost a compound
would call it unknown. Next: `device/answer/identifier.py`, which fits with them.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device import installation
from device.durable import OWN_FILE, OWN_FOLDER, UNFINISHED, make_folder, sync_folder
from device.field_library.compound import FieldCompound, clash, decode, encode, key_of
from device.inference.manifest import Compound
from device.plain_file import opened_without_waiting, why_not
from device.strict_json import StrictJsonError
from firmware_bridge.errors import RamixError

SUFFIX: Final = ".json"
MAX_ENTRIES: Final = 100  # each makes the fit slower; more belong into a trained library
MAX_ENTRY_SIZE: Final = 4_000_000  # bytes
_LOCK = ".lock"


class FieldLibraryError(RamixError):
    """An entry is damaged, the folder cannot be used, or a name is taken or not there."""

    code = "field_library"
    default_remedy = "`ramix library list` shows what is there."


@dataclass(frozen=True)
class DamagedEntry:
    """A file that should be an entry and is not one."""

    path: Path
    reason: str

    def error(self) -> FieldLibraryError:
        return FieldLibraryError(
            f"The field library's entry {self.path} is damaged: {self.reason}.",
            remedy=f"Remove it with `ramix library remove {self.path.stem}`, "
            "then add the compound again.",
        )


@dataclass(frozen=True)
class FieldLibrary:
    """One folder of entries; nothing is created before something is added."""

    folder: Path

    @classmethod
    def default(cls) -> "FieldLibrary":
        return cls(installation.field_library_dir())

    def scan(self) -> tuple[tuple[FieldCompound, ...], tuple[DamagedEntry, ...]]:
        """Everything there, the whole and the damaged, in the order of the file names.

        Raises:
            FieldLibraryError: the folder cannot be read.
        """
        whole: list[FieldCompound] = []
        damaged: list[DamagedEntry] = []
        for path in self._paths():
            try:
                entry = _read(path)
                conflict = clash(entry.compound, (other.compound for other in whole))
                if conflict is not None:
                    raise StrictJsonError(conflict)
                whole.append(entry)
            except StrictJsonError as error:
                damaged.append(DamagedEntry(path, str(error)))
        return tuple(whole), tuple(damaged)

    def load(self) -> tuple[FieldCompound, ...]:
        """All entries.

        Raises:
            FieldLibraryError: one is damaged (the text names its file), or the folder is unusable.
        """
        whole, damaged = self.scan()
        if damaged:
            raise damaged[0].error()
        return whole

    def add(self, entry: FieldCompound, beside: Iterable[Compound] = ()) -> Path:
        """Keep `entry`; it is safe on disk when this returns.

        `beside` are the compounds of the model it will stand beside.

        Raises:
            FieldLibraryError: its name is taken, an older entry is damaged, the folder is full or
                cannot be written.
        """
        path = self.folder / file_name(entry.name)
        with self._locked():
            there = self.load()
            conflict = clash(entry.compound, (*beside, *(other.compound for other in there)))
            if conflict is not None:
                raise FieldLibraryError(
                    f"{entry.name!r} cannot be added: {conflict}.",
                    remedy="Choose another name, or remove the older one first.",
                )
            if len(there) >= MAX_ENTRIES:
                raise FieldLibraryError(
                    f"The field library is full: it holds {MAX_ENTRIES} compounds.",
                    remedy="Remove some, or train a model with them.",
                )
            self._sweep()
            _write(path, encode(entry))
        return path

    def remove(self, name: str) -> Path:
        """Take an entry out, by its name, a synonym or its file's name; damaged ones too.

        Raises:
            FieldLibraryError: nothing of that name is there, or the folder cannot be written.
        """
        if self.folder.is_dir():
            with self._locked():
                path = self._find(name)
                if path is not None:
                    path.unlink()
                    sync_folder(self.folder)
                    return path
        raise FieldLibraryError(f"The field library has no {name!r}.")

    def _find(self, name: str) -> Path | None:
        for entry in self.scan()[0]:
            if key_of(name) in map(key_of, (entry.name, *entry.compound.synonyms)):
                return self.folder / file_name(entry.name)
        for path in self._paths():  # what cannot be read still has a file name
            if path.name in (name, f"{name}{SUFFIX}", file_name(name)):
                return path
        return None

    def _paths(self) -> list[Path]:
        try:
            found = sorted(path for path in self.folder.iterdir() if path.suffix == SUFFIX)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable(error) from error
        return [path for path in found if not path.name.startswith(".")]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time: two programs must not both find a name free."""
        try:
            make_folder(self.folder, OWN_FOLDER)
            with open(self.folder / _LOCK, "w", opener=_opened_lock) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise self._unusable(error) from error

    def _sweep(self) -> None:
        """Leftovers of writes that a power cut ended; the lock is held, so nobody writes them."""
        for path in self.folder.glob(f".*{UNFINISHED}"):
            path.unlink(missing_ok=True)

    def _unusable(self, error: OSError) -> FieldLibraryError:
        return FieldLibraryError(
            f"The field library {self.folder} cannot be used: {why_not(error)}.",
            remedy="Check the disk and the folder's owner.",
        )


def file_name(name: str) -> str:
    """Readable, legal on every disk, and different for different names."""
    readable = re.sub(r"[^a-z0-9]+", "-", key_of(name)).strip("-")[:40] or "compound"
    digest = hashlib.sha256(key_of(name).encode("utf-8", "surrogatepass"))  # typed as any bytes
    return f"{readable}-{digest.hexdigest()[:8]}{SUFFIX}"


def _read(path: Path) -> FieldCompound:
    """Raises StrictJsonError with why this is no entry."""
    try:
        entry = decode(installation.read_capped(path, MAX_ENTRY_SIZE))
    except OSError as error:
        raise StrictJsonError(f"it cannot be read: {why_not(error)}") from error
    except StrictJsonError:
        raise
    except ValueError as error:
        raise StrictJsonError(str(error)) from error
    if path.name != file_name(entry.name):
        raise StrictJsonError(f"it holds {entry.name!r} under another file's name")
    return entry


def _opened_lock(path: str, flags: int) -> int:
    """A new one is its owner's alone; one that is there keeps its mode."""
    os.close(os.open(path, os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC | os.O_RDWR, OWN_FILE))
    return opened_without_waiting(path, flags)


def _write(path: Path, data: bytes) -> None:
    """Under the lock, so the unfinished file needs one name, which the next writer sweeps away."""
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    with unfinished.open("wb") as stream:
        os.fchmod(stream.fileno(), OWN_FILE)
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)
