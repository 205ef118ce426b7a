"""The signed bundle: manifest, int8 network and reference spectra in one file; its only reader.

Bytes, little-endian::

    8   magic "RAMIXB1\\0"
    4   number of signatures, 0 to 8
    3 x (16 bytes entry name, NUL padded; u32 size)   manifest.json, model.tflite, references.f32
    n x (8 bytes key id; 64 bytes Ed25519 signature)
    the three entries, nothing between them and nothing after

Order of trust: sizes, then signatures over the manifest bytes, then the hashes the manifest
states, and only then does anything parse network or references. Next: `interpreter.py`.
"""

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from device import installation
from device.inference.errors import (
    BundleError,
    ModelNotFound,
    ProductMismatch,
    SignatureError,
    VersionTooOld,
)
from device.inference.manifest import MANIFEST_FORMAT, PRODUCT, Manifest
from device.inference.manifest_reader import decode_manifest
from device.inference.trust import (
    DEMO_KEY_ID,
    KEY_ID_SIZE,
    SIGNATURE_SIZE,
    Signature,
    SigningKey,
    TrustPolicy,
)
from device.spectra.preprocessing import PREPROCESSING_ID

__all__ = [
    "Bundle",
    "BundleError",
    "Container",
    "ModelNotFound",
    "ProductMismatch",
    "SignatureError",
    "VersionTooOld",
    "add_signatures",
    "read_bundle",
    "read_bundle_bytes",
    "read_bundle_file",
    "require_fits",
    "require_not_older",
    "write_bundle",
]

MAGIC: Final = b"RAMIXB1\0"
MAX_SIGNATURES: Final = 8
# Name and size cap of each entry. A cap bounds what is hashed and kept in memory before trust.
ENTRIES: Final = (
    (b"manifest.json", 2 * 1024 * 1024),
    (b"model.tflite", 8 * 1024 * 1024),
    (b"references.f32", 16 * 1024 * 1024),
)
_HEAD: Final = struct.Struct("<8sI")
_ENTRY: Final = struct.Struct("<16sI")
_SIGNATURE: Final = struct.Struct(f"<{KEY_ID_SIZE}s{SIGNATURE_SIZE}s")
HEADER_SIZE: Final = _HEAD.size + len(ENTRIES) * _ENTRY.size
MAX_BUNDLE_SIZE: Final = (
    HEADER_SIZE + MAX_SIGNATURES * _SIGNATURE.size + sum(cap for _, cap in ENTRIES)
)
_UNIT_MAXIMUM_TOLERANCE: Final = 1e-4  # float32 rounding; signal shares rest on this scale


@dataclass(frozen=True)
class Container:
    """The three entries and the signatures as bytes; nothing in here is trusted or parsed."""

    signatures: tuple[Signature, ...]
    manifest: bytes
    model: bytes
    references: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> "Container":
        """Split a file by its header; raises `BundleError` unless every byte is accounted for."""
        if len(data) < HEADER_SIZE:
            raise BundleError(f"The bundle is cut short: it has only {len(data)} bytes.")
        magic, signature_count = _HEAD.unpack_from(data)
        if magic != MAGIC:
            raise BundleError("This is not a model bundle: it starts with other bytes.")
        if signature_count > MAX_SIGNATURES:
            raise BundleError(f"The bundle claims {signature_count} signatures; it is damaged.")
        sizes = [_entry_size(data, index) for index in range(len(ENTRIES))]
        offset = HEADER_SIZE + signature_count * _SIGNATURE.size
        expected = offset + sum(sizes)
        if len(data) != expected:
            what = "cut short" if len(data) < expected else "followed by foreign bytes"
            raise BundleError(f"The bundle is {what}: {len(data)} bytes instead of {expected}.")
        entries: list[bytes] = []
        for size in sizes:
            entries.append(data[offset : offset + size])
            offset += size
        signatures = tuple(
            Signature(key_id.hex(), value)
            for key_id, value in _SIGNATURE.iter_unpack(
                data[HEADER_SIZE : HEADER_SIZE + signature_count * _SIGNATURE.size]
            )
        )
        return cls(signatures, entries[0], entries[1], entries[2])

    def to_bytes(self) -> bytes:
        """The file; `Container.from_bytes(data).to_bytes() == data`."""
        entries = (self.manifest, self.model, self.references)
        if len(self.signatures) > MAX_SIGNATURES:
            raise BundleError(f"A bundle carries at most {MAX_SIGNATURES} signatures.")
        table = b""
        for (name, cap), entry in zip(ENTRIES, entries, strict=True):
            if not 0 < len(entry) <= cap:
                raise BundleError(f"{name.decode()} has {len(entry)} bytes; at most {cap} fit.")
            table += _ENTRY.pack(name, len(entry))
        signed = b"".join(
            _SIGNATURE.pack(bytes.fromhex(s.key_id), s.value) for s in self.signatures
        )
        return b"".join((_HEAD.pack(MAGIC, len(self.signatures)), table, signed, *entries))


@dataclass(frozen=True, eq=False)
class Bundle:
    """A verified bundle: C compounds on a grid of G points."""

    manifest: Manifest
    model: bytes
    references: npt.NDArray[np.float32]  # [C, G], each row with maximum 1
    sha256: str  # of the whole file, hex
    signed_by: tuple[str, ...]  # ids of the trusted keys that signed

    @property
    def demo_signed(self) -> bool:
        """True when the published demo key is among the signers: then it proves nothing."""
        return DEMO_KEY_ID in self.signed_by


