"""Who may measure: names with PINs, kept as salted scrypt hashes in a file of the owner alone.

A wrong PIN makes the next try of that name wait twice as long as the one before.
Next: `seat.py`, who is signed in.
"""

import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.durable import OWN_FILE, OWN_FOLDER, make_folder, sync_folder, written_whole
from device.plain_file import read_plain, why_not
from device.strict_json import Fields, StrictJsonError, loads
from firmware_bridge.errors import CallerError, RamixError

# RFC 7914 and OWASP's password storage sheet: 16 MiB, some 50 ms on a handheld's processor.
_N, _R, _P, _BYTES = 2**14, 8, 1, 32
_SALT_BYTES: Final = 16
_MOST_BYTES: Final = 64 * 1024
MOST_OPERATORS: Final = 100
LONGEST_NAME: Final = 60
SHORTEST_PIN, LONGEST_PIN = 4, 64
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 300.0


class OperatorsError(RamixError):
    """The file of operators cannot be read or written."""

    code = "operators"
    default_remedy = "Mend or remove the file, then try again."


class WrongPin(RamixError):
    """Name and PIN do not belong together; which of the two is wrong is not told."""

    code = "wrong_pin"


@dataclass(frozen=True)
class _Kept:
    salt: bytes
    digest: bytes


class Operators:
    """The file and what was tried; any thread may ask."""

    def __init__(self, path: Path, now_s: Callable[[], float] = time.monotonic) -> None:
        self._path, self._now_s = path, now_s
        self._lock = threading.Lock()
        self._wrong: dict[str, tuple[int, float]] = {}  # tries, and until when the next must wait

    def names(self) -> tuple[str, ...]:
        """In the order in which they were added. Raises `OperatorsError`."""
        return tuple(self._read())

    def add(self, name: str, pin: str) -> None:
        """A new operator, or another PIN for one.

        Raises:
            CallerError: a name or a PIN that cannot be used.
            OperatorsError: the file.
        """
        name = checked_name(name)
        if not (SHORTEST_PIN <= len(pin) <= LONGEST_PIN and pin.isprintable()):
            raise CallerError(f"A PIN has {SHORTEST_PIN} to {LONGEST_PIN} letters or digits.")
        with self._lock:
            kept = self._read()
            if name not in kept and len(kept) >= MOST_OPERATORS:
                raise CallerError(f"There is room for {MOST_OPERATORS} operators.")
            salt = os.urandom(_SALT_BYTES)
            kept[name] = _Kept(salt, _digest(pin, salt))
            self._write(kept)

    def check(self, name: str, pin: str) -> None:
        """Raises `WrongPin`, also while a name has to wait after wrong ones."""
        with self._lock:
            tries, until_s = self._wrong.get(name, (0, 0.0))
            left_s = until_s - self._now_s()
            if left_s > 0.0:
                raise WrongPin("Too many wrong PINs.", remedy=f"Try again in {left_s:.0f} s.")
            known = self._read()
            kept = known.get(name)
            # a name that does not exist takes as long as one that does
            salt = bytes(_SALT_BYTES) if kept is None else kept.salt
            found = _digest(pin[: LONGEST_PIN + 1], salt)
            if kept is not None and hmac.compare_digest(found, kept.digest):
                self._wrong.pop(name, None)
                return
            wait_s = min(_FIRST_WAIT_S * 2.0**tries, _LONGEST_WAIT_S)
            if len(self._wrong) > MOST_OPERATORS and name not in self._wrong:
                # names that were made up; those that exist are few, and go on waiting
                self._wrong = {one: told for one, told in self._wrong.items() if one in known}
            self._wrong[name] = (tries + 1, self._now_s() + wait_s)
            raise WrongPin("Name and PIN do not belong together.", remedy="Try again.")

    def _read(self) -> dict[str, _Kept]:
        try:
            fields = Fields(loads(read_plain(self._path, _MOST_BYTES)), "operators")
            found = fields.mapping("operators")
            fields.done()
            return {checked_name(name): _kept(entry, name) for name, entry in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, CallerError, StrictJsonError, ValueError) as error:
            raise OperatorsError(f"The operators in {self._path} cannot be read.") from error

    def _write(self, kept: dict[str, _Kept]) -> None:
        text = json.dumps(
            {
                "operators": {
                    name: {"salt": one.salt.hex(), "scrypt": one.digest.hex()}
                    for name, one in kept.items()
                }
            }
        )
        try:
            make_folder(self._path.parent, OWN_FOLDER)
            with written_whole(self._path, OWN_FILE) as stream:
                stream.write(text.encode())
            sync_folder(self._path.parent)
        except OSError as error:
            raise OperatorsError(
                f"The operators cannot be kept in {self._path}: {why_not(error)}."
            ) from error


def checked_name(name: object) -> str:
    """Raises `CallerError` for what is no name."""
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
        raise CallerError(f"An operator's name has 1 to {LONGEST_NAME} letters.")
    if not name.isprintable():
        raise CallerError("An operator's name holds control characters.")
    return name.strip()


def _kept(entry: object, name: str) -> _Kept:
    fields = Fields(entry, name)
    kept = _Kept(bytes.fromhex(fields.text("salt")), bytes.fromhex(fields.text("scrypt")))
    fields.done()
    if len(kept.digest) != _BYTES:
        raise StrictJsonError(f"{name}: the hash has another length")
    return kept


def _digest(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=_BYTES)
