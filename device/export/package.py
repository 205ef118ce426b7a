"""The reachback package: records whole, what proves them, and a signed list, in one file `.rrp`.

A colleague opens it without the device, checks every hash and signature, answers the same counts
with another model, and writes an answer that the first machine takes into its chain.
Next: `stored_zip.py`, the container; `../records/entry.py`, one record; `../records/expert.py`,
the answer.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from device import strict_json
from device.export.contradictions import require_one_history
from device.export.errors import PackageRefused
from device.export.readable_entry import require_readable
from device.export.stored_zip import files_in, zip_of
from device.inference.trust import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, key_id_of
from device.records.about import check_line
from device.records.content import MAX_BODY_BYTES, MAX_DATA_BYTES, Record
from device.records.device_key import Signer
from device.records.entry import Entry, Following, entry_problem, record_of
from device.records.head import HASH_SIZE, MAX_SEQUENCE, Head, canonical, signature_fits
from device.strict_json import Fields, StrictJsonError
from device.version import VERSION

SUFFIX: Final = ".rrp"
PACKAGE_FORMAT: Final = "ramix-reachback-1"
PACKAGE_PREFIX: Final = b"ramix-package-v1\0"
MOST_RECORDS: Final = 100
MAX_MANIFEST_BYTES: Final = 1_000_000
LONGEST_QUESTION: Final = 1000
_MOST_PARTS: Final = 20_000  # objects, lists and values of a record's text: each costs memory
_MANIFEST, _SIGNATURE, _README = "manifest.json", "manifest.sig", "README.txt"
_README_TEXT: Final = (
    b"Records of a Raman analyzer, with their hashes and signatures.\n"
    b"Open with: ramix records import FILE\n"
    b"manifest.json says what each file is; docs/exports.md of ramix-edge says how all of it is "
    b"checked.\n"
)


@dataclass(frozen=True)
class Package:
    """A package, checked.

    packed_by: public key of who signed the list; the device's own where it packed by itself.
    """

    entries: tuple[Entry, ...]
    question: str
    packed_utc: str
    packed_by: bytes
    sha256: str

    @property
    def records(self) -> tuple[Record, ...]:
        return tuple(record_of(entry) for entry in self.entries)

    @property
    def devices(self) -> tuple[bytes, ...]:
        """Public keys of the devices that measured."""
        return tuple(dict.fromkeys(entry.head.public_key for entry in self.entries))


def package_of(entries: Sequence[Entry], signer: Signer, question: str = "") -> bytes:
    """The file.

    Raises:
        PackageRefused: no record, too many, or too large together.
        AboutRefused: the question is no line of text.
        RecordStoreError: the key does not sign.
    """
    if not 1 <= len(entries) <= MOST_RECORDS:
        raise PackageRefused(
            f"A package holds 1 to {MOST_RECORDS} records, not {len(entries)}.",
            remedy="Make several packages.",
        )
    files: list[tuple[str, bytes]] = [(_README, _README_TEXT)]
    listed = []
    for number, entry in enumerate(entries):
        body_name, data_name = _names(number)
        files += [(body_name, entry.body), (data_name, entry.data)]
        listed.append(_listed(entry))
    manifest = canonical(
        {
            "format": PACKAGE_FORMAT,
            "packed_utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "packed_by": signer.public_key.hex(),
            "question": check_line(question, "question", LONGEST_QUESTION),
            "software": VERSION,
            "records": listed,
        }
    )
    signature = signer.sign(PACKAGE_PREFIX + manifest).hex().encode()
    try:
        return zip_of([(_MANIFEST, manifest), (_SIGNATURE, signature), *files])
    except ValueError as error:
        raise PackageRefused(
            f"These records do not fit into one package: {error}.", remedy="Make several packages."
        ) from error


def package_from(data: bytes, name: str, device: bytes | None = None) -> Package:
    """The package in a file: every hash and signature in it fits.

    `device`: the public key of the device that must have measured all of it.

    Raises:
        PackageRefused: it is none, was changed, or is of another device.
    """
    try:
        files = files_in(data)
        package = _package(files, hashlib.sha256(data).hexdigest())
    except ValueError as error:
        raise PackageRefused(f"{name} is no whole package of records: {error}.") from error
    foreign = [key for key in package.devices if device is not None and key != device]
    if foreign:
        raise PackageRefused(
            f"{name} is of another device: its key is {key_id_of(foreign[0])}, not "
            f"{key_id_of(device or b'')}.",
            remedy="Ask the device's owner which key it has: `ramix records head --json`.",
        )
    return package


def _package(files: Sequence[tuple[str, bytes]], sha256: str) -> Package:
    """Raises ValueError with one clause on what is wrong."""
    names = [name for name, _ in files]
    if names[:3] != [_MANIFEST, _SIGNATURE, _README] or files[2][1] != _README_TEXT:
        raise ValueError("its first files are not those of a package")
    manifest, signature = files[0][1], files[1][1]
    if len(manifest) > MAX_MANIFEST_BYTES or len(signature) != 2 * SIGNATURE_SIZE:
        raise ValueError("its list or the signature has no possible size")
    fields = Fields(strict_json.loads(manifest), "the list")
    if fields.text("format") != PACKAGE_FORMAT:
        raise ValueError(f"its format is not {PACKAGE_FORMAT}")
    packed_by = _bytes(fields.text("packed_by"), PUBLIC_KEY_SIZE)
    fits = signature_fits(
        packed_by, _bytes(signature.decode("ascii"), SIGNATURE_SIZE), PACKAGE_PREFIX + manifest
    )
    if not fits:
        raise ValueError("the signature of its list does not fit")
    listed = fields.items("records")
    if not 1 <= len(listed) <= MOST_RECORDS:
        raise ValueError(f"it lists {len(listed)} records")
    wanted = [one for number in range(len(listed)) for one in _names(number)]
    if names[3:] != wanted:
        raise ValueError("its files are not those of its list")
    question, packed_utc = fields.text("question", empty=True), fields.text("packed_utc")
    fields.text("software")
    fields.done()
    entries = tuple(
        _entry(item, files[3 + 2 * number][1], files[4 + 2 * number][1])
        for number, item in enumerate(listed)
    )
    require_one_history(entries)
    return Package(entries, question, packed_utc, packed_by, sha256)


def _listed(entry: Entry) -> dict[str, Any]:
    after = entry.following
    return {
        "record_id": entry.record_id,
        "head": _head_json(entry.head),
        "previous": entry.previous.hex(),
        "body_sha256": entry.body_sha256.hex(),
        "data_sha256": hashlib.sha256(entry.data).hexdigest(),
        "following": None
        if after is None
        else {"body_sha256": after.body_sha256.hex(), "hash": after.hash.hex()},
    }


def _head_json(head: Head) -> Mapping[str, Any]:
    known = head.as_json()
    return {name: known[name] for name in known if name not in ("code", "key_id")}


def _entry(item: object, body: bytes, data: bytes) -> Entry:
    parts = sum(map(body.count, (b"{", b"[", b",")))
    if len(body) > MAX_BODY_BYTES or len(data) > MAX_DATA_BYTES or parts > _MOST_PARTS:
        raise ValueError("a record in it is larger than any that is written")
    fields = Fields(item, "a record of the list")
    said = fields.fields("head")
    head = Head(
        store_id=said.text("store_id"),
        sequence=said.integer("sequence", 0, MAX_SEQUENCE),
        kind=said.text("kind"),
        time_utc=said.text("time_utc"),
        hash=_bytes(said.text("hash"), HASH_SIZE),
        public_key=_bytes(said.text("public_key"), PUBLIC_KEY_SIZE),
        signature=_bytes(said.text("signature"), SIGNATURE_SIZE),
    )
    said.done()
    after, following = fields.take("following"), None
    if after is not None:
        next_one = Fields(after, "the following entry")
        following = Following(
            _bytes(next_one.text("body_sha256"), HASH_SIZE),
            _bytes(next_one.text("hash"), HASH_SIZE),
        )
        next_one.done()
    entry = Entry(head, _bytes(fields.text("previous"), HASH_SIZE), body, data, following)
    said_hashes = (fields.text("body_sha256"), fields.text("data_sha256"))
    if said_hashes != (entry.body_sha256.hex(), hashlib.sha256(data).hexdigest()):
        raise ValueError("a file in it is not the one that was listed")
    if fields.text("record_id") != entry.record_id or head.kind != "measurement":
        raise ValueError("a record in it is listed under another name or kind")
    fields.done()
    problem = entry_problem(entry)
    if problem:
        raise ValueError(f"record {entry.record_id} in it is not what was written: {problem}")
    require_readable(entry)
    return entry


def _names(number: int) -> tuple[str, str]:
    return f"records/{number:03d}.body.json", f"records/{number:03d}.data.bin"


def _bytes(text: str, size: int) -> bytes:
    """Lower-case hex, as we write it."""
    if len(text) != 2 * size or set(text) - set("0123456789abcdef"):
        raise StrictJsonError(f"{text[:20]!r} is not {size} bytes in hex")
    return bytes.fromhex(text)
