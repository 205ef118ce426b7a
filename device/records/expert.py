"""What a colleague answers about records that were sent as a package: text, signed with their key.

A file of canonical JSON; on the first machine it becomes an event of the chain beside the records.
Next: `../export/package.py`, what was sent; `person.py`, a signature over one record.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from device import strict_json
from device.inference.trust import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, key_id_of
from device.records.about import AboutRefused, check_line
from device.records.device_key import Signer
from device.records.errors import RecordStoreError
from device.records.head import HASH_SIZE, canonical, signature_fits
from device.records.person import LONGEST_NAME
from device.strict_json import Fields, StrictJsonError

ANSWER_FORMAT: Final = "ramix-answer-1"
ANSWER_PREFIX: Final = b"ramix-answer-v1\0"
MAX_ANSWER_BYTES: Final = 200_000
LONGEST_ANSWER: Final = 2000  # characters
MOST_RECORDS: Final = 100
_STATEMENT: Final = (
    "format", "package_sha256", "records", "name", "text", "answered_utc", "public_key",
)  # fmt: skip


class AnswerRefused(RecordStoreError):
    """A file that is no answer, or was changed after it was signed."""

    code = "answer_refused"
    default_remedy = "Ask for the answer again; `ramix records answer` writes it."


def signed_answer(
    package_sha256: str,
    records: Sequence[tuple[str, str]],
    text: str,
    name: str,
    signer: Signer,
) -> dict[str, Any]:
    """The answer to a package; `records` are ids and hashes in hex.

    Raises:
        AboutRefused: text or name is empty, too long or unprintable.
        RecordStoreError: the key does not sign.
    """
    if not name.strip() or not text.strip():
        raise AboutRefused("An answer needs a name and a text.")
    statement = {
        "format": ANSWER_FORMAT,
        "package_sha256": package_sha256,
        "records": [{"record_id": one, "record_sha256": sha} for one, sha in records],
        "name": check_line(name, "name", LONGEST_NAME),
        "text": check_line(text, "text of the answer", LONGEST_ANSWER),
        "answered_utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "public_key": signer.public_key.hex(),
    }
    signature = signer.sign(ANSWER_PREFIX + canonical(statement))
    return {**statement, "signature": signature.hex()}


def answer_bytes(answer: Mapping[str, Any]) -> bytes:
    """The file."""
    return canonical(answer) + b"\n"


def answer_from(data: bytes) -> dict[str, Any]:
    """The answer in a file, with the key's id; its signature fits.

    Raises:
        AnswerRefused: it is none, or was changed.
    """
    try:
        answer = _parsed(strict_json.loads(data))
    except StrictJsonError as error:
        raise AnswerRefused(f"This is no answer to a package: {error}.") from error
    if not _fits(answer):
        raise AnswerRefused("The answer was changed: its signature does not fit.")
    return {**answer, "key_id": key_id_of(bytes.fromhex(str(answer["public_key"])))}


def answers(content: Mapping[str, Any], record_sha256: str) -> bool:
    """Whether this is an answer about the record with this hash, and as it was signed."""
    try:
        kept = {name: value for name, value in content.items() if name != "key_id"}
        records = _parsed(kept)["records"]
        of_the_key = content.get("key_id") == key_id_of(bytes.fromhex(str(kept["public_key"])))
    except StrictJsonError:
        return False
    about_it = any(one["record_sha256"] == record_sha256 for one in records)
    return about_it and of_the_key and _fits(content)


def _parsed(value: object) -> dict[str, Any]:
    fields = Fields(value, "the answer")
    if fields.text("format") != ANSWER_FORMAT:
        raise StrictJsonError(f"its format is not {ANSWER_FORMAT}")
    items = fields.items("records")
    if not 1 <= len(items) <= MOST_RECORDS:
        raise StrictJsonError(f"it answers {len(items)} records, 1 to {MOST_RECORDS} are possible")
    records = []
    for item in items:
        one = Fields(item, "a record of the answer")
        records.append(
            {
                "record_id": one.text("record_id"),
                "record_sha256": _hex(one.text("record_sha256"), HASH_SIZE),
            }
        )
        one.done()
    answer = {
        "format": ANSWER_FORMAT,
        "package_sha256": _hex(fields.text("package_sha256"), HASH_SIZE),
        "records": records,
        "name": fields.text("name"),
        "text": fields.text("text"),
        "answered_utc": fields.text("answered_utc"),
        "public_key": _hex(fields.text("public_key"), PUBLIC_KEY_SIZE),
        "signature": _hex(fields.text("signature"), SIGNATURE_SIZE),
    }
    fields.done()
    return answer


def _fits(content: Mapping[str, Any]) -> bool:
    try:
        statement = canonical({name: content[name] for name in _STATEMENT})
        key = bytes.fromhex(content["public_key"])
        signature = bytes.fromhex(content["signature"])
    except (KeyError, TypeError, ValueError):
        return False
    return signature_fits(key, signature, ANSWER_PREFIX + statement)


def _hex(text: str, size: int) -> str:
    """Lower-case hex of so many bytes, as we write it."""
    if len(text) != 2 * size or set(text) - set("0123456789abcdef"):
        raise StrictJsonError(f"{json.dumps(text[:70])} is not {size} bytes in hex")
    return text
