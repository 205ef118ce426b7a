"""A second person's signature over one record: who, with which key, and what it means.

The statement is signed with that person's own Ed25519 key and kept as an event of the chain.
Next: `docs/records.md`, what of 21 CFR part 11 this meets and what it does not.
"""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from device.inference.trust import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, key_id_of
from device.records.about import AboutRefused, check_line
from device.records.chain import row_at
from device.records.content import Record
from device.records.device_key import Signer, known_device_key
from device.records.head import canonical, signature_fits
from firmware_bridge.errors import CallerError

PERSON_PREFIX: Final = b"ramix-signature-v2\0"
LONGEST_NAME: Final = 80
LONGEST_MEANING: Final = 200
_STATEMENT: Final = ("record_id", "record_sha256", "name", "meaning", "signed_utc", "public_key")


def signed_statement(record: Record, signer: Signer, name: str, meaning: str) -> dict[str, Any]:
    """The content of the event `signature`; `record` was checked before.

    Raises:
        AboutRefused: name or meaning is empty, too long or unprintable.
        RecordStoreError: the key does not sign.
    """
    if signer.public_key == known_device_key():
        raise CallerError("The device's own key is no person's.", remedy="Sign with your own key.")
    if not name.strip() or not meaning.strip():
        raise AboutRefused("A signature needs a name and a meaning.")
    statement = {
        "record_id": record.record_id,
        "record_sha256": record.hash.hex(),
        "name": check_line(name, "name", LONGEST_NAME),
        "meaning": check_line(meaning, "meaning", LONGEST_MEANING),
        "signed_utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "public_key": signer.public_key.hex(),
    }
    signature = signer.sign(PERSON_PREFIX + canonical(statement))
    return {**statement, "key_id": key_id_of(signer.public_key), "signature": signature.hex()}


def person_problem(connection: sqlite3.Connection, content: object) -> str:
    """What is wrong with such an event, empty if nothing."""
    if not isinstance(content, Mapping) or not set(_STATEMENT) <= content.keys():
        return "a person's signature is not complete"
    statement = {key: content[key] for key in _STATEMENT}
    if not all(isinstance(one, str) and one.isprintable() for one in statement.values()):
        return "a person's signature holds what is no line of text"
    try:
        public_key = bytes.fromhex(str(content["public_key"]))
        signature = bytes.fromhex(str(content["signature"]))
        number = int(str(content["record_id"]).split("-", 1)[0])
    except (ValueError, KeyError):
        return "a person's signature cannot be read"
    if len(public_key) != PUBLIC_KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        return "a person's signature cannot be read"
    row = row_at(connection, number) if number < 2**62 else None
    if row is None or row.hash.hex() != content["record_sha256"]:
        return "a person's signature is of another record than the one with that number"
    if not signature_fits(public_key, signature, PERSON_PREFIX + canonical(statement)):
        return "a person's signature does not fit"
    if content.get("key_id") != key_id_of(public_key):
        return "a person's signature names another key than the one that signed"
    return ""