def read_bundle(data: bytes, trust: TrustPolicy) -> Bundle:
    """Verify and read a bundle.

    Raises:
        SignatureError: not signed by enough trusted keys.
        BundleError: damaged, or it contradicts itself.
    """
    container = Container.from_bytes(data)
    signed_by = trust.verify(container.manifest, container.signatures)
    manifest, references = _check_content(container)
    return Bundle(
        manifest=manifest,
        model=container.model,
        references=references,
        sha256=hashlib.sha256(data).hexdigest(),
        signed_by=signed_by,
    )


def read_bundle_bytes(path: Path) -> bytes:
    """The bytes of a bundle file, unverified; raises `ModelNotFound` or `BundleError`."""
    try:
        return installation.read_capped(path, MAX_BUNDLE_SIZE)
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelNotFound(f"The model {path} cannot be read: {why}.") from error
    except ValueError as error:
        raise BundleError(f"{path} is not a model bundle: {error}.") from error


def read_bundle_file(path: Path, trust: TrustPolicy) -> Bundle:
    """`read_bundle` of a file."""
    return read_bundle(read_bundle_bytes(path), trust)


def require_fits(manifest: Manifest, product: str, hardware_revision: int) -> None:
    """Raise `ProductMismatch` unless the bundle was made for this analyzer."""
    if manifest.product != product:
        raise ProductMismatch(f"The bundle is for {manifest.product}, the analyzer is {product}.")
    if hardware_revision not in manifest.hardware_revisions:
        fitting = ", ".join(map(str, manifest.hardware_revisions))
        raise ProductMismatch(
            f"The bundle is for hardware revision {fitting}, the analyzer has {hardware_revision}."
        )


def require_not_older(manifest: Manifest, confirmed_counter: int) -> None:
    """Raise `VersionTooOld` if the analyzer has confirmed a higher security counter."""
    if manifest.security_counter < confirmed_counter:
        raise VersionTooOld(
            f"The bundle is older than what the analyzer has confirmed: security counter "
            f"{manifest.security_counter}, the analyzer is at {confirmed_counter}."
        )


def write_bundle(
    manifest: Mapping[str, object],
    model: bytes,
    references: npt.NDArray[np.float32],
    signers: Sequence[SigningKey],
) -> bytes:
    """Build and sign a bundle.

    `manifest` is the JSON object without `format`, `product` (filled in when missing) and
    `sha256` (always computed here). The result has passed the same checks a reader makes; with
    no signer it is an unsigned bundle, which no reader accepts.
    """
    reference_bytes = np.ascontiguousarray(references, dtype="<f4").tobytes()
    complete = {"format": MANIFEST_FORMAT, "product": PRODUCT, **manifest}
    complete["sha256"] = {
        "model": hashlib.sha256(model).hexdigest(),
        "references": hashlib.sha256(reference_bytes).hexdigest(),
    }
    try:
        manifest_bytes = json.dumps(complete, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BundleError(f"The manifest cannot be written as JSON: {error}.") from error
    container = Container((), manifest_bytes, model, reference_bytes)
    _check_content(container)
    signatures = tuple(signer.sign(manifest_bytes) for signer in signers)
    return replace(container, signatures=signatures).to_bytes()


def add_signatures(data: bytes, signers: Sequence[SigningKey]) -> bytes:
    """Sign an existing bundle, which may be unsigned; a key that signed before signs anew.

    Raises:
        BundleError: it is damaged: what no reader would accept is not signed.
    """
    container = Container.from_bytes(data)
    _check_content(container)
    fresh = {signer.key_id: signer.sign(container.manifest) for signer in signers}
    kept = [s for s in container.signatures if s.key_id not in fresh]
    return replace(container, signatures=(*kept, *fresh.values())).to_bytes()


def _check_content(
    container: Container,
) -> tuple[Manifest, npt.NDArray[np.float32]]:
    """Parse what the signatures vouch for, hashes first; raises `BundleError`."""
    manifest = decode_manifest(container.manifest)
    _require_same_preprocessing(manifest)
    _require_hash(container.model, manifest.model_sha256, "network")
    _require_hash(container.references, manifest.references_sha256, "reference spectra")
    return manifest, _references(container.references, manifest)


def _entry_size(data: bytes, index: int) -> int:
    name, cap = ENTRIES[index]
    found, size = _ENTRY.unpack_from(data, _HEAD.size + index * _ENTRY.size)
    if found != name.ljust(16, b"\0"):
        raise BundleError(f"The bundle has another entry where {name.decode()} belongs.")
    if not 0 < size <= cap:
        raise BundleError(f"The bundle claims {size} bytes of {name.decode()}; it is damaged.")
    return int(size)


def _require_same_preprocessing(manifest: Manifest) -> None:
    """A network sees only what it was trained on if both sides prepare spectra alike."""
    if manifest.preprocessing_id != PREPROCESSING_ID:
        raise ProductMismatch(
            f"The bundle needs the preprocessing {manifest.preprocessing_id!r}, "
            f"this software has {PREPROCESSING_ID!r}."
        )


def _require_hash(entry: bytes, expected: str, what: str) -> None:
    if hashlib.sha256(entry).hexdigest() != expected:
        raise BundleError(f"The {what} in the bundle was altered: its SHA-256 does not match.")


def _references(data: bytes, manifest: Manifest) -> npt.NDArray[np.float32]:
    shape = (len(manifest.compounds), manifest.grid.size)
    if len(data) != 4 * shape[0] * shape[1]:
        raise BundleError(
            f"The reference spectra do not form {shape[0]} rows of {shape[1]} points."
        )
    references = np.frombuffer(data, dtype="<f4").reshape(shape)
    if not np.isfinite(references).all():
        raise BundleError("The reference spectra hold values that are not numbers.")
    if np.abs(references.max(axis=1) - 1.0).max() > _UNIT_MAXIMUM_TOLERANCE:
        raise BundleError("The reference spectra are not scaled to a maximum of 1.")
    return references
