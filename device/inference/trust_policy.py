"""Who may sign models: Ed25519, m of n, and refusal wherever that is not known.

A signature covers `SIGNED_PREFIX` and the exact manifest bytes; the manifest holds the hashes of
everything else. The keys come from a `trust.json`; the one shipped in `models/` trusts the demo
key, whose private half is public, so every tool warns when that key signed. `cryptography` is
imported where it is used: most starts of the program that need it need it once.
Next: `trust_here.py`, which keys decide on this machine; `manifest.py`, what is signed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from device import installation, strict_json
from device.inference.errors import SignatureError, TrustError
from device.plain_file import why_not

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNED_PREFIX: Final = b"raman-model-v1\0"  # a signature for anything else never fits a model
TRUST_FORMAT: Final = "ramix-trust-2"
UNNUMBERED_FORMAT: Final = "ramix-trust-1"  # counts as number 0
MAX_SEQUENCE: Final = 2**31 - 1
MAX_THRESHOLD: Final = 16  # signatures that may be asked for
KEY_ID_SIZE: Final = 8
PUBLIC_KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64
MAX_TRUST_FILE_SIZE: Final = 64 * 1024
_UTC_TIME: Final = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", re.ASCII
)
DEMO_KEY_ID: Final = "ca804ea7730193af"  # models/DEMO_KEY_do_not_use.pem; a test compares them


def key_id_of(public_key: bytes) -> str:
    """The name of a key: the first 8 bytes of SHA-256 over the raw public key, in hex."""
    return hashlib.sha256(public_key).hexdigest()[: 2 * KEY_ID_SIZE]


@dataclass(frozen=True)
class Signature:
    """One signature over a manifest; `key_id` is 16 hex digits."""

    key_id: str
    value: bytes


@dataclass(frozen=True)
class TrustPolicy:
    """`threshold` different keys out of `keys` (key id -> raw public key) must have signed.

    sequence: grows with each trust file that a publisher issues. not_after: UTC, ISO 8601; empty:
    it does not end. sha256: of the file; empty: there is none.
    """

    threshold: int
    keys: Mapping[str, bytes]
    source: str = "given keys"
    sequence: int = 0
    not_after: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.keys):
            raise TrustError(
                f"{self.source} asks for {self.threshold} signatures of {len(self.keys)} keys."
            )
        for key_id, public_key in self.keys.items():
            if len(public_key) != PUBLIC_KEY_SIZE or key_id != key_id_of(public_key):
                raise TrustError(f"In {self.source} the key {key_id!r} does not match its name.")

    @classmethod
    def from_json(cls, data: bytes, source: str) -> TrustPolicy:
        """Read a trust file; anything unexpected in it means that nobody is trusted."""
        try:
            fields = strict_json.Fields(strict_json.loads(data), "trust")
            format_ = fields.text("format")
            if format_ not in (TRUST_FORMAT, UNNUMBERED_FORMAT):
                raise strict_json.StrictJsonError(f"trust.format is not {TRUST_FORMAT!r}")
            sequence, not_after = 0, ""
            if format_ == TRUST_FORMAT:
                sequence = fields.integer("sequence", 1, MAX_SEQUENCE)
                not_after = _utc_time(fields.text_if_any("not_after"))
            threshold = fields.integer("threshold", 1, MAX_THRESHOLD)
            keys = {
                key_id: bytes.fromhex(strict_json.as_text(public_key, f"trust.keys.{key_id}"))
                for key_id, public_key in fields.mapping("keys").items()
            }
            fields.done()
        except ValueError as error:
            raise TrustError(f"The trust file {source} is damaged: {error}.") from error
        digest = hashlib.sha256(data).hexdigest()
        return cls(threshold, keys, source, sequence, not_after, digest)

    @classmethod
    def from_file(cls, path: Path) -> TrustPolicy:
        """Read a trust file that must be there."""
        try:
            data = installation.read_capped(path, MAX_TRUST_FILE_SIZE)
        except (OSError, ValueError) as error:
            raise TrustError(f"The trust file {path} cannot be read: {why_not(error)}.") from error
        return cls.from_json(data, str(path))

    def verify(self, manifest: bytes, signatures: Sequence[Signature]) -> tuple[str, ...]:
        """Return the ids of the trusted keys that signed; raises `SignatureError` if too few.

        A key that signed twice counts once. A broken signature by a trusted key refuses the
        whole bundle: it can only mean damage.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        signed_by: list[str] = []
        for signature in signatures:
            public_key = self.keys.get(signature.key_id)
            if public_key is None:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(public_key).verify(
                    signature.value, SIGNED_PREFIX + manifest
                )
            except (InvalidSignature, ValueError) as error:
                raise SignatureError(
                    f"The signature by key {signature.key_id} does not fit the manifest: "
                    "the bundle was altered after signing."
                ) from error
            if signature.key_id not in signed_by:
                signed_by.append(signature.key_id)
        if len(signed_by) < self.threshold:
            raise SignatureError(self._too_few(signatures, signed_by))
        return tuple(signed_by)

    def _too_few(self, signatures: Sequence[Signature], signed_by: list[str]) -> str:
        if not signatures:
            return "The bundle is not signed."
        unknown = sorted({s.key_id for s in signatures} - set(signed_by))
        strangers = f"; not trusted here: {', '.join(unknown)}" if unknown else ""
        return (
            f"The bundle carries {len(signed_by)} of the {self.threshold} signatures that "
            f"{self.source} asks for{strangers}."
        )


@dataclass(frozen=True)
class SigningKey:
    """A private key that signs manifests."""

    private_key: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> SigningKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_file(cls, path: Path) -> SigningKey:
        """Read an unencrypted PKCS#8 PEM file; raises `TrustError`."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            data = installation.read_capped(path, MAX_TRUST_FILE_SIZE)
        except (OSError, ValueError) as error:
            why = why_not(error)
            raise TrustError(f"The signing key {path} cannot be read: {why}.") from error
        try:
            private_key = load_pem_private_key(data, password=None)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise TrustError(f"The signing key {path} is no private key in PEM.") from error
        except TypeError as error:
            raise TrustError(f"The signing key {path} is locked with a password.") from error
        if not isinstance(private_key, Ed25519PrivateKey):
            raise TrustError(f"The signing key {path} is not an Ed25519 key.")
        return cls(private_key)

    def to_pem(self) -> bytes:
        """Unencrypted PKCS#8 PEM: store it readable by its owner alone."""
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        return self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public_key(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self.private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)

    def sign(self, manifest: bytes) -> Signature:
        """Sign the exact manifest bytes."""
        return Signature(self.key_id, self.private_key.sign(SIGNED_PREFIX + manifest))


def _utc_time(text: str) -> str:
    """As it stands; raises StrictJsonError unless it is empty or a UTC time of ISO 8601."""
    if text and not _UTC_TIME.fullmatch(text):
        raise strict_json.StrictJsonError("trust.not_after is not like 2030-12-31T23:59:59Z")
    return text


def demo_signing_key() -> SigningKey:
    """The published demo key: proves that signing works, protects nothing."""
    return SigningKey.from_file(installation.shipped_models_dir() / "DEMO_KEY_do_not_use.pem")
