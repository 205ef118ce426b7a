"""The device's own key, made at its first record: who signs every head.

A file that its owner alone may read. Whoever can read it can sign like this device; a key in a
TPM or a PKCS#11 token takes its place by another `Signer` (`RecordStore(signer=...)`).
Next: `store.py`.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from device import installation
from device.durable import OWN_FILE, OWN_FOLDER, make_folder, moved_to_new, sync_folder
from device.inference.errors import TrustError
from device.inference.trust import SigningKey
from device.plain_file import why_not
from device.records.errors import RecordStoreError

KEY_NAME: Final = "device.key"


class Signer(Protocol):
    """Whoever signs heads: a file's key, or one that never leaves its chip."""

    @property
    def public_key(self) -> bytes:
        """Raw Ed25519, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """Its signature, 64 bytes; raises `RecordStoreError` where it cannot."""


class FileSigner:
    """The key in a PEM file, PKCS#8 without a password."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self.public_key = key.public_key

    def sign(self, message: bytes) -> bytes:
        return self._key.private_key.sign(message)


def device_key_path() -> Path:
    return installation.data_dir() / KEY_NAME


def device_signer() -> Signer:
    """The key of this device, made now if there is none.

    Raises:
        RecordStoreError: it cannot be made or read.
    """
    path = device_key_path()
    try:
        if not path.exists():
            _make(path)
    except OSError as error:
        raise RecordStoreError(
            f"The device key cannot be made at {path}: {why_not(error)}.",
            remedy="Give the folder to this user, or name another one with RAMIX_HOME.",
        ) from error
    return _signer(path, "Keep a damaged device key aside; the next start makes another one, and a "
                   "new store begins.")  # fmt: skip


def file_signer(path: Path) -> Signer:
    """The key in a file, a person's.

    Raises:
        RecordStoreError: it cannot be read, or is no Ed25519 key.
    """
    return _signer(path, "Name a file with an Ed25519 key in PEM (PKCS#8), without a password.")


def _signer(path: Path, remedy: str) -> Signer:
    try:
        return FileSigner(SigningKey.from_file(path))
    except TrustError as error:
        text = error.text.replace("The signing key", "The key", 1)
        raise RecordStoreError(text, remedy=remedy) from error


def known_device_key() -> bytes | None:
    """The public key of this device; None where it has none yet, or it may not be read."""
    try:
        path = device_key_path()
        return file_signer(path).public_key if path.exists() else None
    except (RecordStoreError, OSError):
        return None


def _make(path: Path) -> None:
    """Whole or not at all, and the first of several starts at one instant wins."""
    make_folder(path.parent, OWN_FOLDER)
    own = path.with_name(f".{KEY_NAME}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWN_FILE)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(SigningKey.generate().to_pem())
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            moved_to_new(own, path)
    finally:
        own.unlink(missing_ok=True)
        sync_folder(path.parent)
