"""The head of a chain at one entry, signed: small enough to be published by itself.

Whoever noted a head can show later that everything up to it is unchanged. The signature covers
store, sequence, kind, time and hash; the hash covers everything before. The short code is for
paper and screens. Next: `device_key.py`, who signs.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from device import strict_json
from device.inference.trust import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, key_id_of
from device.plain_file import read_plain, why_not
from device.printable import printable
from device.records.errors import RecordStoreError

HEAD_PREFIX: Final = b"ramix-head-v2\0"
HASH_SIZE: Final = 32
MAX_SEQUENCE: Final = 2**53  # exact in every JSON reader
MAX_HEAD_BYTES: Final = 4096
# 50 bits are short enough for paper. Who holds the device's key finds a second entry with the code
# of a given one in 2**50 tries, and two with one code in 2**25: against them a head is noted whole.
_CODE_LENGTH: Final = 10
_KEYS: Final = ("store_id", "sequence", "kind", "time_utc", "hash", "public_key", "signature")


@dataclass(frozen=True)
class Head:
    """One entry's place in a chain; `public_key` is the device's, raw Ed25519."""

    store_id: str
    sequence: int
    kind: str
    time_utc: str
    hash: bytes
    public_key: bytes
    signature: bytes = b""

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)

    @property
    def code(self) -> str:
        return head_code(self.hash)

    @property
    def entry_id(self) -> str:
        """As it stands in the entry."""
        return entry_id(self.sequence, self.time_utc, self.store_id)

    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return HEAD_PREFIX + canonical(
            {
                "hash": self.hash.hex(),
                "kind": self.kind,
                "sequence": self.sequence,
                "store_id": self.store_id,
                "time_utc": self.time_utc,
            }
        )

    def is_signed(self) -> bool:
        """Whether the signature fits the key in it; whose key that is, is another question."""
        return _fits(self.public_key, self.signature, self.signed_bytes())

    def as_json(self) -> dict[str, Any]:
        return {
            "store_id": self.store_id,
            "sequence": self.sequence,
            "kind": self.kind,
            "time_utc": self.time_utc,
            "hash": self.hash.hex(),
            "code": self.code,
            "key_id": self.key_id,
            "public_key": self.public_key.hex(),
            "signature": self.signature.hex(),
        }


def head_from_json(data: bytes, where: str) -> Head:
    """A published head; its signature is checked.

    Raises:
        RecordStoreError: it is none, or was changed.
    """
    try:
        value = strict_json.loads(data)
        if not isinstance(value, dict) or not set(_KEYS) <= value.keys():
            raise strict_json.StrictJsonError("it is no head")
        fields = strict_json.Fields({key: value[key] for key in _KEYS}, "head")
        head = Head(
            store_id=fields.text("store_id"),
            sequence=fields.integer("sequence", 0, MAX_SEQUENCE),
            kind=fields.text("kind"),
            time_utc=fields.text("time_utc"),
            hash=_bytes(fields.text("hash"), HASH_SIZE),
            public_key=_bytes(fields.text("public_key"), PUBLIC_KEY_SIZE),
            signature=_bytes(fields.text("signature"), SIGNATURE_SIZE),
        )
    except ValueError as error:
        raise RecordStoreError(f"The head in {where} cannot be read: {error}.") from error
    if not head.is_signed():
        raise RecordStoreError(f"The head in {where} was changed: its signature does not fit.")
    return head


@lru_cache(maxsize=16)  # each append looks at the same three again: first entry, newest, mark
def _fits(public_key: bytes, signature: bytes, message: bytes) -> bool:
    return signature_fits(public_key, signature, message)


def entry_id(sequence: int, time_utc: str, store_id: str) -> str:
    """The number comes first: ids sort in order even where the clock was set back."""
    time = re.sub(r"[^0-9T]", "", time_utc[:19])
    return f"{sequence:07d}-{time}Z-{store_id[:4]}"


def head_code(chain_hash: bytes | str) -> str:
    """The first 50 bits of a hash in two groups of base 32, as `K3FQA-7XW2M`."""
    raw = bytes.fromhex(chain_hash) if isinstance(chain_hash, str) else chain_hash
    text = base64.b32encode(raw[:7]).decode("ascii")[:_CODE_LENGTH]
    return f"{text[:5]}-{text[5:]}"


def chained_hash(previous: bytes, body_sha256: bytes) -> bytes:
    return hashlib.sha256(b"ramix-record-v2\0" + previous + body_sha256).digest()


def genesis_hash(store_id: str) -> bytes:
    """What stands in the place of a hash before the first entry."""
    return hashlib.sha256(b"ramix-store-v2\0" + store_id.encode()).digest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no spaces, ASCII alone, and no NaN.

    Raises:
        ValueError, TypeError: `value` is no JSON.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def signature_fits(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Ed25519, on bytes that may be anything."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_from_hex(text: str) -> bytes:
    """A public key as `Head.as_json` prints it.

    Raises:
        RecordStoreError: it is none.
    """
    try:
        return _bytes(text.strip(), PUBLIC_KEY_SIZE)
    except ValueError as error:
        raise RecordStoreError(
            f"{printable(text)[:80]!r} is no public key: 64 hex digits are needed.",
            remedy="`ramix records head --json` on that device prints it as public_key.",
        ) from error


def read_noted(path: Path) -> Head:
    """A head in a file, as `ramix records head --json` printed it.

    Raises:
        RecordStoreError: it cannot be read, or was changed.
    """
    try:
        data = read_plain(path, MAX_HEAD_BYTES)
    except (OSError, ValueError) as error:
        raise RecordStoreError(f"The head {path} cannot be read: {why_not(error)}.") from error
    return head_from_json(data, str(path))


def _bytes(text: str, size: int) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != size:
        raise strict_json.StrictJsonError(f"{size} bytes in hex are needed")
    return value
