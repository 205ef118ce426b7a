"""A bundle file as bytes: which entry lies where; nothing in here is trusted or parsed.

Bytes, little-endian::

    8   magic "RAMIXB1\\0"
    4   number of signatures, 0 to 8
    3 x (16 bytes entry name, NUL padded; u32 size)   manifest.json, model.tflite, references.f32
    n x (8 bytes key id; 64 bytes Ed25519 signature)
    the three entries, nothing between them and nothing after

Next: `bundle.py`, which verifies before it parses.
"""

import struct
from dataclasses import dataclass
from typing import Final

from device.inference.errors import BundleError
from device.inference.trust import KEY_ID_SIZE, SIGNATURE_SIZE, Signature

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


def _entry_size(data: bytes, index: int) -> int:
    name, cap = ENTRIES[index]
    found, size = _ENTRY.unpack_from(data, _HEAD.size + index * _ENTRY.size)
    if found != name.ljust(16, b"\0"):
        raise BundleError(f"The bundle has another entry where {name.decode()} belongs.")
    if not 0 < size <= cap:
        raise BundleError(f"The bundle claims {size} bytes of {name.decode()}; it is damaged.")
    return int(size)
